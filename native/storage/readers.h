// Reads beside the writer: a few threads, each with a read-only connection of its own (WAL: readers and the writer do
// not wait for each other), and one more connection for tiny reads on the caller's thread.
//
// A read that starts after a write's `done` sees that write.
#ifndef STRONGROOM_STORAGE_READERS_H_
#define STRONGROOM_STORAGE_READERS_H_

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "storage/database.h"

namespace strongroom {

/// Threads: every function may be called from any thread.
class Readers {
 public:
  /// One thread for each of `databases` (at least one); `synchronous` serves read().
  Readers(std::vector<std::unique_ptr<Database>> databases, std::unique_ptr<Database> synchronous);
  ~Readers();  // as close()
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  using Job = std::function<void(const Status& closed, Database* database)>;

  /// Runs `job` on a reader thread with OK and a connection; with CLOSED and null, on the calling thread, after
  /// close(). A job that reads several statements and needs them consistent opens a Transaction of its own.
  void submit(Job job);

  /// Runs `work` on the calling thread, one at a time. For reads of a few rows: it blocks.
  Status read(const std::function<Status(Database&)>& work);

  /// Completes what was queued before and ends the threads; work that is running is not interrupted. May be called
  /// again; not from a reader thread.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_STORAGE_READERS_H_
