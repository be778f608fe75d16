#include "base/unicode.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strongroom {
namespace {

std::string encode(std::uint32_t point) {
  std::string out;
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  return out;
}

std::u16string encode16(std::uint32_t point) {
  if (point < 0x10000) return {static_cast<char16_t>(point)};
  return {static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10)),
          static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FF))};
}

TEST(Unicode, EveryCodePointCountsAsOneAndEverySurrogateIsRefused) {
  for (std::uint32_t point = 0; point <= 0x10FFFF; ++point) {
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    const std::string text = encode(point);
    ASSERT_EQ(count_code_points(text).has_value(), !surrogate) << point;
    if (surrogate) continue;
    ASSERT_EQ(count_code_points(text), 1U) << point;
    const std::u16string units = encode16(point);
    const auto size = measure_utf16(units);
    ASSERT_TRUE(size.has_value()) << point;
    ASSERT_EQ(size->bytes, text.size()) << point;
    ASSERT_EQ(size->code_points, 1U) << point;
    std::string written(size->bytes, '\0');
    write_utf8(units, written);
    ASSERT_EQ(written, text) << point;
  }
}

TEST(Unicode, NoCodePointIsPastTheLast) {
  for (std::uint32_t point = 0x110000; point < 0x200000; point += 0xFFF) {
    EXPECT_FALSE(count_code_points(encode(point)).has_value()) << point;
  }
}

TEST(Unicode, MixedTextIsCountedInCodePoints) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("aé€😀"), 4U);
  EXPECT_EQ(count_code_points(std::string_view("a\0b", 3)), 3U);
  const std::u16string units = u"aé€😀";
  EXPECT_EQ(measure_utf16(units)->code_points, 4U);
  EXPECT_EQ(measure_utf16(units)->bytes, std::string_view("aé€😀").size());
}

TEST(Unicode, IllFormedUtf8IsRefused) {
  for (const std::string_view text : std::vector<std::string_view>{"\x80",
                                                                   "\xBF",
                                                                   "\xFF",
                                                                   "\xFE",
                                                                   "\xC0\x80",
                                                                   "\xC1\xBF",
                                                                   "\xE0\x80\x80",
                                                                   "\xE0\x9F\xBF",
                                                                   "\xF0\x80\x80\x80",
                                                                   "\xF0\x8F\xBF\xBF",
                                                                   "\xF4\x90\x80\x80",
                                                                   "\xF5\x80\x80\x80",
                                                                   "\xF8\x88\x80\x80\x80",
                                                                   "\xED\xA0\x80",
                                                                   "\xED\xBF\xBF",
                                                                   "\xC3",
                                                                   "\xE2\x82",
                                                                   "\xF0\x9F\x98",
                                                                   "\xC3(",
                                                                   "\xE2(\xA1",
                                                                   "\xE2\x82(",
                                                                   "\xF0(\x8C\xBC",
                                                                   "\xF0\x90(\xBC",
                                                                   "\xF0\x90\x8C(",
                                                                   "ok\xC3",
                                                                   "\xED\xA0\xBD\xED\xB8\x80"}) {
    EXPECT_FALSE(count_code_points(text).has_value());
  }
}

TEST(Unicode, LoneSurrogatesOfUtf16AreRefused) {
  for (const std::u16string& text : std::vector<std::u16string>{{0xD800},
                                                                {0xDBFF},
                                                                {0xDC00},
                                                                {0xDFFF},
                                                                {0xDC00, 0xD800},
                                                                {0xD800, 0xD800, 0xDC00},
                                                                {0xD800, u'a'},
                                                                {u'a', 0xDC00},
                                                                {u'a', 0xD83D},
                                                                {0xD83D, 0xDE00, 0xDE00}}) {
    EXPECT_FALSE(measure_utf16(text).has_value());
  }
}

TEST(Unicode, LengthsAreCodePointsOfWellFormedText) {
  EXPECT_TRUE(has_length("\xF0\x9F\x98\x80\xC3\xA9", 2, 2));
  EXPECT_FALSE(has_length("\xF0\x9F\x98\x80\xC3\xA9", 3, 9));
  EXPECT_FALSE(has_length("\xF0\x9F\x98\x80\xC3\xA9", 0, 1));
  EXPECT_TRUE(has_length("", 0, 0));
  EXPECT_FALSE(has_length("a\xFF", 0, 9));
}

TEST(Unicode, TheFirstCodePointsAreWhole) {
  const std::string_view text = "a\xC3\xA9\xF0\x9F\x98\x80z";
  EXPECT_EQ(first_code_points(text, 0), "");
  EXPECT_EQ(first_code_points(text, 2), "a\xC3\xA9");
  EXPECT_EQ(first_code_points(text, 3), "a\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(first_code_points(text, 4), text);
  EXPECT_EQ(first_code_points(text, 99), text);
}

}  // namespace
}  // namespace strongroom
