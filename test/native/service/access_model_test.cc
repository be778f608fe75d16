// The rules of access as a small model, and the real thing beside it: random sequences of requests, answers, uses,
// revocations, deletions, replacements, locks, waits and restarts, compared step by step.
//
// The sequence is the same in each run, so that a change is judged by what it changed. STRONGROOM_SEED sets another (a
// number, or `random`), STRONGROOM_MODEL_STEPS how many steps there are (default 100,000, under sanitizers fewer).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string_view>
#include <tuple>

#include "access/cooldown.h"
#include "support/room_support.h"

namespace strongroom {
namespace {

using test::json;
using test::kCoreCaller;
using test::kSettingsCaller;
using test::make_canary;
using test::Pending;
using test::secret_value;
using test::TestRoom;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kDefaultSteps = 4000;
#else
constexpr int kDefaultSteps = 100000;
#endif
constexpr std::int64_t kHandleTtl = 300000;

int number_from(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

using Key = std::tuple<int, std::string, std::string>;  // principal, connection, field

/// What should be true.
struct Model {
  struct Secret {
    std::string value;  // empty: cleared
    int version = 0;
  };
  struct Standing {
    bool allow = false;
    std::string id;
  };
  struct Handle {
    std::string text;
    Key key;
    bool once = false;
    int version = 0;
    std::int64_t expires_at = 0;
    bool dead = false;
    std::string grant_id;
  };
  struct Question {
    std::string id;
    Key key;
    std::vector<Pending> waiters;
  };

  std::map<std::string, std::map<std::string, Secret>> connections;
  std::map<Key, Standing> standing;
  std::deque<Handle> handles;
  std::vector<Question> questions;
  std::map<std::pair<int, std::string>, std::vector<std::int64_t>> denials;
  std::map<std::pair<int, std::string>, std::int64_t> silenced_until;
  bool locked = false;

  /// Whether that silences the principal.
  bool deny(const Key& key, std::int64_t now) {
    const std::pair<int, std::string> who(std::get<0>(key), std::get<1>(key));
    std::vector<std::int64_t>& times = denials[who];
    std::erase_if(times, [now](std::int64_t at) { return at <= now - kDenialWindowMs; });
    times.push_back(now);
    if (times.size() < 3) return false;
    silenced_until[who] = now + kSilenceMs;
    times.clear();
    return true;
  }

  bool usable(const Handle& handle, std::int64_t now) const {
    if (locked || handle.dead || handle.expires_at <= now) return false;
    const auto& [principal, connection, field] = handle.key;
    const auto found = connections.find(connection);
    if (found == connections.end()) return false;
    const Secret& secret = found->second.at(field);
    if (secret.value.empty() || secret.version != handle.version) return false;
    if (handle.once) return true;
    const auto grant = standing.find(handle.key);
    return grant != standing.end() && grant->second.allow && grant->second.id == handle.grant_id;
  }

  void kill(const std::function<bool(const Handle&)>& which) {
    for (Handle& handle : handles) {
      if (which(handle)) handle.dead = true;
    }
  }
};

class AccessModelTest : public testing::Test {
 protected:
  static StrongroomOptions options() {
    StrongroomOptions options;
    options.full_durability = false;
    options.handle_ttl_ms = kHandleTtl;
    options.consent_timeout_ms = 86400000;  // time-outs run on a real clock: tested elsewhere
    options.max_entries = 2000;
    return options;
  }

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  template <class Container>
  auto& pick(Container& from) {
    auto at = from.begin();
    std::advance(at, below(from.size()));
    return *at;
  }

  static Caller caller(int principal) {
    static const std::array kCallers = {Caller{Role::kExtension, "acme.one"}, Caller{Role::kExtension, "other.two"},
                                        Caller{Role::kTool, "acme.one"}};
    return kCallers.at(static_cast<std::size_t>(principal));
  }

  std::string new_connection() {
    std::map<std::string, Model::Secret> secrets;
    secrets["token"] = {make_canary(), 1};
    secrets["other"] = {make_canary(), 1};
    const std::string id = room_.connect(secrets["token"].value, secrets["other"].value);
    model_.connections[id] = std::move(secrets);
    return id;
  }

  Key random_key() {
    // Now and then one that is gone.
    const std::string connection =
        !gone_.empty() && chance(10) ? pick(gone_) : std::string(pick(model_.connections).first);
    return {static_cast<int>(below(3)), connection, chance(2) ? "token" : "other"};
  }

  void expect_code(const Result<Value>& answer, Code code, const char* what) {
    EXPECT_EQ(code_name(answer.status().code()), code_name(code)) << what << " at step " << step_;
  }

  /// A handle as the model knows it, from an answer of access.request.
  void remember(const Key& key, const Value& answer, const std::string& grant_id) {
    Model::Handle handle;
    handle.text = answer.find("handle")->as_string();
    handle.key = key;
    handle.once = answer.find("lifetime")->as_string() == "once";
    handle.version = model_.connections.at(std::get<1>(key)).at(std::get<2>(key)).version;
    handle.expires_at = room_.clock().now_ms() + kHandleTtl;
    handle.grant_id = grant_id;
    model_.handles.push_back(std::move(handle));
    if (model_.handles.size() > 60) model_.handles.pop_front();
  }

  void request() {
    const Key key = random_key();
    const auto& [principal, connection, field] = key;
    const std::size_t consents = room_.count("consent");
    const Pending pending =
        room_.start(caller(principal), "access.request",
                    Value(Value::Object{
                        {"connectionId", connection}, {"field", field}, {"reason", "step " + std::to_string(step_)}}));
    if (model_.locked) return expect_code(pending.get(), Code::kKeyringLocked, "request while locked");
    const auto found = model_.connections.find(connection);
    if (found == model_.connections.end() || found->second.at(field).value.empty()) {
      return expect_code(pending.get(), Code::kNotFound, "request for nothing");
    }
    if (const auto grant = model_.standing.find(key); grant != model_.standing.end()) {
      const Result<Value> answer = pending.get();
      if (!grant->second.allow) return expect_code(answer, Code::kConsentDenied, "request against a standing denial");
      ASSERT_TRUE(answer.ok()) << answer.status().message() << " at step " << step_;
      return remember(key, *answer, grant->second.id);
    }
    if (const auto silence = model_.silenced_until.find({principal, connection});
        silence != model_.silenced_until.end() && silence->second > room_.clock().now_ms()) {
      return expect_code(pending.get(), Code::kConsentDenied, "request of a silenced principal");
    }
    for (Model::Question& question : model_.questions) {
      if (question.key == key) {
        question.waiters.push_back(pending);
        // It has joined when it is counted.
        room_.wait([&] {
          const Value list = room_.must("consent.list", json("{}"));
          for (const Value& listed : list.find("items")->as_array()) {
            if (listed.find("id")->as_string() == question.id) {
              return listed.find("count")->as_number() == static_cast<double>(question.waiters.size());
            }
          }
          return false;
        });
        return;
      }
    }
    room_.wait([&] { return pending.ready() || room_.count("consent") > consents; });
    ASSERT_FALSE(pending.ready()) << pending.get().status().message() << " at step " << step_;
    model_.questions.push_back({room_.last("consent").find("request")->find("id")->as_string(), key, {pending}});
  }

  void respond() {
    if (model_.questions.empty()) return;
    const std::size_t at = below(model_.questions.size());
    const Model::Question question = model_.questions[at];
    const auto& [principal, connection, field] = question.key;
    static constexpr std::array<const char*, 4> kDecisions = {"allow-once", "allow-always", "deny", "deny-always"};
    const std::string decision = kDecisions.at(chance(8) ? 3 : below(3));
    const Result<Value> answer = room_.call(kSettingsCaller, "consent.respond",
                                            Value(Value::Object{{"id", question.id}, {"decision", decision}}));
    model_.questions.erase(model_.questions.begin() + static_cast<std::ptrdiff_t>(at));
    const bool there = !model_.connections.at(connection).at(field).value.empty();
    if (!there && decision != "deny") {
      expect_code(answer, Code::kNotFound, "answer about a field that was cleared");
      for (const Pending& waiter : question.waiters) expect_code(waiter.get(), Code::kNotFound, "its waiter");
      return;
    }
    ASSERT_TRUE(answer.ok()) << answer.status().message() << " at step " << step_;
    if (decision == "deny" && model_.deny(question.key, room_.clock().now_ms())) {
      // Its other questions about the connection are answered with it.
      std::erase_if(model_.questions, [&](const Model::Question& other) {
        if (std::get<0>(other.key) != principal || std::get<1>(other.key) != connection) return false;
        for (const Pending& waiter : other.waiters) expect_code(waiter.get(), Code::kConsentDenied, "silenced waiter");
        return true;
      });
    }
    if (decision == "deny" || decision == "deny-always") {
      for (const Pending& waiter : question.waiters) expect_code(waiter.get(), Code::kConsentDenied, "denied waiter");
    }
    std::string grant_id;
    if (decision == "allow-always" || decision == "deny-always") {
      for (const Value& grant : grants()) {
        if (grant.find("principalId")->as_string() == caller(principal).principal_id &&
            grant.find("role")->as_string() == role_name(caller(principal).role) &&
            grant.find("connectionId")->as_string() == connection && grant.find("field")->as_string() == field) {
          grant_id = grant.find("id")->as_string();
        }
      }
      EXPECT_FALSE(grant_id.empty()) << "no grant after " << decision << " at step " << step_;
      model_.standing[question.key] = {decision == "allow-always", grant_id};
    }
    if (decision.starts_with("allow")) {
      std::set<std::string> handles;
      for (const Pending& waiter : question.waiters) {
        const Result<Value> given = waiter.get();
        ASSERT_TRUE(given.ok()) << given.status().message() << " at step " << step_;
        if (handles.insert(given->find("handle")->as_string()).second) remember(question.key, *given, grant_id);
      }
      EXPECT_EQ(handles.size(), 1U) << "one answer gives one handle";
    }
  }

  void redeem() {
    if (model_.handles.empty()) return;
    Model::Handle& handle = pick(model_.handles);
    const std::string got = room_.redeem(handle.text);
    if (!model_.usable(handle, room_.clock().now_ms())) {
      EXPECT_EQ(got, "HANDLE_INVALID") << "a handle outside of its grant, at step " << step_;
      return;
    }
    EXPECT_EQ(got, model_.connections.at(std::get<1>(handle.key)).at(std::get<2>(handle.key)).value)
        << "at step " << step_;
    if (handle.once) handle.dead = true;
  }

  void release() {
    if (model_.handles.empty()) return;
    Model::Handle& handle = pick(model_.handles);
    const int by = chance(3) ? (std::get<0>(handle.key) + 1) % 3 : std::get<0>(handle.key);
    EXPECT_TRUE(room_.call(caller(by), "access.release", Value(Value::Object{{"handle", handle.text}})).ok());
    if (by == std::get<0>(handle.key)) handle.dead = true;
  }

  Value::Array grants() { return room_.must("grants.list", json(R"({"limit":500})")).find("items")->as_array(); }

  void revoke() {
    if (model_.standing.empty()) return;
    const std::string id = pick(model_.standing).second.id;
    EXPECT_TRUE(room_.call(kSettingsCaller, "grants.revoke", Value(Value::Object{{"id", id}})).ok());
    std::erase_if(model_.standing, [&](const auto& entry) { return entry.second.id == id; });
    model_.kill([&](const Model::Handle& handle) { return handle.grant_id == id; });
  }

  void remove_connection() {
    if (model_.locked) return;  // a new one could not be made
    const std::string id = pick(model_.connections).first;
    EXPECT_TRUE(room_.call(kSettingsCaller, "connections.delete", Value(Value::Object{{"id", id}})).ok());
    model_.connections.erase(id);
    gone_.push_back(id);
    if (gone_.size() > 5) gone_.erase(gone_.begin());
    std::erase_if(model_.standing, [&](const auto& entry) { return std::get<1>(entry.first) == id; });
    std::erase_if(model_.silenced_until, [&](const auto& entry) { return entry.first.second == id; });
    std::erase_if(model_.denials, [&](const auto& entry) { return entry.first.second == id; });
    model_.kill([&](const Model::Handle& handle) { return std::get<1>(handle.key) == id; });
    std::erase_if(model_.questions, [&](const Model::Question& question) {
      if (std::get<1>(question.key) != id) return false;
      for (const Pending& waiter : question.waiters) expect_code(waiter.get(), Code::kNotFound, "deleted connection");
      return true;
    });
    new_connection();
  }

  void change_secret() {
    auto& [id, secrets] = pick(model_.connections);
    const std::string field = chance(2) ? "token" : "other";
    const bool clear = chance(4);
    const std::string value = clear ? std::string() : make_canary();
    const Result<Value> answer =
        clear
            ? room_.call(kSettingsCaller, "connections.clearSecret", Value(Value::Object{{"id", id}, {"field", field}}))
            : room_.call(
                  kSettingsCaller, "connections.setSecret",
                  Value(Value::Object{{"id", id}, {"field", field}, {"value", secret_value(room_.heap(), value)}}));
    // Handles die when it is asked for; whether it then works or not.
    model_.kill([&, id = id](const Model::Handle& handle) {
      return std::get<1>(handle.key) == id && std::get<2>(handle.key) == field;
    });
    if (model_.locked) return expect_code(answer, Code::kKeyringLocked, "change while locked");
    ASSERT_TRUE(answer.ok()) << answer.status().message() << " at step " << step_;
    Model::Secret& secret = secrets[field];
    secret.value = value;
    secret.version = static_cast<int>(answer->find("secrets")->find(field)->find("version")->as_number());
  }

  void drop_all(Code code) {
    model_.kill([](const Model::Handle&) { return true; });
    for (const Model::Question& question : model_.questions) {
      for (const Pending& waiter : question.waiters)
        expect_code(waiter.get(), code, "waiter of a store that was locked");
    }
    model_.questions.clear();
  }

  void lock_or_unlock() {
    if (model_.locked) {
      EXPECT_TRUE(room_.call(kSettingsCaller, "status.unlock", json("{}")).ok());
      model_.locked = false;
    } else {
      room_.core().lock();
      model_.locked = true;
      drop_all(Code::kKeyringLocked);
    }
  }

  void restart() {
    room_.restart();
    model_.locked = false;
    drop_all(Code::kClosed);
  }

  void compare_grants() {
    std::set<std::string> real;
    for (const Value& grant : grants()) {
      real.insert(grant.find("id")->as_string() + " " + grant.find("decision")->as_string());
    }
    std::set<std::string> wanted;
    for (const auto& [key, grant] : model_.standing) wanted.insert(grant.id + (grant.allow ? " allow" : " deny"));
    EXPECT_EQ(real, wanted) << "at step " << step_;
  }

  TestRoom room_{options()};
  Model model_;
  std::vector<std::string> gone_;
  std::mt19937 random_;
  int step_ = 0;
};

TEST_F(AccessModelTest, NoHandleIsEverUsableOutsideOfItsGrant) {
  const char* wanted = std::getenv("STRONGROOM_SEED");
  const int seed = wanted != nullptr && std::string_view(wanted) == "random"
                       ? static_cast<int>(std::random_device()() & 0x7fffffffU)
                       : number_from("STRONGROOM_SEED", 1);
  const int steps = number_from("STRONGROOM_MODEL_STEPS", kDefaultSteps);
  std::printf("access model: STRONGROOM_SEED=%d, %d steps\n", seed, steps);
  random_.seed(static_cast<unsigned>(seed));
  room_.register_provider();
  for (int i = 0; i < 3; ++i) new_connection();
  int given = 0;
  for (step_ = 1; step_ <= steps && !HasFailure(); ++step_) {
    const std::size_t dice = below(1000);
    if (dice < 330) {
      request();
    } else if (dice < 500) {
      respond();
    } else if (dice < 800) {
      redeem();
    } else if (dice < 830) {
      release();
    } else if (dice < 880) {
      revoke();
    } else if (dice < 900) {
      change_secret();
    } else if (dice < 910) {
      remove_connection();
    } else if (dice < 930) {
      lock_or_unlock();
    } else if (dice < 995) {
      room_.clock().advance(static_cast<std::int64_t>(below(chance(4) ? 900000 : 60000)));
    } else if (dice < 997) {
      restart();
    } else {
      compare_grants();
    }
    given = std::max(given, static_cast<int>(model_.handles.size()));
    if (model_.locked && chance(4)) lock_or_unlock();
  }
  EXPECT_GT(given, 10) << "hardly any handle was ever given: the test would mean little";
  compare_grants();
  const Value verdict = room_.must("audit.verify", json("{}"));
  EXPECT_TRUE(verdict.find("ok")->as_bool()) << to_json(verdict);
}

}  // namespace
}  // namespace strongroom
