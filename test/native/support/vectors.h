// Where the published crypto vectors are, if this build was given them.
#ifndef STRONGROOM_TEST_SUPPORT_VECTORS_H_
#define STRONGROOM_TEST_SUPPORT_VECTORS_H_

#include <string>

namespace strongroom::test {

/// The folder named by -DSTRONGROOM_VECTORS at build time or the environment variable of that name at run time
/// (which wins); empty if neither was given.
std::string vectors_folder();

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_VECTORS_H_
