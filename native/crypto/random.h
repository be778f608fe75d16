// Random bytes from the kernel's generator: no state of our own that a fork could repeat or a core dump could show.
#ifndef STRONGROOM_CRYPTO_RANDOM_H_
#define STRONGROOM_CRYPTO_RANDOM_H_

#include "base/bytes.h"
#include "base/result.h"

namespace strongroom {

/// Fills `out` with random bytes fit for keys. INTERNAL if the kernel has none to give; `out` is then not to be used.
/// Any thread.
Status fill_random(MutableBytes out);

}  // namespace strongroom

#endif  // STRONGROOM_CRYPTO_RANDOM_H_
