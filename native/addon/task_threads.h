// Threads for the few calls that block from beginning to end (open, close, diagnose): one each, so that a slow disk
// under one store does not hold up another, and none of libuv's pool is taken from the app.
#ifndef STRONGROOM_ADDON_TASK_THREADS_H_
#define STRONGROOM_ADDON_TASK_THREADS_H_

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <thread>

namespace strongroom::addon {

/// JavaScript thread only, except for the tasks themselves.
class TaskThreads {
 public:
  TaskThreads() = default;
  ~TaskThreads() { join(); }
  TaskThreads(const TaskThreads&) = delete;
  TaskThreads& operator=(const TaskThreads&) = delete;

  /// Runs `task` on a thread of its own. False if the system has no thread to give.
  bool run(std::function<void()> task);
  /// Waits for every task.
  void join();

 private:
  struct Entry {
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };
  std::list<Entry> entries_;
};

}  // namespace strongroom::addon

#endif  // STRONGROOM_ADDON_TASK_THREADS_H_
