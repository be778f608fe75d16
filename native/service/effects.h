// What only the host language can do: send a request over its network stack, run a provider's test, show a prompt. The
// core validates, authorises and audits before and after; in between it hands out an effect and waits for its outcome.
//
// An effect is the one place where a plaintext leaves besides the in-process calls: `secrets` go to main-process code,
// in buffers that are wiped when the effect is over, and never through a Value.
//
// Threads: every function may be called from any thread. The sink and the completions are called on any thread of the
// core, or on that of whoever settles.
#ifndef STRONGROOM_SERVICE_EFFECTS_H_
#define STRONGROOM_SERVICE_EFFECTS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "service/dispatcher.h"
#include "service/timers.h"

namespace strongroom {

using EffectId = std::uint64_t;

struct Effect {
  EffectId id = 0;
  std::string kind;  // "fetch", "test" or "consent"; "cancel" for one that is no longer waited for
  Value request;
  std::vector<std::pair<std::string, std::shared_ptr<const SecureBuffer>>> secrets;
};

/// What came of an effect: a value, and bytes where there is a body.
struct EffectOutcome {
  Value value;
  Bytes body;
};

class Effects {
 public:
  using Sink = std::function<void(Effect)>;

  /// `timers` outlives it.
  Effects(Timers& timers, Sink sink) : timers_(timers), sink_(std::move(sink)) {}

  /// Hands out an effect (its id is filled in). `done` is called once: with what settle() says, TIMEOUT when `limit`
  /// has passed, what cancel() says, or CLOSED.
  EffectId run(Effect effect, std::chrono::milliseconds limit, Completion<EffectOutcome> done);

  /// The outcome, from the host language. One that nobody waits for (any more) is dropped.
  void settle(EffectId id, Result<EffectOutcome> outcome);

  /// Ends one before its time, and tells the sink.
  void cancel(EffectId id, const Status& why);

  /// Ends all with CLOSED; later ones end so at once.
  void close();

 private:
  struct Waiting {
    Completion<EffectOutcome> done;
    Timers::Id timer = 0;
  };
  /// Null if there is none.
  Completion<EffectOutcome> take(EffectId id);

  Timers& timers_;
  Sink sink_;
  std::mutex mutex_;
  std::map<EffectId, Waiting> waiting_;  // guarded by mutex_, as all that follow
  EffectId last_ = 0;
  bool closed_ = false;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_EFFECTS_H_
