// Project Wycheproof's vectors: every one of the parameter sizes that the product uses.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/value.h"
#include "crypto/aead.h"
#include "crypto/aes.h"
#include "crypto/hash.h"
#include "support/hex.h"
#include "support/vectors.h"

namespace strongroom {
namespace {

using test::from_hex;

class Wycheproof : public ::testing::Test {
 protected:
  void SetUp() override {
    if (test::vectors_folder().empty()) {
      GTEST_SKIP() << "no folder of vectors was given to this build (STRONGROOM_VECTORS)";
    }
  }

  /// Runs `check` on each test of the file that `wanted` takes, by its group.
  template <class Wanted, class Check>
  static void run(const std::string& name, Wanted wanted, Check check) {
    std::ifstream file(test::vectors_folder() + "/" + name, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    ASSERT_FALSE(text.empty()) << name << " is missing from " << test::vectors_folder();
    const Result<Value> root = parse_json(text, MessageLimits{1U << 26, 32, 1U << 20});
    ASSERT_TRUE(root.ok()) << root.status().message();
    int counted = 0;
    for (const Value& group : root->find("testGroups")->as_array()) {
      if (!wanted(group)) continue;
      for (const Value& vector : group.find("tests")->as_array()) {
        SCOPED_TRACE(name + ", tcId " + std::to_string(static_cast<int>(vector.find("tcId")->as_number())) + ": " +
                     vector.find("comment")->as_string());
        const std::string& result = vector.find("result")->as_string();
        ASSERT_TRUE(result == "valid" || result == "invalid" || result == "acceptable") << result;
        check(group, vector, result);
        ++counted;
      }
    }
    EXPECT_GT(counted, 0) << name;
    RecordProperty(name + ".vectors", counted);
  }

  static Bytes bytes(const Value& vector, const char* name) { return from_hex(vector.find(name)->as_string()); }
  static std::size_t number(const Value& value, const char* name) {
    return static_cast<std::size_t>(value.find(name)->as_number());
  }
};

TEST_F(Wycheproof, AesGcm) {
  int valid = 0;
  int invalid = 0;
  run(
      "aes_gcm_test.json",
      [](const Value& group) {
        return number(group, "keySize") == 256 && number(group, "ivSize") == 96 && number(group, "tagSize") == 128;
      },
      [&](const Value&, const Value& vector, const std::string& result) {
        const Bytes key = bytes(vector, "key");
        const Bytes nonce = bytes(vector, "iv");
        const Bytes associated_data = bytes(vector, "aad");
        const Bytes message = bytes(vector, "msg");
        Bytes sealed = bytes(vector, "ct");
        append(sealed, bytes(vector, "tag"));
        (result == "invalid" ? invalid : valid) += 1;
        for (const AesBackend& backend : aes_backends()) {
          Bytes opened(sealed.size() - kAeadTagSize);
          const Status status = aead_open_with(backend, key, nonce, associated_data, sealed, opened);
          if (result == "invalid") {
            EXPECT_EQ(status.code(), Code::kCorrupt) << backend.name;
            continue;
          }
          EXPECT_TRUE(status.ok()) << backend.name;
          EXPECT_EQ(opened, message) << backend.name;
          Bytes own(message.size() + kAeadTagSize);
          EXPECT_TRUE(aead_seal_with(backend, key, nonce, associated_data, message, own).ok()) << backend.name;
          EXPECT_EQ(own, sealed) << backend.name;
        }
      });
  EXPECT_GT(valid, 0);
  EXPECT_GT(invalid, 0);
}

TEST_F(Wycheproof, HkdfSha256) {
  run(
      "hkdf_sha256_test.json", [](const Value&) { return true; },
      [](const Value&, const Value& vector, const std::string& result) {
        Bytes out(number(vector, "size"));
        const Status status = hkdf_sha256(bytes(vector, "ikm"), bytes(vector, "salt"), bytes(vector, "info"), out);
        EXPECT_EQ(status.ok(), result != "invalid");
        if (status.ok()) {
          EXPECT_EQ(to_hex(out), vector.find("okm")->as_string());
        }
      });
}

TEST_F(Wycheproof, HmacSha256) {
  run(
      "hmac_sha256_test.json", [](const Value&) { return true; },
      [](const Value& group, const Value& vector, const std::string& result) {
        const Digest256 mac = hmac_sha256(bytes(vector, "key"), bytes(vector, "msg"));
        // Some groups have tags cut to 128 bits.
        const bool equal =
            equal_in_constant_time(ByteView(mac).first(number(group, "tagSize") / 8), bytes(vector, "tag"));
        EXPECT_EQ(equal, result != "invalid");
      });
}

TEST_F(Wycheproof, Pbkdf2HmacSha1) {
  run(
      "pbkdf2_hmacsha1_test.json", [](const Value&) { return true; },
      [](const Value&, const Value& vector, const std::string& result) {
        Bytes out(number(vector, "dkLen"));
        const Status status = pbkdf2_hmac_sha1(bytes(vector, "password"), bytes(vector, "salt"),
                                               static_cast<int>(number(vector, "iterationCount")), out);
        EXPECT_EQ(status.ok() && to_hex(out) == vector.find("dk")->as_string(), result != "invalid");
      });
}

}  // namespace
}  // namespace strongroom
