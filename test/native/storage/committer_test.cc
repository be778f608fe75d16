#include "storage/committer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <mutex>

#include "storage/readers.h"
#include "support/temp_dir.h"

namespace strongroom {
namespace {

using test::TempDir;

class CommitterTest : public testing::Test {
 protected:
  CommitterTest() {
    std::ofstream(dir_ / "test.db").close();
    auto database = open();
    EXPECT_TRUE(database->execute("PRAGMA journal_mode = WAL; CREATE TABLE t (i INTEGER, b BLOB)").ok());
    committer_ = std::make_unique<Committer>(std::move(database));
  }

  std::unique_ptr<Database> open(bool read_only = false) {
    DatabaseOptions options;
    options.path = dir_ / "test.db";
    options.read_only = read_only;
    return Database::open(options).value();
  }

  /// Keeps the committer in a job until the returned promise is fulfilled, so that all that is submitted meanwhile
  /// waits for the next batch.
  std::shared_ptr<std::promise<void>> hold() {
    auto release = std::make_shared<std::promise<void>>();
    auto started = std::make_shared<std::promise<void>>();
    committer_->submit({[release, started](Database&) {
                          started->set_value();
                          release->get_future().wait();
                          return Status();
                        },
                        nullptr, nullptr});
    started->get_future().wait();
    return release;
  }

  /// Submits an INSERT of `i`; its status goes to `outcomes_`.
  void insert(std::int64_t i, Status result = {}, bool record_failure = false) {
    WriteJob job;
    job.work = [i, result](Database& database) {
      SR_RETURN_IF_ERROR(database.prepare("INSERT INTO t (i) VALUES (?)").bind(1, i).run());
      return result;
    };
    if (record_failure) {
      job.after_rollback = [i](Database& database, const Status& failure) {
        return database.prepare("INSERT INTO t (i) VALUES (?)").bind(1, -i - static_cast<int>(failure.code())).run();
      };
    }
    job.done = [this, i](const Status& status) {
      const std::lock_guard lock(mutex_);
      outcomes_.emplace_back(i, status);
    };
    committer_->submit(std::move(job));
  }

  std::vector<std::int64_t> rows() {
    const auto database = open(true);
    Statement statement = database->prepare("SELECT i FROM t ORDER BY rowid");
    std::vector<std::int64_t> values;
    while (statement.step().value()) values.push_back(statement.integer(0));
    return values;
  }

  TempDir dir_;
  std::mutex mutex_;
  std::vector<std::pair<std::int64_t, Status>> outcomes_;
  std::unique_ptr<Committer> committer_;
};

const Status kRefused(Code::kConflict, "refused");

TEST_F(CommitterTest, WaitingWritesShareOneCommitAndCompleteInOrder) {
  const auto release = hold();
  for (int i = 0; i < 200; ++i) insert(i);
  release->set_value();
  committer_->close();
  ASSERT_EQ(outcomes_.size(), 200U);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(outcomes_[static_cast<std::size_t>(i)].first, i);
    EXPECT_TRUE(outcomes_[static_cast<std::size_t>(i)].second.ok());
  }
  EXPECT_EQ(rows().size(), 200U);
  EXPECT_EQ(committer_->stats().commits, 2U);
  EXPECT_EQ(committer_->stats().jobs, 201U);
  EXPECT_EQ(committer_->stats().largest_batch, 200U);
}

TEST_F(CommitterTest, ABatchIsBounded) {
  const auto release = hold();
  for (int i = 0; i < 1000; ++i) insert(i);
  release->set_value();
  committer_->close();
  EXPECT_EQ(committer_->stats().largest_batch, 512U);
  EXPECT_EQ(rows().size(), 1000U);
}

TEST_F(CommitterTest, OneFailingWriteFailsAlone) {
  const auto release = hold();
  insert(1);
  insert(2, kRefused);
  insert(3);
  release->set_value();
  committer_->close();
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, 3}));
  ASSERT_EQ(outcomes_.size(), 3U);
  EXPECT_TRUE(outcomes_[0].second.ok());
  EXPECT_EQ(outcomes_[1].second.code(), Code::kConflict);
  EXPECT_TRUE(outcomes_[2].second.ok());
}

TEST_F(CommitterTest, AFailingWriteAloneIsUndoneAndItsFailureRecorded) {
  insert(5, kRefused, true);
  committer_->close();
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{-5 - static_cast<int>(Code::kConflict)}));
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].second.code(), Code::kConflict);
}

TEST_F(CommitterTest, AFailingWriteInABatchIsUndoneAndItsFailureRecorded) {
  const auto release = hold();
  insert(1);
  insert(5, kRefused, true);
  release->set_value();
  committer_->close();
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, -5 - static_cast<int>(Code::kConflict)}));
  EXPECT_EQ(outcomes_[1].second.code(), Code::kConflict);
}

TEST_F(CommitterTest, AFailureThatCannotBeRecordedIsTheOutcome) {
  for (const bool batched : {false, true}) {
    std::shared_ptr<std::promise<void>> release;
    if (batched) {
      release = hold();
      insert(1);
    }
    Status outcome;
    committer_->submit({[](Database&) { return kRefused; },
                        [](Database&, const Status&) { return Status(Code::kStoreFull, "no space"); },
                        [&outcome](const Status& status) { outcome = status; }});
    if (release) release->set_value();
    ASSERT_TRUE(committer_->run([](Database&) { return Status(); }).ok());
    EXPECT_EQ(outcome.code(), Code::kStoreFull) << batched;
  }
}

TEST_F(CommitterTest, AWriteThatFillsTheDiskFailsAloneAndTheOthersAreRunAgain) {
  ASSERT_TRUE(committer_->run([](Database& database) { return database.execute("PRAGMA max_page_count = 40"); }).ok());
  const auto release = hold();
  insert(1);
  committer_->submit(
      {[](Database& database) { return database.execute("INSERT INTO t (b) VALUES (zeroblob(1000000))"); }, nullptr,
       [this](const Status& status) { outcomes_.emplace_back(2, status); }});
  insert(3);
  release->set_value();
  committer_->close();
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, 3}));
  ASSERT_EQ(outcomes_.size(), 3U);
  EXPECT_TRUE(outcomes_[0].second.ok());
  EXPECT_EQ(outcomes_[1].second.code(), Code::kStoreFull);
  EXPECT_TRUE(outcomes_[2].second.ok());
}

TEST_F(CommitterTest, ATransactionThatSqliteEndedIsRunAgainJobByJob) {
  const auto release = hold();
  insert(1);
  committer_->submit({[](Database& database) {
                        // As SQLite does by itself after some I/O errors.
                        SR_RETURN_IF_ERROR(database.execute("ROLLBACK"));
                        return Status(Code::kInternal, "I/O error");
                      },
                      nullptr, [this](const Status& status) { outcomes_.emplace_back(2, status); }});
  insert(3);
  release->set_value();
  committer_->close();
  EXPECT_EQ(rows(), (std::vector<std::int64_t>{1, 3}));
  ASSERT_EQ(outcomes_.size(), 3U);
  EXPECT_TRUE(outcomes_[0].second.ok());
  EXPECT_EQ(outcomes_[1].second.code(), Code::kInternal);
  EXPECT_TRUE(outcomes_[2].second.ok());
}

class CountingHook : public CommitHook {
 public:
  Status before_commit(Database& database) override {
    ++calls;
    if (!result.ok()) return result;
    return database.execute("INSERT INTO t (i) VALUES (1000)");
  }
  std::atomic<int> calls = 0;
  Status result;
};

TEST_F(CommitterTest, AHookRunsOnceInEachTransaction) {
  const auto hook = std::make_shared<CountingHook>();
  committer_->add_hook(hook);
  const auto release = hold();
  for (int i = 0; i < 10; ++i) insert(i);
  release->set_value();
  committer_->close();
  EXPECT_EQ(hook->calls, 2);
  EXPECT_EQ(rows().size(), 12U);
}

TEST_F(CommitterTest, AHookThatFailsFailsTheWrites) {
  const auto hook = std::make_shared<CountingHook>();
  hook->result = Status(Code::kInternal, "no seal");
  const auto release = hold();
  committer_->add_hook(hook);
  insert(1);
  insert(2);
  release->set_value();
  committer_->close();
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(outcomes_[0].second.code(), Code::kInternal);
  EXPECT_EQ(outcomes_[1].second.code(), Code::kInternal);
}

TEST_F(CommitterTest, ClosingCompletesWhatIsQueuedAndRefusesTheRest) {
  const auto release = hold();
  for (int i = 0; i < 50; ++i) insert(i);
  std::thread closer([this] { committer_->close(); });
  release->set_value();
  closer.join();
  EXPECT_EQ(rows().size(), 50U);
  insert(99);
  ASSERT_EQ(outcomes_.size(), 51U);
  EXPECT_EQ(outcomes_.back().second.code(), Code::kClosed);
  EXPECT_EQ(committer_->run([](Database&) { return Status(); }).code(), Code::kClosed);
  EXPECT_EQ(rows().size(), 50U);
}

TEST_F(CommitterTest, AReadThatStartsAfterDoneSeesTheWrite) {
  std::vector<std::unique_ptr<Database>> connections;
  connections.push_back(open(true));
  connections.push_back(open(true));
  Readers readers(std::move(connections), open(true));
  for (int i = 1; i <= 200; ++i) {
    std::promise<std::int64_t> seen;
    WriteJob job;
    job.work = [i](Database& database) { return database.prepare("INSERT INTO t (i) VALUES (?)").bind(1, i).run(); };
    job.done = [&](const Status& status) {
      ASSERT_TRUE(status.ok());
      readers.submit([&seen](const Status& closed, Database* database) {
        ASSERT_TRUE(closed.ok());
        Statement statement = database->prepare("SELECT max(i) FROM t");
        ASSERT_TRUE(statement.step().value());
        seen.set_value(statement.integer(0));
      });
    };
    committer_->submit(std::move(job));
    ASSERT_EQ(seen.get_future().get(), i);
  }
}

TEST_F(CommitterTest, ReadersCompleteWhatIsQueuedAndRefuseTheRest) {
  std::vector<std::unique_ptr<Database>> connections;
  connections.push_back(open(true));
  Readers readers(std::move(connections), open(true));
  std::atomic<int> completed = 0;
  for (int i = 0; i < 20; ++i)
    readers.submit([&](const Status& closed, Database*) { completed += closed.ok() ? 1 : 0; });
  EXPECT_TRUE(readers.read([](Database& database) { return database.execute("SELECT 1"); }).ok());
  EXPECT_EQ(readers.read([](Database& database) { return database.execute("INSERT INTO t (i) VALUES (1)"); }).code(),
            Code::kStoreReadOnly);
  readers.close();
  EXPECT_EQ(completed, 20);
  Status refused;
  readers.submit([&](const Status& closed, Database* database) {
    refused = closed;
    EXPECT_EQ(database, nullptr);
  });
  EXPECT_EQ(refused.code(), Code::kClosed);
  EXPECT_EQ(readers.read([](Database&) { return Status(); }).code(), Code::kClosed);
}

TEST_F(CommitterTest, ManyThreadsMaySubmitAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> completed = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        completed += committer_
                             ->run([i](Database& database) {
                               return database.prepare("INSERT INTO t (i) VALUES (?)").bind(1, i).run();
                             })
                             .ok()
                         ? 1
                         : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  committer_->close();
  EXPECT_EQ(completed, 800);
  EXPECT_EQ(rows().size(), 800U);
}

}  // namespace
}  // namespace strongroom
