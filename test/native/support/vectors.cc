#include "support/vectors.h"

#include <cstdlib>

namespace strongroom::test {

std::string vectors_folder() {
  const char* folder = std::getenv("STRONGROOM_VECTORS");
  return folder != nullptr ? folder : STRONGROOM_VECTORS;
}

}  // namespace strongroom::test
