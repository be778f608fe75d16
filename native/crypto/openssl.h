// Internal to native/crypto: ownership of OpenSSL objects, and the settings under which libcrypto is initialised.
#ifndef STRONGROOM_CRYPTO_OPENSSL_H_
#define STRONGROOM_CRYPTO_OPENSSL_H_

#include <memory>

#include <openssl/evp.h>

#include "base/result.h"

namespace strongroom {

struct OpensslDeleter {
  void operator()(EVP_CIPHER_CTX* object) const { EVP_CIPHER_CTX_free(object); }
  void operator()(EVP_PKEY_CTX* object) const { EVP_PKEY_CTX_free(object); }
};

template <class T>
using OpensslPtr = std::unique_ptr<T, OpensslDeleter>;

/// Initialises libcrypto without reading openssl.cnf: the file, and the OPENSSL_CONF variable that names it, could
/// make it load modules into the process that holds the secrets. Cheap after the first call; any thread.
Status init_openssl();

/// INTERNAL, naming the operation. OpenSSL's own error text is dropped: it may quote input.
Status openssl_failed(const char* operation);

}  // namespace strongroom

#endif  // STRONGROOM_CRYPTO_OPENSSL_H_
