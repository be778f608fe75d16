#include "service/timers.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace strongroom {

using SteadyClock = std::chrono::steady_clock;

struct Timers::Impl {
  using Key = std::pair<SteadyClock::time_point, Id>;

  void loop() {
    std::unique_lock lock(mutex);
    while (!closed) {
      if (waiting.empty()) {
        wake.wait(lock);
        continue;
      }
      const Key next = waiting.begin()->first;
      if (SteadyClock::now() < next.first) {
        wake.wait_until(lock, next.first);
        continue;
      }
      const std::function<void()> work = std::move(waiting.begin()->second);
      waiting.erase(waiting.begin());
      due.erase(next.second);
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex;
  std::condition_variable wake;
  std::map<Key, std::function<void()>> waiting;  // guarded by mutex, as all that follow
  std::map<Id, SteadyClock::time_point> due;
  Id last = 0;
  bool closed = false;
  std::thread thread;
};

Timers::Timers() : impl_(std::make_unique<Impl>()) {}

Timers::~Timers() { close(); }

Timers::Id Timers::after(std::chrono::milliseconds delay, std::function<void()> work) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->closed) return 0;
  if (!impl_->thread.joinable()) {
    try {
      impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
    } catch (const std::system_error&) {
      return 0;
    }
  }
  const Id id = ++impl_->last;
  const SteadyClock::time_point at = SteadyClock::now() + delay;
  impl_->waiting.emplace(Impl::Key(at, id), std::move(work));
  impl_->due.emplace(id, at);
  impl_->wake.notify_one();
  return id;
}

bool Timers::cancel(Id id) {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->due.find(id);
  if (found == impl_->due.end()) return false;
  impl_->waiting.erase({found->second, id});
  impl_->due.erase(found);
  return true;
}

void Timers::close() {
  std::thread thread;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closed = true;
    impl_->waiting.clear();
    impl_->due.clear();
    thread = std::move(impl_->thread);
    impl_->wake.notify_one();
  }
  if (thread.joinable()) thread.join();
}

}  // namespace strongroom
