#include "storage/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <thread>

#include "support/temp_dir.h"

namespace strongroom {
namespace {

using test::TempDir;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { std::ofstream(path()).close(); }

  std::string path() const { return dir_ / "test.db"; }

  std::unique_ptr<Database> open(bool read_only = false, int timeout_ms = 100) {
    DatabaseOptions options;
    options.path = path();
    options.read_only = read_only;
    options.busy_timeout = std::chrono::milliseconds(timeout_ms);
    return Database::open(options).value();
  }

  TempDir dir_;
};

std::int64_t integer(Database& database, std::string_view sql) {
  Statement statement = database.prepare(sql);
  EXPECT_TRUE(statement.step().value());
  return statement.integer(0);
}

TEST_F(DatabaseTest, ValuesOfEveryTypeComeBackAsTheyWere) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (i INTEGER, s TEXT, b BLOB, n TEXT, e TEXT, z BLOB) STRICT").ok());
  const Bytes blob = {0, 1, 255};
  ASSERT_TRUE(database->prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)")
                  .bind_all(std::int64_t{INT64_MIN}, std::string_view("a\0b", 3), ByteView(blob), std::nullopt,
                            std::optional<std::string>(""), ByteView())
                  .run()
                  .ok());
  Statement row = database->prepare("SELECT * FROM t");
  ASSERT_TRUE(row.step().value());
  EXPECT_EQ(row.integer(0), INT64_MIN);
  EXPECT_EQ(row.text(1), std::string_view("a\0b", 3));
  EXPECT_EQ(Bytes(row.blob(2).begin(), row.blob(2).end()), blob);
  EXPECT_EQ(row.optional_text(3), std::nullopt);
  EXPECT_EQ(row.optional_text(4), "");
  EXPECT_FALSE(row.is_null(5));
  EXPECT_FALSE(row.step().value());
}

TEST_F(DatabaseTest, ACachedStatementKeepsNeitherBindingsNorPosition) {
  const auto database = open();
  {
    Statement first = database->prepare("SELECT ?");
    first.bind(1, "kept?");
    ASSERT_TRUE(first.step().value());
  }
  Statement second = database->prepare("SELECT ?");
  ASSERT_TRUE(second.step().value());
  EXPECT_TRUE(second.is_null(0));
}

TEST_F(DatabaseTest, OneTextMayBeInUseTwice) {
  const auto database = open();
  Statement outer = database->prepare("SELECT ?");
  outer.bind(1, 1);
  ASSERT_TRUE(outer.step().value());
  {
    Statement inner = database->prepare("SELECT ?");
    inner.bind(1, 2);
    ASSERT_TRUE(inner.step().value());
    EXPECT_EQ(inner.integer(0), 2);
  }
  EXPECT_EQ(outer.integer(0), 1);
}

TEST_F(DatabaseTest, AFailureToPrepareOrBindShowsAtTheFirstStep) {
  const auto database = open();
  Statement wrong = database->prepare("SELECT nothing FROM nowhere");
  wrong.bind(1, 1);
  EXPECT_EQ(wrong.step().status().code(), Code::kInternal);
  EXPECT_EQ(database->prepare("SELECT ?").bind(2, 1).step().status().code(), Code::kInternal);
}

TEST_F(DatabaseTest, AUniqueConstraintNamesItsColumn) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b TEXT UNIQUE)").ok());
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1, 'secret-value', 'y')").ok());
  const Status a = database->execute("INSERT INTO t VALUES (2, 'secret-value', 'z')");
  EXPECT_EQ(a.code(), Code::kAlreadyExists);
  EXPECT_EQ(a.detail(), "t.a");
  EXPECT_EQ(a.message().find("secret-value"), std::string::npos);
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (2, 'x', 'y')").detail(), "t.b");
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (1, 'p', 'q')").detail(), "t.id");
}

TEST_F(DatabaseTest, OtherConstraintsAreInternal) {
  const auto database = open();
  ASSERT_TRUE(database
                  ->execute("CREATE TABLE p (id INTEGER PRIMARY KEY);"
                            "CREATE TABLE c (p INTEGER NOT NULL REFERENCES p (id))")
                  .ok());
  const Status foreign = database->execute("INSERT INTO c VALUES (7)");
  EXPECT_EQ(foreign.code(), Code::kInternal);
  EXPECT_EQ(foreign.detail(), "constraint");
  EXPECT_EQ(database->execute("INSERT INTO c VALUES (NULL)").detail(), "constraint");
}

TEST_F(DatabaseTest, AFullDiskIsStoreFull) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (b BLOB); PRAGMA max_page_count = 4").ok());
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (zeroblob(100000))").code(), Code::kStoreFull);
}

TEST_F(DatabaseTest, WritingThroughAReadOnlyConnectionIsStoreReadOnly) {
  ASSERT_TRUE(open()->execute("CREATE TABLE t (b BLOB)").ok());
  const auto database = open(true);
  EXPECT_TRUE(database->read_only());
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (1)").code(), Code::kStoreReadOnly);
}

TEST_F(DatabaseTest, ALockThatIsNotGivenUpIsBusyAfterTheTimeoutAndNotBefore) {
  const auto holder = open();
  ASSERT_TRUE(holder->execute("CREATE TABLE t (b BLOB)").ok());
  Transaction transaction = Transaction::begin(*holder, Transaction::Mode::kWrite).value();
  const auto database = open(false, 80);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(Transaction::begin(*database, Transaction::Mode::kWrite).status().code(), Code::kBusy);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(80));
}

TEST_F(DatabaseTest, ALockThatIsGivenUpIsWaitedFor) {
  const auto holder = open();
  ASSERT_TRUE(holder->execute("PRAGMA journal_mode = WAL; CREATE TABLE t (b INTEGER)").ok());
  std::optional<Transaction> transaction = Transaction::begin(*holder, Transaction::Mode::kWrite).value();
  ASSERT_TRUE(holder->execute("INSERT INTO t VALUES (1)").ok());
  Status other;
  std::thread waiter([&] {
    const auto database = open(false, 15000);
    Result<Transaction> begun = Transaction::begin(*database, Transaction::Mode::kWrite);
    other = begun.ok() ? begun->commit() : begun.status();
  });
  ASSERT_TRUE(transaction->commit().ok());
  waiter.join();
  EXPECT_TRUE(other.ok()) << other.message();
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsCorrupt) {
  std::ofstream(path()) << std::string(4096, 'x');
  DatabaseOptions options;
  options.path = path();
  Result<std::unique_ptr<Database>> opened = Database::open(options);
  const Status status = opened.ok() ? (*opened)->execute("SELECT * FROM sqlite_schema") : opened.status();
  EXPECT_EQ(status.code(), Code::kCorrupt);
}

TEST_F(DatabaseTest, OpeningCreatesNoFile) {
  DatabaseOptions options;
  options.path = dir_ / "absent.db";
  EXPECT_FALSE(Database::open(options).ok());
  EXPECT_FALSE(std::ifstream(options.path).good());
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedIsRolledBack) {
  const auto database = open();
  ASSERT_TRUE(database->execute("CREATE TABLE t (b INTEGER)").ok());
  {
    const Transaction transaction = Transaction::begin(*database, Transaction::Mode::kWrite).value();
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)").ok());
    EXPECT_TRUE(database->in_transaction());
  }
  EXPECT_FALSE(database->in_transaction());
  EXPECT_EQ(integer(*database, "SELECT count(*) FROM t"), 0);
}

TEST_F(DatabaseTest, ForeignKeysAreOnAndPlantedTriggersDoNotRun) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  sqlite3_exec(other,
               "CREATE TABLE t (b INTEGER); CREATE TABLE log (b INTEGER);"
               "CREATE TRIGGER planted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.b); END",
               nullptr, nullptr, nullptr);
  sqlite3_close(other);
  const auto database = open();
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(integer(*database, "SELECT count(*) FROM log"), 0);
  EXPECT_EQ(integer(*database, "PRAGMA foreign_keys"), 1);
}

TEST_F(DatabaseTest, ALongQueryCanBeInterrupted) {
  const auto database = open();
  Statement endless =
      database->prepare("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0");
  std::atomic<bool> ended = false;
  std::thread interrupter([&] {
    while (!ended) {
      database->interrupt();
      std::this_thread::yield();
    }
  });
  EXPECT_EQ(endless.step().status().code(), Code::kCancelled);
  ended = true;
  interrupter.join();
}

TEST_F(DatabaseTest, TheIntegrityCheckFindsDanglingReferences) {
  const auto database = open();
  ASSERT_TRUE(database
                  ->execute("CREATE TABLE p (id INTEGER PRIMARY KEY);"
                            "CREATE TABLE c (p INTEGER REFERENCES p (id))")
                  .ok());
  EXPECT_TRUE(integrity_check(*database)->empty());
  ASSERT_TRUE(database->execute("PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (7)").ok());
  EXPECT_EQ(integrity_check(*database)->size(), 1U);
}

}  // namespace
}  // namespace strongroom
