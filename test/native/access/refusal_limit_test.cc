#include "access/refusal_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "support/store_support.h"

namespace strongroom {
namespace {

const Principal kPrincipal{"extension", "acme.ext"};

class RefusalLimitTest : public testing::Test {
 protected:
  void refuse(std::int64_t times, const Principal& principal = kPrincipal) {
    for (std::int64_t i = 0; i < times; ++i) limit_.refused(principal);
  }
  bool heard(const Principal& principal = kPrincipal) { return !limit_.turned_away(principal); }

  test::FakeClock clock_;
  RefusalLimit limit_{clock_};
};

TEST_F(RefusalLimitTest, ABurstOfRefusalsIsHeardAndNoMore) {
  for (std::int64_t i = 0; i < kRefusalBurst; ++i) {
    EXPECT_TRUE(heard()) << i;
    refuse(1);
  }
  const auto away = limit_.turned_away(kPrincipal);
  ASSERT_TRUE(away);
  EXPECT_EQ(away->wait_ms, kRefusalTokenMs);
}

TEST_F(RefusalLimitTest, ATokenComesBackAfterItsTime) {
  refuse(kRefusalBurst);
  clock_.advance(kRefusalTokenMs - 1);
  ASSERT_FALSE(heard());
  EXPECT_EQ(limit_.turned_away(kPrincipal)->wait_ms, 1);
  clock_.advance(1);
  EXPECT_TRUE(heard());
  refuse(1);
  EXPECT_FALSE(heard());
  clock_.advance(3 * kRefusalTokenMs);
  refuse(2);
  EXPECT_TRUE(heard());
  refuse(1);
  EXPECT_FALSE(heard());
}

TEST_F(RefusalLimitTest, OnlyTheFirstToBeTurnedAwayIsTheFirst) {
  refuse(kRefusalBurst);
  EXPECT_TRUE(limit_.turned_away(kPrincipal)->first);
  EXPECT_FALSE(limit_.turned_away(kPrincipal)->first);
  clock_.advance(kRefusalTokenMs);
  EXPECT_TRUE(heard());
  refuse(1);
  EXPECT_TRUE(limit_.turned_away(kPrincipal)->first);
  EXPECT_FALSE(limit_.turned_away(kPrincipal)->first);
}

TEST_F(RefusalLimitTest, WhatWasRefusedBeyondTheTokensIsOwed) {
  refuse(kRefusalBurst + 10);
  clock_.advance(10 * kRefusalTokenMs);
  EXPECT_FALSE(heard());
  clock_.advance(kRefusalTokenMs);
  EXPECT_TRUE(heard());
}

TEST_F(RefusalLimitTest, EachPrincipalHasABucketOfItsOwn) {
  refuse(kRefusalBurst);
  EXPECT_FALSE(heard());
  EXPECT_TRUE(heard({"extension", "other.ext"}));
  EXPECT_TRUE(heard({"tool", "acme.ext"}));
}

TEST_F(RefusalLimitTest, AFullBucketIsForgottenAndHoldsNoMoreThanABurst) {
  for (int i = 0; i < 100; ++i) refuse(1, {"tool", std::to_string(i)});
  EXPECT_TRUE(heard({"tool", "nobody"}));
  EXPECT_EQ(limit_.size(), 100U);  // asking remembers nobody
  clock_.advance(1000 * kRefusalTokenMs);
  refuse(kRefusalBurst);
  EXPECT_EQ(limit_.size(), 1U);
  EXPECT_FALSE(heard());
  clock_.advance(1000 * kRefusalTokenMs);
  refuse(kRefusalBurst);
  EXPECT_FALSE(heard());
}

TEST_F(RefusalLimitTest, NoRefusalIsLostBetweenThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      refuse(kRefusalBurst / 4);
      limit_.turned_away({"extension", "other.ext"});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limit_.turned_away(kPrincipal)->wait_ms, kRefusalTokenMs);
}

TEST(IsRefusal, ByWhatThePrincipalOrAPersonDidAlone) {
  for (const Code code :
       {Code::kInvalidRequest, Code::kUnknownChannel, Code::kForbidden, Code::kNotFound, Code::kLimitExceeded,
        Code::kConsentDenied, Code::kConsentTimeout, Code::kHandleInvalid, Code::kOriginNotAllowed,
        Code::kKeyringUnavailable, Code::kKeyringLocked, Code::kKeyMissing}) {
    EXPECT_TRUE(is_refusal(code)) << code_name(code);
  }
  for (const Code code : {Code::kOk, Code::kCorrupt, Code::kAuditUnavailable, Code::kStoreReadOnly, Code::kStoreFull,
                          Code::kBusy, Code::kClosed, Code::kTimeout, Code::kCancelled, Code::kInternal}) {
    EXPECT_FALSE(is_refusal(code)) << code_name(code);
  }
}

}  // namespace
}  // namespace strongroom
