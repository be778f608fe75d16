#include "service/dispatcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "base/secure_heap.h"

namespace strongroom {
namespace {

Result<Value> send(const Dispatcher& dispatcher, Role role, std::string_view channel, const Value& payload) {
  std::optional<Result<Value>> answer;
  dispatcher.dispatch({role, "somebody"}, channel, payload, [&](Result<Value> value) {
    EXPECT_FALSE(answer.has_value()) << "answered twice";
    answer = std::move(value);
  });
  EXPECT_TRUE(answer.has_value()) << "not answered";
  return std::move(*answer);
}

Value secret_text(const std::shared_ptr<SecureHeap>& heap, std::string_view text) {
  Result<SecureBuffer> buffer = heap->copy(as_bytes(text));
  EXPECT_TRUE(buffer.ok());
  return Value::secret({std::move(buffer).value(), text.size()});
}

Value valid_status(Value state) {
  return Value(Value::Object{{"state", std::move(state)},
                             {"keyProvider", Value()},
                             {"schemaVersion", 1},
                             {"storeId", "str_x"},
                             {"appId", "org.example"},
                             {"appName", "Example"},
                             {"notices", Value(Value::Array())}});
}

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() : dispatcher_(std::move(Dispatcher::create()).value()) {}

  void answer_with(std::string_view channel, Result<Value> answer) {
    dispatcher_.handle(channel, [this, answer](const Caller&, const Value&, Completion<Value> done) {
      ++handled_;
      done(answer);
    });
  }

  Dispatcher dispatcher_;
  int handled_ = 0;
};

const Value kEmpty{Value::Object()};

TEST_F(DispatcherTest, AnswersThatFitTheirContractGoOut) {
  answer_with("status.get", valid_status("locked"));
  const Result<Value> answer = send(dispatcher_, Role::kSettings, "status.get", kEmpty);
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(answer->find("state")->as_string(), "locked");
}

TEST_F(DispatcherTest, NoAnswerCarriesASecret) {
  const std::string canary = "canary-5d1b";
  answer_with("status.get", valid_status(secret_text(SecureHeap::create(), canary)));
  const Result<Value> answer = send(dispatcher_, Role::kCore, "status.get", kEmpty);
  EXPECT_EQ(answer.status().code(), Code::kInternal);
  EXPECT_EQ(answer.status().message().find(canary), std::string::npos);
}

TEST_F(DispatcherTest, NoAnswerHasWhatItsContractDoesNotDescribe) {
  Value answer = valid_status("locked");
  answer.as_object().emplace_back("value", "canary-9a0c");
  answer_with("status.get", answer);
  const Result<Value> sent = send(dispatcher_, Role::kCore, "status.get", kEmpty);
  EXPECT_EQ(sent.status().code(), Code::kInternal);
  EXPECT_EQ(sent.status().message().find("canary-9a0c"), std::string::npos);
}

TEST_F(DispatcherTest, ARequestThatIsNotValidReachesNoHandler) {
  answer_with("secrets.delete", Value(Value::Object()));
  const Result<Value> answer = send(dispatcher_, Role::kSettings, "secrets.delete", kEmpty);
  EXPECT_EQ(answer.status().code(), Code::kInvalidRequest);
  ASSERT_FALSE(answer.status().issues().empty());
  EXPECT_EQ(handled_, 0);
}

TEST_F(DispatcherTest, ARoleThatIsNotInTheTableReachesNoHandler) {
  answer_with("status.get", valid_status("locked"));
  for (const Role role : {Role::kExtension, Role::kTool}) {
    EXPECT_EQ(send(dispatcher_, role, "status.get", kEmpty).status().code(), Code::kForbidden);
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(DispatcherTest, UnknownChannelsAndChannelsWithoutHandlerAreUnknown) {
  EXPECT_EQ(send(dispatcher_, Role::kCore, "secrets.reveal", kEmpty).status().code(), Code::kUnknownChannel);
  EXPECT_EQ(send(dispatcher_, Role::kCore, "status.get", kEmpty).status().code(), Code::kUnknownChannel);
}

TEST_F(DispatcherTest, AHandlerWithoutAChannelIsSeen) {
  answer_with("secrets.reveal", Value(Value::Object()));
  const std::vector<std::string> unmatched = dispatcher_.unmatched();
  EXPECT_NE(std::find(unmatched.begin(), unmatched.end(), "secrets.reveal"), unmatched.end());
}

TEST_F(DispatcherTest, PlaintextsComeInWhereTheContractSaysWriteOnlyAndNowhereElse) {
  const WriteOnlyGuide* guide = dispatcher_.write_only("secrets.create");
  ASSERT_NE(guide, nullptr);
  ASSERT_NE(guide->member("value"), nullptr);
  EXPECT_TRUE(guide->member("value")->here());
  EXPECT_EQ(guide->member("name"), nullptr);
  EXPECT_EQ(dispatcher_.write_only("secrets.list"), nullptr);
}

}  // namespace
}  // namespace strongroom
