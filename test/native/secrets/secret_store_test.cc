#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "audit/audit_log.h"
#include "base/ids.h"
#include "secrets/secret_record.h"
#include "secrets/sqlite_secret_store.h"
#include "support/fault_vfs.h"
#include "support/hex.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::FakeClock;
using test::FaultVfs;
using test::make_canary;
using test::make_keys;
using test::options_for;
using test::run_sql;
using test::TempDir;

class SecretStoreTest : public testing::Test {
 protected:
  SecretStoreTest() {
    StoreOptions options = options_for(dir_.path() + "/store", clock_);
    options.vfs = disk_.name();
    store_ = Store::open(options).value();
    secrets_ = std::make_unique<SqliteSecretStore>(store_->store_id(), *clock_);
  }

  /// The result of `work` in a write job.
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

  Result<SecretInfo> create(const SecretDraft& draft, std::string_view value = "value") {
    return run<SecretInfo>([&](Database& db) { return secrets_->create(db, draft, as_bytes(value), *keys_); });
  }
  SecretInfo create(const std::string& name, std::string_view value = "value", const std::string& kind = "api_key") {
    return create({.name = name, .kind = kind, .env_key = std::nullopt, .metadata = {}}, value).value();
  }
  Result<SecretInfo> get(const std::string& id) {
    return run<SecretInfo>([&](Database& db) { return secrets_->get(db, id); });
  }
  Result<SecretInfo> update(const std::string& id, const SecretChange& change, bool unlocked = true) {
    return run<SecretInfo>(
        [&](Database& db) { return secrets_->update(db, id, change, unlocked ? keys_.get() : nullptr, *heap_); });
  }
  Result<SecretInfo> replace(const std::string& id, std::string_view value) {
    return run<SecretInfo>([&](Database& db) { return secrets_->replace_value(db, id, as_bytes(value), *keys_); });
  }
  Result<SecretInfo> remove(const std::string& id) {
    return run<SecretInfo>([&](Database& db) { return secrets_->remove(db, id); });
  }
  SecretPage list(const SecretFilter& filter = {}) {
    return run<SecretPage>([&](Database& db) { return secrets_->list(db, filter); }).value();
  }
  /// The value, or the name of the error code.
  std::string open(const std::string& id, const KeySet* keys = nullptr) {
    std::string text;
    const Status status = store_->readers().read([&](Database& db) -> Status {
      SR_ASSIGN_OR_RETURN(const SecureBuffer value,
                          secrets_->open_value(db, id, keys != nullptr ? *keys : *keys_, *heap_));
      text = as_text(value.view());
      return {};
    });
    return status.ok() ? text : std::string(code_name(status.code()));
  }

  static Code code(const Result<SecretInfo>& result) { return result.status().code(); }

  TempDir dir_;
  FaultVfs disk_;  // healthy
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  std::shared_ptr<const KeySet> keys_ = make_keys(heap_);
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteSecretStore> secrets_;
};

TEST_F(SecretStoreTest, ASecretComesBackAsItWasStored) {
  const std::string value = make_canary();
  const SecretDraft draft{.name = "Üser 🔑",
                          .kind = "service_token",
                          .env_key = "API_KEY_1",
                          .metadata = {{"z", "last first"}, {"10", ""}, {"2", "\"quoted\""}}};
  const SecretInfo created = create(draft, value).value();
  EXPECT_TRUE(is_id("sec_", created.id));
  EXPECT_EQ(created.version, 1);
  EXPECT_EQ(created.revision, 1);
  EXPECT_TRUE(created.has_value);
  EXPECT_EQ(created.created_at, clock_->now_ms());
  const SecretInfo info = get(created.id).value();
  EXPECT_EQ(info.name, draft.name);
  EXPECT_EQ(info.kind, draft.kind);
  EXPECT_EQ(info.env_key, draft.env_key);
  EXPECT_EQ(info.metadata, draft.metadata);
  EXPECT_TRUE(info.has_value);
  EXPECT_EQ(info.last_accessed_at, std::nullopt);
  EXPECT_EQ(open(created.id), value);
  EXPECT_EQ(run<SecretInfo>([&](Database& db) { return secrets_->get_by_env_key(db, "API_KEY_1"); })->id, created.id);
}

TEST_F(SecretStoreTest, EveryKindCanBeStored) {
  for (const std::string_view kind : kSecretKinds) {
    const SecretInfo info = create("of kind " + std::string(kind), "v", std::string(kind));
    EXPECT_EQ(open(info.id), "v");
  }
}

TEST_F(SecretStoreTest, TheLargestValueComesBack) {
  std::string value;
  for (std::size_t i = 0; i < kMaxSecretValue; ++i) value += "\xF0\x9F\x94\x91";
  EXPECT_EQ(open(create("large", value).id), value);
}

TEST_F(SecretStoreTest, RulesAreKeptAndTheWrongPlaceIsNamed) {
  const auto refused = [&](SecretDraft draft, std::string_view value, const std::string& path) {
    const Result<SecretInfo> result = create(draft, value);
    ASSERT_EQ(result.status().code(), Code::kInvalidRequest) << path;
    ASSERT_EQ(result.status().issues().size(), 1U);
    EXPECT_EQ(result.status().issues()[0].path, path);
  };
  const SecretDraft good{.name = "n", .kind = "custom", .env_key = std::nullopt, .metadata = {}};
  const auto with = [&](auto change) {
    SecretDraft draft = good;
    change(draft);
    return draft;
  };
  refused(with([](SecretDraft& d) { d.name = ""; }), "v", "/name");
  refused(with([](SecretDraft& d) { d.name = std::string(101, 'x'); }), "v", "/name");
  refused(with([](SecretDraft& d) { d.kind = "password"; }), "v", "/kind");
  for (const char* key : {"", "lower", "1A", "_A", "A-B", "\xC3\x84"}) {
    refused(with([&](SecretDraft& d) { d.env_key = key; }), "v", "/envKey");
  }
  refused(with([](SecretDraft& d) { d.env_key = std::string(101, 'A'); }), "v", "/envKey");
  refused(with([](SecretDraft& d) { d.metadata = {{"", "v"}}; }), "v", "/metadata");
  refused(with([](SecretDraft& d) { d.metadata = {{std::string(65, 'k'), "v"}}; }), "v", "/metadata");
  refused(with([](SecretDraft& d) { d.metadata = {{"k", std::string(1001, 'v')}}; }), "v", "/metadata");
  refused(with([](SecretDraft& d) { d.metadata = {{"k", "1"}, {"k", "2"}}; }), "v", "/metadata");
  refused(with([](SecretDraft& d) {
            d.metadata.resize(33);
            for (int i = 0; i < 33; ++i) d.metadata[static_cast<std::size_t>(i)].first = std::to_string(i);
          }),
          "v", "/metadata");
  refused(good, "", "/value");
  refused(good, std::string(10001, 'v'), "/value");
  refused(good, "\xFF", "/value");
  EXPECT_TRUE(list().items.empty());
}

TEST_F(SecretStoreTest, NamesAndEnvKeysAreUnique) {
  ASSERT_TRUE(create({.name = "a", .kind = "custom", .env_key = "KEY_A", .metadata = {}}).ok());
  const Result<SecretInfo> name = create({.name = "a", .kind = "api_key", .env_key = std::nullopt, .metadata = {}});
  EXPECT_EQ(code(name), Code::kAlreadyExists);
  EXPECT_EQ(name.status().detail(), "name");
  const Result<SecretInfo> key = create({.name = "b", .kind = "api_key", .env_key = "KEY_A", .metadata = {}});
  EXPECT_EQ(code(key), Code::kAlreadyExists);
  EXPECT_EQ(key.status().detail(), "envKey");
  const SecretInfo other = create("other");
  SecretChange change;
  change.name = "a";
  EXPECT_EQ(update(other.id, change).status().detail(), "name");
  change.name = std::nullopt;
  change.env_key = std::optional<std::string>("KEY_A");
  EXPECT_EQ(update(other.id, change).status().detail(), "envKey");
  EXPECT_EQ(list().items.size(), 2U);
}

TEST_F(SecretStoreTest, AnUpdateChangesWhatItNamesAndKeepsTheRest) {
  const SecretInfo before =
      create({.name = "a", .kind = "api_key", .env_key = "KEY", .metadata = {{"k", "v"}}}, "value").value();
  clock_->advance(1000);
  SecretChange change;
  change.name = "b";
  const SecretInfo renamed = update(before.id, change, false).value();
  EXPECT_EQ(renamed.name, "b");
  EXPECT_EQ(renamed.env_key, "KEY");
  EXPECT_EQ(renamed.metadata, before.metadata);
  EXPECT_EQ(renamed.revision, 2);
  EXPECT_EQ(renamed.version, 1);
  EXPECT_EQ(renamed.created_at, before.created_at);
  EXPECT_EQ(renamed.updated_at, clock_->now_ms());
  change = {};
  change.env_key = std::optional<std::string>();
  EXPECT_EQ(update(before.id, change)->env_key, std::nullopt);
  change = {};
  change.metadata = Metadata{};
  EXPECT_TRUE(update(before.id, change)->metadata.empty());
  EXPECT_EQ(get(before.id)->revision, 4);
  EXPECT_EQ(open(before.id), "value");
}

TEST_F(SecretStoreTest, AnUpdateThatChangesNothingLeavesRevisionAndTime) {
  const SecretInfo before =
      create({.name = "a", .kind = "api_key", .env_key = "KEY", .metadata = {{"k", "v"}, {"l", "w"}}}, "value").value();
  clock_->advance(1000);
  SecretChange same{.name = "a",
                    .kind = "api_key",
                    .env_key = "KEY",
                    .metadata = Metadata{{"l", "w"}, {"k", "v"}},
                    .revision = std::nullopt};
  for (const SecretChange& change : {SecretChange{}, same}) {
    const SecretInfo after = update(before.id, change, false).value();
    EXPECT_EQ(after.revision, 1);
    EXPECT_EQ(after.updated_at, before.updated_at);
    EXPECT_EQ(after.metadata, before.metadata);
  }
  same.revision = 2;
  EXPECT_EQ(code(update(before.id, same)), Code::kConflict);
  same = {};
  same.metadata = Metadata{{"k", "v"}};
  EXPECT_EQ(update(before.id, same)->revision, 2);
}

TEST_F(SecretStoreTest, AKindIsChangedWithTheKeysAndTheValueStays) {
  const SecretInfo before = create("a", "value");
  SecretChange change;
  change.kind = "custom";
  EXPECT_EQ(code(update(before.id, change, false)), Code::kKeyringLocked);
  EXPECT_EQ(get(before.id)->kind, "api_key");
  EXPECT_EQ(update(before.id, change)->kind, "custom");
  EXPECT_EQ(open(before.id), "value");
}

TEST_F(SecretStoreTest, AStaleRevisionIsAConflictAndChangesNothing) {
  const SecretInfo before = create("a");
  SecretChange change;
  change.revision = 1;
  change.name = "b";
  ASSERT_TRUE(update(before.id, change).ok());
  change.name = "c";
  EXPECT_EQ(code(update(before.id, change)), Code::kConflict);
  EXPECT_EQ(get(before.id)->name, "b");
}

TEST_F(SecretStoreTest, AReplacedValueHasTheNextVersionAndAFreshNonce) {
  const SecretInfo before = create("a", "first");
  const auto record = [&] { return run_sql(store_->dir(), "SELECT hex(record) FROM secret_values")[0]; };
  const std::string first = record();
  EXPECT_EQ(replace(before.id, "first")->version, 2);
  EXPECT_NE(record().substr(10, 24), first.substr(10, 24));
  const SecretInfo info = replace(before.id, "second").value();
  EXPECT_EQ(info.version, 3);
  EXPECT_EQ(info.revision, 3);
  EXPECT_EQ(open(before.id), "second");
}

TEST_F(SecretStoreTest, AClearedValueIsGoneAndTheSecretStays) {
  const std::string value = make_canary();
  const SecretInfo created = create("cleared", value);
  const Bytes record =
      test::from_hex(run_sql(dir_.path() + "/store", "SELECT lower(hex(substr(record, 18))) FROM secret_values").at(0));
  const auto is_on_disk = [&] {
    run_sql(dir_.path() + "/store", "PRAGMA wal_checkpoint(TRUNCATE)");
    std::ifstream stream(dir_.path() + "/store/strongroom.db", std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    return content.find(as_text(record)) != std::string::npos;
  };
  ASSERT_TRUE(is_on_disk());
  clock_->advance(10);
  const SecretInfo cleared =
      run<SecretInfo>([&](Database& db) { return secrets_->clear_value(db, created.id); }).value();
  for (const SecretInfo& info : {cleared, get(created.id).value()}) {
    EXPECT_FALSE(info.has_value);
    EXPECT_EQ(info.version, 2);
    EXPECT_EQ(info.revision, 2);
    EXPECT_EQ(info.created_at, created.created_at);
    EXPECT_EQ(info.updated_at, created.created_at + 10);
  }
  EXPECT_EQ(open(created.id), "CORRUPT");
  EXPECT_FALSE(is_on_disk());
  // A value that is set again continues the count, so that no old record fits.
  EXPECT_EQ(replace(created.id, "next")->version, 3);
  EXPECT_EQ(open(created.id), "next");
  EXPECT_EQ(code(run<SecretInfo>([&](Database& db) { return secrets_->clear_value(db, make_id("sec_", 0, {})); })),
            Code::kNotFound);
}

TEST_F(SecretStoreTest, ADeletedSecretIsGoneWithItsValue) {
  const SecretInfo info = create("a");
  ASSERT_TRUE(store_->committer().run([&](Database& db) { return secrets_->touch(db, info.id, 5); }).ok());
  EXPECT_EQ(remove(info.id)->name, "a");
  EXPECT_EQ(code(get(info.id)), Code::kNotFound);
  EXPECT_EQ(open(info.id), "NOT_FOUND");
  EXPECT_EQ(run_sql(store_->dir(), "SELECT * FROM secret_values UNION SELECT secret_id, at FROM secret_access").size(),
            0U);
  EXPECT_EQ(code(remove(info.id)), Code::kNotFound);
  EXPECT_EQ(code(replace(info.id, "v")), Code::kNotFound);
  EXPECT_EQ(code(update(info.id, {})), Code::kNotFound);
}

TEST_F(SecretStoreTest, AnAccessIsRecordedAndIsNoRevision) {
  const SecretInfo info = create("a");
  ASSERT_TRUE(store_->committer().run([&](Database& db) { return secrets_->touch(db, info.id, 77); }).ok());
  EXPECT_EQ(get(info.id)->last_accessed_at, 77);
  EXPECT_EQ(get(info.id)->revision, 1);
  EXPECT_TRUE(store_->committer().run([&](Database& db) { return secrets_->touch(db, "sec_none", 77); }).ok());
}

TEST_F(SecretStoreTest, ListsAreInPagesThatAdditionsDoNotDisturb) {
  std::vector<std::string> ids;
  for (int i = 0; i < 7; ++i) {
    clock_->advance(1);
    ids.push_back(create("n" + std::to_string(i)).id);
  }
  create("of a connection", "v", "connection");
  SecretFilter filter;
  filter.limit = 3;
  std::vector<std::string> seen;
  while (true) {
    const SecretPage page = list(filter);
    for (const SecretInfo& info : page.items) seen.push_back(info.id);
    if (!page.next_cursor) break;
    filter.cursor = page.next_cursor;
    clock_->advance(1);
    if (ids.size() < 9) ids.push_back(create("later" + std::to_string(ids.size())).id);
  }
  EXPECT_EQ(seen, ids);
}

TEST_F(SecretStoreTest, SecretsOfConnectionsAreListedWhenAskedFor) {
  create("a");
  const SecretInfo hidden = create("c", "v", "connection");
  EXPECT_EQ(list().items.size(), 1U);
  SecretFilter filter;
  filter.kind = "connection";
  ASSERT_EQ(list(filter).items.size(), 1U);
  EXPECT_EQ(list(filter).items[0].id, hidden.id);
  filter.kind = "ssh_key";
  EXPECT_TRUE(list(filter).items.empty());
}

TEST_F(SecretStoreTest, BadCursorsAndLimitsAreRefused) {
  const auto refused = [&](const SecretFilter& filter) {
    return run<SecretPage>([&](Database& db) { return secrets_->list(db, filter); }).status().code();
  };
  SecretFilter filter;
  filter.cursor = "sec_x";
  EXPECT_EQ(refused(filter), Code::kInvalidRequest);
  filter.cursor = std::nullopt;
  for (const std::int64_t limit : {0, 501}) {
    filter.limit = limit;
    EXPECT_EQ(refused(filter), Code::kInvalidRequest);
  }
}

TEST_F(SecretStoreTest, OlderGenerationsStayReadableAndUnknownOnesAreCorrupt) {
  const SecretInfo info = create("a", "old");
  std::vector<Subkeys> both(2);
  both[0].generation = 1;
  both[0].secret = heap_->copy(keys_->active().secret.view()).value();
  both[1].generation = 2;
  both[1].secret = heap_->allocate(32).value();
  keys_ = std::make_shared<const KeySet>(std::move(both), 2);
  EXPECT_EQ(open(info.id), "old");
  ASSERT_TRUE(replace(info.id, "new").ok());
  EXPECT_EQ(open(info.id), "new");
  const auto others = make_keys(heap_, 1);
  EXPECT_EQ(open(info.id, others.get()), "CORRUPT");
}

TEST_F(SecretStoreTest, NoSecureMemoryIsAnErrorAndNothingElse) {
  const SecretInfo info = create("a", "value");
  const auto none = SecureHeap::create(1);
  const Status status =
      store_->readers().read([&](Database& db) { return secrets_->open_value(db, info.id, *keys_, *none).status(); });
  EXPECT_EQ(status.code(), Code::kLimitExceeded);
  EXPECT_EQ(open(info.id), "value");
}

// --- Damage ---

TEST_F(SecretStoreTest, TheRecordHasTheDocumentedForm) {
  const SecretInfo info = create("a", "value");
  const std::string hex = run_sql(store_->dir(), "SELECT hex(record) FROM secret_values")[0];
  EXPECT_EQ(hex.size(), 2 * (1 + 4 + 12 + 5 + 16));
  EXPECT_EQ(hex.substr(0, 10), "0100000001");
}

TEST_F(SecretStoreTest, EveryBitOfARecordIsAuthenticated) {
  const SecretInfo good = create("good", "the other one");
  const SecretInfo victim = create("victim", "value");
  Bytes record;
  ASSERT_TRUE(store_->readers()
                  .read([&](Database& db) -> Status {
                    Statement row = db.prepare("SELECT record FROM secret_values WHERE secret_id = ?");
                    SR_RETURN_IF_ERROR(row.bind(1, std::string_view(victim.id)).step().status());
                    record.assign(row.blob(0).begin(), row.blob(0).end());
                    return {};
                  })
                  .ok());
  const auto store_record = [&](ByteView bytes) {
    ASSERT_TRUE(store_->committer()
                    .run([&](Database& db) {
                      return db.prepare("UPDATE secret_values SET record = ? WHERE secret_id = ?")
                          .bind_all(bytes, std::string_view(victim.id))
                          .run();
                    })
                    .ok());
  };
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    Bytes flipped = record;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    store_record(flipped);
    ASSERT_EQ(open(victim.id), "CORRUPT") << bit;
    ASSERT_EQ(open(good.id), "the other one") << bit;
  }
  for (std::size_t size = 0; size < record.size(); ++size) {
    store_record(ByteView(record).first(size));
    ASSERT_EQ(open(victim.id), "CORRUPT") << size;
  }
  store_record(record);
  EXPECT_EQ(open(victim.id), "value");
}

TEST_F(SecretStoreTest, EveryBitOfKindVersionAndIdIsAuthenticated) {
  const SecretInfo good = create("good", "the other one");
  const SecretInfo victim = create("victim", "value");
  const auto flips = [](std::string text) {
    std::vector<std::string> all;
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
      std::string flipped = text;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      all.push_back(flipped);
    }
    return all;
  };
  const auto blob_text = [](const std::string& text) { return "CAST(x'" + to_hex(as_bytes(text)) + "' AS TEXT)"; };
  const auto check = [&](const std::string& id, const std::string& what) {
    ASSERT_EQ(open(id), "CORRUPT") << what;
    ASSERT_EQ(open(good.id), "the other one") << what;
    const SecretPage page = list();
    ASSERT_TRUE(std::ranges::any_of(page.items, [&](const SecretInfo& info) { return info.id == good.id; })) << what;
  };
  for (const std::string& kind : flips(victim.kind)) {
    run_sql(store_->dir(), "UPDATE secrets SET kind = " + blob_text(kind) + " WHERE name = 'victim'");
    check(victim.id, kind);
    EXPECT_EQ(code(get(victim.id)), Code::kCorrupt);
    EXPECT_EQ(list().damaged, 1);
  }
  // A kind that exists is no better.
  run_sql(store_->dir(), "UPDATE secrets SET kind = 'custom' WHERE name = 'victim'");
  check(victim.id, "custom");
  run_sql(store_->dir(), "UPDATE secrets SET kind = 'api_key' WHERE name = 'victim'");
  for (int bit = 0; bit < 64; ++bit) {
    const auto version = static_cast<std::int64_t>(std::uint64_t{1} ^ (std::uint64_t{1} << bit));
    run_sql(store_->dir(), "UPDATE secrets SET version = " + std::to_string(version) + " WHERE name = 'victim'");
    check(victim.id, std::to_string(version));
  }
  run_sql(store_->dir(), "UPDATE secrets SET version = 1 WHERE name = 'victim'");
  for (const std::string& id : flips(victim.id)) {
    for (const std::string table : {"secrets", "secret_values"}) {
      const std::string column = table == "secrets" ? "id" : "secret_id";
      const std::string set = "UPDATE " + table + " SET " + column + " = ";
      run_sql(store_->dir(), set + blob_text(id) + " WHERE " + column + " = '" + victim.id + "'");
      check(victim.id, id);
      ASSERT_EQ(open(id), "CORRUPT");
      run_sql(store_->dir(), set + "'" + victim.id + "' WHERE " + column + " = " + blob_text(id));
    }
    // In both tables, so that the row is whole under another id.
    run_sql(store_->dir(), "UPDATE secrets SET id = " + blob_text(id) + " WHERE id = '" + victim.id + "';" +
                               "UPDATE secret_values SET secret_id = " + blob_text(id) + " WHERE secret_id = '" +
                               victim.id + "'");
    check(id, id);
    run_sql(store_->dir(), "UPDATE secrets SET id = '" + victim.id + "' WHERE id = " + blob_text(id) + ";" +
                               "UPDATE secret_values SET secret_id = '" + victim.id +
                               "' WHERE secret_id = " + blob_text(id));
  }
  EXPECT_EQ(open(victim.id), "value");
}

TEST_F(SecretStoreTest, RecordsCannotBeSwappedOrReplayed) {
  const SecretInfo a = create("a", "value a");
  const SecretInfo b = create("b", "value b");
  const SecretInfo c = create("c", "value c");
  run_sql(store_->dir(),
          "CREATE TABLE kept AS SELECT * FROM secret_values;"
          "UPDATE secret_values SET record = (SELECT record FROM kept WHERE secret_id <> secret_values.secret_id AND "
          "secret_id IN ('" +
              a.id + "', '" + b.id + "')) WHERE secret_id IN ('" + a.id + "', '" + b.id + "')");
  EXPECT_EQ(open(a.id), "CORRUPT");
  EXPECT_EQ(open(b.id), "CORRUPT");
  EXPECT_EQ(open(c.id), "value c");
  run_sql(store_->dir(),
          "UPDATE secret_values SET record = (SELECT record FROM kept WHERE secret_id = secret_values.secret_id)");
  ASSERT_TRUE(replace(a.id, "newer").ok());
  run_sql(store_->dir(),
          "UPDATE secret_values SET record = (SELECT record FROM kept WHERE secret_id = secret_values.secret_id)");
  EXPECT_EQ(open(a.id), "CORRUPT");
  EXPECT_EQ(open(b.id), "value b");
}

TEST_F(SecretStoreTest, ARecordOfAnotherStoreDoesNotOpen) {
  const Bytes record = seal_secret({"str_1", "sec_1", "custom", 1}, *keys_, as_bytes("value")).value();
  EXPECT_TRUE(open_secret({"str_1", "sec_1", "custom", 1}, *keys_, record, *heap_).ok());
  EXPECT_EQ(open_secret({"str_2", "sec_1", "custom", 1}, *keys_, record, *heap_).status().code(), Code::kCorrupt);
}

TEST_F(SecretStoreTest, DamagedMetadataTakesNobodyElseDown) {
  const SecretInfo a = create("a", "value a");
  const SecretInfo b = create("b", "value b");
  for (const char* set : {"metadata = 'x'", "metadata = '{}'", "metadata = '[[1, 2]]'", "metadata = '[[\"k\"]]'",
                          "name = ''", "name = CAST(x'ff' AS TEXT)", "env_key = 'lower'", "revision = 0",
                          "created_at = -1", "updated_at = 9223372036854775807"}) {
    run_sql(store_->dir(), "CREATE TABLE kept AS SELECT * FROM secrets; UPDATE secrets SET " + std::string(set) +
                               " WHERE id = '" + a.id + "'");
    EXPECT_EQ(code(get(a.id)), Code::kCorrupt) << set;
    const SecretPage page = list();
    ASSERT_EQ(page.items.size(), 1U) << set;
    EXPECT_EQ(page.items[0].id, b.id);
    EXPECT_EQ(page.damaged, 1);
    EXPECT_EQ(open(b.id), "value b");
    EXPECT_EQ(code(update(a.id, {})), Code::kCorrupt);
    run_sql(store_->dir(), "DELETE FROM secrets; INSERT INTO secrets SELECT * FROM kept; DROP TABLE kept");
  }
  EXPECT_EQ(open(a.id), "value a");
}

TEST_F(SecretStoreTest, APageEndsWhereTheNextSoundSecretBegins) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(create("secret " + std::to_string(i)).id);
  run_sql(dir_.path() + "/store", "UPDATE secrets SET metadata = 'x' WHERE id IN ('" + ids[0] + "', '" + ids[2] + "')");
  SecretFilter filter;
  filter.limit = 1;
  const SecretPage first = list(filter);
  ASSERT_EQ(first.items.size(), 1U);
  EXPECT_EQ(first.items[0].id, ids[1]);
  EXPECT_EQ(first.damaged, 1);
  ASSERT_EQ(first.next_cursor, ids[1]);
  filter.cursor = first.next_cursor;
  const SecretPage second = list(filter);
  ASSERT_EQ(second.items.size(), 1U);
  EXPECT_EQ(second.items[0].id, ids[3]);
  EXPECT_EQ(second.damaged, 1);
  EXPECT_EQ(second.next_cursor, std::nullopt);
}

TEST_F(SecretStoreTest, ADamagedSecretCanBeDeleted) {
  const SecretInfo a = create("a");
  run_sql(store_->dir(), "UPDATE secrets SET metadata = 'x'");
  EXPECT_EQ(remove(a.id)->id, a.id);
  EXPECT_EQ(code(get(a.id)), Code::kNotFound);
}

TEST_F(SecretStoreTest, NoPlaintextIsInTheFiles) {
  const std::string canary = make_canary();
  const SecretInfo info = create("a", canary);
  ASSERT_TRUE(replace(info.id, canary + "2").ok());
  EXPECT_EQ(open(info.id), canary + "2");
  const auto search = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(store_->dir())) {
      FILE* file = std::fopen(entry.path().c_str(), "rb");
      std::string content(std::filesystem::file_size(entry.path()), '\0');
      content.resize(std::fread(content.data(), 1, content.size(), file));
      std::fclose(file);
      EXPECT_EQ(content.find(canary), std::string::npos) << entry.path();
    }
  };
  search();
  store_->close();
  search();
}

}  // namespace
}  // namespace strongroom
