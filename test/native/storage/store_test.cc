#include "storage/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/ids.h"
#include "secrets/sqlite_secret_store.h"
#include "storage/migrations.h"
#include "support/fault_vfs.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::options_for;
using test::run_sql;
using test::TempDir;

unsigned mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777U;
}

/// Everything that can be seen of a directory from outside: names, sizes, times of change and contents.
std::set<std::string> look_of(const std::string& dir) {
  std::set<std::string> look;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    struct stat info {};
    ::lstat(entry.path().c_str(), &info);
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    look.insert(entry.path().filename().string() + " " + std::to_string(info.st_mode) + " " +
                std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) + " " +
                std::to_string(std::hash<std::string>{}(content)));
  }
  return look;
}

/// Runs `body` in a process of its own (it must not use gtest assertions); its exit code.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

class StoreTest : public testing::Test {
 protected:
  std::string db() const { return dir_ / "store/strongroom.db"; }
  std::string dir() const { return dir_ / "store"; }
  Code open_code(const StoreOptions& options) {
    const auto store = Store::open(options);
    return store.ok() ? Code::kOk : store.status().code();
  }
  void create() { ASSERT_TRUE(Store::open(options_for(dir())).ok()); }

  TempDir dir_;
};

TEST_F(StoreTest, ANewStoreIsPrivateAndHasAnIdentity) {
  const mode_t before = ::umask(0);
  const auto store = Store::open(options_for(dir_ / "a/b/store")).value();
  ::umask(before);
  ASSERT_TRUE(store->committer()
                  .run([](Database& database) {
                    return database.execute("INSERT INTO secret_access VALUES ('x', 1); DELETE FROM secret_access");
                  })
                  .code() != Code::kOk);  // a foreign key; it is the files that matter here
  EXPECT_EQ(mode_of(dir_ / "a"), 0700U);
  EXPECT_EQ(mode_of(dir_ / "a/b"), 0700U);
  EXPECT_EQ(mode_of(dir_ / "a/b/store"), 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / "a/b/store")) {
    EXPECT_EQ(mode_of(entry.path()), 0600U) << entry.path();
  }
  EXPECT_TRUE(is_id("str_", store->store_id()));
  EXPECT_EQ(store->schema_version(), newest_schema_version());
  EXPECT_EQ(store->read_only_reason(), "");
}

TEST_F(StoreTest, ItsIdentityStays) {
  const std::string id = Store::open(options_for(dir())).value()->store_id();
  EXPECT_EQ(Store::open(options_for(dir() + "//")).value()->store_id(), id);
}

TEST_F(StoreTest, ItIsInWalModeAndFullySynchronousUnlessAskedOtherwise) {
  for (const auto& [durability, expected] : {std::pair(Durability::kFull, 2), std::pair(Durability::kNormal, 1)}) {
    StoreOptions options = options_for(dir());
    options.durability = durability;
    const auto store = Store::open(options).value();
    std::int64_t synchronous = -1;
    std::string mode;
    ASSERT_TRUE(store->committer()
                    .run([&](Database& database) -> Status {
                      Statement statement = database.prepare("PRAGMA synchronous");
                      SR_RETURN_IF_ERROR(statement.step().status());
                      synchronous = statement.integer(0);
                      Statement journal = database.prepare("PRAGMA journal_mode");
                      SR_RETURN_IF_ERROR(journal.step().status());
                      mode = journal.text(0);
                      return {};
                    })
                    .ok());
    EXPECT_EQ(synchronous, expected);
    EXPECT_EQ(mode, "wal");
  }
}

TEST_F(StoreTest, AnyFileThatIsOpenToOthersIsRefusedWithTheCommandThatMendsIt) {
  const auto keep = Store::open(options_for(dir())).value();  // so that -wal and -shm exist
  for (const std::string& path : {dir(), db(), db() + "-wal", db() + "-shm"}) {
    const unsigned good = mode_of(path);
    for (const unsigned bad : {0040U, 0020U, 0004U, 0002U}) {
      ASSERT_EQ(::chmod(path.c_str(), good | bad), 0);
      const auto store = Store::open(options_for(dir()));
      ASSERT_FALSE(store.ok()) << path;
      EXPECT_EQ(store.status().code(), Code::kInsecurePermissions);
      const std::string mend = "chmod " + std::string(path == dir() ? "700 '" : "600 '") + path + "'";
      EXPECT_NE(store.status().message().find(mend), std::string::npos) << store.status().message();
      ASSERT_EQ(::chmod(path.c_str(), good), 0);
    }
  }
  EXPECT_EQ(open_code(options_for(dir())), Code::kOk);
}

TEST_F(StoreTest, SymbolicLinksAndOtherThingsThatAreNoFilesAreRefused) {
  create();
  std::filesystem::rename(db(), dir_ / "elsewhere.db");
  std::filesystem::create_symlink(dir_ / "elsewhere.db", db());
  EXPECT_EQ(open_code(options_for(dir())), Code::kInsecurePermissions);
  std::filesystem::remove(db());
  std::filesystem::create_directory(db());
  EXPECT_EQ(open_code(options_for(dir())), Code::kInsecurePermissions);
  std::filesystem::create_directory_symlink(dir(), dir_ / "link");
  EXPECT_EQ(open_code(options_for(dir_ / "link")), Code::kInsecurePermissions);
  std::ofstream(dir_ / "file").close();
  EXPECT_EQ(open_code(options_for(dir_ / "file")), Code::kInsecurePermissions);
}

TEST_F(StoreTest, FilesOfAnotherUserAreRefused) {
  create();
  if (::geteuid() != 0) {  // only root can give a file away
    EXPECT_EQ(check_private("/etc/passwd", false).code(), Code::kInsecurePermissions);
    return;
  }
  ASSERT_EQ(::chown(db().c_str(), 65534, 65534), 0);
  EXPECT_EQ(open_code(options_for(dir())), Code::kInsecurePermissions);
}

TEST_F(StoreTest, ANewerSchemaIsRefusedAndNothingIsTouched) {
  create();
  run_sql(dir(), "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
  const auto before = look_of(dir());
  for (const bool read_only : {false, true}) {
    StoreOptions options = options_for(dir());
    options.read_only = read_only;
    EXPECT_EQ(open_code(options), Code::kNewerSchema);
    EXPECT_EQ(look_of(dir()), before);
  }
}

TEST_F(StoreTest, ANewerSchemaThatIsStillInTheWriteAheadLogIsRefusedAndTheDatabaseStays) {
  create();
  sqlite3* newer = nullptr;  // another version of this software, with the store open
  ASSERT_EQ(sqlite3_open(db().c_str(), &newer), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(newer, "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 99", nullptr, nullptr, nullptr),
            SQLITE_OK);
  // It crashed: its files as they are, without it.
  const std::string copy = dir_ / "copy";
  std::filesystem::create_directory(copy);
  ::chmod(copy.c_str(), 0700);
  for (const char* name : {"/strongroom.db", "/strongroom.db-wal"}) {
    std::filesystem::copy(dir() + name, copy + name);
    ::chmod((copy + name).c_str(), 0600);
  }
  sqlite3_close(newer);
  const auto content = [&](const std::string& name) {
    std::ifstream stream(copy + name, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  };
  const std::string database = content("/strongroom.db");
  const std::string log = content("/strongroom.db-wal");
  EXPECT_EQ(open_code(options_for(copy)), Code::kNewerSchema);
  EXPECT_EQ(content("/strongroom.db"), database);
  EXPECT_EQ(content("/strongroom.db-wal"), log);
}

TEST_F(StoreTest, FilesThatAreNoStoreAreCorruptAndNotTouched) {
  std::filesystem::create_directory(dir());
  ::chmod(dir().c_str(), 0700);
  const auto refuse = [&] {
    ::chmod(db().c_str(), 0600);
    const auto before = look_of(dir());
    EXPECT_EQ(open_code(options_for(dir())), Code::kCorrupt);
    EXPECT_EQ(look_of(dir()), before);
    std::filesystem::remove(db());
  };
  std::ofstream(db()) << "short";
  refuse();
  std::ofstream(db()) << std::string(8192, 'x');
  refuse();
  run_sql(dir(), "CREATE TABLE t (i)");
  refuse();
  run_sql(dir(), "PRAGMA application_id = 12345; PRAGMA user_version = 1; CREATE TABLE t (i)");
  refuse();
}

TEST_F(StoreTest, AFileThatACrashLeftEmptyBecomesAStore) {
  std::filesystem::create_directory(dir());
  ::chmod(dir().c_str(), 0700);
  std::ofstream(db()).close();
  ::chmod(db().c_str(), 0600);
  EXPECT_EQ(open_code(options_for(dir())), Code::kOk);
}

TEST_F(StoreTest, AnotherAppsStoreIsRefused) {
  create();
  const auto before = look_of(dir());
  StoreOptions options = options_for(dir());
  options.app_id = "org.example.other";
  const auto store = Store::open(options);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.status().code(), Code::kInvalidRequest);
  EXPECT_EQ(store.status().detail(), "app-id");
}

TEST_F(StoreTest, AnAppIdThatNoAppHasIsDamage) {
  create();
  StoreOptions options = options_for(dir());
  options.app_id = "";
  options.existing = true;
  EXPECT_EQ(open_code(options), Code::kOk);
  for (const char* id : {"''", "hex(zeroblob(200))", "CAST(x'ff' AS TEXT)"}) {
    run_sql(dir(), "UPDATE store SET app_id = " + std::string(id));
    EXPECT_EQ(open_code(options), Code::kCorrupt) << id;
  }
}

TEST_F(StoreTest, MissingOptionsAreRefused) {
  EXPECT_EQ(open_code(options_for("")), Code::kInvalidRequest);
  StoreOptions options = options_for(dir());
  options.app_id = "";
  EXPECT_EQ(open_code(options), Code::kInvalidRequest);
  EXPECT_FALSE(std::filesystem::exists(dir()));
}

TEST_F(StoreTest, AStoreOpenedForReadingCanBeReadAndNotWritten) {
  StoreOptions options = options_for(dir());
  options.read_only = true;
  EXPECT_EQ(open_code(options), Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(dir()));
  create();
  const auto store = Store::open(options).value();
  EXPECT_NE(store->read_only_reason(), "");
  EXPECT_TRUE(store->readers().read([](Database& database) { return database.execute("SELECT * FROM secrets"); }).ok());
  EXPECT_EQ(store->committer().run([](Database&) { return Status(); }).code(), Code::kStoreReadOnly);
}

TEST_F(StoreTest, AStoreThatTheUserMayNotWriteIsOpenedForReading) {
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  create();
  const std::string id = Store::open(options_for(dir())).value()->store_id();
  // Modes mean nothing to root, who therefore becomes somebody else.
  const uid_t user = ::geteuid() == 0 ? 65534 : ::geteuid();
  // A directory without write permission; a file without; both.
  for (const auto& [dir_mode, file_mode] : {std::pair(0500, 0600), std::pair(0700, 0400), std::pair(0500, 0400)}) {
    ASSERT_EQ(::chown(dir().c_str(), user, static_cast<gid_t>(-1)), 0);
    ASSERT_EQ(::chown(db().c_str(), user, static_cast<gid_t>(-1)), 0);
    ASSERT_EQ(::chmod(dir().c_str(), static_cast<mode_t>(dir_mode)), 0);
    ASSERT_EQ(::chmod(db().c_str(), static_cast<mode_t>(file_mode)), 0);
    const int result = in_child([&]() -> int {
      if (::setuid(user) != 0) return 1;
      const auto store = Store::open(options_for(dir()));
      if (!store.ok()) return 10 + static_cast<int>(store.status().code());
      if ((*store)->store_id() != id || (*store)->read_only_reason().empty()) return 2;
      if (!(*store)->readers().read([](Database& database) { return database.execute("SELECT * FROM audit"); }).ok()) {
        return 3;
      }
      return (*store)->committer().run([](Database&) { return Status(); }).code() == Code::kStoreReadOnly ? 0 : 4;
    });
    EXPECT_EQ(result, 0) << std::oct << dir_mode << " " << file_mode;
  }
}

TEST_F(StoreTest, WhatTheUserMayNotReadSaysWhy) {
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  create();
  const uid_t user = ::geteuid() == 0 ? 65534 : ::geteuid();
  ASSERT_EQ(::chown(dir().c_str(), user, static_cast<gid_t>(-1)), 0);
  ASSERT_EQ(::chown(db().c_str(), user, static_cast<gid_t>(-1)), 0);
  for (const std::string& path : {db(), dir()}) {
    ASSERT_EQ(::chmod(path.c_str(), 0), 0);
    const int result = in_child([&]() -> int {
      if (::setuid(user) != 0) return 1;
      const Status status = Store::open(options_for(dir())).status();
      if (status.code() != Code::kStoreReadOnly) return 10 + static_cast<int>(status.code());
      return status.message().ends_with(db() + ": Permission denied") ? 0 : 2;
    });
    EXPECT_EQ(result, 0) << path;
    ASSERT_EQ(::chmod(path.c_str(), path == db() ? 0600 : 0700), 0);
  }
}

TEST_F(StoreTest, ADirectoryThatCannotBeIsRefused) {
  std::ofstream(dir_ / "file").close();
  for (const std::string& path : {dir_ / "file/store", dir_ / std::string(300, 'd'), "/" + std::string(5000, 'd')}) {
    for (const bool existing : {false, true}) {
      StoreOptions options = options_for(path);
      options.existing = existing;
      const auto store = Store::open(options);
      ASSERT_FALSE(store.ok());
      EXPECT_EQ(store.status().code(), Code::kInvalidRequest) << path;
      EXPECT_EQ(store.status().issues().at(0).path, "/dir");
    }
  }
}

TEST_F(StoreTest, AStoreThatMayBeWrittenAgainIsWritten) {
  ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  create();
  const uid_t user = ::geteuid() == 0 ? 65534 : ::geteuid();
  ASSERT_EQ(::chown(dir().c_str(), user, static_cast<gid_t>(-1)), 0);
  ASSERT_EQ(::chown(db().c_str(), user, static_cast<gid_t>(-1)), 0);
  const int result = in_child([&]() -> int {
    if (::setuid(user) != 0 || ::chmod(db().c_str(), 0400) != 0) return 1;
    const auto read = [](Database& database) { return database.execute("SELECT * FROM audit"); };
    if (!Store::open(options_for(dir())).value()->readers().read(read).ok()) return 2;
    // It leaves logs of the database's mode behind.
    if (::access((db() + "-shm").c_str(), W_OK) == 0 || ::chmod(db().c_str(), 0600) != 0) return 3;
    const auto store = Store::open(options_for(dir())).value();
    if (!store->read_only_reason().empty()) return 4;
    return store->committer().run([](Database&) { return Status(); }).ok() ? 0 : 5;
  });
  EXPECT_EQ(result, 0);
}

TEST_F(StoreTest, AFullStoreIsStoreFullAndCanStillBeRead) {
  StoreOptions options = options_for(dir());
  create();
  options.max_page_count = 1;  // as full as it is
  const auto store = Store::open(options).value();
  const Status status = store->committer().run([](Database& database) -> Status {
    for (int i = 0; i < 100; ++i) {
      SR_RETURN_IF_ERROR(database.prepare("INSERT INTO secrets VALUES (?, ?, 'custom', NULL, ?, 1, 1, 1, 1)")
                             .bind_all("id" + std::to_string(i), std::to_string(i), std::string(3000, 'x'))
                             .run());
    }
    return {};
  });
  EXPECT_EQ(status.code(), Code::kStoreFull);
  EXPECT_TRUE(store->readers().read([](Database& database) { return database.execute("SELECT * FROM secrets"); }).ok());
}

TEST_F(StoreTest, SeveralProcessesMayCreateOneStoreAtOnce) {
  constexpr int kProcesses = 8;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto store = Store::open(options_for(dir()));
      if (!store.ok()) ::_exit(1);
      std::ofstream(dir_ / ("id" + std::to_string(i))) << (*store)->store_id();
      (*store)->close();
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  std::set<std::string> ids;
  for (int i = 0; i < kProcesses; ++i) {
    std::string id;
    std::ifstream(dir_ / ("id" + std::to_string(i))) >> id;
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1U);
}

TEST_F(StoreTest, OpeningItAgainInTheSameProcessKeepsTheFirstOnesLocks) {
  // POSIX locks of a process go when it closes any descriptor of the file; another process could then take the store
  // out of WAL mode under the feet of the first.
  const auto first = Store::open(options_for(dir())).value();
  ASSERT_TRUE(Store::open(options_for(dir())).ok());
  StoreOptions other = options_for(dir());
  other.app_id = "org.example.other";
  ASSERT_FALSE(Store::open(other).ok());
  const int code = in_child([&] {
    sqlite3* connection = nullptr;
    sqlite3_open(db().c_str(), &connection);
    return sqlite3_exec(connection, "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
  });
  EXPECT_EQ(code, SQLITE_BUSY);
}

TEST_F(StoreTest, ClosingMovesTheLogIntoTheDatabaseAndRefusesWhatComesLater) {
  const auto store = Store::open(options_for(dir())).value();
  ASSERT_TRUE(std::filesystem::exists(db() + "-wal"));
  store->close();
  EXPECT_FALSE(std::filesystem::exists(db() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(db() + "-shm"));
  EXPECT_EQ(store->committer().run([](Database&) { return Status(); }).code(), Code::kClosed);
  store->close();
}

TEST_F(StoreTest, CreationThatFailsAtAnyPointLeavesNothingThatCannotBeOpened) {
  using test::FaultVfs;
  for (std::int64_t n = 1;; ++n) {
    const std::string place = dir_ / ("n" + std::to_string(n));
    FaultVfs disk;
    disk.fail_at(n, FaultVfs::Fault::kIoError, FaultVfs::Then::kStaysBroken);
    StoreOptions options = options_for(place);
    options.vfs = disk.name();
    (void)Store::open(options).ok();
    const bool fired = disk.fired();
    disk.heal();
    const auto again = Store::open(options_for(place));
    ASSERT_TRUE(again.ok()) << n << ": " << again.status().message();
    EXPECT_TRUE((*again)
                    ->readers()
                    .read([](Database& database) -> Status {
                      SR_ASSIGN_OR_RETURN(const auto problems, integrity_check(database));
                      return problems.empty() ? Status() : Status(Code::kCorrupt, problems[0]);
                    })
                    .ok());
    if (!fired) break;
    ASSERT_LT(n, 500);
  }
}

TEST(Migrations, RunInOrderOnceEachInATransaction) {
  TempDir dir;
  std::ofstream(dir / "m.db").close();
  DatabaseOptions options;
  options.path = dir / "m.db";
  const auto database = Database::open(options).value();
  const auto version = [&] {
    Statement statement = database->prepare("PRAGMA user_version");
    EXPECT_TRUE(statement.step().value());
    return statement.integer(0);
  };
  const std::vector<Migration> first = {{1, "CREATE TABLE a (i)"}};
  const std::vector<Migration> broken = {{1, ""}, {2, "CREATE TABLE b (i)"}, {3, "CREATE TABLE c (i); no SQL"}};
  const std::vector<Migration> mended = {{1, ""}, {2, ""}, {3, "CREATE TABLE c (i); INSERT INTO b VALUES (1)"}};
  ASSERT_TRUE(migrate(*database, first).ok());
  EXPECT_EQ(version(), 1);
  EXPECT_FALSE(migrate(*database, broken).ok());
  EXPECT_EQ(version(), 2);
  EXPECT_FALSE(database->execute("SELECT * FROM c").ok());
  EXPECT_TRUE(migrate(*database, mended).ok());
  EXPECT_TRUE(migrate(*database, mended).ok());
  EXPECT_EQ(version(), 3);
  EXPECT_EQ(migrate(*database, first).code(), Code::kNewerSchema);
}

TEST(Migrations, AStoreOfTheFirstVersionKeepsItsSecrets) {
  TempDir dir;
  const std::string path = dir / "store";
  std::filesystem::create_directory(path);
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  std::ofstream(path + "/strongroom.db").close();
  ASSERT_EQ(::chmod((path + "/strongroom.db").c_str(), 0600), 0);
  const auto clock = std::make_shared<test::FakeClock>();
  const auto heap = SecureHeap::create();
  const auto keys = test::make_keys(heap);
  const std::string value = test::make_canary();
  const std::string store_id = make_id("str_", clock->now_ms(), {});
  SqliteSecretStore secrets(store_id, *clock);
  std::string secret_id;
  {
    DatabaseOptions options;
    options.path = path + "/strongroom.db";
    const auto database = Database::open(options).value();
    ASSERT_TRUE(migrate(*database, migrations().first(1), [&](Database& created) {
                  return created.prepare("INSERT INTO store VALUES (1, ?, 'org.example.test', 0)")
                      .bind_all(std::string_view(store_id))
                      .run();
                }).ok());
    ASSERT_TRUE(database->execute("PRAGMA journal_mode = WAL").ok());
    auto transaction = Transaction::begin(*database, Transaction::Mode::kWrite).value();
    const SecretDraft draft{.name = "kept", .kind = "api_key", .env_key = "KEPT", .metadata = {{"a", "b"}}};
    secret_id = secrets.create(*database, draft, as_bytes(value), *keys).value().id;
    ASSERT_TRUE(secrets.touch(*database, secret_id, clock->now_ms()).ok());
    ASSERT_TRUE(transaction.commit().ok());
  }
  const auto store = Store::open(options_for(path, clock)).value();
  EXPECT_EQ(store->schema_version(), newest_schema_version());
  EXPECT_EQ(store->store_id(), store_id);
  ASSERT_TRUE(store->readers()
                  .read([&](Database& database) -> Status {
                    SR_ASSIGN_OR_RETURN(const SecretInfo info, secrets.get_by_env_key(database, "KEPT"));
                    EXPECT_EQ(info.id, secret_id);
                    EXPECT_EQ(info.metadata, (Metadata{{"a", "b"}}));
                    EXPECT_EQ(info.last_accessed_at, clock->now_ms());
                    SR_ASSIGN_OR_RETURN(const SecureBuffer opened,
                                        secrets.open_value(database, secret_id, *keys, *heap));
                    EXPECT_EQ(as_text(opened.view()), value);
                    SR_ASSIGN_OR_RETURN(const std::vector<std::string> problems, integrity_check(database));
                    EXPECT_TRUE(problems.empty());
                    return {};
                  })
                  .ok());
  EXPECT_EQ(test::run_sql(path, "SELECT count(*) FROM connections"), (std::vector<std::string>{"0"}));
}

TEST(Migrations, HaveNumbersWithoutGaps) {
  int expected = 0;
  for (const Migration& migration : migrations()) EXPECT_EQ(migration.version, ++expected);
  EXPECT_EQ(newest_schema_version(), expected);
}

}  // namespace
}  // namespace strongroom
