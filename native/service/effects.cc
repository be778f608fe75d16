#include "service/effects.h"

namespace strongroom {
namespace {

Status closed() { return {Code::kClosed, "the store has been closed"}; }

}  // namespace

EffectId Effects::run(Effect effect, std::chrono::milliseconds limit, Completion<EffectOutcome> done) {
  bool accepted = false;
  {
    const std::lock_guard lock(mutex_);
    accepted = !closed_;
    if (accepted) {
      effect.id = ++last_;
      Waiting& waiting = waiting_[effect.id];
      waiting.done = done;
      waiting.timer = timers_.after(
          limit, [this, id = effect.id] { cancel(id, Status(Code::kTimeout, "there was no outcome in time")); });
    }
  }
  if (!accepted) {
    done(closed());
    return 0;
  }
  const EffectId id = effect.id;
  sink_(std::move(effect));
  return id;
}

Completion<EffectOutcome> Effects::take(EffectId id) {
  Waiting waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return nullptr;
    waiting = std::move(found->second);
    waiting_.erase(found);
  }
  timers_.cancel(waiting.timer);
  return std::move(waiting.done);
}

void Effects::settle(EffectId id, Result<EffectOutcome> outcome) {
  if (const Completion<EffectOutcome> done = take(id)) done(std::move(outcome));
}

void Effects::cancel(EffectId id, const Status& why) {
  const Completion<EffectOutcome> done = take(id);
  if (!done) return;
  sink_({.id = id, .kind = "cancel", .request = Value(), .secrets = {}});
  done(why);
}

void Effects::close() {
  std::vector<EffectId> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, waiting] : waiting_) left.push_back(id);
  }
  for (const EffectId id : left) cancel(id, closed());
}

}  // namespace strongroom
