#include "support/room_support.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/unicode.h"

namespace strongroom::test {

Value secret_value(const std::shared_ptr<SecureHeap>& heap, std::string_view text) {
  return Value::secret({heap->copy(as_bytes(text)).value(), count_code_points(text).value()});
}

Value json(std::string_view text) {
  Result<Value> value = parse_json(text, MessageLimits());
  EXPECT_TRUE(value.ok()) << value.status().message() << ": " << text;
  return value.ok() ? *std::move(value) : Value();
}

bool Pending::ready() const {
  const std::lock_guard lock(state_->mutex);
  return state_->answer.has_value();
}

Result<Value> Pending::get() const {
  std::unique_lock lock(state_->mutex);
  state_->wake.wait(lock, [this] { return state_->answer.has_value(); });
  return *state_->answer;
}

TestRoom::TestRoom(StrongroomOptions options) : options_(std::move(options)) {
  options_.dir = dir();
  options_.app_id = "org.example.test";
  options_.app_name = "Test";
  options_.key_providers = {"master-key-file"};
  options_.clock = clock_;
  open();
}

void TestRoom::open() {
  Result<std::unique_ptr<Strongroom>> opened = Strongroom::open(
      options_, heap_,
      [this](const Value& event) {
        {
          const std::lock_guard lock(mutex_);
          auto& [count, last] = events_[event.find("type")->as_string()];
          ++count;
          last = event;
        }
        notify();
      },
      [this](const Effect& effect) {
        std::function<void(const Effect&)> sink;
        {
          const std::lock_guard lock(mutex_);
          sink = effect_sink_;
        }
        if (sink) sink(effect);
        notify();
      });
  ASSERT_TRUE(opened.ok()) << opened.status().message();
  core_ = *std::move(opened);
}

void TestRoom::restart() {
  core_->close();
  core_.reset();
  open();
}

void TestRoom::notify() {
  const std::lock_guard lock(mutex_);
  ++happenings_;
  wake_.notify_all();
}

Pending TestRoom::start(const Caller& caller, std::string_view channel, const Value& payload) {
  Pending pending;
  core_->dispatch(caller, channel, payload, [this, state = pending.state_](Result<Value> answer) {
    {
      const std::lock_guard lock(state->mutex);
      state->answer = std::move(answer);
      state->wake.notify_all();
    }
    notify();
  });
  return pending;
}

Result<Value> TestRoom::call(const Caller& caller, std::string_view channel, const Value& payload) {
  return start(caller, channel, payload).get();
}

Value TestRoom::must(std::string_view channel, const Value& payload) {
  const Result<Value> answer = call(kCoreCaller, channel, payload);
  EXPECT_TRUE(answer.ok()) << channel << ": " << answer.status().message();
  return answer.ok() ? *answer : Value();
}

std::string TestRoom::redeem(const std::string& handle) {
  std::mutex mutex;
  std::condition_variable wake;
  std::optional<std::string> outcome;
  core_->redeem(handle, "test", false, [&](const Result<Strongroom::RedeemedHandle>& redeemed) {
    const std::lock_guard lock(mutex);
    outcome = redeemed.ok() ? std::string(as_text(redeemed->plaintext.view()))
                            : std::string(code_name(redeemed.status().code()));
    wake.notify_all();
  });
  std::unique_lock lock(mutex);
  wake.wait(lock, [&] { return outcome.has_value(); });
  return *outcome;
}

void TestRoom::on_effect(std::function<void(const Effect&)> sink) {
  const std::lock_guard lock(mutex_);
  effect_sink_ = std::move(sink);
}

void TestRoom::wait(const std::function<bool()>& condition) {
  while (true) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = happenings_;
    }
    if (condition()) return;
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [&] { return happenings_ != seen; });
  }
}

std::size_t TestRoom::count(const std::string& type) const {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(type);
  return found == events_.end() ? 0 : found->second.first;
}

Value TestRoom::last(const std::string& type) const {
  const std::lock_guard lock(mutex_);
  const auto found = events_.find(type);
  return found == events_.end() ? Value() : found->second.second;
}

std::string TestRoom::register_provider(const std::string& id, const std::string& more) {
  must("providers.register",
       json(R"({"id":")" + id +
            R"(","displayName":"Acme","description":"A service","auth":{"type":"bearer","field":"token"},)"
            R"("origins":["https://api.acme.example"],"schema":{"type":"object","properties":{)"
            R"("token":{"type":"string","title":"Token","writeOnly":true},"other":{"type":"string","writeOnly":true},)"
            R"("name":{"type":"string"}}})" +
            more + "}"));
  return id;
}

std::string TestRoom::connect(const std::string& token, const std::string& other, const std::string& provider) {
  const Value made =
      must("connections.create",
           Value(Value::Object{{"providerId", provider},
                               {"scope", "user"},
                               {"displayName", "Mine"},
                               {"secrets", Value(Value::Object{{"token", secret_value(heap_, token)},
                                                               {"other", secret_value(heap_, other)}})}}));
  const Value* id = made.find("id");
  return id == nullptr ? std::string() : id->as_string();
}

}  // namespace strongroom::test
