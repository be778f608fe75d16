// Random bytes from OpenSSL's DRBG (NIST SP 800-90A), seeded by the operating system.
#ifndef STRONGROOM_CRYPTO_RANDOM_H_
#define STRONGROOM_CRYPTO_RANDOM_H_

#include "base/bytes.h"
#include "base/result.h"

namespace strongroom {

/// Fills `out` with random bytes fit for keys. INTERNAL if the generator failed; `out` is then not to be used.
/// Any thread.
Status fill_random(MutableBytes out);

}  // namespace strongroom

#endif  // STRONGROOM_CRYPTO_RANDOM_H_
