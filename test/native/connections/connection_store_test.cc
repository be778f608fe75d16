#include "connections/connection_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/ids.h"
#include "connection_support.h"
#include "connections/provider_store.h"
#include "secrets/sqlite_secret_store.h"
#include "service/contracts_embedded.h"
#include "service/views.h"
#include "support/hex.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::json;
using test::make_canary;
using test::provider;

class ConnectionStoreTest : public testing::Test {
 protected:
  ConnectionStoreTest()
      : store_(Store::open(test::options_for(path(), clock_)).value()),
        secrets_(store_->store_id(), *clock_),
        providers_(*clock_),
        connections_(store_->store_id(), *clock_, secrets_) {
    put(provider());
  }

  std::string path() const { return dir_.path() + "/store"; }

  template <class T>
  Result<T> run(std::function<Result<T>(Database&)> work) {
    std::optional<Result<T>> result;
    const Status status = store_->committer().run([&](Database& database) {
      result.emplace(work(database));
      return result->status();
    });
    if (!status.ok()) return status;
    return *std::move(result);
  }
  Status write(const std::function<Status(Database&)>& work) { return store_->committer().run(work); }

  void put(Provider value) {
    ASSERT_TRUE(write([&](Database& db) { return providers_.put(db, value, "acme.extension").status(); }).ok());
  }
  Provider stored_provider(std::string_view id = "acme.tracker") {
    return run<Provider>([&](Database& db) { return providers_.get(db, id); }).value();
  }

  Value secrets(std::initializer_list<std::pair<const char*, std::string>> values) {
    Value::Object out;
    for (const auto& [name, value] : values) out.emplace_back(name, test::secret(*heap_, value));
    return Value(std::move(out));
  }

  ConnectionDraft draft(std::string_view name = "Mine") {
    return {.provider_id = "acme.tracker",
            .scope = ConnectionScope::kUser,
            .workspace_id = std::nullopt,
            .display_name = std::string(name),
            .fields = json(R"({"baseUrl": "https://api.example.com", "port": 8080, "ratio": 0.5, "verify": false})"),
            .secrets = secrets({{"token", canary_}})};
  }
  ConnectionDraft draft_of(const std::string& workspace, std::string_view name = "Theirs") {
    ConnectionDraft out = draft(name);
    out.scope = ConnectionScope::kWorkspace;
    out.workspace_id = workspace;
    return out;
  }
  Result<ConnectionInfo> create(const ConnectionDraft& value) {
    return run<ConnectionInfo>([&](Database& db) -> Result<ConnectionInfo> {
      SR_ASSIGN_OR_RETURN(const Provider present, providers_.get(db, value.provider_id));
      return connections_.create(db, present, value, *keys_);
    });
  }
  Result<ConnectionInfo> get(const std::string& id) {
    return run<ConnectionInfo>([&](Database& db) { return connections_.get(db, id); });
  }
  Result<ConnectionInfo> verified(const std::string& id, const KeySet* keys = nullptr) {
    return run<ConnectionInfo>(
        [&](Database& db) { return connections_.get_verified(db, id, keys != nullptr ? *keys : *keys_); });
  }
  Result<ConnectionInfo> update(const std::string& id, const ConnectionChange& change) {
    return run<ConnectionInfo>([&](Database& db) { return connections_.update(db, stored(db), id, change, *keys_); });
  }
  Result<ConnectionInfo> set_secret(const std::string& id, const std::string& field, const std::string& value) {
    const Value text = test::secret(*heap_, value);
    return run<ConnectionInfo>(
        [&](Database& db) { return connections_.set_secret(db, stored(db), id, field, text, *keys_); });
  }
  Result<ConnectionInfo> clear_secret(const std::string& id, const std::string& field) {
    return run<ConnectionInfo>(
        [&](Database& db) { return connections_.clear_secret(db, stored(db), id, field, *keys_); });
  }
  Status remove(const std::string& id) {
    return write([&](Database& db) { return connections_.remove(db, id); });
  }
  Result<ConnectionPage> page(const ConnectionFilter& filter) {
    return run<ConnectionPage>([&](Database& db) { return connections_.list(db, filter); });
  }
  /// Every id that a filter lets through, page by page.
  std::vector<std::string> list(ConnectionFilter filter = {}) {
    std::vector<std::string> ids;
    while (true) {
      const ConnectionPage part = page(filter).value();
      for (const ConnectionInfo& item : part.items) ids.push_back(item.id);
      if (!part.next_cursor) return ids;
      filter.cursor = part.next_cursor;
    }
  }
  std::string resolve(const std::optional<std::string>& workspace, std::string_view id = "acme.tracker") {
    const auto found = run<ConnectionInfo>([&](Database& db) { return connections_.resolve(db, id, workspace); });
    return found.ok() ? found->id : std::string(code_name(found.status().code()));
  }
  std::string value_of(const ConnectionInfo& info, const std::string& field) {
    std::string text;
    const Status status = write([&](Database& db) -> Status {
      SR_ASSIGN_OR_RETURN(const SecureBuffer value,
                          secrets_.open_value(db, info.secrets.at(field).secret_id, *keys_, *heap_));
      text = as_text(value.view());
      return {};
    });
    return status.ok() ? text : std::string(code_name(status.code()));
  }
  std::vector<std::string> sql(const std::string& text) { return test::run_sql(path(), text); }
  std::string count(const std::string& what) { return sql("SELECT count(*) FROM " + what).at(0); }

  /// Whether the bytes of `text` are anywhere in the files of the store.
  bool is_on_disk(const std::string& text) {
    sql("PRAGMA wal_checkpoint(TRUNCATE)");
    for (const char* suffix : {"", "-wal"}) {
      std::ifstream stream(path() + "/strongroom.db" + suffix, std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
      if (content.find(text) != std::string::npos) return true;
    }
    return false;
  }

  test::TempDir dir_;
  std::shared_ptr<test::FakeClock> clock_ = std::make_shared<test::FakeClock>();
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  std::shared_ptr<const KeySet> keys_ = test::make_keys(heap_);
  std::string canary_ = make_canary();
  std::unique_ptr<Store> store_;
  SqliteSecretStore secrets_;
  ProviderStore providers_;
  ConnectionStore connections_;

 private:
  Provider stored(Database& database) { return providers_.get(database, "acme.tracker").value(); }
};

TEST_F(ConnectionStoreTest, AConnectionComesBackAsItWasCreated) {
  const ConnectionInfo created = create(draft("Mine 🔑")).value();
  EXPECT_TRUE(is_id("con_", created.id));
  for (const ConnectionInfo& info : {created, get(created.id).value(), verified(created.id).value()}) {
    EXPECT_EQ(info.provider_id, "acme.tracker");
    EXPECT_EQ(info.scope, ConnectionScope::kUser);
    EXPECT_EQ(info.workspace_id, std::nullopt);
    EXPECT_EQ(info.display_name, "Mine 🔑");
    EXPECT_EQ(to_json(info.fields), R"({"baseUrl":"https://api.example.com","port":8080,"ratio":0.5,"verify":false})");
    EXPECT_EQ(info.revision, 1);
    EXPECT_EQ(info.created_at, clock_->now_ms());
    EXPECT_EQ(info.updated_at, clock_->now_ms());
    EXPECT_EQ(info.last_used_at, std::nullopt);
    EXPECT_FALSE(info.last_test.has_value());
    ASSERT_EQ(info.secrets.size(), 1U);
    EXPECT_TRUE(info.secrets.at("token").has_value);
    EXPECT_EQ(info.secrets.at("token").version, 1);
    EXPECT_EQ(value_of(info, "token"), canary_);
  }
  EXPECT_EQ(sql("SELECT kind || ' ' || name FROM secrets").at(0), "connection " + created.id + "/token");
  EXPECT_FALSE(is_on_disk(canary_));
}

TEST_F(ConnectionStoreTest, OneOfAWorkspaceNamesIt) {
  const ConnectionInfo created = create(draft_of("w/1")).value();
  EXPECT_EQ(verified(created.id)->scope, ConnectionScope::kWorkspace);
  EXPECT_EQ(verified(created.id)->workspace_id, "w/1");
}

TEST_F(ConnectionStoreTest, WhatIsShownOfItFitsTheContract) {
  const auto contracts = embedded_contracts();
  const auto contract = std::ranges::find(contracts, "connections.get", &EmbeddedContract::channel);
  ASSERT_NE(contract, contracts.end());
  const Schema response = Schema::compile(json(contract->response)).value();
  const ConnectionInfo created = create(draft()).value();
  ASSERT_TRUE(write([&](Database& db) { return connections_.touch(db, created.id, 5); }).ok());
  ASSERT_TRUE(write([&](Database& db) {
                return connections_.record_test(db, created.id,
                                                {.at = 1, .ok = false, .message = "no", .duration_ms = 2});
              }).ok());
  put(provider(R"({"auth": {"type": "bearer", "field": "key"}, "origins": []})",
               R"({"type": "object", "properties": {"token": {"type": "string"}, "key": {"type": "string",
    "writeOnly": true}}, "required": ["key"]})"));
  std::vector<Issue> issues;
  const Provider present = stored_provider();
  EXPECT_TRUE(response.validate(view(get(created.id).value(), &present), &issues));
  for (const Issue& issue : issues) ADD_FAILURE() << issue.path << " " << issue.message;
}

struct Hostile {
  std::string fields;
  std::string path;
  std::string issue;
};

std::vector<Hostile> hostile_fields() {
  const auto with = [](const std::string& member) { return R"({"baseUrl": "https://a", )" + member + "}"; };
  std::vector<Hostile> all = {
      {"null", "/fields", "type"},
      {"[]", "/fields", "type"},
      {"\"text\"", "/fields", "type"},
      {"{}", "/fields/baseUrl", "required"},
      {R"({"BaseUrl": "https://a", "baseUrl": "https://a"})", "/fields/BaseUrl", "additional_property"},
      {R"({"baseUrl": null})", "/fields/baseUrl", "type"},
      {R"({"baseUrl": 1})", "/fields/baseUrl", "type"},
      {R"({"baseUrl": true})", "/fields/baseUrl", "type"},
      {R"({"baseUrl": {}})", "/fields/baseUrl", "type"},
      {R"({"baseUrl": []})", "/fields/baseUrl", "type"},
      {R"({"baseUrl": ""})", "/fields/baseUrl", "format"},
      {R"({"baseUrl": "no url"})", "/fields/baseUrl", "format"},
      {R"({"baseUrl": "https://a\u0000"})", "/fields/baseUrl", "format"},
      {R"({"baseUrl": "https://)" + std::string(200, 'a') + "\"}", "/fields/baseUrl", "max_length"},
      {with(R"("token": "stolen")"), "/fields/token", "secret_field"},
      {with(R"("token": null)"), "/fields/token", "secret_field"},
      {with(R"("pin": "1234")"), "/fields/pin", "secret_field"},
      {with(R"("user": "")"), "/fields/user", "min_length"},
      {with(R"("user": null)"), "/fields/user", "type"},
      {with(R"("user": {"toString": 1})"), "/fields/user", "type"},
      {with(R"("user": ["a"])"), "/fields/user", "type"},
      {with(R"("user": ")" + std::string(10001, 'a') + "\""), "/fields/user", "max_length"},
      {with(R"("port": 0)"), "/fields/port", "minimum"},
      {with(R"("port": -1)"), "/fields/port", "minimum"},
      {with(R"("port": 65536)"), "/fields/port", "maximum"},
      {with(R"("port": 1.5)"), "/fields/port", "type"},
      {with(R"("port": "80")"), "/fields/port", "type"},
      {with(R"("port": 1e308)"), "/fields/port", "maximum"},
      {with(R"("port": true)"), "/fields/port", "type"},
      {with(R"("port": [80])"), "/fields/port", "type"},
      {with(R"("ratio": "NaN")"), "/fields/ratio", "type"},
      {with(R"("ratio": null)"), "/fields/ratio", "type"},
      {with(R"("ratio": {})"), "/fields/ratio", "type"},
      {with(R"("verify": "true")"), "/fields/verify", "type"},
      {with(R"("verify": 1)"), "/fields/verify", "type"},
      {with(R"("verify": null)"), "/fields/verify", "type"},
      {with(R"("region": "EU")"), "/fields/region", "enum"},
      {with(R"("region": "")"), "/fields/region", "enum"},
      {with(R"("region": "eu\u0000")"), "/fields/region", "enum"},
      {with(R"("region": ["eu"])"), "/fields/region", "type"},
      {with(R"("other": 1)"), "/fields/other", "additional_property"},
      {with(R"("": 1)"), "/fields/", "additional_property"},
      {with(R"("__proto__": {"admin": true})"), "/fields/__proto__", "additional_property"},
      {with(R"("constructor": "x")"), "/fields/constructor", "additional_property"},
      {with(R"("toString": "x")"), "/fields/toString", "additional_property"},
      {with(R"("a/b": 1)"), "/fields/a~1b", "additional_property"},
      {with(R"("a~b": 1)"), "/fields/a~0b", "additional_property"},
      {with(R"("us\u0435r": "cyrillic")"), "/fields/us\u0435r", "additional_property"},
      {with(R"("user ": "x")"), "/fields/user ", "additional_property"},
      {with(R"("user\u0000": "x")"), std::string("/fields/user\0", 13), "additional_property"},
      {with(R"("secretRef": "sec_00000000000000000000000000")"), "/fields/secretRef", "additional_property"},
      {with(R"("properties": {})"), "/fields/properties", "additional_property"},
  };
  return all;
}

TEST_F(ConnectionStoreTest, FieldsThatTheProviderRefusesAreNamedAndNothingIsKept) {
  const ConnectionInfo sound = create(draft("sound")).value();
  const std::vector<Hostile> all = hostile_fields();
  EXPECT_GE(all.size(), 50U);
  for (const Hostile& hostile : all) {
    ConnectionDraft value = draft("hostile");
    value.fields = json(hostile.fields);
    ConnectionChange change;
    change.revision = 1;
    change.fields = value.fields;
    for (const Status& status : {create(value).status(), update(sound.id, change).status()}) {
      ASSERT_EQ(status.code(), Code::kInvalidRequest) << hostile.fields.substr(0, 200);
      ASSERT_EQ(status.issues().size(), 1U) << hostile.fields.substr(0, 200);
      EXPECT_EQ(status.issues()[0].path, hostile.path) << hostile.fields.substr(0, 200);
      EXPECT_EQ(status.issues()[0].code, hostile.issue) << hostile.fields.substr(0, 200);
      EXPECT_EQ(status.issues()[0].message.find("stolen"), std::string::npos);
    }
  }
  EXPECT_EQ(count("connections"), "1");
  EXPECT_EQ(count("connection_secrets"), "1");
  EXPECT_EQ(count("secrets"), "1");
  EXPECT_EQ(count("secret_values"), "1");
  EXPECT_EQ(verified(sound.id)->revision, 1);
}

TEST_F(ConnectionStoreTest, APlaintextAmongTheFieldsIsRefused) {
  ConnectionDraft value = draft();
  value.fields.as_object().emplace_back("user", test::secret(*heap_, canary_));
  const Result<ConnectionInfo> created = create(value);
  ASSERT_EQ(created.status().issues().size(), 1U);
  EXPECT_EQ(created.status().issues()[0].path, "/fields/user");
  EXPECT_EQ(created.status().issues()[0].code, "type");
  EXPECT_FALSE(is_on_disk(canary_));
}

TEST_F(ConnectionStoreTest, SecretsThatTheProviderRefusesAreNamedAndNothingIsKept) {
  struct Case {
    Value secrets;
    std::string path;
    std::string issue;
  };
  std::vector<Case> cases;
  const auto with = [&](const char* name, Value value) {
    Value out = secrets({{"token", canary_}});
    std::erase_if(out.as_object(), [&](const Value::Member& member) { return member.first == name; });
    out.as_object().emplace_back(name, std::move(value));
    return out;
  };
  cases.push_back({Value(Value::Object()), "/secrets/token", "required"});
  cases.push_back({Value(), "/secrets", "type"});
  cases.push_back({with("token", Value::undefined()), "/secrets/token", "required"});
  cases.push_back({with("token", Value("in the open")), "/secrets/token", "type"});
  cases.push_back({with("token", Value()), "/secrets/token", "type"});
  cases.push_back({with("token", test::secret(*heap_, "")), "/secrets/token", "length"});
  cases.push_back({with("token", test::secret(*heap_, std::string(10001, 'x'))), "/secrets/token", "length"});
  cases.push_back({with("token", test::secret(*heap_, "with space")), "/secrets/token", "pattern"});
  cases.push_back({with("token", test::secret(*heap_, "line\n")), "/secrets/token", "pattern"});
  cases.push_back({with("token", test::secret(*heap_, "\xff")), "/secrets/token", "length"});
  cases.push_back({with("pin", test::secret(*heap_, "123")), "/secrets/pin", "min_length"});
  cases.push_back({with("user", test::secret(*heap_, "me")), "/secrets/user", "not_a_secret"});
  cases.push_back({with("other", test::secret(*heap_, "me")), "/secrets/other", "unknown_field"});
  cases.push_back({with("__proto__", test::secret(*heap_, "me")), "/secrets/__proto__", "unknown_field"});
  for (const Case& one : cases) {
    ConnectionDraft value = draft();
    value.secrets = one.secrets;
    const Result<ConnectionInfo> created = create(value);
    ASSERT_EQ(created.status().code(), Code::kInvalidRequest) << one.path << one.issue;
    ASSERT_EQ(created.status().issues().size(), 1U) << one.path << one.issue;
    EXPECT_EQ(created.status().issues()[0].path, one.path);
    EXPECT_EQ(created.status().issues()[0].code, one.issue) << one.path;
  }
  EXPECT_EQ(count("connections"), "0");
  EXPECT_EQ(count("secrets"), "0");
}

TEST_F(ConnectionStoreTest, NameScopeAndWorkspaceGoTogether) {
  const auto refused = [&](const ConnectionDraft& value, const std::string& path, const std::string& issue) {
    const Result<ConnectionInfo> created = create(value);
    ASSERT_EQ(created.status().issues().size(), 1U) << path;
    EXPECT_EQ(created.status().issues()[0].path, path);
    EXPECT_EQ(created.status().issues()[0].code, issue);
  };
  refused(draft(""), "/displayName", "length");
  refused(draft(std::string(101, 'n')), "/displayName", "length");
  refused(draft("\xff"), "/displayName", "length");
  refused(draft_of(""), "/workspaceId", "length");
  refused(draft_of(std::string(201, 'w')), "/workspaceId", "length");
  ConnectionDraft value = draft_of("w");
  value.scope = ConnectionScope::kUser;
  refused(value, "/workspaceId", "not_allowed");
  value = draft();
  value.scope = ConnectionScope::kWorkspace;
  refused(value, "/workspaceId", "required");
}

TEST_F(ConnectionStoreTest, AStoreHasSoManyConnectionsAndNoMore) {
  ConnectionStore few(store_->store_id(), *clock_, secrets_, 2);
  const auto create_one = [&] {
    return run<ConnectionInfo>(
        [&](Database& db) { return few.create(db, providers_.get(db, "acme.tracker").value(), draft(), *keys_); });
  };
  const std::string first = create_one()->id;
  ASSERT_TRUE(create_one().ok());
  EXPECT_EQ(create_one().status().code(), Code::kLimitExceeded);
  ASSERT_TRUE(remove(first).ok());
  EXPECT_TRUE(create_one().ok());
  EXPECT_EQ(create_one().status().code(), Code::kLimitExceeded);
}

TEST_F(ConnectionStoreTest, AnUpdateReplacesNameAndFieldsAndKnowsItsRevision) {
  const ConnectionInfo created = create(draft()).value();
  clock_->advance(10);
  ConnectionChange change{.display_name = "New", .fields = std::nullopt, .revision = 1};
  EXPECT_EQ(update(created.id, change)->revision, 2);
  EXPECT_EQ(update(created.id, change).status().code(), Code::kConflict);
  change = {.display_name = std::nullopt, .fields = json(R"({"baseUrl": "https://b", "region": "eu"})"), .revision = 2};
  EXPECT_EQ(update(created.id, change)->revision, 3);
  const ConnectionInfo info = verified(created.id).value();
  EXPECT_EQ(info.display_name, "New");
  EXPECT_EQ(to_json(info.fields), R"({"baseUrl":"https://b","region":"eu"})");
  EXPECT_EQ(info.created_at, created.created_at);
  EXPECT_EQ(info.updated_at, created.created_at + 10);
  EXPECT_EQ(value_of(info, "token"), canary_);
  EXPECT_EQ(update(make_id("con_", 0, {}), change).status().code(), Code::kNotFound);
}

TEST_F(ConnectionStoreTest, AnUpdateThatChangesNothingLeavesRevisionAndTime) {
  ConnectionDraft value = draft();
  value.fields = json(R"({"baseUrl": "https://b", "region": "eu"})");
  const ConnectionInfo created = create(value).value();
  clock_->advance(10);
  ConnectionChange same{
      .display_name = value.display_name, .fields = json(R"({"region": "eu", "baseUrl": "https://b"})"), .revision = 1};
  for (const ConnectionChange& change :
       {ConnectionChange{.display_name = std::nullopt, .fields = std::nullopt, .revision = 1}, same}) {
    const ConnectionInfo after = update(created.id, change).value();
    EXPECT_EQ(after.revision, 1);
    EXPECT_EQ(after.updated_at, created.updated_at);
    EXPECT_EQ(to_json(after.fields), to_json(created.fields));
  }
  same.revision = 2;
  EXPECT_EQ(update(created.id, same).status().code(), Code::kConflict);
  same.revision = 1;
  same.fields = json(R"({"baseUrl": "https://b"})");
  EXPECT_EQ(update(created.id, same)->revision, 2);
}

TEST_F(ConnectionStoreTest, ASecretIsSetReplacedAndCleared) {
  const ConnectionInfo created = create(draft()).value();
  const std::string pin = make_canary();
  EXPECT_EQ(clear_secret(created.id, "pin")->revision, 1);
  ConnectionInfo info = set_secret(created.id, "pin", pin).value();
  EXPECT_EQ(info.secrets.at("pin").version, 1);
  EXPECT_EQ(info.revision, 2);
  EXPECT_EQ(value_of(verified(created.id).value(), "pin"), pin);

  const std::string other = make_canary();
  info = set_secret(created.id, "token", other).value();
  EXPECT_EQ(info.secrets.at("token").version, 2);
  EXPECT_EQ(info.secrets.at("token").secret_id, created.secrets.at("token").secret_id);
  EXPECT_EQ(value_of(info, "token"), other);

  info = clear_secret(created.id, "token").value();
  EXPECT_FALSE(info.secrets.at("token").has_value);
  EXPECT_EQ(info.secrets.at("token").version, 3);
  EXPECT_EQ(info.revision, 4);
  EXPECT_EQ(value_of(info, "token"), "CORRUPT");  // there is nothing to open
  EXPECT_EQ(clear_secret(created.id, "token")->revision, 4);
  for (const char* field : {"nothing", "port"}) {
    const Status refused = clear_secret(created.id, field).status();
    EXPECT_EQ(refused.code(), Code::kInvalidRequest) << field;
    EXPECT_EQ(refused.issues().at(0).path, "/field");
  }
  info = verified(created.id).value();
  EXPECT_EQ(info.secrets.size(), 2U);
  ASSERT_EQ(attention_of(info, stored_provider()).size(), 1U);
  EXPECT_EQ(attention_of(info, stored_provider())[0].path, "/secrets/token");

  EXPECT_EQ(set_secret(created.id, "token", canary_)->secrets.at("token").version, 4);
  EXPECT_EQ(value_of(verified(created.id).value(), "token"), canary_);
  EXPECT_TRUE(attention_of(verified(created.id).value(), stored_provider()).empty());
}

TEST_F(ConnectionStoreTest, ASecretThatIsRefusedChangesNothing) {
  const ConnectionInfo created = create(draft()).value();
  const auto refused = [&](const std::string& field, const std::string& value, const std::string& place,
                           const std::string& issue) {
    const Result<ConnectionInfo> result = set_secret(created.id, field, value);
    ASSERT_EQ(result.status().code(), Code::kInvalidRequest) << field;
    ASSERT_EQ(result.status().issues().size(), 1U) << field;
    EXPECT_EQ(result.status().issues()[0].path, place);
    EXPECT_EQ(result.status().issues()[0].code, issue);
  };
  refused("user", "x", "/field", "not_a_secret");
  refused("other", "x", "/field", "unknown_field");
  refused("", "x", "/field", "unknown_field");
  refused("token", "", "/value", "length");
  refused("token", "a b", "/value", "pattern");
  refused("pin", "123", "/value", "min_length");
  EXPECT_EQ(verified(created.id)->revision, 1);
  EXPECT_EQ(value_of(verified(created.id).value(), "token"), canary_);
}

TEST_F(ConnectionStoreTest, IdsGrowWithinAMillisecondAndWhenTheClockIsSetBack) {
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) {
    ids.push_back(create(draft()).value().id);
    if (i == 10) clock_->advance(-1000);
  }
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(list({.limit = 3}), ids);
}

TEST_F(ConnectionStoreTest, AListIsFilteredAndPaged) {
  put(provider(R"({"id": "acme.other"})"));
  const auto add = [&](ConnectionDraft value, const char* provider_id) {
    value.provider_id = provider_id;
    return create(value).value().id;
  };
  const std::string a = add(draft("Alpha"), "acme.tracker");
  const std::string b = add(draft_of("w1", "beta"), "acme.tracker");
  const std::string c = add(draft("ALPHABET"), "acme.other");
  const std::string d = add(draft_of("w2", "100% \xc3\x84rger"), "acme.other");
  const std::string e = add(draft_of("w1", "eta_"), "acme.other");
  using Ids = std::vector<std::string>;
  for (const std::int64_t limit : {1, 2, 500}) {
    const auto ids = [&](ConnectionFilter filter) {
      filter.limit = limit;
      return list(filter);
    };
    EXPECT_EQ(ids({}), (Ids{a, b, c, d, e}));
    EXPECT_EQ(ids({.provider_id = "acme.tracker"}), (Ids{a, b}));
    EXPECT_EQ(ids({.provider_id = "acme.nothing"}), Ids{});
    EXPECT_EQ(ids({.scope = ConnectionScope::kUser}), (Ids{a, c}));
    EXPECT_EQ(ids({.scope = ConnectionScope::kWorkspace}), (Ids{b, d, e}));
    EXPECT_EQ(ids({.workspace_id = "w1"}), (Ids{a, b, c, e}));
    EXPECT_EQ(ids({.scope = ConnectionScope::kUser, .workspace_id = "w1"}), (Ids{a, c}));
    EXPECT_EQ(ids({.scope = ConnectionScope::kWorkspace, .workspace_id = "w1"}), (Ids{b, e}));
    EXPECT_EQ(ids({.provider_id = "acme.other", .workspace_id = "w1"}), (Ids{c, e}));
    EXPECT_EQ(ids({.workspace_id = "nowhere"}), (Ids{a, c}));
    EXPECT_EQ(ids({.search = "alPHa"}), (Ids{a, c}));
    EXPECT_EQ(ids({.search = "%"}), (Ids{d}));
    EXPECT_EQ(ids({.search = "_"}), (Ids{e}));
    EXPECT_EQ(ids({.search = "\xc3\x84"}), (Ids{d}));
    EXPECT_EQ(ids({.search = "nothing"}), Ids{});
    EXPECT_EQ(ids({.workspace_id = "w1", .search = "ETA"}), (Ids{b, e}));
    EXPECT_EQ(ids({.visible_providers = Ids{"acme.other", "acme.nothing"}}), (Ids{c, d, e}));
    EXPECT_EQ(ids({.visible_providers = Ids{"acme.other"}, .workspace_id = "w2"}), (Ids{c, d}));
    EXPECT_EQ(ids({.provider_id = "acme.tracker", .visible_providers = Ids{"acme.other"}}), Ids{});
    EXPECT_EQ(ids({.visible_providers = Ids{}}), Ids{});
    EXPECT_EQ(ids({.visible_providers = Ids{"') OR 1=1 --", "\""}}), Ids{});
  }
  for (const char* cursor : {"", "x", "sec_00000000000000000000000000"}) {
    EXPECT_EQ(page({.cursor = cursor}).status().issues().at(0).path, "/cursor");
  }
  for (const std::int64_t limit : {0, -1, 501}) {
    EXPECT_EQ(page({.limit = limit}).status().issues().at(0).path, "/limit");
  }
}

TEST_F(ConnectionStoreTest, APageEndsWhereItsFieldsAreLarge) {
  put(provider("{}", R"({"type": "object", "properties": {"token": {"type": "string", "writeOnly": true},
    "baseUrl": {"type": "string"}, "a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "string"}}})"));
  ConnectionDraft value = draft();
  const std::string large(9000, 'x');
  value.fields = Value(Value::Object{{"a", large}, {"b", large}, {"c", large}});
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(create(value).value().id);
  const ConnectionPage first = page({}).value();
  EXPECT_EQ(first.items.size(), 38U);  // 38 times 27 KB is the last that fits 1 MiB
  EXPECT_EQ(first.next_cursor, ids[37]);
  EXPECT_EQ(list(), ids);
}

TEST_F(ConnectionStoreTest, ADamagedRowIsCountedAndHidesNoOther) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(create(draft("n" + std::to_string(i))).value().id);
  sql("UPDATE connections SET fields = 'no JSON' WHERE id IN ('" + ids[0] + "', '" + ids[2] + "')");
  const ConnectionPage first = page({.limit = 1}).value();
  EXPECT_EQ(first.damaged, 1);
  ASSERT_EQ(first.items.size(), 1U);
  EXPECT_EQ(first.items[0].id, ids[1]);
  EXPECT_EQ(first.next_cursor, ids[1]);
  const ConnectionPage second = page({.cursor = first.next_cursor, .limit = 1}).value();
  EXPECT_EQ(second.damaged, 1);
  EXPECT_EQ(second.items.at(0).id, ids[3]);
  EXPECT_EQ(second.next_cursor, std::nullopt);
  EXPECT_EQ(get(ids[0]).status().code(), Code::kCorrupt);
  EXPECT_TRUE(remove(ids[0]).ok());
  EXPECT_EQ(get(ids[0]).status().code(), Code::kNotFound);
  EXPECT_EQ(count("secrets"), "3");
}

TEST_F(ConnectionStoreTest, AWorkspacesConnectionIsUsedBeforeTheUsers) {
  EXPECT_EQ(resolve(std::nullopt), "NOT_FOUND");
  const std::string theirs = create(draft_of("w1")).value().id;
  EXPECT_EQ(resolve(std::nullopt), "NOT_FOUND");
  const std::string mine = create(draft()).value().id;
  create(draft()).value();
  create(draft_of("w1")).value();
  EXPECT_EQ(resolve(std::nullopt), mine);
  EXPECT_EQ(resolve("w1"), theirs);
  EXPECT_EQ(resolve("w2"), mine);
  EXPECT_EQ(resolve("w1", "acme.other"), "NOT_FOUND");
}

TEST_F(ConnectionStoreTest, UsesAndTestsAreRecorded) {
  const ConnectionInfo created = create(draft()).value();
  const std::string long_message = [] {
    std::string text;
    for (int i = 0; i < 600; ++i) text += "\xc3\xbc";
    return text;
  }();
  ASSERT_TRUE(write([&](Database& db) { return connections_.touch(db, created.id, 1234); }).ok());
  ASSERT_TRUE(write([&](Database& db) {
                return connections_.record_test(db, created.id,
                                                {.at = 5678, .ok = true, .message = long_message, .duration_ms = 9});
              }).ok());
  ConnectionInfo info = verified(created.id).value();
  EXPECT_EQ(info.last_used_at, 1234);
  EXPECT_EQ(info.last_test->at, 5678);
  EXPECT_TRUE(info.last_test->ok);
  EXPECT_EQ(info.last_test->message, long_message.substr(0, 1000));
  EXPECT_EQ(info.last_test->duration_ms, 9);
  EXPECT_EQ(info.revision, 1);
  ASSERT_TRUE(write([&](Database& db) {
                return connections_.record_test(db, created.id,
                                                {.at = 1, .ok = false, .message = "", .duration_ms = 0});
              }).ok());
  EXPECT_FALSE(get(created.id)->last_test->ok);
  EXPECT_EQ(write([&](Database& db) {
              return connections_.record_test(db, created.id,
                                              {.at = 1, .ok = true, .message = "\xff", .duration_ms = 0});
            }).code(),
            Code::kInvalidRequest);
  const std::string gone = make_id("con_", 0, {});
  EXPECT_TRUE(write([&](Database& db) { return connections_.touch(db, gone, 1); }).ok());
  EXPECT_EQ(write([&](Database& db) { return connections_.record_test(db, gone, {}); }).code(), Code::kNotFound);
}

TEST_F(ConnectionStoreTest, ADeletionTakesEverythingAlong) {
  const ConnectionInfo kept = create(draft("kept")).value();
  const ConnectionInfo gone = create(draft("gone")).value();
  ASSERT_TRUE(set_secret(gone.id, "pin", make_canary()).ok());
  for (const std::string& id : {kept.id, gone.id}) {
    ASSERT_TRUE(
        write([&](Database& db) -> Status {
          SR_RETURN_IF_ERROR(connections_.touch(db, id, 1));
          SR_RETURN_IF_ERROR(connections_.record_test(db, id, {}));
          SR_RETURN_IF_ERROR(db.prepare("INSERT INTO grants VALUES ('grt_' || ?1, 'a.b', 'extension', ?1, 'token', "
                                        "'allow', 'always', 'why', x'00', 0, NULL, NULL, 1, x'00')")
                                 .bind(1, std::string_view(id))
                                 .run());
          SR_RETURN_IF_ERROR(
              db.prepare("INSERT INTO denials VALUES ('a.b', 'extension', ?, 0)").bind(1, std::string_view(id)).run());
          return db.prepare("INSERT INTO silences VALUES ('a.b', 'extension', ?, 0, 1)")
              .bind(1, std::string_view(id))
              .run();
        }).ok());
  }
  const Bytes record =
      test::from_hex(sql("SELECT lower(hex(substr(record, 18))) FROM secret_values WHERE secret_id = '" +
                         gone.secrets.at("token").secret_id + "'")
                         .at(0));
  const std::string sealed(as_text(record));
  ASSERT_TRUE(is_on_disk(sealed));
  // A transaction that fails takes nothing.
  EXPECT_FALSE(write([&](Database& db) -> Status {
                 SR_RETURN_IF_ERROR(connections_.remove(db, gone.id));
                 return {Code::kInternal, "something after it"};
               }).ok());
  EXPECT_EQ(value_of(verified(gone.id).value(), "token"), canary_);

  ASSERT_TRUE(remove(gone.id).ok());
  EXPECT_EQ(remove(gone.id).code(), Code::kNotFound);
  for (const char* table : {"connections", "connection_secrets", "connection_access", "connection_tests", "grants",
                            "denials", "silences", "secrets", "secret_values"}) {
    EXPECT_EQ(count(table), "1") << table;
  }
  EXPECT_FALSE(is_on_disk(sealed));
  EXPECT_EQ(value_of(verified(kept.id).value(), "token"), canary_);
}

TEST_F(ConnectionStoreTest, ADamagedRowCannotTakeAnotherSecretAlong) {
  const ConnectionInfo created = create(draft()).value();
  const SecretInfo other =
      run<SecretInfo>([&](Database& db) {
        return secrets_.create(db, {.name = "other", .kind = "api_key", .env_key = std::nullopt, .metadata = {}},
                               as_bytes("value"), *keys_);
      }).value();
  sql("UPDATE connection_secrets SET secret_id = '" + other.id + "'");
  EXPECT_EQ(get(created.id).status().code(), Code::kCorrupt);
  ASSERT_TRUE(remove(created.id).ok());
  EXPECT_EQ(count("connections"), "0");
  EXPECT_EQ(sql("SELECT name FROM secrets WHERE kind = 'api_key'"), (std::vector<std::string>{"other"}));
}

TEST_F(ConnectionStoreTest, TheLastConnectionTakesAnUnregisteredProviderAlong) {
  const std::string first = create(draft()).value().id;
  const std::string second = create(draft()).value().id;
  ASSERT_TRUE(write([&](Database& db) { return providers_.remove(db, "acme.tracker", ""); }).ok());
  ASSERT_TRUE(remove(first).ok());
  EXPECT_EQ(count("providers"), "1");
  ASSERT_TRUE(remove(second).ok());
  EXPECT_EQ(count("providers"), "0");
}

TEST_F(ConnectionStoreTest, AnEditedRowIsFound) {
  const ConnectionInfo one = create(draft("one")).value();
  const ConnectionInfo two = create(draft_of("w", "two")).value();
  ASSERT_TRUE(set_secret(one.id, "pin", make_canary()).ok());
  put(provider(R"({"id": "acme.other"})"));
  const std::string at_one = " WHERE id = '" + one.id + "'";
  const std::string ref_of = " FROM connection_secrets WHERE connection_id = '" + one.id + "' AND field = ";
  const std::string edits[] = {
      "UPDATE connections SET provider_id = 'acme.other'" + at_one,
      "UPDATE connections SET scope = 'workspace'" + at_one,
      "UPDATE connections SET scope = 'workspace', workspace_id = 'w'" + at_one,
      "UPDATE connections SET scope = 'other'" + at_one,
      "UPDATE connections SET workspace_id = ''" + at_one,
      "UPDATE connections SET display_name = 'One'" + at_one,
      "UPDATE connections SET display_name = ''" + at_one,
      "UPDATE connections SET fields = replace(fields, 'api.example.com', 'evil.example')" + at_one,
      "UPDATE connections SET fields = fields || ' '" + at_one,
      "UPDATE connections SET fields = '{}'" + at_one,
      "UPDATE connections SET fields = ''" + at_one,
      "UPDATE connections SET fields = '{\"a\":[]}'" + at_one,
      "UPDATE connections SET revision = revision - 1" + at_one,
      "UPDATE connections SET revision = 0" + at_one,
      "UPDATE connections SET created_at = created_at + 1" + at_one,
      "UPDATE connections SET created_at = -1" + at_one,
      "UPDATE connections SET updated_at = updated_at + 1" + at_one,
      "UPDATE connections SET updated_at = 1 << 60" + at_one,
      "UPDATE connections SET generation = 2" + at_one,
      "UPDATE connections SET generation = -1" + at_one,
      "UPDATE connections SET generation = generation + (1 << 32)" + at_one,
      "UPDATE connections SET mac = x''" + at_one,
      "UPDATE connections SET mac = zeroblob(32)" + at_one,
      "UPDATE connections SET mac = (SELECT mac FROM connections WHERE id = '" + two.id + "')" + at_one,
      // Another connection's row under this id.
      "UPDATE connections SET (provider_id, scope, workspace_id, display_name, revision, created_at, updated_at, "
      "generation, mac, fields) = (SELECT provider_id, scope, workspace_id, display_name, revision, created_at, "
      "updated_at, generation, mac, fields FROM connections WHERE id = '" +
          two.id + "')" + at_one,
      // Its secrets.
      "DELETE" + ref_of + "'pin'",
      "DELETE FROM connection_secrets WHERE connection_id = '" + one.id + "'",
      "UPDATE connection_secrets SET field = 'key' WHERE connection_id = '" + one.id + "' AND field = 'pin'",
      "UPDATE connection_secrets SET secret_id = 'sec_00000000000000000000000000' WHERE field = 'pin'",
      "UPDATE connection_secrets SET connection_id = '" + one.id + "', field = 'x' WHERE connection_id = '" + two.id +
          "'",
      // The two secrets of one connection, and one of another, the other way round.
      "UPDATE connection_secrets SET secret_id = 'x' || secret_id; UPDATE connection_secrets SET secret_id = (SELECT "
      "substr(o.secret_id, 2) FROM connection_secrets o WHERE o.connection_id = '" +
          one.id + "' AND o.field = 'pin') WHERE connection_id = '" + one.id + "' AND field = 'token'",
      "DELETE FROM connection_secrets WHERE connection_id = '" + one.id +
          "' AND field = 'token'; UPDATE connection_secrets "
          "SET connection_id = '" +
          one.id + "' WHERE connection_id = '" + two.id + "'",
      "UPDATE secrets SET kind = 'api_key' WHERE name LIKE '%/pin'",
      "DELETE FROM secrets WHERE name LIKE '%/pin'",
      "UPDATE secrets SET version = 0 WHERE name LIKE '%/pin'",
  };
  sql("CREATE TABLE kept_connections AS SELECT * FROM connections; CREATE TABLE kept_refs AS SELECT * FROM "
      "connection_secrets; CREATE TABLE kept_secrets AS SELECT * FROM secrets");
  const std::string restore =
      "DELETE FROM connections; INSERT INTO connections SELECT * FROM kept_connections; DELETE FROM "
      "connection_secrets; "
      "INSERT INTO connection_secrets SELECT * FROM kept_refs; DELETE FROM secrets; INSERT INTO secrets SELECT * FROM "
      "kept_secrets";
  for (const std::string& edit : edits) {
    ASSERT_TRUE(verified(one.id).ok()) << "before " << edit;
    sql(edit);
    EXPECT_EQ(verified(one.id).status().code(), Code::kCorrupt) << edit;
    // An edited row is not signed anew by a change.
    EXPECT_EQ(update(one.id, {.display_name = "x", .fields = std::nullopt, .revision = 2}).status().code(),
              Code::kCorrupt)
        << edit;
    EXPECT_EQ(set_secret(one.id, "token", "other").status().code(), Code::kCorrupt) << edit;
    EXPECT_EQ(clear_secret(one.id, "token").status().code(), Code::kCorrupt) << edit;
    sql(restore);
  }
  // A row that is copied to another id.
  const std::string copy = make_id("con_", clock_->now_ms() + 1, {});
  sql("INSERT INTO connections SELECT '" + copy +
      "', provider_id, scope, workspace_id, display_name, revision, "
      "created_at, updated_at, generation, mac, terms, places, fields FROM connections" +
      at_one);
  EXPECT_TRUE(get(copy).ok());
  EXPECT_EQ(verified(copy).status().code(), Code::kCorrupt);
  // A whole connection that is moved to another id.
  const std::string moved = make_id("con_", clock_->now_ms() + 2, {});
  sql("UPDATE connections SET id = '" + moved + "' WHERE id = '" + two.id +
      "'; UPDATE connection_secrets SET connection_id = '" + moved + "' WHERE connection_id = '" + two.id + "'");
  EXPECT_EQ(get(moved)->secrets.size(), 1U);
  EXPECT_EQ(verified(moved).status().code(), Code::kCorrupt);
  // Another store's key, another store's name.
  EXPECT_EQ(verified(one.id, test::make_keys(heap_).get()).status().code(), Code::kCorrupt);
  ConnectionStore elsewhere(make_id("str_", 0, {}), *clock_, secrets_);
  EXPECT_EQ(
      run<ConnectionInfo>([&](Database& db) { return elsewhere.get_verified(db, one.id, *keys_); }).status().code(),
      Code::kCorrupt);
}

TEST_F(ConnectionStoreTest, AnOlderGenerationOfTheKeyIsStillKnown) {
  const auto both = test::make_keys(heap_, 2);
  std::vector<Subkeys> first;
  const auto copy = [&](const SecureBuffer& key) { return heap_->copy(key.view()).value(); };
  first.push_back({.generation = 1,
                   .secret = copy(both->of(1)->secret),
                   .audit_seal = copy(both->of(1)->audit_seal),
                   .record_mac = copy(both->of(1)->record_mac)});
  keys_ = std::make_shared<const KeySet>(std::move(first), 1);
  const std::string id = create(draft()).value().id;
  keys_ = both;
  EXPECT_TRUE(verified(id).ok());
  ASSERT_TRUE(update(id, {.display_name = "n", .fields = std::nullopt, .revision = 1}).ok());
  EXPECT_EQ(sql("SELECT generation FROM connections"), (std::vector<std::string>{"2"}));
  EXPECT_TRUE(verified(id).ok());
}

TEST_F(ConnectionStoreTest, AChangedProviderKeepsEverythingAndSaysWhatNoLongerFits) {
  ConnectionDraft value = draft();
  value.secrets = secrets({{"token", canary_}, {"pin", make_canary()}});
  const ConnectionInfo created = create(value).value();
  EXPECT_TRUE(attention_of(created, stored_provider()).empty());
  put(provider(R"({"auth": {"type": "bearer", "field": "key"}, "version": "2.0.0"})",
               R"({"type": "object", "properties": {
    "baseUrl": {"type": "string", "maxLength": 5}, "port": {"type": "string"}, "user": {"type": "string"},
    "verify": {"type": "string", "writeOnly": true}, "token": {"type": "string"},
    "key": {"type": "string", "writeOnly": true}, "pin": {"type": "string", "writeOnly": true}},
    "required": ["user", "key"]})"));
  const ConnectionInfo after = verified(created.id).value();
  EXPECT_EQ(to_json(after.fields), to_json(created.fields));
  EXPECT_EQ(value_of(after, "token"), canary_);
  EXPECT_EQ(after.revision, 1);
  std::vector<std::string> places;
  for (const Issue& issue : attention_of(after, stored_provider())) places.push_back(issue.path + " " + issue.code);
  std::ranges::sort(places);
  EXPECT_EQ(places, (std::vector<std::string>{" terms_changed", "/fields/baseUrl max_length", "/fields/port type",
                                              "/fields/ratio additional_property", "/fields/user required",
                                              "/fields/verify secret_field", "/secrets/key required",
                                              "/secrets/token not_a_secret"}));
  // It can be renamed as it is, and mended place by place.
  ASSERT_TRUE(update(created.id, {.display_name = "n", .fields = std::nullopt, .revision = 1}).ok());
  ASSERT_TRUE(update(created.id,
                     {.display_name = std::nullopt, .fields = json(R"({"baseUrl": "a", "user": "me"})"), .revision = 2})
                  .ok());
  ASSERT_TRUE(set_secret(created.id, "key", "k").ok());
  ASSERT_TRUE(clear_secret(created.id, "token").ok());
  EXPECT_TRUE(attention_of(verified(created.id).value(), stored_provider()).empty());
}

TEST_F(ConnectionStoreTest, AProviderCannotHideNewTermsBehindManyOtherIssues) {
  ConnectionDraft value = draft();
  value.secrets = secrets({{"token", canary_}});
  const ConnectionInfo created = create(value).value();
  std::string properties = R"("token": {"type": "string", "writeOnly": true})";
  std::string required = R"("token")";
  for (int i = 1; i < 64; ++i) {
    const std::string name = "f" + std::to_string(i);
    properties += ", \"" + name + R"(": {"type": "string"})";
    required += ", \"" + name + "\"";
  }
  put(provider(R"({"auth": {"type": "bearer", "field": "token"}, "origins": ["https://other.example"]})",
               R"({"type": "object", "properties": {)" + properties + R"(}, "required": [)" + required + "]}"));
  const std::vector<Issue> issues = attention_of(verified(created.id).value(), stored_provider());
  EXPECT_EQ(issues.size(), 64U);
  ASSERT_FALSE(issues.empty());
  EXPECT_EQ(issues[0].code, "terms_changed");
}

TEST_F(ConnectionStoreTest, EveryListWalksAnIndexInOrder) {
  const auto plan = [&](const ConnectionFilter& filter) {
    std::vector<std::string> steps;
    EXPECT_TRUE(write([&](Database& db) -> Status {
                  Statement rows = db.prepare("EXPLAIN QUERY PLAN " + connection_ids_sql(filter));
                  while (true) {
                    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
                    if (!more) return {};
                    steps.emplace_back(rows.text(3));
                  }
                }).ok());
    return steps;
  };
  const std::vector<std::string> two = {"acme.other", "acme.tracker"};
  for (const std::optional<std::string>& provider_id :
       {std::optional<std::string>(), std::optional<std::string>("a.b")}) {
    for (const std::optional<ConnectionScope> scope :
         {std::optional<ConnectionScope>(), std::optional(ConnectionScope::kUser),
          std::optional(ConnectionScope::kWorkspace)}) {
      for (const std::optional<std::string>& workspace :
           {std::optional<std::string>(), std::optional<std::string>("w")}) {
        for (const bool visible : {false, true}) {
          const std::vector<std::string> steps = plan({.provider_id = provider_id,
                                                       .visible_providers = visible ? std::optional(two) : std::nullopt,
                                                       .scope = scope,
                                                       .workspace_id = workspace});
          ASSERT_FALSE(steps.empty());
          for (const std::string& step : steps) {
            EXPECT_EQ(step.find("SCAN connections"), std::string::npos) << step;
            // What an extension may see is found by provider, and then put in order.
            EXPECT_TRUE(visible || step.find("TEMP B-TREE") == std::string::npos) << step;
          }
        }
      }
    }
  }
}

TEST_F(ConnectionStoreTest, APageOfAHundredThousandIsAPageOfItsSize) {
  put(provider(R"({"id": "acme.other"})"));
  sql("WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 99999) "
      "INSERT INTO connections SELECT 'con_0' || printf('%025d', i), iif(i % 10, 'acme.tracker', 'acme.other'), "
      "iif(i % 2, 'workspace', 'user'), iif(i % 2, 'w' || (i % 100), NULL), 'Connection ' || i, 1, 0, 0, 1, x'00', "
      "zeroblob(32), "
      "zeroblob(32), '{\"baseUrl\":\"https://api.example.com\"}' FROM n");
  for (ConnectionFilter filter :
       std::initializer_list<ConnectionFilter>{{},
                                               {.provider_id = "acme.tracker"},
                                               {.scope = ConnectionScope::kWorkspace},
                                               {.workspace_id = "w1"},
                                               {.visible_providers = std::vector<std::string>{"acme.other"}},
                                               {.search = "99"}}) {
    filter.cursor = "con_00000000000000000000050000";
    filter.limit = 50;
    const ConnectionPage found = page(filter).value();
    ASSERT_EQ(found.items.size(), 50U);
    EXPECT_GT(found.items.front().id, *filter.cursor);
    EXPECT_EQ(found.next_cursor, found.items.back().id);
  }
}

}  // namespace
}  // namespace strongroom
