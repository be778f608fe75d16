#include "base/ids.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace strongroom {
namespace {

constexpr std::array<std::uint8_t, 10> kZero{};
constexpr std::array<std::uint8_t, 10> kOnes{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// The example of RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, in 26 digits of base 32.
TEST(Ids, ExampleOfTheStandard) {
  EXPECT_EQ(make_id("sec_", 0x017F22E279B0, {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F}),
            "sec_01FWHE4YDGFK1SHH6W1G60EECF");
}

TEST(Ids, ExtremesHaveVersionAndVariant) {
  EXPECT_EQ(make_id("", 0, kZero), "0000000000E008000000000000");
  EXPECT_EQ(make_id("", 0xFFFFFFFFFFFF, kOnes), "7ZZZZZZZZZFZZVZZZZZZZZZZZZ");
}

TEST(Ids, SortByTimeWhateverTheRandomBits) {
  std::string earlier = make_id("sec_", 0, kOnes);
  for (const std::int64_t now : {1LL, 31LL, 32LL, 1000LL, 1700000000000LL, 1700000000001LL, 0xFFFFFFFFFFFFLL}) {
    EXPECT_LT(earlier, make_id("sec_", now, kZero)) << now;
    earlier = make_id("sec_", now, kOnes);
  }
}

TEST(Ids, OfOneMillisecondCanBeMadeToFollowEachOther) {
  const std::string first = make_id("sec_", 1700000000000, kZero);
  std::string last = first;
  for (const std::uint32_t step : {0U, 1U, 30U, 31U, 1000000U, 0xFFFFFFFFU}) {
    const std::string next = id_after("sec_", last, step);
    EXPECT_TRUE(is_id("sec_", next)) << next;
    EXPECT_LT(last, next);
    EXPECT_EQ(next.substr(0, 14), first.substr(0, 14)) << "of the same millisecond";
    last = next;
  }
  EXPECT_EQ(id_after("sec_", "sec_01FWHE4YDGFK1SHH6W1G60EEZZ", 0), "sec_01FWHE4YDGFK1SHH6W1G60EF00");
  EXPECT_EQ(id_after("sec_", make_id("sec_", 5, kOnes), 0), "") << "there is none after the last one";
  EXPECT_EQ(id_after("sec_", "con_01FWHE4YDGFK1SHH6W1G60EECF", 0), "");
}

TEST(Ids, RecogniseTheirOwnFormAlone) {
  const std::string good = "sec_01FWHE4YDGFK1SHH6W1G60EECF";
  EXPECT_TRUE(is_id("sec_", good));
  EXPECT_FALSE(is_id("con_", good));
  EXPECT_FALSE(is_id("sec_", good.substr(0, 29)));
  EXPECT_FALSE(is_id("sec_", good + "0"));
  EXPECT_FALSE(is_id("sec_", "sec_81FWHE4YDGFK1SHH6W1G60EECF")) << "more than 128 bits";
  for (const char c : std::string("iILlOoUu-_ az/:@[`\0\xC3", 20)) {
    std::string text = good;
    text[20] = c;
    EXPECT_FALSE(is_id("sec_", text)) << text;
  }
  EXPECT_FALSE(is_id("sec_", ""));
}

}  // namespace
}  // namespace strongroom
