// Consent, handles and the broker, with the test in the place of the host language.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <thread>
#include <vector>

#include "access/handle_table.h"
#include "access/refusal_limit.h"
#include "support/room_support.h"

namespace strongroom {
namespace {

using test::json;
using test::kCoreCaller;
using test::kSettingsCaller;
using test::make_canary;
using test::Pending;
using test::run_sql;
using test::secret_value;
using test::TestRoom;

const Caller kExtension{Role::kExtension, "acme.ext"};
const Caller kOther{Role::kExtension, "other.ext"};

std::string text(const Value& value, std::string_view key) {
  const Value* member = value.find(key);
  return member != nullptr && member->is(Value::Kind::kString) ? member->as_string() : std::string();
}

class AccessServiceTest : public testing::Test {
 protected:
  static StrongroomOptions quick() {
    StrongroomOptions options;
    options.full_durability = false;
    return options;
  }
  explicit AccessServiceTest(StrongroomOptions options = quick()) : room_(std::move(options)) {
    room_.register_provider();
    connection_ = room_.connect(token_, other_);
  }

  Pending request(const Caller& caller = kExtension, const std::string& field = "token",
                  const std::string& reason = "to test") {
    return room_.start(caller, "access.request",
                       Value(Value::Object{{"connectionId", connection_}, {"field", field}, {"reason", reason}}));
  }
  /// The request that waits, once it does.
  std::string waiting(std::size_t events_before = 0) {
    room_.wait([&] { return room_.count("consent") > events_before; });
    return text(*room_.last("consent").find("request"), "id");
  }
  Result<Value> respond(const std::string& id, const std::string& decision) {
    return room_.call(kSettingsCaller, "consent.respond", Value(Value::Object{{"id", id}, {"decision", decision}}));
  }
  /// A handle after a person said `decision`.
  std::string allowed(const std::string& decision = "allow-always", const Caller& caller = kExtension) {
    const std::size_t before = room_.count("consent");
    const Pending pending = request(caller);
    EXPECT_TRUE(respond(waiting(before), decision).ok());
    const Result<Value> answer = pending.get();
    EXPECT_TRUE(answer.ok()) << answer.status().message();
    return answer.ok() ? text(*answer, "handle") : std::string();
  }
  Pending fetch(const std::string& handle, const std::string& url, const Caller& caller = kExtension) {
    return room_.start(caller, "broker.fetch", Value(Value::Object{{"handle", handle}, {"url", url}}));
  }
  static std::string code(const Result<Value>& answer) {
    return answer.ok() ? "OK" : std::string(code_name(answer.status().code()));
  }
  std::string audit(const std::string& action) {
    return to_json(room_.must("audit.list", Value(Value::Object{{"action", action}})));
  }
  std::size_t grants(bool once = true) {
    return room_.must("grants.list", Value(Value::Object{{"once", once}})).find("items")->as_array().size();
  }

  const std::string token_ = make_canary();
  const std::string other_ = make_canary();
  TestRoom room_;
  std::string connection_;
};

TEST_F(AccessServiceTest, OnceIsForOneUse) {
  const std::string handle = allowed("allow-once");
  EXPECT_EQ(grants(), 1U);
  EXPECT_EQ(grants(false), 0U);
  EXPECT_EQ(room_.redeem(handle), token_);
  EXPECT_EQ(room_.redeem(handle), "HANDLE_INVALID");
  EXPECT_EQ(grants(), 0U);
  const std::size_t before = room_.count("consent");
  const Pending again = request();
  EXPECT_TRUE(respond(waiting(before), "deny").ok());
  EXPECT_EQ(code(again.get()), "CONSENT_DENIED");
}

TEST_F(AccessServiceTest, TwoUsesOfOneSingleHandleAtTheSameTimeGiveOneSecret) {
  for (int round = 0; round < 20; ++round) {
    const std::string handle = allowed("allow-once");
    std::promise<void> go;
    const std::shared_future<void> start = go.get_future().share();
    std::atomic<int> given = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        start.wait();
        if (room_.redeem(handle) == token_) ++given;
      });
    }
    go.set_value();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(given, 1);
  }
}

TEST_F(AccessServiceTest, AlwaysOutlivesARestartAndEndsWithRevoke) {
  const std::string handle = allowed();
  EXPECT_EQ(room_.redeem(handle), token_);
  room_.restart();
  EXPECT_EQ(room_.redeem(handle), "HANDLE_INVALID");  // handles live in memory alone
  const Result<Value> answer = request().get();       // and nobody is asked
  ASSERT_TRUE(answer.ok());
  const std::string fresh = text(*answer, "handle");
  const Value listed = room_.must("grants.list", json("{}"));
  const std::string grant = text(listed.find("items")->as_array().at(0), "id");
  EXPECT_TRUE(room_.call(kSettingsCaller, "grants.revoke", Value(Value::Object{{"id", grant}})).ok());
  EXPECT_EQ(room_.redeem(fresh), "HANDLE_INVALID");
  EXPECT_EQ(code(room_.call(kSettingsCaller, "grants.revoke", Value(Value::Object{{"id", grant}}))), "NOT_FOUND");
}

TEST_F(AccessServiceTest, ARevocationStopsUsesThatAreQueuedBeforeIt) {
  const std::string handle = allowed();
  const std::string grant = text(room_.must("grants.list", json("{}")).find("items")->as_array().at(0), "id");
  room_.on_effect([&](const Effect&) {});
  const Pending use = fetch(handle, "https://api.acme.example/");
  const Pending revoked = room_.start(kSettingsCaller, "grants.revoke", Value(Value::Object{{"id", grant}}));
  EXPECT_EQ(code(revoked.get()), "OK");
  EXPECT_EQ(code(use.get()), "HANDLE_INVALID");  // queued or under way, it gives nothing
}

TEST_F(AccessServiceTest, IdenticalQuestionsShareOnePromptAndOneHandle) {
  std::atomic<int> prompts = 0;
  room_.core().set_prompting(true);
  room_.on_effect([&](const Effect& effect) { prompts += effect.kind == "consent" ? 1 : 0; });
  const Pending first = request(kExtension, "token", "first reason");
  const std::string id = waiting();
  const Pending second = request(kExtension, "token", "second reason");
  const Pending third = request(kExtension, "token", "third reason");
  room_.wait([&] {
    const Value list = room_.must("consent.list", json("{}"));
    return list.find("items")->as_array().at(0).find("count")->as_number() == 3;
  });
  const Value listed = room_.must("consent.list", json("{}")).find("items")->as_array().at(0);
  EXPECT_EQ(text(listed, "reason"), "first reason");
  EXPECT_EQ(text(listed, "connectionName"), "Mine");
  EXPECT_EQ(text(listed, "fieldTitle"), "Token");
  EXPECT_EQ(text(listed, "authType"), "bearer");
  EXPECT_EQ(prompts, 1);
  EXPECT_TRUE(respond(id, "allow-once").ok());
  EXPECT_EQ(text(*first.get(), "handle"), text(*second.get(), "handle"));
  EXPECT_EQ(text(*first.get(), "handle"), text(*third.get(), "handle"));
  EXPECT_EQ(code(respond(id, "deny")), "NOT_FOUND");  // answered already
  for (const char* reason : {"first reason", "second reason", "third reason"}) {
    EXPECT_NE(audit("access.request").find(reason), std::string::npos) << reason;
  }
}

TEST_F(AccessServiceTest, ThePromptOfTheHostLanguageAnswersToo) {
  room_.core().set_prompting(true);
  room_.on_effect([&](const Effect& effect) {
    if (effect.kind == "consent") room_.core().settle(effect.id, EffectOutcome{Value("allow-once"), {}});
  });
  const Result<Value> answer = request().get();
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(room_.redeem(text(*answer, "handle")), token_);
  EXPECT_NE(audit("consent.decide").find("consent-prompt"), std::string::npos);
}

TEST_F(AccessServiceTest, AnAnswerThatIsNoneIsADenial) {
  room_.core().set_prompting(true);
  room_.on_effect([&](const Effect& effect) {
    if (effect.kind == "consent") room_.core().settle(effect.id, EffectOutcome{Value("sure"), {}});
  });
  EXPECT_EQ(code(request().get()), "CONSENT_DENIED");
}

TEST_F(AccessServiceTest, AFailedPromptLeavesTheRequestWaitingForAPage) {
  room_.core().set_prompting(true);
  room_.on_effect([&](const Effect& effect) {
    if (effect.kind == "consent") room_.core().settle(effect.id, Status(Code::kInternal, "no window"));
  });
  const Pending pending = request();
  EXPECT_TRUE(respond(waiting(), "allow-once").ok());
  EXPECT_TRUE(pending.get().ok());
}

TEST_F(AccessServiceTest, ThreeDenialsSilenceAPrincipalForThisConnectionUntilItIsReset) {
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = room_.count("consent");
    const Pending pending = request();
    EXPECT_TRUE(respond(waiting(before), "deny").ok());
    EXPECT_EQ(code(pending.get()), "CONSENT_DENIED");
  }
  const std::size_t asked = room_.count("consent");
  const Result<Value> silenced = request(kExtension, "other").get();
  EXPECT_EQ(code(silenced), "CONSENT_DENIED");
  EXPECT_EQ(silenced.status().detail(), "silenced");
  EXPECT_EQ(room_.count("consent"), asked);
  room_.restart();  // which is no way out
  EXPECT_EQ(request().get().status().detail(), "silenced");
  const Value listed = room_.must("consent.silenced", json("{}"));
  ASSERT_EQ(listed.find("items")->as_array().size(), 1U);
  EXPECT_EQ(text(listed.find("items")->as_array()[0], "principalId"), "acme.ext");
  const Value who(Value::Object{{"principalId", "acme.ext"}, {"role", "extension"}, {"connectionId", connection_}});
  EXPECT_TRUE(room_.call(kSettingsCaller, "consent.unsilence", who).ok());
  EXPECT_EQ(code(room_.call(kSettingsCaller, "consent.unsilence", who)), "NOT_FOUND");
  const std::size_t before = room_.count("consent");
  const Pending again = request();
  EXPECT_TRUE(respond(waiting(before), "allow-once").ok());
  EXPECT_TRUE(again.get().ok());
}

TEST_F(AccessServiceTest, ASilenceEndsAfterAnHour) {
  for (int i = 0; i < 3; ++i) {
    const std::size_t before = room_.count("consent");
    const Pending pending = request();
    EXPECT_TRUE(respond(waiting(before), "deny").ok());
    EXPECT_EQ(code(pending.get()), "CONSENT_DENIED");
  }
  room_.clock().advance(3600 * 1000 - 1);
  EXPECT_EQ(request().get().status().detail(), "silenced");
  room_.clock().advance(1);
  const std::size_t before = room_.count("consent");
  const Pending pending = request();
  EXPECT_TRUE(respond(waiting(before), "deny").ok());
  EXPECT_EQ(pending.get().status().detail(), "");
}

TEST_F(AccessServiceTest, AHandleIsGoodForItsPrincipalAloneAndForItsTime) {
  const std::string handle = allowed();
  room_.on_effect([](const Effect&) {});
  EXPECT_EQ(code(fetch(handle, "https://api.acme.example/", kOther).get()), "HANDLE_INVALID");
  EXPECT_EQ(code(fetch(handle, "https://api.acme.example/", {Role::kTool, "acme.ext"}).get()), "HANDLE_INVALID");
  EXPECT_EQ(room_.redeem(handle), token_);
  room_.clock().advance(300000);
  EXPECT_EQ(room_.redeem(handle), "HANDLE_INVALID");
}

TEST_F(AccessServiceTest, LockingEndsHandlesAndRequests) {
  const std::string once = allowed("allow-once");
  const std::size_t before = room_.count("consent");
  const Pending pending = request();
  waiting(before);
  room_.core().lock();
  EXPECT_EQ(code(pending.get()), "KEYRING_LOCKED");
  EXPECT_EQ(room_.redeem(once), "HANDLE_INVALID");
  EXPECT_TRUE(room_.call(kSettingsCaller, "status.unlock", json("{}")).ok());
  EXPECT_EQ(room_.redeem(once), "HANDLE_INVALID");
  EXPECT_EQ(grants(), 0U);  // a single grant has no use without its handle
}

TEST_F(AccessServiceTest, ClosingAnswersWhoWaits) {
  const Pending pending = request();
  waiting();
  room_.core().close();
  EXPECT_EQ(code(pending.get()), "CLOSED");
}

TEST_F(AccessServiceTest, AnEditedGrantCountsForNothing) {
  const std::string handle = allowed();
  const auto edit = [&](const std::string& sql) { run_sql(room_.dir(), sql); };
  edit("UPDATE grants SET principal_id = 'other.ext'");
  EXPECT_EQ(room_.redeem(handle), "CORRUPT");
  EXPECT_EQ(code(request(kOther).get()), "CORRUPT");
  edit("UPDATE grants SET principal_id = 'acme.ext'");
  EXPECT_EQ(room_.redeem(handle), token_);
  edit("UPDATE grants SET field = 'other'");
  EXPECT_EQ(code(request(kExtension, "other").get()), "CORRUPT");
  edit("UPDATE grants SET field = 'token', terms = zeroblob(32)");
  EXPECT_EQ(room_.redeem(handle), "CORRUPT");
}

TEST_F(AccessServiceTest, AnEditedDenialIsNoPermission) {
  const Pending pending = request();
  EXPECT_TRUE(respond(waiting(), "deny-always").ok());
  EXPECT_EQ(pending.get().status().detail(), "denied-always");
  EXPECT_EQ(request().get().status().detail(), "denied-always");
  run_sql(room_.dir(), "UPDATE grants SET decision = 'allow'");
  EXPECT_EQ(code(request().get()), "CORRUPT");
}

TEST_F(AccessServiceTest, OtherTermsOfTheProviderNeedAnotherAnswer) {
  const std::string handle = allowed();
  room_.must("providers.register",
             json(R"({"id":"acme.api","displayName":"Acme","description":"","auth":{"type":"bearer","field":"token"},
                      "origins":["https://api.acme.example","https://evil.example"],"version":"2",
                      "schema":{"type":"object","properties":{"token":{"type":"string","writeOnly":true},
                      "other":{"type":"string","writeOnly":true}}}})"));
  EXPECT_EQ(room_.redeem(handle), "HANDLE_INVALID");
  const std::size_t before = room_.count("consent");
  const Pending pending = request();
  const std::string id = waiting(before);
  EXPECT_NE(to_json(room_.last("consent")).find("https://evil.example"), std::string::npos);
  EXPECT_TRUE(respond(id, "deny").ok());
  EXPECT_EQ(code(pending.get()), "CONSENT_DENIED");
}

TEST_F(AccessServiceTest, AQuestionSaysHowTheSecretWouldBeGivenAway) {
  room_.must("providers.register", json(R"({"id":"acme.run","displayName":"Run","description":"","version":"1",
                      "auth":{"type":"env","field":"token","name":"TOKEN"},
                      "schema":{"type":"object","properties":{"token":{"type":"string","writeOnly":true},
                      "other":{"type":"string","writeOnly":true}}}})"));
  connection_ = room_.connect(token_, other_, "acme.run");
  const Pending program = request();
  waiting();
  EXPECT_EQ(text(*room_.last("consent").find("request"), "authType"), "env");
  const Pending unused = request(kExtension, "other");  // no credential of the provider's: nothing is done with it
  waiting(1);
  EXPECT_TRUE(room_.last("consent").find("request")->find("authType")->is(Value::Kind::kNull));
}

TEST_F(AccessServiceTest, AFetchGetsTheCredentialAndTheExtensionNever) {
  const std::string handle = allowed();
  std::string sent;
  std::string url;
  room_.on_effect([&](const Effect& effect) {
    ASSERT_EQ(effect.kind, "fetch");
    ASSERT_EQ(effect.secrets.size(), 1U);
    sent = as_text(effect.secrets[0].second->view());
    url = text(effect.request, "url");
    EXPECT_EQ(to_json(effect.request).find(token_), std::string::npos);
    // The service echoes what it got.
    const std::string body = "you said: " + sent;
    room_.core().settle(effect.id, EffectOutcome{json(R"({"status":200,"headers":[["X-Echo",")" + sent +
                                                      R"("],["Set-Cookie","a=b"]]})"),
                                                 {body.begin(), body.end()}});
  });
  const Result<Value> answer = fetch(handle, "https://API.acme.example:443/a/../me?x=1").get();
  ASSERT_TRUE(answer.ok()) << answer.status().message();
  EXPECT_EQ(sent, "Bearer " + token_);
  EXPECT_EQ(url, "https://api.acme.example/me?x=1");
  EXPECT_EQ(to_json(*answer).find(token_), std::string::npos);
  EXPECT_EQ(text(*answer, "body"), "you said: Bearer [redacted]");
  EXPECT_EQ(to_json(*answer).find("set-cookie"), std::string::npos);
  const std::string log = audit("broker.fetch");
  EXPECT_NE(log.find("GET https://api.acme.example/me\""), std::string::npos) << log;
  EXPECT_NE(log.find("GET https://api.acme.example/me -> 200, "), std::string::npos) << log;
  EXPECT_EQ(log.find("x=1"), std::string::npos);
  EXPECT_NE(log.find("to test"), std::string::npos);
}

TEST_F(AccessServiceTest, AFetchToElsewhereIsRefusedAndDoesNotUseUpTheHandle) {
  const std::string handle = allowed("allow-once");
  std::atomic<int> effects = 0;
  room_.on_effect([&](const Effect& effect) {
    ++effects;
    room_.core().settle(effect.id, EffectOutcome{json(R"({"status":204,"headers":[]})"), {}});
  });
  for (const char* url : {"https://evil.example/", "http://api.acme.example/", "https://api.acme.example:444/",
                          "https://api.acme.example.evil.example/"}) {
    EXPECT_EQ(code(fetch(handle, url).get()), "ORIGIN_NOT_ALLOWED") << url;
  }
  EXPECT_EQ(effects, 0);
  EXPECT_NE(audit("broker.fetch").find("ORIGIN_NOT_ALLOWED"), std::string::npos);
  EXPECT_EQ(code(fetch(handle, "https://api.acme.example/").get()), "OK");
  EXPECT_EQ(code(fetch(handle, "https://api.acme.example/").get()), "HANDLE_INVALID");
}

TEST_F(AccessServiceTest, WhatIsRevokedWhileARequestIsMadeGivesNoAnswer) {
  const std::string handle = allowed();
  std::promise<EffectId> started;
  std::atomic<bool> cancelled = false;
  room_.on_effect([&](const Effect& effect) {
    if (effect.kind == "fetch") started.set_value(effect.id);
    if (effect.kind == "cancel") cancelled = true;
  });
  const Pending pending = fetch(handle, "https://api.acme.example/slow");
  const EffectId id = started.get_future().get();
  const std::string grant = text(room_.must("grants.list", json("{}")).find("items")->as_array().at(0), "id");
  EXPECT_TRUE(room_.call(kSettingsCaller, "grants.revoke", Value(Value::Object{{"id", grant}})).ok());
  EXPECT_EQ(code(pending.get()), "HANDLE_INVALID");
  EXPECT_TRUE(cancelled);
  room_.core().settle(id, EffectOutcome{json(R"({"status":200,"headers":[]})"), {}});  // too late, and no harm
}

TEST_F(AccessServiceTest, AFailureOfTheNetworkIsPassedOnWithoutTheSecret) {
  const std::string handle = allowed();
  room_.on_effect([&](const Effect& effect) {
    room_.core().settle(effect.id, Status(Code::kTimeout, "no answer for Bearer " + token_));
  });
  const Result<Value> answer = fetch(handle, "https://api.acme.example/").get();
  EXPECT_EQ(code(answer), "TIMEOUT");
  EXPECT_EQ(answer.status().message().find(token_), std::string::npos);
  EXPECT_NE(audit("broker.fetch").find("TIMEOUT"), std::string::npos);
}

TEST_F(AccessServiceTest, AnAnswerInNoFormIsAFaultOfOurs) {
  const std::string handle = allowed();
  for (const char* outcome : {"{}", R"({"status":"200","headers":[]})", R"({"status":200})",
                              R"({"status":99,"headers":[]})", R"({"status":200,"headers":[["a"]]})"}) {
    room_.on_effect([&](const Effect& effect) { room_.core().settle(effect.id, EffectOutcome{json(outcome), {}}); });
    EXPECT_EQ(code(fetch(handle, "https://api.acme.example/").get()), "INTERNAL") << outcome;
  }
}

TEST_F(AccessServiceTest, ATestGetsTheSecretsAndItsResultIsRecordedWithoutThem) {
  EXPECT_EQ(code(room_.call(kSettingsCaller, "connections.test", Value(Value::Object{{"id", connection_}}))),
            "NOT_FOUND");  // the provider has none
  room_.core().set_tester("acme.api", true);
  std::map<std::string, std::string> given;
  room_.on_effect([&](const Effect& effect) {
    ASSERT_EQ(effect.kind, "test");
    for (const auto& [name, value] : effect.secrets) given[name] = as_text(value->view());
    room_.core().settle(effect.id, EffectOutcome{json(R"({"ok":false,"message":"refused )" + token_ + R"("})"), {}});
  });
  const Value result = room_.must("connections.test", Value(Value::Object{{"id", connection_}}));
  EXPECT_EQ(given["token"], token_);
  EXPECT_EQ(given["other"], other_);
  EXPECT_EQ(text(result, "message"), "refused [redacted]");
  const Value shown = room_.must("connections.get", Value(Value::Object{{"id", connection_}}));
  EXPECT_EQ(text(*shown.find("lastTest"), "message"), "refused [redacted]");
}

TEST_F(AccessServiceTest, ASecretOfAConnectionIsChangedThroughItsConnectionAlone) {
  const Value shown = room_.must("connections.get", Value(Value::Object{{"id", connection_}}));
  const std::string secret = text(*shown.find("secrets")->find("token"), "secretRef");
  EXPECT_EQ(code(room_.call(kSettingsCaller, "secrets.delete", Value(Value::Object{{"id", secret}}))), "FORBIDDEN");
  EXPECT_EQ(code(room_.call(kSettingsCaller, "secrets.update", Value(Value::Object{{"id", secret}, {"name", "mine"}}))),
            "FORBIDDEN");
  EXPECT_EQ(code(room_.call(kSettingsCaller, "secrets.replaceValue",
                            Value(Value::Object{{"id", secret}, {"value", secret_value(room_.heap(), "x")}}))),
            "FORBIDDEN");
  EXPECT_EQ(room_.redeem(allowed()), token_);
}

TEST_F(AccessServiceTest, AnExtensionSeesConnectionsOfItsOwnAndDeclaredProviders) {
  const Value by_id(Value::Object{{"id", connection_}});
  const auto listed = [&](const Caller& caller) {
    const Result<Value> page = room_.call(caller, "connections.list", json("{}"));
    return page.ok() ? page->find("items")->as_array().size() : 99;
  };
  // The app registered this provider.
  EXPECT_EQ(code(room_.call(kExtension, "connections.get", by_id)), "NOT_FOUND");
  EXPECT_EQ(listed(kExtension), 0U);
  const Caller user{Role::kExtension, "acme.ext", std::vector<std::string>{"acme.api"}};
  EXPECT_EQ(code(room_.call(user, "connections.get", by_id)), "OK");
  EXPECT_EQ(listed(user), 1U);
  EXPECT_EQ(listed({Role::kTool, "some-tool"}), 1U);
  EXPECT_EQ(listed({Role::kTool, "some-tool", std::vector<std::string>{"other.api"}}), 0U);
}

TEST_F(AccessServiceTest, ARequestThatIsQueuedWhenTheStoreIsClosedIsToldSo) {
  const Pending asked = request(kExtension, "other");
  waiting();
  std::promise<void> go;
  std::promise<void> held;
  room_.core().dispatch(kCoreCaller, "grants.revoke", json(R"({"id":"grt_01ARZ3NDEKTSV4RRFFQ69G5FAV"})"),
                        [&](const Result<Value>&) {
                          held.set_value();
                          go.get_future().wait();
                        });
  held.get_future().wait();  // the thread that writes, until the store is being closed
  const Pending queued = request();
  std::thread closing([&] { room_.core().close(); });
  EXPECT_EQ(code(asked.get()), "CLOSED");
  go.set_value();
  closing.join();
  EXPECT_EQ(code(queued.get()), "CLOSED");
}

TEST_F(AccessServiceTest, AnExtensionRegistersUnderItsOwnPublisherAlone) {
  const auto manifest = [](const std::string& id) {
    return json(R"({"id":")" + id +
                R"(","displayName":"P","description":"","version":"1","schema":{"type":"object","properties":{}}})");
  };
  EXPECT_EQ(code(room_.call(kExtension, "providers.register", manifest("acme.mine"))), "OK");
  EXPECT_EQ(code(room_.call(kExtension, "providers.register", manifest("other.mine"))), "FORBIDDEN");
  EXPECT_EQ(code(room_.call(kExtension, "providers.register", manifest("acme.api"))), "ALREADY_EXISTS");
  EXPECT_EQ(code(room_.call(kExtension, "providers.unregister", json(R"({"id":"acme.api"})"))), "FORBIDDEN");
  EXPECT_EQ(code(room_.call(kExtension, "providers.unregister", json(R"({"id":"acme.mine"})"))), "OK");
}

// What a hostile extension, page or editor of the file tried.

/// The manifest of the provider, with other origins.
Value with_origins(const std::string& origins, const std::string& more = "") {
  return json(
      R"({"id":"acme.api","displayName":"Acme","description":"","auth":{"type":"bearer","field":"token"},"origins":)" +
      origins + R"(,"version":"2","schema":{"type":"object","properties":{"baseUrl":{"type":"string"},)" +
      R"("token":{"type":"string","title":"Token","writeOnly":true},"other":{"type":"string","writeOnly":true}}})" +
      more + "}");
}

TEST_F(AccessServiceTest, WhatWasShownIsGrantedAndNothingElse) {
  const Pending pending = request();
  const std::string id = waiting();
  room_.must("providers.register", with_origins(R"(["https://evil.example"])"));
  const Result<Value> answer = respond(id, "allow-always");
  EXPECT_EQ(code(answer), "CONFLICT");
  EXPECT_EQ(answer.status().detail(), "terms-changed");
  EXPECT_EQ(code(pending.get()), "CONFLICT");
  EXPECT_EQ(grants(), 0U);
  EXPECT_NE(audit("consent.decide").find("CONFLICT"), std::string::npos);
}

TEST_F(AccessServiceTest, TheSameQuestionUnderOtherTermsIsAskedAnew) {
  const Pending before = request();
  const std::string outdated = waiting();
  room_.must("providers.register", with_origins(R"(["https://new.example"])"));
  const std::size_t asked = room_.count("consent");
  const Pending after = request();
  const std::string fresh = waiting(asked);
  EXPECT_NE(fresh, outdated);
  EXPECT_EQ(code(before.get()), "CONFLICT");
  EXPECT_TRUE(respond(fresh, "allow-once").ok());
  EXPECT_EQ(room_.redeem(text(*after.get(), "handle")), token_);
}

TEST_F(AccessServiceTest, ATestIsNoWayAroundAConsent) {
  std::atomic<int> effects = 0;
  room_.on_effect([&](const Effect& effect) {
    ++effects;
    room_.core().settle(effect.id, EffectOutcome{json(R"({"status":200,"headers":[]})"), {}});
  });
  const Value by_id(Value::Object{{"id", connection_}});
  room_.must("providers.register", with_origins(R"(["https://evil.example"])", R"(,"test":{"path":"/t"})"));
  const Result<Value> refused = room_.call(kSettingsCaller, "connections.test", by_id);
  EXPECT_EQ(code(refused), "CONFLICT");
  EXPECT_EQ(refused.status().detail(), "terms-changed");
  EXPECT_EQ(effects, 0);
  const std::string shown = to_json(room_.must("connections.get", by_id));
  EXPECT_NE(shown.find("terms_changed"), std::string::npos);
  EXPECT_NE(shown.find(R"("origins":["https://evil.example"])"), std::string::npos);
  // A person who saves the connection has seen it.
  room_.must("connections.update", Value(Value::Object{{"id", connection_}, {"revision", 1}}));
  EXPECT_EQ(to_json(room_.must("connections.get", by_id)).find("terms_changed"), std::string::npos);
  EXPECT_EQ(code(room_.call(kSettingsCaller, "connections.test", by_id)), "OK");
  // An edited manifest is one that nobody has seen.
  run_sql(room_.dir(), "UPDATE providers SET manifest = replace(manifest, 'evil.example', 'worse.example')");
  EXPECT_EQ(code(room_.call(kSettingsCaller, "connections.test", by_id)), "CONFLICT");
  EXPECT_EQ(effects, 1);
}

TEST_F(AccessServiceTest, WhatWasShownIsAcceptedAndNothingElse) {
  const Value by_id(Value::Object{{"id", connection_}});
  const auto terms = [&] { return text(room_.must("connections.get", by_id), "termsDigest"); };
  const auto save = [&](const std::string& shown) {
    return room_.call(kSettingsCaller, "connections.update",
                      Value(Value::Object{{"id", connection_}, {"revision", 1}, {"termsDigest", shown}}));
  };
  const auto enter = [&](const std::string& shown) {
    return room_.call(kSettingsCaller, "connections.setSecret",
                      Value(Value::Object{{"id", connection_},
                                          {"field", "token"},
                                          {"value", secret_value(room_.heap(), token_)},
                                          {"termsDigest", shown}}));
  };
  room_.must("providers.register", with_origins(R"(["https://good.example"])"));
  const std::string shown = terms();
  EXPECT_EQ(text(room_.must("connections.resolve", json(R"({"providerId":"acme.api"})")), "termsDigest"), shown);
  EXPECT_EQ(text(room_.must("connections.list", json("{}")).find("items")->as_array().at(0), "termsDigest"), shown);
  room_.must("providers.register", with_origins(R"(["https://evil.example"])"));
  for (const Result<Value>& refused : {save(shown), enter(shown)}) {
    EXPECT_EQ(code(refused), "CONFLICT");
    EXPECT_EQ(refused.status().detail(), "terms-changed");
  }
  EXPECT_NE(to_json(room_.must("connections.get", by_id)).find("terms_changed"), std::string::npos);
  EXPECT_EQ(code(save(terms())), "OK");
  EXPECT_EQ(code(enter(terms())), "OK");
  EXPECT_EQ(to_json(room_.must("connections.get", by_id)).find("terms_changed"), std::string::npos);
}

TEST_F(AccessServiceTest, AConnectionIsCreatedForTheTermsThatWereShownAndForNoOthers) {
  const auto terms = [&] {
    return text(room_.must("providers.list", json("{}")).find("items")->as_array().at(0), "termsDigest");
  };
  const auto connect = [&](const std::string& shown) {
    return room_.call(
        kSettingsCaller, "connections.create",
        Value(Value::Object{{"providerId", "acme.api"},
                            {"scope", "user"},
                            {"displayName", "Mine"},
                            {"secrets", Value(Value::Object{{"token", secret_value(room_.heap(), token_)}})},
                            {"termsDigest", shown}}));
  };
  const auto connections = [&] { return room_.must("connections.list", json("{}")).find("items")->as_array().size(); };
  const Value registered = room_.must("providers.register", with_origins(R"([{"fromField":"baseUrl"}])"));
  const std::string shown = terms();
  EXPECT_EQ(text(registered, "termsDigest"), shown);
  room_.must("providers.register", with_origins(R"(["https://evil.example"])"));
  const Result<Value> refused = connect(shown);
  EXPECT_EQ(code(refused), "CONFLICT");
  EXPECT_EQ(refused.status().detail(), "terms-changed");
  EXPECT_NE(audit("connection.create").find("CONFLICT"), std::string::npos);
  EXPECT_EQ(connections(), 1U);
  EXPECT_EQ(code(connect(terms())), "OK");
  EXPECT_EQ(connections(), 2U);
  // What a person enters into a field is theirs to choose, and no part of what the provider lays down.
  room_.must("providers.register", with_origins(R"([{"fromField":"baseUrl"}])"));
  EXPECT_EQ(terms(), shown);
}

TEST_F(AccessServiceTest, ASecretIsNotEnteredForAnAddressThatWasNotShown) {
  room_.must("providers.register", with_origins(R"([{"fromField":"baseUrl"}])"));
  const std::string shown =
      text(room_.must("connections.get", Value(Value::Object{{"id", connection_}})), "termsDigest");
  room_.must("connections.update",
             Value(Value::Object{{"id", connection_},
                                 {"revision", 1},
                                 {"fields", Value(Value::Object{{"baseUrl", "https://attacker.example"}})}}));
  const Result<Value> refused = room_.call(kSettingsCaller, "connections.setSecret",
                                           Value(Value::Object{{"id", connection_},
                                                               {"field", "token"},
                                                               {"value", secret_value(room_.heap(), token_)},
                                                               {"termsDigest", shown}}));
  EXPECT_EQ(code(refused), "CONFLICT");
  EXPECT_EQ(refused.status().detail(), "terms-changed");
}

TEST_F(AccessServiceTest, ASecretIsNotSentToAnAddressThatItWasNotEnteredFor) {
  std::atomic<int> effects = 0;
  room_.on_effect([&](const Effect& effect) {
    ++effects;
    room_.core().settle(effect.id, EffectOutcome{json(R"({"status":200,"headers":[]})"), {}});
  });
  room_.must("providers.register", with_origins(R"([{"fromField":"baseUrl"}])", R"(,"test":{"path":"/t"})"));
  const Value by_id(Value::Object{{"id", connection_}});
  const auto move_to = [&](const std::string& url, int revision) {
    room_.must("connections.update",
               Value(Value::Object{
                   {"id", connection_}, {"revision", revision}, {"fields", Value(Value::Object{{"baseUrl", url}})}}));
  };
  const auto enter = [&](const std::string& value) {
    room_.must(
        "connections.setSecret",
        Value(Value::Object{{"id", connection_}, {"field", "token"}, {"value", secret_value(room_.heap(), value)}}));
  };
  move_to("https://git.corp.example/api", 1);
  enter(token_);
  const std::string handle = allowed();
  EXPECT_EQ(code(fetch(handle, "https://git.corp.example/x").get()), "OK");
  // Whoever can speak for the page edits the address.
  move_to("https://attacker.example", 3);
  EXPECT_EQ(code(room_.call(kSettingsCaller, "connections.test", by_id)), "CONFLICT");
  EXPECT_EQ(code(fetch(handle, "https://attacker.example/x").get()), "HANDLE_INVALID");
  const Result<Value> asked = request().get();
  EXPECT_EQ(code(asked), "CONFLICT");
  EXPECT_EQ(asked.status().detail(), "place-changed");
  EXPECT_EQ(effects, 1);
  EXPECT_NE(to_json(room_.must("connections.get", by_id)).find("place_changed"), std::string::npos);
  // A path is no other place; and entering the secret again is the person's word for the new one.
  move_to("https://git.corp.example/other/path", 4);
  EXPECT_EQ(code(fetch(handle, "https://git.corp.example/x").get()), "OK");
  move_to("https://new.corp.example", 5);
  enter(token_);
  EXPECT_EQ(code(room_.call(kSettingsCaller, "connections.test", by_id)), "OK");
  const std::size_t before = room_.count("consent");
  const Pending again = request();  // the old grant was for the old place
  EXPECT_TRUE(respond(waiting(before), "allow-once").ok());
  EXPECT_EQ(code(fetch(text(*again.get(), "handle"), "https://new.corp.example/x").get()), "OK");
}

TEST_F(AccessServiceTest, ASilenceAnswersTheQuestionsThatAreOpen) {
  const Pending first = request(kExtension, "token");
  const std::string id = waiting();
  const Pending second = request(kExtension, "other");
  const std::string other = waiting(1);
  ASSERT_NE(id, other);
  EXPECT_TRUE(respond(id, "deny").ok());
  for (int i = 0; i < 2; ++i) {
    const std::size_t before = room_.count("consent");
    const Pending again = request(kExtension, "token");
    EXPECT_TRUE(respond(waiting(before), "deny").ok());
    EXPECT_EQ(code(again.get()), "CONSENT_DENIED");
  }
  EXPECT_EQ(second.get().status().detail(), "silenced");
  EXPECT_TRUE(room_.must("consent.list", json("{}")).find("items")->as_array().empty());
}

TEST_F(AccessServiceTest, AnExtensionByTheNameOfTheAppIsNotTheApp) {
  const Caller impostor{Role::kExtension, "core"};
  const Result<Value> page = room_.call(impostor, "connections.list", json("{}"));
  EXPECT_TRUE(page.ok() && page->find("items")->as_array().empty());
  EXPECT_EQ(code(room_.call(impostor, "providers.unregister", json(R"({"id":"acme.api"})"))), "FORBIDDEN");
}

TEST_F(AccessServiceTest, AnUnregisteredProviderIsNotUsedAndNotTakenOver) {
  const std::string handle = allowed();
  room_.must("providers.unregister", json(R"({"id":"acme.api"})"));
  EXPECT_EQ(room_.redeem(handle), "HANDLE_INVALID");
  EXPECT_EQ(code(request().get()), "NOT_FOUND");
  EXPECT_EQ(code(room_.call(kExtension, "providers.register", with_origins(R"(["https://evil.example"])"))),
            "ALREADY_EXISTS");
  room_.register_provider();
  EXPECT_EQ(room_.redeem(text(*request().get(), "handle")), token_);
}

TEST_F(AccessServiceTest, AnExtensionHasAtMostTwentyProviders) {
  const auto manifest = [](int i) {
    return json(R"({"id":"acme.p)" + std::to_string(i) +
                R"(","displayName":"P","description":"","version":"1","schema":{"type":"object","properties":{}}})");
  };
  for (int i = 0; i < 20; ++i) EXPECT_EQ(code(room_.call(kExtension, "providers.register", manifest(i))), "OK");
  EXPECT_EQ(code(room_.call(kExtension, "providers.register", manifest(20))), "LIMIT_EXCEEDED");
  EXPECT_EQ(code(room_.call(kExtension, "providers.register", manifest(3))), "OK");
  EXPECT_EQ(code(room_.call(kCoreCaller, "providers.register", manifest(20))), "OK");
}

TEST_F(AccessServiceTest, ATestEndsWithALockOrTheConnection) {
  room_.core().set_tester("acme.api", true);
  std::atomic<int> started = 0;
  std::atomic<int> cancelled = 0;
  room_.on_effect([&](const Effect& effect) {
    started += effect.kind == "test" ? 1 : 0;
    cancelled += effect.kind == "cancel" ? 1 : 0;
  });
  const Value by_id(Value::Object{{"id", connection_}});
  const Pending locked = room_.start(kSettingsCaller, "connections.test", by_id);
  room_.wait([&] { return started == 1; });
  room_.core().lock();
  EXPECT_EQ(code(locked.get()), "CANCELLED");
  EXPECT_TRUE(room_.call(kSettingsCaller, "status.unlock", json("{}")).ok());
  const Pending deleted = room_.start(kSettingsCaller, "connections.test", by_id);
  room_.wait([&] { return started == 2; });
  EXPECT_TRUE(room_.call(kSettingsCaller, "connections.delete", by_id).ok());
  EXPECT_EQ(code(deleted.get()), "CANCELLED");
  EXPECT_EQ(cancelled, 2);
}

TEST_F(AccessServiceTest, ARevocationByAnotherProcessReachesARequestUnderWay) {
  const std::string handle = allowed();
  std::promise<EffectId> started;
  room_.on_effect([&](const Effect& effect) {
    if (effect.kind == "fetch") started.set_value(effect.id);
  });
  const Pending pending = fetch(handle, "https://api.acme.example/slow");
  const EffectId id = started.get_future().get();
  run_sql(room_.dir(), "DELETE FROM grants");  // as another process would
  room_.core().settle(id, EffectOutcome{json(R"({"status":200,"headers":[]})"), {}});
  EXPECT_EQ(code(pending.get()), "HANDLE_INVALID");
}

TEST_F(AccessServiceTest, WhatNobodyWaitsForAnyMoreIsWithdrawn) {
  const Value asked(
      Value::Object{{"connectionId", connection_}, {"field", "token"}, {"reason", "to go before the answer"}});
  const auto count = [&] {
    const Value pending = room_.must("consent.list", json("{}"));
    const Value::Array& items = pending.find("items")->as_array();
    return items.empty() ? 0.0 : items.at(0).find("count")->as_number();
  };
  const auto send = [&](std::uint64_t ticket) {
    auto answer = std::make_shared<std::promise<std::string>>();
    room_.core().dispatch(
        kExtension, "access.request", asked, [answer](const Result<Value>& value) { answer->set_value(code(value)); },
        ticket);
    return answer->get_future();
  };
  std::uint64_t ticket = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t before = room_.count("consent");
    std::future<std::string> first = send(++ticket);
    const std::string id = waiting(before);
    std::future<std::string> second = send(++ticket);
    room_.wait([&] { return count() == 2; });
    room_.core().withdraw(ticket - 1);
    EXPECT_EQ(first.get(), "CANCELLED");
    EXPECT_EQ(count(), 1) << "the other one still waits";
    room_.core().withdraw(ticket);
    EXPECT_EQ(second.get(), "CANCELLED");
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(code(respond(id, "allow-always")), "NOT_FOUND");
  }
  // Before it has a place: nobody is asked.
  const std::size_t before = room_.count("consent");
  std::future<std::string> hasty = send(++ticket);
  room_.core().withdraw(ticket);
  EXPECT_EQ(hasty.get(), "CANCELLED");
  // The answer does not wait for its entry.
  const Value failed = json(R"({"action":"access.request","outcome":"failed"})");
  while (room_.must("audit.list", failed).find("items")->as_array().size() < ticket) std::this_thread::yield();
  EXPECT_EQ(audit("access.request").find("denied"), std::string::npos);
  EXPECT_TRUE(room_.must("consent.silenced", json("{}")).find("items")->as_array().empty());
  EXPECT_EQ(grants(), 0U);
  EXPECT_LE(room_.count("consent"), before + 1);
}

TEST_F(AccessServiceTest, OnlyARequestThatGotAHandleIsWrittenDownAsAllowed) {
  const auto entries = [&](const char* outcome) {
    std::size_t count = 0;
    Value::Object filter{{"action", "access.request"}, {"outcome", outcome}, {"limit", 500}};
    while (true) {
      const Value page = room_.must("audit.list", Value(filter));
      count += page.find("items")->as_array().size();
      const std::string cursor = text(page, "nextCursor");
      if (cursor.empty()) return count;
      if (filter.back().first == "cursor") filter.pop_back();
      filter.emplace_back("cursor", cursor);
    }
  };
  allowed();
  std::vector<Pending> sent;
  for (std::size_t i = 1; i < kMaxHandlesOfPrincipal + 5; ++i) sent.push_back(request());
  std::size_t refused = 0;
  for (const Pending& pending : sent) refused += code(pending.get()) == "LIMIT_EXCEEDED" ? 1 : 0;
  EXPECT_EQ(refused, 5U);
  EXPECT_EQ(entries("allowed"), kMaxHandlesOfPrincipal);
  EXPECT_EQ(entries("failed"), 5U);

  // Nor does a person's answer make a grant that nothing comes of.
  const std::size_t before = room_.count("consent");
  const Pending other = request(kExtension, "other");
  EXPECT_EQ(code(respond(waiting(before), "allow-once")), "LIMIT_EXCEEDED");
  EXPECT_EQ(code(other.get()), "LIMIT_EXCEEDED");
  EXPECT_EQ(grants(), 1U);
  EXPECT_EQ(entries("allowed"), kMaxHandlesOfPrincipal);
}

class RefusalTest : public AccessServiceTest {
 protected:
  RefusalTest() {
    nowhere_ = connection_;
    nowhere_.back() = nowhere_.back() == '0' ? '1' : '0';
  }
  Pending ask_nowhere(const Caller& caller = kExtension) {
    return room_.start(
        caller, "access.request",
        Value(Value::Object{{"connectionId", nowhere_}, {"field", "token"}, {"reason", "to fill the log"}}));
  }
  /// How many entries a principal has left.
  std::size_t entries(const Caller& caller = kExtension) {
    return room_.must("audit.list", Value(Value::Object{{"actor", caller.principal_id}, {"limit", 500}}))
        .find("items")
        ->as_array()
        .size();
  }

  std::string nowhere_;
};

TEST_F(RefusalTest, AFloodLeavesABurstOfEntriesAndOneThatSaysSo) {
  for (int i = 0; i < 500; ++i) {
    const Result<Value> answer = ask_nowhere().get();
    ASSERT_EQ(code(answer), i < kRefusalBurst ? "NOT_FOUND" : "LIMIT_EXCEEDED") << i;
    if (i < kRefusalBurst) continue;
    EXPECT_EQ(answer.status().detail(), "too-many-refusals");
    EXPECT_NE(answer.status().message().find("heard in 5 s"), std::string::npos) << answer.status().message();
  }
  EXPECT_EQ(entries(), kRefusalBurst + 1U);
  const Value last = room_.must("audit.list", json(R"({"actor":"acme.ext","outcome":"denied","limit":1})"))
                         .find("items")
                         ->as_array()
                         .at(0);
  EXPECT_EQ(text(last, "action"), "access.request");
  EXPECT_EQ(text(last, "code"), "LIMIT_EXCEEDED");
  EXPECT_EQ(text(last, "detail"), "too-many-refusals");
  EXPECT_TRUE(last.find("connectionId")->is(Value::Kind::kNull));  // it was not looked at

  // All that it sends is turned away, whatever it is.
  EXPECT_EQ(code(room_.call(kExtension, "connections.list", json("{}"))), "LIMIT_EXCEEDED");
  EXPECT_EQ(code(room_.call(kExtension, "no.channel", json("{}"))), "LIMIT_EXCEEDED");
  EXPECT_EQ(entries(), kRefusalBurst + 1U);

  room_.clock().advance(kRefusalTokenMs);
  EXPECT_EQ(code(room_.call(kExtension, "connections.list", json("{}"))), "OK");
  EXPECT_EQ(code(ask_nowhere().get()), "NOT_FOUND");
  EXPECT_EQ(code(ask_nowhere().get()), "LIMIT_EXCEEDED");
  EXPECT_EQ(entries(), kRefusalBurst + 3U);
}

TEST_F(RefusalTest, WhoBehavesIsServedBesideAFlood) {
  const std::string handle = allowed("allow-always", kOther);
  const Caller namesake{Role::kTool, kExtension.principal_id};
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(code(ask_nowhere().get()), "OK");
    ASSERT_EQ(code(request(kOther).get()), "OK") << i;
  }
  EXPECT_EQ(code(ask_nowhere().get()), "LIMIT_EXCEEDED");
  EXPECT_EQ(code(room_.call(namesake, "connections.list", json("{}"))), "OK");
  EXPECT_EQ(room_.redeem(handle), token_);
}

TEST_F(RefusalTest, WhatIsAllowedIsNeverLimited) {
  allowed();
  const std::size_t before = entries();
  for (int i = 0; i < 3 * kRefusalBurst; ++i) ASSERT_EQ(code(request().get()), "OK") << i;
  EXPECT_EQ(entries(), before + 3U * kRefusalBurst);
  for (int i = 1; i < kRefusalBurst; ++i) EXPECT_EQ(code(ask_nowhere().get()), "NOT_FOUND");
  EXPECT_EQ(code(request().get()), "OK");
}

TEST_F(RefusalTest, EveryKindOfRefusalCounts) {
  const std::vector<std::function<Result<Value>()>> kinds = {
      [&] { return ask_nowhere().get(); },
      [&] { return fetch("hdl_" + std::string(43, 'A'), "https://api.acme.example/").get(); },
      [&] { return room_.call(kExtension, "secrets.list", json("{}")); },
      [&] { return room_.call(kExtension, "access.request", json("{}")); },
      [&] { return room_.call(kExtension, "no.channel", json("{}")); },
  };
  for (std::size_t i = 0; i < kRefusalBurst; ++i) {
    const std::string got = code(kinds[i % kinds.size()]());
    EXPECT_NE(got, "OK");
    EXPECT_NE(got, "LIMIT_EXCEEDED");
  }
  for (const auto& kind : kinds) EXPECT_EQ(code(kind()), "LIMIT_EXCEEDED");
}

TEST_F(RefusalTest, ALockedStoreIsNoWayAroundIt) {
  room_.core().lock();
  for (int i = 0; i < kRefusalBurst; ++i) ASSERT_EQ(code(request().get()), "KEYRING_LOCKED") << i;
  EXPECT_EQ(code(request().get()), "LIMIT_EXCEEDED");
  EXPECT_TRUE(room_.call(kSettingsCaller, "status.unlock", json("{}")).ok());
  room_.clock().advance(kRefusalTokenMs);
  EXPECT_EQ(code(ask_nowhere().get()), "NOT_FOUND");
}

TEST_F(RefusalTest, TheAppAndItsPagesAreNeverLimited) {
  const Value nothing(Value::Object{{"id", nowhere_}});
  for (int i = 0; i < 2 * kRefusalBurst; ++i) {
    ASSERT_EQ(code(room_.call(kSettingsCaller, "connections.delete", nothing)), "NOT_FOUND") << i;
    ASSERT_EQ(code(room_.call(kCoreCaller, "connections.delete", nothing)), "NOT_FOUND") << i;
  }
}

TEST_F(RefusalTest, WhatATransportLooksAtIsNoMessage) {
  const auto sees = [&](const Caller& caller, const std::string& id) {
    std::promise<Result<bool>> answer;
    room_.core().sees(caller, id, [&](Result<bool> value) { answer.set_value(std::move(value)); });
    return answer.get_future().get().value();
  };
  const Caller user{Role::kExtension, "acme.user", std::vector<std::string>{"acme.api"}};
  const Caller stranger{Role::kExtension, "acme.stranger"};
  for (int i = 0; i < 2 * kRefusalBurst; ++i) {
    ASSERT_FALSE(sees(stranger, connection_)) << i;
    ASSERT_FALSE(sees(user, nowhere_)) << i;
  }
  EXPECT_EQ(code(room_.call(stranger, "connections.list", json("{}"))), "OK");
  for (int i = 0; i < kRefusalBurst; ++i) ASSERT_EQ(code(ask_nowhere(user).get()), "NOT_FOUND");
  EXPECT_EQ(code(room_.call(user, "connections.list", json("{}"))), "LIMIT_EXCEEDED");
  EXPECT_TRUE(sees(user, connection_)) << "also where the caller itself is turned away";
}

TEST_F(RefusalTest, WhatWasUnderWayTogetherIsOwed) {
  std::vector<Pending> sent;
  for (int i = 0; i < 4 * kRefusalBurst; ++i) sent.push_back(ask_nowhere());
  std::int64_t refused = 0;
  for (const Pending& pending : sent) refused += code(pending.get()) == "NOT_FOUND" ? 1 : 0;
  ASSERT_GE(refused, kRefusalBurst);
  room_.clock().advance((refused - kRefusalBurst) * kRefusalTokenMs);
  EXPECT_EQ(code(ask_nowhere().get()), "LIMIT_EXCEEDED");
  room_.clock().advance(kRefusalTokenMs);
  EXPECT_EQ(code(ask_nowhere().get()), "NOT_FOUND");
}

class ShortConsentTest : public AccessServiceTest {
 protected:
  static StrongroomOptions impatient() {
    StrongroomOptions options = quick();
    options.consent_timeout_ms = 30;
    return options;
  }
  ShortConsentTest() : AccessServiceTest(impatient()) {}
};

TEST_F(ShortConsentTest, NoAnswerInTimeIsADenialThatCounts) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(code(request().get()), "CONSENT_TIMEOUT");
  EXPECT_EQ(request().get().status().detail(), "silenced");
  EXPECT_TRUE(room_.must("consent.list", json("{}")).find("items")->as_array().empty());
  EXPECT_NE(audit("access.request").find("CONSENT_TIMEOUT"), std::string::npos);
}

}  // namespace
}  // namespace strongroom
