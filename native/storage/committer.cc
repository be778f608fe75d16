#include "storage/committer.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace strongroom {
namespace {

Status closed() { return {Code::kClosed, "the store is closed"}; }

}  // namespace

struct Committer::Impl {
  Impl(std::unique_ptr<Database> writer, std::size_t batch) : database(std::move(writer)), max_batch(batch) {}

  void loop();
  void run_batch(std::span<WriteJob> jobs);
  Status attempt(std::span<WriteJob> jobs, std::vector<Status>& outcomes, bool& begun);
  Status attempt_one(WriteJob& job, Status& outcome);
  Status run_in_savepoint(WriteJob& job, Status& outcome);
  Status before_commit();
  void count(std::size_t jobs);

  std::unique_ptr<Database> database;  // the thread's; null once closed
  const std::size_t max_batch;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<WriteJob> queue;  // guarded by mutex, as all that follow
  std::vector<std::shared_ptr<CommitHook>> hooks;
  CommitterStats stats;
  bool closing = false;

  std::mutex join_mutex;
  std::thread thread;
};

Committer::Committer(std::unique_ptr<Database> database, std::size_t max_batch)
    : impl_(std::make_unique<Impl>(std::move(database), std::max<std::size_t>(max_batch, 1))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

Committer::~Committer() { close(); }

void Committer::add_hook(std::shared_ptr<CommitHook> hook) {
  const std::lock_guard lock(impl_->mutex);
  impl_->hooks.push_back(std::move(hook));
}

void Committer::submit(WriteJob job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->closing) {
      impl_->queue.push_back(std::move(job));
      if (impl_->queue.size() == 1) impl_->wake.notify_one();
      return;
    }
  }
  if (job.done) job.done(closed());
}

Status Committer::run(std::function<Status(Database&)> work) {
  struct Waiter {
    std::mutex mutex;
    std::condition_variable wake;
    std::optional<Status> outcome;
  } waiter;
  submit({std::move(work), nullptr, [&waiter](const Status& status) {
            const std::lock_guard lock(waiter.mutex);
            waiter.outcome = status;
            waiter.wake.notify_one();
          }});
  std::unique_lock lock(waiter.mutex);
  waiter.wake.wait(lock, [&] { return waiter.outcome.has_value(); });
  return *waiter.outcome;
}

void Committer::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
    impl_->wake.notify_one();
  }
  const std::lock_guard lock(impl_->join_mutex);
  if (impl_->thread.joinable()) impl_->thread.join();
  impl_->database.reset();
}

CommitterStats Committer::stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->stats;
}

void Committer::Impl::loop() {
  std::vector<WriteJob> batch;
  while (true) {
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      const auto end = queue.begin() + static_cast<std::ptrdiff_t>(std::min(queue.size(), max_batch));
      std::move(queue.begin(), end, std::back_inserter(batch));
      queue.erase(queue.begin(), end);
    }
    run_batch(batch);
    batch.clear();
  }
}

void Committer::Impl::run_batch(std::span<WriteJob> jobs) {
  std::vector<Status> outcomes(jobs.size());
  bool begun = false;
  const Status committed = jobs.size() == 1 ? attempt_one(jobs[0], outcomes[0]) : attempt(jobs, outcomes, begun);
  if (!committed.ok() && begun) {
    // One of them may have been the reason, for instance by needing more space than there is.
    for (WriteJob& job : jobs) run_batch({&job, 1});
    return;
  }
  if (committed.ok()) count(jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    // The job goes before the next one is told, so that what its functions hold (a plaintext) is gone by then.
    const WriteJob job = std::exchange(jobs[i], {});
    if (job.done) job.done(committed.ok() ? outcomes[i] : committed);
  }
}

/// All jobs in one transaction. The status is that of the transaction; `outcomes` are those of the jobs. A transaction
/// that cannot even begin (another process holds the lock for long) is the fault of none of them: it is not `begun`.
Status Committer::Impl::attempt(std::span<WriteJob> jobs, std::vector<Status>& outcomes, bool& begun) {
  SR_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*database, Transaction::Mode::kWrite));
  begun = true;
  for (std::size_t i = 0; i < jobs.size(); ++i) SR_RETURN_IF_ERROR(run_in_savepoint(jobs[i], outcomes[i]));
  SR_RETURN_IF_ERROR(before_commit());
  return transaction.commit();
}

/// A job alone needs no savepoint: the transaction serves as one.
Status Committer::Impl::attempt_one(WriteJob& job, Status& outcome) {
  {
    SR_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*database, Transaction::Mode::kWrite));
    outcome = job.work(*database);
    if (outcome.ok()) {
      SR_RETURN_IF_ERROR(before_commit());
      return transaction.commit();
    }
  }
  if (!job.after_rollback) return outcome;
  SR_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(*database, Transaction::Mode::kWrite));
  SR_RETURN_IF_ERROR(job.after_rollback(*database, outcome));
  SR_RETURN_IF_ERROR(before_commit());
  return transaction.commit();
}

/// Fails only if the transaction is lost.
Status Committer::Impl::run_in_savepoint(WriteJob& job, Status& outcome) {
  const auto guarded = [this](const std::function<Status()>& step, Status& result) -> Status {
    SR_RETURN_IF_ERROR(database->prepare("SAVEPOINT job").run());
    result = step();
    // SQLite ends the transaction by itself when it cannot go on (disk full, I/O error).
    if (!database->in_transaction()) {
      return result.ok() ? Status(Code::kInternal, "the transaction was rolled back by SQLite") : result;
    }
    if (!result.ok()) SR_RETURN_IF_ERROR(database->prepare("ROLLBACK TO job").run());
    return database->prepare("RELEASE job").run();
  };
  SR_RETURN_IF_ERROR(guarded([&] { return job.work(*database); }, outcome));
  if (outcome.ok() || !job.after_rollback) return {};
  Status recorded;
  SR_RETURN_IF_ERROR(guarded([&] { return job.after_rollback(*database, outcome); }, recorded));
  if (!recorded.ok()) outcome = recorded;
  return {};
}

Status Committer::Impl::before_commit() {
  std::vector<std::shared_ptr<CommitHook>> present;
  {
    const std::lock_guard lock(mutex);
    present = hooks;
  }
  for (const auto& hook : present) SR_RETURN_IF_ERROR(hook->before_commit(*database));
  return {};
}

void Committer::Impl::count(std::size_t jobs) {
  const std::lock_guard lock(mutex);
  ++stats.commits;
  stats.jobs += jobs;
  stats.largest_batch = std::max<std::uint64_t>(stats.largest_batch, jobs);
}

}  // namespace strongroom
