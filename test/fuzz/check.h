// What a fuzzer says when a promise is broken, in every build type.
#ifndef STRONGROOM_TEST_FUZZ_CHECK_H_
#define STRONGROOM_TEST_FUZZ_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

#endif  // STRONGROOM_TEST_FUZZ_CHECK_H_
