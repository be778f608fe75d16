// Things to do after a time, on one thread that is there only once something is waiting.
//
// Threads: every function may be called from any thread.
#ifndef STRONGROOM_SERVICE_TIMERS_H_
#define STRONGROOM_SERVICE_TIMERS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace strongroom {

class Timers {
 public:
  using Id = std::uint64_t;

  Timers();
  ~Timers();  // as close()
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Calls `work`, which must not block for long, on the timers' thread after `delay`. 0, and nothing is called, after
  /// close() or if the system has no thread to give.
  Id after(std::chrono::milliseconds delay, std::function<void()> work);
  /// Forgets it. Whether it was still waiting: if not, it has run, runs, or was never there.
  bool cancel(Id id);

  /// Forgets all and ends the thread. Not from `work`.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_TIMERS_H_
