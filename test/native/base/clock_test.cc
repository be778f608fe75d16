#include "base/clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace strongroom {
namespace {

struct Example {
  std::int64_t ms;
  const char* text;
};

constexpr Example kExamples[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {951782399999, "2000-02-28T23:59:59.999Z"},
    {951782400000, "2000-02-29T00:00:00.000Z"},
    {1709164800000, "2024-02-29T00:00:00.000Z"},
    {1795305600123, "2026-11-22T00:00:00.123Z"},
    {4107542400000, "2100-03-01T00:00:00.000Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
    {-62167219200000, "0000-01-01T00:00:00.000Z"},
};

TEST(Clock, TimesAreWrittenAndReadAsIso8601) {
  for (const Example& example : kExamples) {
    EXPECT_EQ(format_time(example.ms), example.text);
    EXPECT_EQ(parse_time(example.text), example.ms) << example.text;
  }
}

TEST(Clock, EveryDayOfFourCenturiesComesBack) {
  for (std::int64_t day = 0; day < 146097; ++day) {
    const std::int64_t ms = day * 86400000 + (day * 7919) % 86400000;
    ASSERT_EQ(parse_time(format_time(ms)), ms) << format_time(ms);
  }
}

TEST(Clock, OtherFormsAndDatesThatDoNotExistAreRefused) {
  for (const char* text : {"",
                           "1970-01-01",
                           "1970-01-01T00:00:00Z",
                           "1970-01-01T00:00:00.000",
                           "1970-01-01T00:00:00.000+00:00",
                           "1970-01-01 00:00:00.000Z",
                           "1970-01-01T00:00:00.000z",
                           "1970-01-01T00:00:00,000Z",
                           "1970-1-01T00:00:00.0000Z",
                           "1970-13-01T00:00:00.000Z",
                           "1970-00-01T00:00:00.000Z",
                           "1970-01-00T00:00:00.000Z",
                           "1970-01-32T00:00:00.000Z",
                           "2023-02-29T00:00:00.000Z",
                           "2100-02-29T00:00:00.000Z",
                           "2024-04-31T00:00:00.000Z",
                           "1970-01-01T24:00:00.000Z",
                           "1970-01-01T00:60:00.000Z",
                           "1970-01-01T00:00:60.000Z",
                           "+970-01-01T00:00:00.000Z",
                           "1970-01-01T00:00:00.00aZ",
                           "1970-01-01T00:00:00.000Z ",
                           "１970-01-01T00:00:00.00Z"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

TEST(Clock, SystemClockTellsTheSystemsTime) {
  const auto before =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::int64_t now = SystemClock().now_ms();
  EXPECT_GE(now, before.count());
  EXPECT_LT(now, before.count() + 60000);
}

}  // namespace
}  // namespace strongroom
