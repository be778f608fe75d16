#include "crypto/random.h"

#include <openssl/rand.h>

#include "crypto/openssl.h"

namespace strongroom {

Status fill_random(MutableBytes out) {
  SR_RETURN_IF_ERROR(init_openssl());
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) return openssl_failed("random bytes");
  return Status();
}

}  // namespace strongroom
