// Formats beyond what the public suite asks.
#include "schema/format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace strongroom {
namespace {

void expect(Format format, const std::vector<std::string>& valid, const std::vector<std::string>& invalid) {
  for (const std::string& text : valid) EXPECT_TRUE(matches_format(format, text)) << text;
  for (const std::string& text : invalid) EXPECT_FALSE(matches_format(format, text)) << text;
}

TEST(Format, DatesAndTimes) {
  expect(Format::kDate, {"2024-02-29", "2000-02-29"},
         {"2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "24-1-1", "2024-01-01 ", "2024-01-01T00:00:00Z",
          "２024-01-01"});
  expect(Format::kTime, {"23:59:60Z", "15:59:60-08:00", "00:59:60+01:00", "12:00:00.5+23:59", "12:00:00z"},
         {"22:59:60Z", "23:59:61Z", "24:00:00Z", "12:60:00Z", "12:00:00", "12:00:00.Z", "12:00:00+24:00",
          "12:00:00+1:00"});
  expect(Format::kDateTime, {"2024-02-29T12:00:00.123Z"}, {"2024-02-29 12:00:00Z", "2024-02-29T12:00Z", ""});
  expect(Format::kDuration, {"P1Y2M3DT4H5M6S", "P1D", "PT5M", "P2W", "PT1H", "P1M2D"},
         {"P", "PT", "P1", "1D", "P1Y2D", "P1DT", "P1W2D", "PT1D", "P-1D", "P1H", "PW", "P1D2Y"});
}

TEST(Format, NamesAndAddresses) {
  expect(Format::kEmail,
         {"a@b", "a.b+c@example.org", "\"a b\"@example.org", "\"a\\\"b\"@example.org", "a@[127.0.0.1]", "a@[IPv6:::1]"},
         {"a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a b@c", "\"a\"b\"@c", "\"a\\\"@c", "a@-b", "a@[1.2.3]", "é@b",
          "\"a\\\\\"b\"@c", std::string(65, 'a') + "@b"});
  expect(Format::kHostname, {"a", "a-b.c", std::string(63, 'a')},
         {"", ".", "a.", "a..b", "-a", "a-", "a-.b", "a_b", std::string(64, 'a'), "é"});
  std::string long_name;
  for (int i = 0; i < 127; ++i) long_name += "a.";
  expect(Format::kHostname, {long_name.substr(0, 253)}, {long_name + "a"});
  expect(Format::kIpv4, {"0.0.0.0", "255.255.255.255"},
         {"01.2.3.4", "1.2.3", "1.2.3.4.", "1.2.3.4 ", "1..2.3", "0256.1.1.1"});
  expect(Format::kIpv6, {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1::8"},
         {"", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7::8", "1.2.3.4::", "::1%eth0",
          "1:", ":1", "::1.2.3", "g::"});
}

TEST(Format, IdentifiersAndPointers) {
  expect(Format::kUuid, {"01234567-89ab-CDEF-0123-456789abcdef"},
         {"0123456789abcdef0123456789abcdef", "g1234567-89ab-cdef-0123-456789abcdef",
          "01234567-89ab-cdef-0123-456789abcde"});
  expect(Format::kUri, {"a:", "https://u:p@h:1/p?q#f", "urn:x:y", "http://[::1]:80/", "http://[v1.a]/"},
         {"", "1a:b", "http://h:x/", "http://[::1", "http://a b", "http://h/%g0", "http://h/[x]", "a:\xc3\xa9", ":x"});
  expect(Format::kUriReference, {"", "?q", "//h", "a/b:c", "./a:b"}, {"1:b", "a b", "%"});
  expect(Format::kIri, {"a:é"}, {"é"});
  expect(Format::kUriTemplate, {"{+x,y*}{?z:10}", ""}, {"{", "}", "{}", "{a,}", "{a:0}", "{a b}", "a b"});
  expect(Format::kRegex, {"", "(?<=a)b", "\\p{L}"}, {"(", "a**", "\\Z"});
  expect(Format::kRelativeJsonPointer, {"0", "10/a", "1+2/b", "0#"}, {"", "01", "-1", "a", "1a", "1+0"});
}

TEST(Format, OthersAreUnknown) {
  for (const char* name : {"", "Date", "idn-email", "idn-hostname", "password", "int32"}) {
    EXPECT_FALSE(format_from_name(name).has_value()) << name;
  }
  EXPECT_EQ(format_from_name("date-time"), Format::kDateTime);
}

}  // namespace
}  // namespace strongroom
