#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "support/hex.h"

namespace strongroom {
namespace {

using test::from_hex;

Bytes counting(std::uint8_t first, std::uint8_t last) {
  Bytes bytes;
  for (int value = first; value <= last; ++value) bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

// FIPS 180-4 and its examples.
TEST(Sha256, PublishedExamples) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1, 2 and 6.
TEST(HmacSha256, Rfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, EmptyKeyAndEmptyText) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

// RFC 5869, appendix A.1 to A.3.
TEST(HkdfSha256, Rfc5869) {
  Bytes out(42);
  ASSERT_TRUE(hkdf_sha256(Bytes(22, 0x0b), counting(0x00, 0x0c), counting(0xf0, 0xf9), out).ok());
  EXPECT_EQ(to_hex(out), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  out.resize(82);
  ASSERT_TRUE(hkdf_sha256(counting(0x00, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff), out).ok());
  EXPECT_EQ(to_hex(out),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  out.resize(42);
  ASSERT_TRUE(hkdf_sha256(Bytes(22, 0x0b), {}, {}, out).ok());
  EXPECT_EQ(to_hex(out), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HkdfSha256, MoreThan255BlocksAreRefused) {
  Bytes out(255 * 32);
  EXPECT_TRUE(hkdf_sha256(as_bytes("key"), {}, {}, out).ok());
  out.resize(255 * 32 + 1);
  EXPECT_EQ(hkdf_sha256(as_bytes("key"), {}, {}, out).code(), Code::kInvalidRequest);
}

// RFC 6070.
TEST(Pbkdf2HmacSha1, Rfc6070) {
  Bytes out(20);
  ASSERT_TRUE(pbkdf2_hmac_sha1(as_bytes("password"), as_bytes("salt"), 1, out).ok());
  EXPECT_EQ(to_hex(out), "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  ASSERT_TRUE(pbkdf2_hmac_sha1(as_bytes("password"), as_bytes("salt"), 2, out).ok());
  EXPECT_EQ(to_hex(out), "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
  ASSERT_TRUE(pbkdf2_hmac_sha1(as_bytes("password"), as_bytes("salt"), 4096, out).ok());
  EXPECT_EQ(to_hex(out), "4b007901b765489abead49d926f721d065a429c1");
}

TEST(Pbkdf2HmacSha1, KeyOfChromiumsBasicTextBackend) {
  Bytes out(16);
  ASSERT_TRUE(pbkdf2_hmac_sha1(as_bytes("peanuts"), as_bytes("saltysalt"), 1, out).ok());
  EXPECT_EQ(to_hex(out), "fd621fe5a2b402539dfa147ca9272778");
}

TEST(Pbkdf2HmacSha1, NeedsAnIteration) {
  Bytes out(16);
  EXPECT_EQ(pbkdf2_hmac_sha1(as_bytes("p"), as_bytes("s"), 0, out).code(), Code::kInvalidRequest);
}

TEST(EqualInConstantTime, IsEquality) {
  EXPECT_TRUE(equal_in_constant_time({}, {}));
  EXPECT_TRUE(equal_in_constant_time(as_bytes("same"), as_bytes("same")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("same"), as_bytes("sama")));
  EXPECT_FALSE(equal_in_constant_time(as_bytes("same"), as_bytes("sam")));
  EXPECT_FALSE(equal_in_constant_time({}, as_bytes("s")));
}

}  // namespace
}  // namespace strongroom
