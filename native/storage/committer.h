// Group commit: one thread, the only writer of this process, takes all writes that are waiting into one
// BEGIN IMMEDIATE ... COMMIT and completes them after it. Many concurrent writes so cost one fsync, and nothing is
// completed before it is durable.
#ifndef STRONGROOM_STORAGE_COMMITTER_H_
#define STRONGROOM_STORAGE_COMMITTER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "storage/database.h"

namespace strongroom {

/// One write. All three functions run on the committer's thread; none may throw or wait for another job.
struct WriteJob {
  /// Reads and writes inside the transaction, in a savepoint of its own: on failure all it wrote is undone. It may
  /// be run a second time, after a rollback, when the transaction it was in failed; so what it leaves outside the
  /// database (a decrypted value, a result) is to be overwritten by each run and used by `done` alone.
  std::function<Status(Database&)> work;
  /// Optional: called in the same transaction after `work` failed and was undone, with its status, to record the
  /// failure. If it fails itself, what it wrote is undone and `done` gets this failure instead.
  std::function<Status(Database&, const Status& failure)> after_rollback;
  /// Called exactly once, after COMMIT or failure, in the order of submission: with the status of `work` if the
  /// transaction was committed, with the failure of the transaction otherwise. What a caller learns here is durable,
  /// and every read that starts afterwards sees it.
  std::function<void(const Status&)> done;
};

/// Something that is to happen once in each transaction that wrote, just before COMMIT (the audit log's seal). Called
/// on the committer's thread. A failure fails the transaction.
class CommitHook {
 public:
  virtual ~CommitHook() = default;
  virtual Status before_commit(Database& database) = 0;
};

struct CommitterStats {
  std::uint64_t commits = 0;        // transactions committed
  std::uint64_t jobs = 0;           // jobs completed
  std::uint64_t largest_batch = 0;  // most jobs in one commit
};

/// Threads: every function may be called from any thread.
class Committer {
 public:
  /// Takes over the write connection. At most `max_batch` jobs share a transaction.
  explicit Committer(std::unique_ptr<Database> database, std::size_t max_batch = 512);
  ~Committer();  // as close()
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// To be called before the first job that needs the hook. Hooks run in the order they were added.
  void add_hook(std::shared_ptr<CommitHook> hook);

  /// Queues `job`. After close() its `done` gets CLOSED, on the calling thread.
  void submit(WriteJob job);

  /// Submits `work` and waits for it to be durable. Not from the committer's thread.
  Status run(std::function<Status(Database&)> work);

  /// Completes what was queued before and ends the thread. May be called again; not from the committer's thread.
  void close();

  CommitterStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_STORAGE_COMMITTER_H_
