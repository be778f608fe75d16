#include "base/bytes.h"

#include <gtest/gtest.h>

namespace strongroom {
namespace {

TEST(Bytes, LengthPrefixKeepsNullApartFromEmpty) {
  Bytes empty;
  append_lp(empty, {});
  Bytes null;
  append_lp_null(null);
  EXPECT_EQ(to_hex(empty), "00000000");
  EXPECT_EQ(to_hex(null), "ffffffff");
}

TEST(Bytes, IntegersAreBigEndian) {
  Bytes out;
  append_u32(out, 0x01020304U);
  append_u64(out, 0x0506070809000102ULL);
  EXPECT_EQ(to_hex(out), "010203040506070809000102");
  EXPECT_EQ(read_u32(out), 0x01020304U);
  EXPECT_EQ(read_u64(ByteView(out).subspan(4)), 0x0506070809000102ULL);
}

// RFC 4648, section 10.
TEST(Bytes, Base64OfTheStandardsExamples) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [plain, encoded] : examples) {
    EXPECT_EQ(to_base64(as_bytes(plain)), encoded);
    Bytes out(base64_decoded_max(std::string_view(encoded).size()));
    const auto size = decode_base64(encoded, out);
    ASSERT_TRUE(size.has_value()) << encoded;
    EXPECT_EQ(as_text(ByteView(out).first(*size)), plain);
  }
}

TEST(Bytes, Base64ThatIsNotCanonicalIsRefused) {
  for (const char* text : {"Zg=", "Zg", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm 9v", "====", "Z-_="}) {
    Bytes out(64);
    EXPECT_FALSE(decode_base64(text, out).has_value()) << text;
  }
}

}  // namespace
}  // namespace strongroom
