#include "crypto/openssl.h"

#include <string>

#include <openssl/crypto.h>
#include <openssl/err.h>

namespace strongroom {

Status init_openssl() {
  // NO_ATEXIT: the library lives in an addon, and its exit handler could run while other threads still use it.
  constexpr std::uint64_t kOptions = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
                                     OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS;
  if (OPENSSL_init_crypto(kOptions, nullptr) != 1) return openssl_failed("initialisation");
  return Status();
}

Status openssl_failed(const char* operation) {
  ERR_clear_error();
  return Status(Code::kInternal, std::string("OpenSSL failed: ") + operation);
}

}  // namespace strongroom
