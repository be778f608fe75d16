#include "addon/task_threads.h"

#include <system_error>

namespace strongroom::addon {

bool TaskThreads::run(std::function<void()> task) {
  // Those that have ended are joined here, so that their number is that of the running ones.
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (entry->ended->load()) {
      entry->thread.join();
      entry = entries_.erase(entry);
    } else {
      ++entry;
    }
  }
  auto ended = std::make_shared<std::atomic<bool>>(false);
  try {
    entries_.push_back({std::thread([task = std::move(task), ended] {
                          task();
                          ended->store(true);
                        }),
                        ended});
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void TaskThreads::join() {
  for (Entry& entry : entries_) entry.thread.join();
  entries_.clear();
}

}  // namespace strongroom::addon
