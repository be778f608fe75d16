// A limit on refusals: most of them leave an audit entry, and the log must not be an extension's or a tool's to fill.
// Each principal has a bucket of tokens; a refusal takes one, and while the bucket is empty its messages are turned
// away unheard. What is allowed takes none, however much there is of it.
//
// Messages that were under way together may be refused more often than there were tokens. Those are owed and come back
// first, so over any time there are no more refusals than tokens, but for what a transport lets through at once.
//
// In memory alone, and as much as there are principals whose bucket is not full: the others are forgotten. Who a
// principal is, a transport decides; nobody can become another one by a message.
//
// Threads: every function may be called from any thread.
#ifndef STRONGROOM_ACCESS_REFUSAL_LIMIT_H_
#define STRONGROOM_ACCESS_REFUSAL_LIMIT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "access/principal.h"
#include "base/clock.h"
#include "base/result.h"

namespace strongroom {

/// A full bucket, in tokens.
inline constexpr std::int64_t kRefusalBurst = 60;
/// How long one token takes to come back.
inline constexpr std::int64_t kRefusalTokenMs = 5000;

/// Whether a message that ends with `code` failed by its sender's doing, by a person's answer to it, or because the
/// store is locked (which leaves an entry each time, too); not by the state of the disk, the network or the process.
bool is_refusal(Code code);

class RefusalLimit {
 public:
  /// The clock must outlive it.
  explicit RefusalLimit(const Clock& clock) : clock_(clock) {}

  struct TurnedAway {
    std::int64_t wait_ms = 0;  // until a message is heard again; more than 0
    bool first = false;        // since the bucket is empty
  };
  /// To be asked before each message: nothing if it is to be heard.
  std::optional<TurnedAway> turned_away(const Principal& principal);

  /// A message that was heard was refused.
  void refused(const Principal& principal);

  /// How many principals are remembered.
  std::size_t size() const;

 private:
  struct Bucket {
    std::int64_t full_at = 0;  // Clock::monotonic_ms; the tokens that are missing follow from it
    bool told = false;         // somebody was turned away since it is empty
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<Principal, Bucket> buckets_;  // guarded by mutex_
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_REFUSAL_LIMIT_H_
