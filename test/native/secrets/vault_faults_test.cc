// Secrets, audit and storage together, where things go wrong: disks that fail at each step of a transaction, power
// cuts, full disks, and several processes at once.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include "audit/audit_log.h"
#include "crypto/random.h"
#include "secrets/sqlite_secret_store.h"
#include "support/fault_vfs.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::FaultVfs;
using test::options_for;
using test::TempDir;

/// The three layers over one store, with keys.
class Vault {
 public:
  Vault(const StoreOptions& options, std::shared_ptr<const KeySet> keys, std::shared_ptr<SecureHeap> heap)
      : keys_(std::move(keys)), heap_(std::move(heap)) {
    Result<std::unique_ptr<Store>> opened = Store::open(options);
    if (!opened.ok()) {
      status_ = opened.status();
      return;
    }
    store_ = std::move(opened).value();
    secrets_ = std::make_unique<SqliteSecretStore>(store_->store_id(), store_->clock());
    log_ = std::make_shared<AuditLog>(store_->store_id(), store_->clock(), [this] { return keys_; });
    store_->committer().add_hook(log_);
  }
  ~Vault() {
    if (store_) store_->close();
  }

  const Status& status() const { return status_; }
  Store& store() { return *store_; }

  /// As the first unlock does.
  Status begin() {
    return store_->committer().run([this](Database& db) -> Status {
      {
        Statement slots = db.prepare("SELECT 1 FROM key_slots");
        SR_ASSIGN_OR_RETURN(const bool found, slots.step());
        if (found) return {};
      }
      SR_RETURN_IF_ERROR(db.execute("INSERT INTO key_slots VALUES ('slt_1', 'test', '{}', 1, x'', x'', 1)"));
      return log_->begin_sealing(db, *keys_);
    });
  }

  Result<std::string> create(const std::string& name, const std::string& value) {
    std::string id;
    const Status status = store_->committer().run([&](Database& db) -> Status {
      SR_ASSIGN_OR_RETURN(
          const SecretInfo info,
          secrets_->create(db, {.name = name, .kind = "custom", .env_key = std::nullopt, .metadata = {}},
                           as_bytes(value), *keys_));
      id = info.id;
      return log_->append(db, entry("secret.create", id, std::nullopt));
    });
    if (!status.ok()) return status;
    return id;
  }

  Result<SecretInfo> replace(const std::string& id, const std::string& value) {
    SecretInfo info;
    const Status status = store_->committer().run([&](Database& db) -> Status {
      SR_ASSIGN_OR_RETURN(info, secrets_->replace_value(db, id, as_bytes(value), *keys_));
      return log_->append(db, entry("secret.replace", id, std::nullopt));
    });
    if (!status.ok()) return status;
    return info;
  }

  /// The value, if and only if the entry of its use is committed.
  Result<std::string> use(const std::string& id, const std::string& reason) {
    std::string text;
    const Status status = store_->committer().run([&](Database& db) -> Status {
      SR_ASSIGN_OR_RETURN(const SecureBuffer value, secrets_->open_value(db, id, *keys_, *heap_));
      text = as_text(value.view());
      SR_RETURN_IF_ERROR(secrets_->touch(db, id, store_->clock().now_ms()));
      return log_->append(db, entry("secret.use", id, reason));
    });
    if (!status.ok()) return status;
    return text;
  }

  /// What is wrong with the store; empty if nothing is.
  std::string check() {
    std::string problem;
    const Status status = store_->readers().read([&](Database& db) -> Status {
      SR_ASSIGN_OR_RETURN(const AuditVerdict verdict, log_->verify(db, keys_.get()));
      if (!verdict.ok) {
        problem =
            std::string(problem_name(verdict.first_bad->problem)) + " at " + std::to_string(verdict.first_bad->seq);
      }
      SR_ASSIGN_OR_RETURN(const std::vector<std::string> problems, integrity_check(db));
      if (!problems.empty()) problem = problems[0];
      return {};
    });
    return status.ok() ? problem : status.message();
  }

  /// Whether an entry with this reason is in the log.
  std::int64_t count_entries(const std::string& reason) {
    std::int64_t count = -1;
    EXPECT_TRUE(store_->readers()
                    .read([&](Database& db) -> Status {
                      Statement row = db.prepare("SELECT count(*) FROM audit WHERE reason = ?");
                      SR_RETURN_IF_ERROR(row.bind(1, std::string_view(reason)).step().status());
                      count = row.integer(0);
                      return {};
                    })
                    .ok());
    return count;
  }

 private:
  static AuditDraft entry(const std::string& action, const std::string& id, std::optional<std::string> reason) {
    AuditDraft draft;
    draft.role = "core";
    draft.action = action;
    draft.secret_id = id;
    draft.reason = std::move(reason);
    return draft;
  }

  std::shared_ptr<const KeySet> keys_;
  std::shared_ptr<SecureHeap> heap_;
  Status status_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteSecretStore> secrets_;
  std::shared_ptr<AuditLog> log_;
};

/// What callers were told: these must be true afterwards.
struct Acknowledged {
  std::map<std::string, std::string> values;  // by id
  /// Replacements that failed. A commit that failed in its last step may still be found after a restart.
  std::map<std::string, std::string> perhaps;
  std::vector<std::string> uses;  // reasons
};

class VaultFaults : public testing::Test {
 protected:
  Vault open(const std::string& dir) { return open(dir, healthy_); }
  Vault open(const std::string& dir, const FaultVfs& disk) {
    StoreOptions options = options_for(dir);
    options.vfs = disk.name();
    options.reader_threads = 1;
    options.busy_timeout = std::chrono::milliseconds(2000);
    return Vault(options, keys_, heap_);
  }

  /// A little work; the secrets of `told` that exist before are used and replaced.
  void work(Vault& vault, Acknowledged& told, const std::string& tag) {
    const std::string value = "value " + tag;
    const Result<std::string> id = vault.create(tag, value);
    if (!id.ok()) return;
    told.values[*id] = value;
    const Result<std::string> used = vault.use(*id, "use " + tag);
    if (used.ok()) {
      EXPECT_EQ(*used, value);
      told.uses.push_back("use " + tag);
    }
    const std::string replacement = "other " + value;
    (vault.replace(*id, replacement).ok() ? told.values : told.perhaps)[*id] = replacement;
  }

  void expect_all(Vault& vault, const Acknowledged& told, const std::string& where) {
    EXPECT_EQ(vault.check(), "") << where;
    for (const auto& [id, value] : told.values) {
      const Result<std::string> used = vault.use(id, "afterwards");
      ASSERT_TRUE(used.ok()) << where << ": " << used.status().message();
      const auto perhaps = told.perhaps.find(id);
      EXPECT_TRUE(*used == value || (perhaps != told.perhaps.end() && *used == perhaps->second)) << where;
    }
    for (const std::string& reason : told.uses) EXPECT_EQ(vault.count_entries(reason), 1) << where;
    EXPECT_EQ(vault.check(), "") << where;
  }

  /// Keys of the same bytes in another process's heap: a heap's pages are wiped in a child (MADV_WIPEONFORK).
  std::shared_ptr<const KeySet> copy_keys(const std::shared_ptr<SecureHeap>& heap) const {
    std::vector<Subkeys> all(1);
    all[0].generation = 1;
    all[0].secret = heap->copy(raw_).value();
    all[0].audit_seal = heap->copy(raw_).value();
    all[0].record_mac = heap->copy(raw_).value();
    return std::make_shared<const KeySet>(std::move(all), 1);
  }

  TempDir dir_;
  FaultVfs healthy_;
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  Bytes raw_ = [] {
    Bytes bytes(32);
    EXPECT_TRUE(fill_random(bytes).ok());
    return bytes;
  }();
  std::shared_ptr<const KeySet> keys_ = copy_keys(heap_);
};

TEST_F(VaultFaults, ADiskThatFailsAtAnyStepLosesNothingThatWasAcknowledged) {
  for (const auto& [fault, then] : {std::pair(FaultVfs::Fault::kIoError, FaultVfs::Then::kRecovers),
                                    std::pair(FaultVfs::Fault::kIoError, FaultVfs::Then::kStaysBroken),
                                    std::pair(FaultVfs::Fault::kFull, FaultVfs::Then::kRecovers)}) {
    bool fired = true;
    for (std::int64_t n = 1; fired; ++n) {
      const std::string where = "operation " + std::to_string(n) + ", fault " +
                                std::to_string(static_cast<int>(fault)) + ", then " +
                                std::to_string(static_cast<int>(then));
      const std::string place = dir_ / "store";
      std::filesystem::remove_all(place);
      Acknowledged told;
      FaultVfs disk;
      {
        Vault vault = open(place, disk);
        ASSERT_TRUE(vault.status().ok() && vault.begin().ok());
        work(vault, told, "before");
        disk.fail_at(n, fault, then);
        work(vault, told, "during");
        fired = disk.fired();
        if (then == FaultVfs::Then::kRecovers) {
          // The same process goes on as soon as the disk does.
          disk.heal();
          ASSERT_TRUE(vault.create("after", "value").ok()) << where;
          expect_all(vault, told, where);
        }
      }
      disk.heal();
      Vault again = open(place);
      ASSERT_TRUE(again.status().ok()) << where << ": " << again.status().message();
      expect_all(again, told, where);
      ASSERT_LT(n, 1000);
    }
  }
}

TEST_F(VaultFaults, APowerCutAtAnyStepLosesNothingThatWasAcknowledged) {
  std::mt19937 random(std::random_device{}());
  bool fired = true;
  for (std::int64_t n = 1; fired; ++n) {
    const std::string place = dir_ / "store";
    std::filesystem::remove_all(place);
    Acknowledged told;
    FaultVfs disk;
    {
      Vault vault = open(place, disk);
      ASSERT_TRUE(vault.status().ok() && vault.begin().ok());
      work(vault, told, "before");
      disk.fail_at(n, FaultVfs::Fault::kIoError, FaultVfs::Then::kStaysBroken);
      work(vault, told, "during");
      fired = disk.fired();
      for (const auto unsynced :
           {FaultVfs::Unsynced::kLost, FaultVfs::Unsynced::kKept, FaultVfs::Unsynced::kSomeSectors}) {
        const std::string where =
            "operation " + std::to_string(n) + ", unsynced " + std::to_string(static_cast<int>(unsynced));
        const std::string image = dir_ / "image";
        std::filesystem::remove_all(image);
        disk.power_cut(place, image, unsynced, random);
        Vault again = open(image);
        ASSERT_TRUE(again.status().ok()) << where << ": " << again.status().message();
        expect_all(again, told, where);
      }
    }
    ASSERT_LT(n, 1000);
  }
}

TEST_F(VaultFaults, AKilledProcessLosesNothingThatWasAcknowledged) {
  constexpr int kKills = 200;
  const std::string place = dir_ / "store";
  std::mt19937 random(std::random_device{}());
  ASSERT_TRUE(open(place).begin().ok());
  for (int round = 0; round < kKills; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      // Tells of each secret it created and each value it was given: "<id>\n", "<reason>\n" in turn.
      const auto tell = [&](const std::string& line) {
        if (::write(ends[1], (line + "\n").c_str(), line.size() + 1) < 0) ::_exit(1);
      };
      StoreOptions options = options_for(place);
      options.vfs = healthy_.name();
      const auto heap = SecureHeap::create();
      Vault vault(options, copy_keys(heap), heap);
      if (!vault.status().ok()) ::_exit(1);
      tell("ready");
      for (int i = 0;; ++i) {
        const std::string name = std::to_string(round) + "/" + std::to_string(i);
        const Result<std::string> id = vault.create(name, "value " + name);
        if (!id.ok()) ::_exit(1);
        tell(*id);
        if (!vault.use(*id, name).ok()) ::_exit(1);
        tell(name);
      }
    }
    ::close(ends[1]);
    std::string told;
    char byte = 0;
    while (told != "ready\n" && ::read(ends[0], &byte, 1) == 1) told += byte;
    ASSERT_EQ(told, "ready\n");
    ::usleep(static_cast<useconds_t>(random() % 8000));  // a point at random is what is wanted here
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself: " << WEXITSTATUS(status);
    std::vector<std::string> lines(1);
    while (::read(ends[0], &byte, 1) == 1) {
      if (byte == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += byte;
      }
    }
    ::close(ends[0]);
    lines.pop_back();  // the last one may be cut short

    Vault vault = open(place);
    ASSERT_TRUE(vault.status().ok()) << vault.status().message();
    ASSERT_EQ(vault.check(), "") << "after kill " << round;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i % 2 == 0) {
        const std::string name = std::to_string(round) + "/" + std::to_string(i / 2);
        ASSERT_EQ(vault.use(lines[i], "afterwards").value(), "value " + name);
      } else {
        ASSERT_EQ(vault.count_entries(lines[i]), 1);
      }
    }
  }
}

TEST_F(VaultFaults, AFullDiskGivesNoPlaintextAndNoHalfEntry) {
  const std::string place = dir_ / "store";
  std::string id;
  {
    Vault vault = open(place);
    ASSERT_TRUE(vault.begin().ok());
    id = vault.create("a", "value").value();
  }
  StoreOptions options = options_for(place);
  options.max_page_count = 1;  // no page more than there are
  options.durability = Durability::kNormal;
  {
    Vault vault(options, keys_, heap_);
    Status failure;
    const std::string filling(2000, 'x');
    for (int i = 0; failure.ok() && i < 1000; ++i) failure = vault.use(id, filling).status();
    EXPECT_EQ(failure.code(), Code::kStoreFull);
    EXPECT_EQ(vault.use(id, filling).status().code(), Code::kStoreFull);
    EXPECT_EQ(vault.check(), "");
  }
  Vault again = open(place);
  EXPECT_EQ(again.use(id, "space again").value(), "value");
  EXPECT_EQ(again.check(), "");
}

TEST_F(VaultFaults, TwoHundredUsesShareAFewCommits) {
  Vault vault = open(dir_ / "store");
  ASSERT_TRUE(vault.begin().ok());
  const std::string id = vault.create("a", "value").value();
  const std::uint64_t before = vault.store().committer().stats().commits;
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 40; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) good += vault.use(id, "shared").ok() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 200);
  EXPECT_EQ(vault.count_entries("shared"), 200);
  EXPECT_LT(vault.store().committer().stats().commits - before, 100U);
  EXPECT_EQ(vault.check(), "");
}

TEST_F(VaultFaults, TwoProcessesShareAStoreWithoutBusyAndWithoutLostUpdates) {
  constexpr int kRounds = 60;
  const std::string place = dir_ / "store";
  std::string shared;
  {
    Vault vault = open(place);
    ASSERT_TRUE(vault.begin().ok());
    shared = vault.create("shared", "value").value();
  }
  std::vector<pid_t> children;
  for (const std::string name : {"p", "q"}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::_exit([&]() -> int {
        StoreOptions options = options_for(place);
        options.durability = Durability::kNormal;
        const auto heap = SecureHeap::create();
        Vault vault(options, copy_keys(heap), heap);
        if (!vault.status().ok()) return 1;
        for (int i = 0; i < kRounds; ++i) {
          const Result<std::string> id = vault.create(name + std::to_string(i), "v" + std::to_string(i));
          if (!id.ok()) return id.status().code() == Code::kBusy ? 2 : 3;
          if (!vault.replace(shared, name + std::to_string(i)).ok()) return 4;
          const Result<std::string> used = vault.use(*id, name);
          if (!used.ok() || *used != "v" + std::to_string(i)) return 5;
        }
        return 0;
      }());
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  const auto heap = SecureHeap::create();
  StoreOptions options = options_for(place);
  Vault vault(options, copy_keys(heap), heap);
  EXPECT_EQ(vault.check(), "");
  EXPECT_EQ(vault.replace(shared, "last")->version, 2 * kRounds + 2);
  EXPECT_EQ(vault.count_entries("p"), kRounds);
  EXPECT_EQ(vault.count_entries("q"), kRounds);
}

}  // namespace
}  // namespace strongroom
