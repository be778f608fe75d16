#include "crypto/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>

namespace strongroom {
namespace {

TEST(Random, FillsAllOfTheBufferAndNeverRepeats) {
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) {
    Bytes bytes(32);
    ASSERT_TRUE(fill_random(bytes).ok());
    EXPECT_TRUE(seen.insert(bytes).second);
  }
  // Of 2000 random bytes, each position takes more than one value.
  std::set<std::uint8_t> first;
  std::set<std::uint8_t> last;
  for (const Bytes& bytes : seen) {
    first.insert(bytes.front());
    last.insert(bytes.back());
  }
  EXPECT_GT(first.size(), 100U);
  EXPECT_GT(last.size(), 100U);
  EXPECT_TRUE(fill_random({}).ok());
}

TEST(Random, ChildProcessDrawsOtherBytesThanItsParent) {
  Bytes mine(32);
  ASSERT_TRUE(fill_random(mine).ok());  // whatever state a generator has is there before the fork
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    Bytes bytes(32);
    const bool ok = fill_random(bytes).ok() && write(ends[1], bytes.data(), 32) == 32;
    _exit(ok ? 0 : 1);
  }
  ASSERT_TRUE(fill_random(mine).ok());
  Bytes theirs(32);
  ASSERT_EQ(read(ends[0], theirs.data(), 32), 32);
  waitpid(child, nullptr, 0);
  close(ends[0]);
  close(ends[1]);
  EXPECT_NE(mine, theirs);
}

}  // namespace
}  // namespace strongroom
