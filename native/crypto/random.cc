#include "crypto/random.h"

#include <unistd.h>

#include <algorithm>

namespace strongroom {

Status fill_random(MutableBytes out) {
  constexpr std::size_t kMost = 256;  // what getentropy gives at a time
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), kMost);
    if (getentropy(out.data(), size) != 0) return Status(Code::kInternal, "the kernel gives no random bytes");
    out = out.subspan(size);
  }
  return Status();
}

}  // namespace strongroom
