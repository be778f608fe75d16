#include "access/consent_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace strongroom {
namespace {

class ConsentQueueTest : public testing::Test {
 protected:
  /// One more question of a principal, each about a connection of its own.
  bool ask(const std::string& principal) {
    PendingRequest request;
    request.id = "req_" + std::to_string(asked_);
    request.subject = {{"extension", principal}, "con_" + std::to_string(asked_), "token", "to work"};
    ++asked_;
    return queue_.join(std::move(request), {"to work", [](const Result<IssuedHandle>&) {}}).ok();
  }
  /// As many as are let in.
  std::size_t ask_much(const std::string& principal) {
    std::size_t count = 0;
    while (ask(principal)) ++count;
    return count;
  }

  ConsentQueue queue_;
  int asked_ = 0;
};

TEST_F(ConsentQueueTest, OnePrincipalHasSoManyQuestionsAndNoMore) {
  EXPECT_EQ(ask_much("greedy.ext"), kMaxPendingOfPrincipal);
  EXPECT_TRUE(ask("other.ext"));
}

TEST_F(ConsentQueueTest, ManyWhoAskForMuchLeaveEveryOtherAQuestion) {
  constexpr std::size_t kGreedy = 2 * kMaxPending / kMaxPendingOfPrincipal;
  for (std::size_t i = 0; i < kGreedy; ++i) EXPECT_GE(ask_much("greedy.ext" + std::to_string(i)), 1U);
  EXPECT_TRUE(ask("modest.ext"));
  EXPECT_FALSE(ask("modest.ext")) << "a second one waits until there is room";

  // Answered questions make room again, for whoever asks.
  while (queue_.list().size() >= kMaxPending - kKeptForFirst) {
    ASSERT_TRUE(queue_.take(queue_.list().front().request.id));
  }
  EXPECT_TRUE(ask("modest.ext"));
}

TEST_F(ConsentQueueTest, TheQueueHasAnEnd) {
  std::size_t count = 0;
  while (ask("some.ext" + std::to_string(count))) ++count;
  EXPECT_EQ(count, kMaxPending);
}

}  // namespace
}  // namespace strongroom
