#include "storage/readers.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace strongroom {
namespace {

Status closed() { return {Code::kClosed, "the store is closed"}; }

}  // namespace

struct Readers::Impl {
  void loop(Database& database);

  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> queue;  // guarded by mutex
  bool closing = false;   // guarded by mutex

  std::vector<std::unique_ptr<Database>> databases;  // each used by its thread alone
  std::mutex join_mutex;
  std::vector<std::thread> threads;

  std::mutex synchronous_mutex;
  std::unique_ptr<Database> synchronous;  // guarded by synchronous_mutex; null once closed
};

Readers::Readers(std::vector<std::unique_ptr<Database>> databases, std::unique_ptr<Database> synchronous)
    : impl_(std::make_unique<Impl>()) {
  impl_->databases = std::move(databases);
  impl_->synchronous = std::move(synchronous);
  try {
    for (const auto& database : impl_->databases) {
      impl_->threads.emplace_back([impl = impl_.get(), connection = database.get()] { impl->loop(*connection); });
    }
  } catch (const std::system_error&) {
    close();  // those that have begun
    throw;
  }
}

Readers::~Readers() { close(); }

void Readers::submit(Job job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->closing) {
      impl_->queue.push_back(std::move(job));
      impl_->wake.notify_one();
      return;
    }
  }
  job(closed(), nullptr);
}

Status Readers::read(const std::function<Status(Database&)>& work) {
  const std::lock_guard lock(impl_->synchronous_mutex);
  if (!impl_->synchronous) return closed();
  return work(*impl_->synchronous);
}

void Readers::close() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->closing = true;
    impl_->wake.notify_all();
  }
  {
    const std::lock_guard lock(impl_->join_mutex);
    for (std::thread& thread : impl_->threads) {
      if (thread.joinable()) thread.join();
    }
    impl_->databases.clear();
  }
  const std::lock_guard lock(impl_->synchronous_mutex);
  impl_->synchronous.reset();
}

void Readers::Impl::loop(Database& database) {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [&] { return closing || !queue.empty(); });
      if (queue.empty()) return;
      job = std::move(queue.front());
      queue.pop_front();
    }
    job({}, &database);
  }
}

}  // namespace strongroom
