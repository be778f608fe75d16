#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "audit/audit_format.h"
#include "audit/audit_log.h"
#include "support/fault_vfs.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::FakeClock;
using test::FaultVfs;
using test::make_keys;
using test::options_for;
using test::run_sql;
using test::TempDir;

AuditDraft draft(std::string action = "secret.use", std::string role = "core") {
  AuditDraft entry;
  entry.role = std::move(role);
  entry.action = std::move(action);
  return entry;
}

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    heap_ = SecureHeap::create();
    keys_ = make_keys(heap_);
    reopen();
  }

  void reopen() {
    log_.reset();
    store_.reset();
    StoreOptions options = options_for(dir_.path() + "/store", clock_);
    options.vfs = disk_.name();
    store_ = Store::open(options).value();
    log_ = std::make_shared<AuditLog>(store_->store_id(), *clock_, [this] { return unlocked_ ? keys_ : nullptr; });
    store_->committer().add_hook(log_);
  }

  Status run(std::function<Status(Database&)> work) { return store_->committer().run(std::move(work)); }

  /// As the first key slot is stored.
  void begin() {
    ASSERT_TRUE(run([this](Database& database) -> Status {
                  SR_RETURN_IF_ERROR(
                      database.execute("INSERT INTO key_slots VALUES ('slt_1', 'test', '{}', 1, x'', x'', 1)"));
                  return log_->begin_sealing(database, *keys_);
                }).ok());
    unlocked_ = true;
  }

  void append(int count, const AuditDraft& entry = draft()) {
    for (int i = 0; i < count; ++i) {
      clock_->advance(1000);
      ASSERT_TRUE(run([&](Database& database) { return log_->append(database, entry); }).ok());
    }
  }

  /// Entries 1 to `count`, sealed.
  void fill(int count) {
    begin();
    append(count);
  }

  AuditVerdict verify(const KeySet* keys) {
    AuditVerdict verdict;
    const Status status = store_->readers().read([&](Database& database) -> Status {
      SR_ASSIGN_OR_RETURN(verdict, log_->verify(database, keys));
      return {};
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return verdict;
  }
  AuditVerdict verify() { return verify(keys_.get()); }

  /// "ok", or "<seq> <problem>".
  static std::string text(const AuditVerdict& verdict) {
    if (verdict.ok) return "ok";
    return std::to_string(verdict.first_bad->seq) + " " + std::string(problem_name(verdict.first_bad->problem));
  }
  std::string verdict() { return text(verify()); }

  void tamper(const std::string& sql) { run_sql(store_->dir(), sql); }

  /// Recomputes the hashes from `seq` on, as an attacker without the key can, links included.
  void rechain(std::int64_t seq, std::int64_t last = INT64_MAX) {
    ASSERT_TRUE(run_raw([&](Database& database) -> Status {
                  Bytes prev;
                  {
                    Statement before =
                        database.prepare("SELECT hash FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT 1");
                    SR_ASSIGN_OR_RETURN(const bool found, before.bind(1, seq).step());
                    if (found) {
                      prev.assign(before.blob(0).begin(), before.blob(0).end());
                    } else {
                      SR_ASSIGN_OR_RETURN(const Digest256 first, first_prev_hash(store_->store_id()));
                      prev.assign(first.begin(), first.end());
                    }
                  }
                  while (seq <= last) {
                    Bytes hash;
                    {
                      Statement row = database.prepare("SELECT " STRONGROOM_AUDIT_COLUMNS
                                                       " FROM audit WHERE seq >= ? ORDER BY seq");
                      SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, seq).step());
                      if (!found) return {};
                      seq = row.integer(0);
                      SR_ASSIGN_OR_RETURN(const Digest256 digest, hash_entry(prev, content_of(row)));
                      hash.assign(digest.begin(), digest.end());
                    }
                    SR_RETURN_IF_ERROR(database.prepare("UPDATE audit SET prev_hash = ?, hash = ? WHERE seq = ?")
                                           .bind_all(ByteView(prev), ByteView(hash), seq)
                                           .run());
                    prev = hash;
                    ++seq;
                  }
                  return {};
                }).ok());
  }

  /// On a connection of its own, so that no hook seals.
  Status run_raw(const std::function<Status(Database&)>& work) {
    DatabaseOptions options;
    options.path = store_->dir() + "/" + std::string(kDatabaseName);
    return work(*Database::open(options).value());
  }

  AuditPage list(const AuditFilter& filter) {
    AuditPage page;
    const Status status = store_->readers().read([&](Database& database) -> Status {
      SR_ASSIGN_OR_RETURN(page, log_->list(database, filter));
      return {};
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return page;
  }

  static std::vector<std::int64_t> seqs(const AuditPage& page) {
    std::vector<std::int64_t> all;
    for (const AuditEntry& entry : page.items) all.push_back(entry.seq);
    return all;
  }

  std::string export_all(AuditExportFormat format) {
    AuditExport exporter(format);
    std::string all;
    EXPECT_TRUE(store_->readers()
                    .read([&](Database& database) -> Status {
                      while (true) {
                        SR_ASSIGN_OR_RETURN(const std::string chunk, exporter.next(database));
                        if (chunk.empty()) return {};
                        all += chunk;
                      }
                    })
                    .ok());
    return all;
  }

  Result<PruneResult> prune(const PruneLimits& limits) {
    Result<PruneResult> result = PruneResult();
    const Status status = run([&](Database& database) -> Status {
      result = log_->prune(database, *keys_, limits, draft("audit.prune"));
      return result.status();
    });
    if (!status.ok()) return status;
    return result;
  }

  using Seqs = std::vector<std::int64_t>;

  TempDir dir_;
  FaultVfs disk_;  // healthy
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::shared_ptr<SecureHeap> heap_;
  std::shared_ptr<const KeySet> keys_;
  std::atomic<bool> unlocked_ = false;
  std::unique_ptr<Store> store_;
  std::shared_ptr<AuditLog> log_;
};

// --- The chain and the seal ---

TEST_F(AuditTest, TheFormatOfAnEntryIsAsDocumented) {
  const AuditContent content{.seq = 258,
                             .at = 1790000000123,
                             .role = "core",
                             .principal_id = std::nullopt,
                             .action = "secret.use",
                             .connection_id = "",
                             .secret_id = "s",
                             .field = std::nullopt,
                             .reason = "\xC3\xA9",
                             .outcome = "allowed",
                             .code = std::nullopt,
                             .detail = std::nullopt};
  EXPECT_EQ(to_hex(canonical_entry(content)),
            "00000008"
            "0000000000000102"
            "00000018" +
                to_hex(as_bytes("2026-09-21T14:13:20.123Z")) + "00000004" + to_hex(as_bytes("core")) +
                "ffffffff"
                "0000000a" +
                to_hex(as_bytes("secret.use")) +
                "00000000"
                "00000001"
                "73"
                "ffffffff"
                "00000002"
                "c3a9"
                "00000007" +
                to_hex(as_bytes("allowed")) +
                "ffffffff"
                "ffffffff");
  Bytes message;
  strongroom::append(message, as_bytes("strongroom/audit/v1"));
  const Digest256 prev = sha256(as_bytes("str_x"));
  EXPECT_EQ(first_prev_hash("str_x").value(), prev);
  strongroom::append(message, prev);
  strongroom::append(message, canonical_entry(content));
  EXPECT_EQ(hash_entry(prev, content).value(), sha256(message));
}

TEST_F(AuditTest, AnEmptyLogVerifies) {
  EXPECT_EQ(verdict(), "ok");
  EXPECT_EQ(verify().entries, 0);
  EXPECT_FALSE(verify().seal_checked);
  begin();
  EXPECT_EQ(verdict(), "ok");
  EXPECT_TRUE(verify().seal_checked);
}

TEST_F(AuditTest, EntriesAreNumberedChainedAndSealed) {
  fill(5);
  const AuditVerdict result = verify();
  EXPECT_EQ(text(result), "ok");
  EXPECT_EQ(result.entries, 5);
  EXPECT_EQ(result.sealed_through, 5);
  EXPECT_TRUE(result.seal_checked);
  const AuditPage page = list({});
  EXPECT_EQ(seqs(page), (Seqs{5, 4, 3, 2, 1}));
  for (std::size_t i = 1; i < page.items.size(); ++i) EXPECT_EQ(page.items[i - 1].prev_hash, page.items[i].hash);
  EXPECT_EQ(page.items.back().prev_hash, first_prev_hash(store_->store_id()).value());
}

TEST_F(AuditTest, WithoutKeysOnlyTheChainIsVouchedFor) {
  fill(3);
  const AuditVerdict result = verify(nullptr);
  EXPECT_TRUE(result.ok);
  EXPECT_FALSE(result.seal_checked);
}

TEST_F(AuditTest, EntriesOfALockedStoreAreSealedOnceItIsUnlocked) {
  fill(2);
  unlocked_ = false;
  append(3);
  EXPECT_EQ(verdict(), "ok");
  EXPECT_EQ(verify().sealed_through, 2);
  unlocked_ = true;
  append(1);
  EXPECT_EQ(verdict(), "ok");
  EXPECT_EQ(verify().sealed_through, 6);
}

TEST_F(AuditTest, EntriesBeforeTheFirstKeyAreSealedWithIt) {
  append(3);
  EXPECT_EQ(verdict(), "ok");
  begin();
  EXPECT_EQ(verify().sealed_through, 3);
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(AuditTest, SealingBeginsOnceAndOnASoundLogOnly) {
  append(3);
  tamper("UPDATE audit SET reason = 'x' WHERE seq = 2");
  EXPECT_EQ(run([this](Database& database) { return log_->begin_sealing(database, *keys_); }).code(), Code::kCorrupt);
  tamper("UPDATE audit SET reason = NULL WHERE seq = 2");
  EXPECT_TRUE(run([this](Database& database) { return log_->begin_sealing(database, *keys_); }).ok());
  EXPECT_EQ(run([this](Database& database) { return log_->begin_sealing(database, *keys_); }).code(), Code::kCorrupt);
}

TEST_F(AuditTest, ARolledBackEntryLeavesNoGap) {
  fill(2);
  EXPECT_FALSE(run([this](Database& database) -> Status {
                 SR_RETURN_IF_ERROR(log_->append(database, draft()));
                 return {Code::kConflict, "refused"};
               }).ok());
  append(1);
  EXPECT_EQ(verdict(), "ok");
  EXPECT_EQ(verify().entries, 3);
}

TEST_F(AuditTest, ANewGenerationOfKeysTakesOverTheSealAndTheCheckpoint) {
  fill(10);
  ASSERT_TRUE(prune({.retention_days = 0, .max_entries = 5}).ok());
  // The key set of generation 1 is kept beside a new one.
  std::vector<Subkeys> both;
  for (const std::uint32_t generation : {1U, 2U}) {
    Subkeys subkeys;
    subkeys.generation = generation;
    subkeys.audit_seal =
        generation == 1 ? heap_->copy(keys_->active().audit_seal.view()).value() : heap_->allocate(32).value();
    both.push_back(std::move(subkeys));
  }
  std::vector<Subkeys> newest(1);
  newest[0].generation = 2;
  newest[0].audit_seal = heap_->allocate(32).value();
  keys_ = std::make_shared<const KeySet>(std::move(both), 2);
  EXPECT_EQ(verdict(), "ok");
  append(1);
  EXPECT_EQ(verdict(), "ok");
  const KeySet only_new(std::move(newest), 2);
  EXPECT_EQ(text(verify(&only_new)), "ok");
}

TEST_F(AuditTest, VerifyingCanBeCancelledAndTellsItsProgress) {
  fill(3);
  VerifyOptions options;
  std::vector<std::int64_t> told;
  options.progress = [&](std::int64_t checked) {
    told.push_back(checked);
    return false;
  };
  const Status status = store_->readers().read(
      [&](Database& database) -> Status { return log_->verify(database, keys_.get(), options).status(); });
  EXPECT_EQ(status.code(), Code::kCancelled);
  EXPECT_EQ(told, (Seqs{0}));
}

// --- What another hand can do to the file, and what verify says ---

struct Tampering {
  const char* what;
  const char* sql;
  const char* with_keys;
  const char* without_keys;
};

// On a log of the entries 1 to 10, sealed through 10; hashes as they were.
const Tampering kTamperings[] = {
    {"edit a field", "UPDATE audit SET reason = 'other' WHERE seq = 4", "4 hash", "4 hash"},
    {"make null an empty text", "UPDATE audit SET reason = '' WHERE seq = 4", "4 hash", "4 hash"},
    {"edit the time", "UPDATE audit SET at = at + 1 WHERE seq = 4", "4 hash", "4 hash"},
    {"a time that cannot be", "UPDATE audit SET at = 9223372036854775807 WHERE seq = 4", "4 hash", "4 hash"},
    {"a negative time", "UPDATE audit SET at = -1 WHERE seq = 4", "4 hash", "4 hash"},
    {"edit the role", "UPDATE audit SET role = 'tool' WHERE seq = 1", "1 hash", "1 hash"},
    {"edit the outcome", "UPDATE audit SET outcome = 'denied' WHERE seq = 10", "10 hash", "10 hash"},
    {"edit the action", "UPDATE audit SET action = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit the principal", "UPDATE audit SET principal_id = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit the connection", "UPDATE audit SET connection_id = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit the secret", "UPDATE audit SET secret_id = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit the field name", "UPDATE audit SET field = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit the code", "UPDATE audit SET code = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit the detail", "UPDATE audit SET detail = 'x' WHERE seq = 5", "5 hash", "5 hash"},
    {"edit a hash", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 6", "6 hash", "6 hash"},
    {"shorten a hash", "UPDATE audit SET hash = substr(hash, 1, 31) WHERE seq = 6", "6 hash", "6 hash"},
    {"edit a previous hash", "UPDATE audit SET prev_hash = zeroblob(32) WHERE seq = 6", "6 link", "6 link"},
    {"delete the first", "DELETE FROM audit WHERE seq = 1", "1 gap", "1 gap"},
    {"delete one in the middle", "DELETE FROM audit WHERE seq = 5", "5 gap", "5 gap"},
    {"delete some in the middle", "DELETE FROM audit WHERE seq BETWEEN 5 AND 7", "5 gap", "5 gap"},
    {"delete one and close the gap",
     "DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = -seq WHERE seq > 5; UPDATE audit SET seq = -seq - 1 "
     "WHERE seq < 0",
     "5 link", "5 link"},
    {"delete the last", "DELETE FROM audit WHERE seq = 10", "10 truncated", "10 truncated"},
    {"delete the end", "DELETE FROM audit WHERE seq > 6", "7 truncated", "7 truncated"},
    {"delete all", "DELETE FROM audit", "1 truncated", "1 truncated"},
    {"delete all and the seal", "DELETE FROM audit; DELETE FROM audit_seal", "0 seal", "0 seal"},
    {"delete the end and the seal", "DELETE FROM audit WHERE seq > 6; DELETE FROM audit_seal", "6 seal", "6 seal"},
    {"delete the seal", "DELETE FROM audit_seal", "10 seal", "10 seal"},
    {"reorder two",
     "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE "
     "seq = 100",
     "4 link", "4 link"},
    {"insert a copy at the end",
     "INSERT INTO audit SELECT 11, at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, "
     "code, detail, prev_hash, hash FROM audit WHERE seq = 10",
     "11 link", "11 link"},
    {"insert at the end with a link that fits",
     "INSERT INTO audit SELECT 11, at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, "
     "code, detail, hash, zeroblob(32) FROM audit WHERE seq = 10",
     "11 hash", "11 hash"},
    {"insert before the first",
     "INSERT INTO audit SELECT 0, at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, "
     "code, detail, prev_hash, hash FROM audit WHERE seq = 1",
     "0 link", "0 link"},
    {"insert in the middle",
     "UPDATE audit SET seq = -seq WHERE seq > 5; UPDATE audit SET seq = 1 - seq WHERE seq < 0; INSERT INTO audit "
     "SELECT 6, at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, code, detail, "
     "prev_hash, hash FROM audit WHERE seq = 5",
     "6 link", "6 link"},
    {"put the seal back to an earlier entry",
     "UPDATE audit_seal SET seq = 6, hash = (SELECT hash FROM audit WHERE seq = 6)", "6 seal", "ok"},
    {"truncate and put the seal back",
     "DELETE FROM audit WHERE seq > 6; UPDATE audit_seal SET seq = 6, hash = (SELECT hash FROM audit WHERE seq = 6)",
     "6 seal", "ok"},
    {"point the seal beyond the end", "UPDATE audit_seal SET seq = 20", "20 seal", "11 truncated"},
    {"edit the seal", "UPDATE audit_seal SET mac = zeroblob(32)", "10 seal", "ok"},
    {"empty the seal", "UPDATE audit_seal SET mac = x''", "10 seal", "ok"},
    {"edit the seal's hash", "UPDATE audit_seal SET hash = zeroblob(32)", "10 seal", "10 seal"},
    {"edit the seal's generation", "UPDATE audit_seal SET generation = 2", "10 seal", "ok"},
    {"an impossible generation", "UPDATE audit_seal SET generation = -1", "10 seal", "ok"},
    {"invent a checkpoint",
     "INSERT INTO audit_checkpoint SELECT 1, 4, (SELECT hash FROM audit WHERE seq = 4), 4, generation, mac FROM "
     "audit_seal; DELETE FROM audit WHERE seq <= 4",
     "4 seal", "ok"},
    {"pass the seal off as a checkpoint",
     "INSERT INTO audit_checkpoint SELECT 1, seq, hash, 10, generation, mac FROM audit_seal; DELETE FROM audit",
     "10 seal", "ok"},
};

TEST_F(AuditTest, EveryTamperingIsReportedWhereItIs) {
  fill(10);
  ASSERT_EQ(verdict(), "ok");
  const std::string good = dir_ / "good.db";
  store_->close();
  std::filesystem::copy_file(dir_ / "store/strongroom.db", good);
  for (const Tampering& tampering : kTamperings) {
    SCOPED_TRACE(tampering.what);
    std::filesystem::copy_file(good, dir_ / "store/strongroom.db", std::filesystem::copy_options::overwrite_existing);
    reopen();
    tamper(tampering.sql);
    EXPECT_EQ(verdict(), tampering.with_keys);
    EXPECT_EQ(text(verify(nullptr)), tampering.without_keys);
    // Work goes on, and no new seal makes it good.
    append(2);
    const AuditVerdict later = verify();
    ASSERT_FALSE(later.ok);
    append(1);
    ASSERT_FALSE(verify().ok);
    EXPECT_EQ(verify().first_bad->problem, later.first_bad->problem);
    store_->close();
  }
}

TEST_F(AuditTest, AChainRewrittenWithItsHashesDoesNotFitTheSeal) {
  struct Rewrite {
    const char* what;
    const char* sql;
    std::int64_t from;
    std::int64_t last;
    const char* verdict;
  };
  const Rewrite rewrites[] = {
      {"one entry, its own hash alone", "UPDATE audit SET reason = 'x' WHERE seq = 4", 4, 4, "5 link"},
      {"one entry and all that follow", "UPDATE audit SET reason = 'x' WHERE seq = 4", 4, INT64_MAX, "10 seal"},
      {"the last entry", "UPDATE audit SET reason = 'x' WHERE seq = 10", 10, INT64_MAX, "10 seal"},
      {"one deleted, the rest moved up",
       "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = -seq WHERE seq > 4; UPDATE audit SET seq = -seq - 1 "
       "WHERE seq < 0",
       4, INT64_MAX, "10 truncated"},
      {"one inserted",
       "UPDATE audit SET seq = -seq WHERE seq > 5; UPDATE audit SET seq = 1 - seq WHERE seq < 0; INSERT INTO audit "
       "SELECT 6, at, role, principal_id, action, connection_id, secret_id, field, 'forged', outcome, code, detail, "
       "prev_hash, hash FROM audit WHERE seq = 5",
       6, INT64_MAX, "10 seal"},
      {"two reordered",
       "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 "
       "WHERE seq = 100",
       4, INT64_MAX, "10 seal"},
      {"the end rewritten under a seal that was deleted",
       "UPDATE audit SET reason = 'x' WHERE seq = 9; DELETE FROM audit_seal", 9, INT64_MAX, "10 seal"},
      {"everything, as a store without keys", "UPDATE audit SET reason = 'x' WHERE seq = 1; DELETE FROM audit_seal", 1,
       INT64_MAX, "10 seal"},
  };
  fill(10);
  store_->close();
  const std::string good = dir_ / "good.db";
  std::filesystem::copy_file(dir_ / "store/strongroom.db", good);
  for (const Rewrite& rewrite : rewrites) {
    SCOPED_TRACE(rewrite.what);
    std::filesystem::copy_file(good, dir_ / "store/strongroom.db", std::filesystem::copy_options::overwrite_existing);
    reopen();
    tamper(rewrite.sql);
    rechain(rewrite.from, rewrite.last);
    EXPECT_EQ(verdict(), rewrite.verdict);
    append(3);
    EXPECT_NE(verdict(), "ok");
    EXPECT_FALSE(prune({.retention_days = 0, .max_entries = 2}).ok());
    EXPECT_NE(verdict(), "ok");
    store_->close();
  }
}

TEST_F(AuditTest, TheNumbersOfEntriesThatWereCutOffAreNotGivenAgain) {
  fill(10);
  tamper("DELETE FROM audit WHERE seq > 6");
  append(1);
  EXPECT_EQ(verdict(), "7 gap");
  EXPECT_EQ(list({}).items.front().seq, 11);
}

TEST_F(AuditTest, ATamperedTailOfALockedStoreIsNotSealed) {
  fill(5);
  unlocked_ = false;
  append(5);
  tamper("UPDATE audit SET reason = 'x' WHERE seq = 8");
  unlocked_ = true;
  append(1);
  EXPECT_EQ(verdict(), "8 hash");
  EXPECT_EQ(verify().sealed_through, 5);
}

TEST_F(AuditTest, ALogWhoseLastNumberIsTheLargestTakesNoMoreEntries) {
  fill(2);
  for (const char* most : {"9223372036854775807", "9007199254740991"}) {
    tamper("UPDATE audit SET seq = " + std::string(most) + " WHERE seq = (SELECT max(seq) FROM audit)");
    EXPECT_EQ(run([this](Database& database) { return log_->append(database, draft()); }).code(), Code::kCorrupt);
    EXPECT_EQ(verdict(), "2 gap");
  }
}

// --- Filters ---

TEST_F(AuditTest, PagesAreNewestFirstAndCursorsGoOn) {
  fill(7);
  AuditFilter filter;
  filter.limit = 3;
  const AuditPage first = list(filter);
  EXPECT_EQ(seqs(first), (Seqs{7, 6, 5}));
  append(2);  // newer entries do not move the pages
  filter.cursor = first.next_cursor;
  const AuditPage second = list(filter);
  EXPECT_EQ(seqs(second), (Seqs{4, 3, 2}));
  filter.cursor = second.next_cursor;
  const AuditPage third = list(filter);
  EXPECT_EQ(seqs(third), (Seqs{1}));
  EXPECT_EQ(third.next_cursor, std::nullopt);
}

TEST_F(AuditTest, EveryFilterSelectsAndAllTogether) {
  begin();
  AuditDraft entry = draft("secret.use");
  append(1, entry);  // 1
  entry.secret_id = "sec_a";
  append(1, entry);  // 2
  entry.connection_id = "con_a";
  entry.outcome = AuditOutcome::kDenied;
  append(1, entry);  // 3
  entry.role = "extension";
  entry.principal_id = "pub.ext";
  entry.action = "access.redeem";
  append(1, entry);             // 4
  entry.principal_id = "core";  // a principal of the name of a role
  entry.outcome = AuditOutcome::kFailed;
  append(1, entry);  // 5
  const auto found = [this](auto set) {
    AuditFilter filter;
    set(filter);
    return seqs(list(filter));
  };
  EXPECT_EQ(found([](AuditFilter& f) { f.actor = "core"; }), (Seqs{5, 3, 2, 1}));
  EXPECT_EQ(found([](AuditFilter& f) { f.actor = "extension"; }), (Seqs{5, 4}));
  EXPECT_EQ(found([](AuditFilter& f) { f.actor = "pub.ext"; }), (Seqs{4}));
  EXPECT_EQ(found([](AuditFilter& f) { f.actor = "nobody"; }), (Seqs{}));
  EXPECT_EQ(found([](AuditFilter& f) { f.action = "secret.use"; }), (Seqs{3, 2, 1}));
  EXPECT_EQ(found([](AuditFilter& f) { f.action = "access.redeem"; }), (Seqs{5, 4}));
  EXPECT_EQ(found([](AuditFilter& f) { f.outcome = AuditOutcome::kAllowed; }), (Seqs{2, 1}));
  EXPECT_EQ(found([](AuditFilter& f) { f.outcome = AuditOutcome::kDenied; }), (Seqs{4, 3}));
  EXPECT_EQ(found([](AuditFilter& f) { f.connection_id = "con_a"; }), (Seqs{5, 4, 3}));
  EXPECT_EQ(found([](AuditFilter& f) { f.secret_id = "sec_a"; }), (Seqs{5, 4, 3, 2}));
  const std::int64_t third = list({}).items[2].at;
  EXPECT_EQ(found([&](AuditFilter& f) { f.since = third; }), (Seqs{5, 4, 3}));
  EXPECT_EQ(found([&](AuditFilter& f) { f.until = third; }), (Seqs{3, 2, 1}));
  EXPECT_EQ(found([&](AuditFilter& f) { f.since = f.until = third; }), (Seqs{3}));
  EXPECT_EQ(found([&](AuditFilter& f) { f.since = third + 1000000; }), (Seqs{}));
  EXPECT_EQ(found([&](AuditFilter& f) {
              f.actor = "core";
              f.action = "secret.use";
              f.outcome = AuditOutcome::kDenied;
              f.connection_id = "con_a";
              f.secret_id = "sec_a";
              f.since = f.until = third;
              f.limit = 1;
            }),
            (Seqs{3}));
}

TEST_F(AuditTest, AClockThatWasSetBackHidesNothing) {
  begin();
  append(3);
  const std::int64_t before = clock_->now_ms();
  clock_->set(before - 3600000);
  append(3);
  AuditFilter filter;
  filter.until = before - 3600000 + 3000;
  EXPECT_EQ(seqs(list(filter)), (Seqs{6, 5, 4}));
  filter.until = std::nullopt;
  filter.since = before;
  EXPECT_EQ(seqs(list(filter)), (Seqs{3}));
}

TEST_F(AuditTest, AWideRangeOfTimeGivesWhatANarrowOneGives) {
  begin();
  constexpr int kMany = 12000;
  const std::int64_t start = clock_->now_ms();
  ASSERT_TRUE(run([&](Database& database) -> Status {
                for (int i = 0; i < kMany; ++i) {
                  clock_->advance(1);
                  SR_RETURN_IF_ERROR(log_->append(database, draft()));
                }
                return {};
              }).ok());
  AuditFilter filter;
  filter.limit = 2;
  filter.until = start + 11000;
  EXPECT_EQ(seqs(list(filter)), (Seqs{11000, 10999}));
  filter.since = start + 500;
  EXPECT_EQ(seqs(list(filter)), (Seqs{11000, 10999}));
  filter.until = std::nullopt;
  EXPECT_EQ(seqs(list(filter)), (Seqs{kMany, kMany - 1}));
  filter.until = start + 501;
  EXPECT_EQ(seqs(list(filter)), (Seqs{501, 500}));
}

TEST_F(AuditTest, BadCursorsAndLimitsAreRefused) {
  const auto code = [this](const AuditFilter& filter) {
    return store_->readers().read([&](Database& database) { return log_->list(database, filter).status(); }).code();
  };
  for (const char* cursor : {"", "x", "0", "-1", "1x", "99999999999999999999"}) {
    AuditFilter filter;
    filter.cursor = cursor;
    EXPECT_EQ(code(filter), Code::kInvalidRequest) << cursor;
  }
  for (const std::int64_t limit : {0, -1, 501}) {
    AuditFilter filter;
    filter.limit = limit;
    EXPECT_EQ(code(filter), Code::kInvalidRequest) << limit;
  }
}

TEST_F(AuditTest, EntriesThatAreNotWellFormedAreLeftOutAndCounted) {
  fill(5);
  tamper(
      "UPDATE audit SET outcome = 'maybe' WHERE seq = 2; UPDATE audit SET reason = CAST(x'ff' AS TEXT) WHERE seq = 3;"
      "UPDATE audit SET at = -1 WHERE seq = 4");
  const AuditPage page = list({});
  EXPECT_EQ(seqs(page), (Seqs{5, 1}));
  EXPECT_EQ(page.damaged, 3);
}

// --- Retention ---

TEST_F(AuditTest, PruningByNumberLeavesASealedCheckpointAndTheRestVerifies) {
  fill(10);
  const Result<PruneResult> result = prune({.retention_days = 0, .max_entries = 4});
  ASSERT_TRUE(result.ok()) << result.status().message();
  EXPECT_EQ(result->pruned, 7);
  EXPECT_EQ(result->through_seq, 7);
  EXPECT_EQ(verdict(), "ok");
  const AuditPage page = list({});
  EXPECT_EQ(seqs(page), (Seqs{11, 10, 9, 8}));
  EXPECT_EQ(page.items[0].action, "audit.prune");
  EXPECT_EQ(page.items[0].detail, "dropped 7 entries, through 7");
  append(3);
  ASSERT_TRUE(prune({.retention_days = 0, .max_entries = 2}).ok());
  EXPECT_EQ(verdict(), "ok");
  EXPECT_EQ(run_sql(store_->dir(), "SELECT count FROM audit_checkpoint"), std::vector<std::string>{"13"});
}

TEST_F(AuditTest, PruningByAgeKeepsWhatIsYoungEnough) {
  fill(3);
  clock_->advance(10LL * 24 * 3600 * 1000);
  append(2);
  ASSERT_TRUE(prune({.retention_days = 5, .max_entries = 0}).ok());
  EXPECT_EQ(seqs(list({})), (Seqs{6, 5, 4}));
  EXPECT_EQ(verdict(), "ok");
  // All of it may be old.
  clock_->advance(10LL * 24 * 3600 * 1000);
  ASSERT_TRUE(prune({.retention_days = 5, .max_entries = 0}).ok());
  EXPECT_EQ(seqs(list({})), (Seqs{7}));
  EXPECT_EQ(verdict(), "ok");
  append(1);
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(AuditTest, PruningNothingWritesNothing) {
  fill(3);
  EXPECT_EQ(prune({.retention_days = 365, .max_entries = 100})->pruned, 0);
  EXPECT_EQ(verify().entries, 3);
}

TEST_F(AuditTest, EntriesThatAreNotSealedAreNotPruned) {
  fill(3);
  unlocked_ = false;
  append(5);
  ASSERT_TRUE(prune({.retention_days = 0, .max_entries = 1}).ok());
  EXPECT_EQ(seqs(list({})), (Seqs{9, 8, 7, 6, 5, 4}));
  EXPECT_EQ(verdict(), "ok");
}

TEST_F(AuditTest, ALogThatDoesNotVerifyIsNotPruned) {
  for (const char* sql : {"UPDATE audit SET reason = 'x' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2",
                          "UPDATE audit_seal SET mac = zeroblob(32)"}) {
    SCOPED_TRACE(sql);
    std::filesystem::remove_all(store_->dir());
    unlocked_ = false;
    reopen();
    fill(10);
    tamper(sql);
    const auto before = run_sql(store_->dir(), "SELECT count(*) FROM audit");
    EXPECT_EQ(prune({.retention_days = 0, .max_entries = 2}).status().code(), Code::kCorrupt);
    EXPECT_EQ(run_sql(store_->dir(), "SELECT count(*) FROM audit"), before);
    store_->close();
  }
}

TEST_F(AuditTest, TamperingWithACheckpointIsReported) {
  const std::pair<const char*, const char*> cases[] = {
      {"DELETE FROM audit_checkpoint", "1 gap"},
      {"UPDATE audit_checkpoint SET through_seq = 8, hash = (SELECT hash FROM audit WHERE seq = 8);"
       "DELETE FROM audit WHERE seq = 8",
       "8 seal"},
      {"UPDATE audit_checkpoint SET count = 3", "7 seal"},
      {"UPDATE audit_checkpoint SET mac = zeroblob(32)", "7 seal"},
      {"UPDATE audit_checkpoint SET generation = 5", "7 seal"},
      {"DELETE FROM audit WHERE seq = 8", "8 gap"},
      {"DELETE FROM audit", "8 truncated"},
      {"DELETE FROM audit; DELETE FROM audit_seal; DELETE FROM key_slots", "7 seal"},
      {"INSERT INTO audit SELECT 3, at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, "
       "code, detail, prev_hash, hash FROM audit WHERE seq = 8",
       "3 link"},
      {"UPDATE audit_seal SET seq = 2", "2 seal"},
  };
  fill(10);
  ASSERT_TRUE(prune({.retention_days = 0, .max_entries = 4}).ok());
  store_->close();
  const std::string good = dir_ / "good.db";
  std::filesystem::copy_file(dir_ / "store/strongroom.db", good);
  for (const auto& [sql, expected] : cases) {
    SCOPED_TRACE(sql);
    std::filesystem::copy_file(good, dir_ / "store/strongroom.db", std::filesystem::copy_options::overwrite_existing);
    reopen();
    tamper(sql);
    EXPECT_EQ(verdict(), expected);
    append(2);
    EXPECT_NE(verdict(), "ok");
    store_->close();
  }
}

// --- Export ---

TEST_F(AuditTest, JsonlHasOneObjectForEachEntry) {
  begin();
  AuditDraft entry = draft("secret.reveal", "settings");
  entry.reason = "line\nbreak \"quoted\"";
  append(1, entry);
  const AuditEntry stored = list({}).items[0];
  EXPECT_EQ(export_all(AuditExportFormat::kJsonl),
            "{\"seq\":1,\"at\":\"" + format_time(stored.at) +
                "\",\"role\":\"settings\",\"principalId\":null,\"action\":\"secret.reveal\",\"connectionId\":null,"
                "\"secretId\":null,\"field\":null,\"reason\":\"line\\nbreak \\\"quoted\\\"\",\"outcome\":\"allowed\","
                "\"code\":null,\"detail\":null,\"hash\":\"" +
                to_hex(stored.hash) + "\",\"prevHash\":\"" + to_hex(stored.prev_hash) + "\"}\n");
}

TEST_F(AuditTest, ExportEndsWhereTheLogEndedWhenItBegan) {
  fill(450);
  AuditExport exporter(AuditExportFormat::kJsonl);
  int chunks = 0;
  std::int64_t lines = 0;
  while (true) {
    std::string chunk;
    ASSERT_TRUE(store_->readers()
                    .read([&](Database& database) -> Status {
                      SR_ASSIGN_OR_RETURN(chunk, exporter.next(database));
                      return {};
                    })
                    .ok());
    if (chunk.empty()) break;
    ++chunks;
    lines += std::ranges::count(chunk, '\n');
    append(1);
  }
  EXPECT_EQ(lines, 450);
  EXPECT_GT(chunks, 1);
}

TEST_F(AuditTest, CsvCellsAreQuotedAndFormulasNeutralised) {
  begin();
  const std::pair<std::string, std::string> cells[] = {
      {"plain", "plain"},
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\r\nlines", "\"two\r\nlines\""},
      {"=1+1", "\"'=1+1\""},
      {"+1", "\"'+1\""},
      {"-1", "\"'-1\""},
      {"@SUM(A1)", "\"'@SUM(A1)\""},
      {"\t=1", "\"'\t=1\""},
      {"\tx", "\"'\tx\""},
      {"\rx", "\"'\rx\""},
      {" =1", "\"' =1\""},
      {"\"=1", "\"'\"\"=1\""},
      {"'=1", "\"''=1\""},
      {"\xEF\xBC\x9D"
       "1",
       "\"'\xEF\xBC\x9D"
       "1\""},
      {"\xEF\xBC\x8B"
       "1",
       "\"'\xEF\xBC\x8B"
       "1\""},
      {"\xEF\xBC\x8D"
       "1",
       "\"'\xEF\xBC\x8D"
       "1\""},
      {"\xEF\xBC\xA0"
       "A",
       "\"'\xEF\xBC\xA0"
       "A\""},
      {"\xC2\xA0=1", "\"'\xC2\xA0=1\""},
      {"\xEF\xBB\xBF=1", "\"'\xEF\xBB\xBF=1\""},
      {"a=1", "a=1"},
      {"x;=1", "\"x;=1\""},
  };
  for (const auto& [value, expected] : cells) {
    AuditDraft entry = draft();
    entry.reason = value;
    append(1, entry);
  }
  const std::string csv = export_all(AuditExportFormat::kCsv);
  EXPECT_TRUE(csv.starts_with(
      "seq,at,role,principalId,action,connectionId,secretId,field,reason,outcome,code,detail,hash,prevHash\r\n"));
  for (const auto& [value, expected] : cells) {
    EXPECT_NE(csv.find("secret.use,,,," + expected + ",allowed,"), std::string::npos) << value;
  }
  EXPECT_TRUE(csv.ends_with("\r\n"));
}

TEST_F(AuditTest, AnEmptyExportHasAHeaderInCsvAndNothingInJsonl) {
  EXPECT_EQ(export_all(AuditExportFormat::kJsonl), "");
  EXPECT_TRUE(export_all(AuditExportFormat::kCsv).ends_with("prevHash\r\n"));
}

}  // namespace
}  // namespace strongroom
