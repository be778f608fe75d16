#include "access/refusal_limit.h"

#include <algorithm>
#include <utility>

namespace strongroom {

bool is_refusal(Code code) {
  switch (code) {
    case Code::kInvalidRequest:
    case Code::kInvalidSchema:
    case Code::kUnknownChannel:
    case Code::kForbidden:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kConflict:
    case Code::kLimitExceeded:
    case Code::kConsentDenied:
    case Code::kConsentTimeout:
    case Code::kHandleInvalid:
    case Code::kOriginNotAllowed:
    case Code::kKeyringLocked:
    case Code::kKeyringUnavailable:
    case Code::kKeyMissing: return true;
    default: return false;
  }
}

std::optional<RefusalLimit::TurnedAway> RefusalLimit::turned_away(const Principal& principal) {
  const std::int64_t now = clock_.monotonic_ms();
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(principal);
  if (found == buckets_.end()) return std::nullopt;
  Bucket& bucket = found->second;
  // A bucket has its first token when all the others are still to come.
  const std::int64_t wait = bucket.full_at - (kRefusalBurst - 1) * kRefusalTokenMs - now;
  if (wait > 0) return TurnedAway{.wait_ms = wait, .first = !std::exchange(bucket.told, true)};
  bucket.told = false;
  return std::nullopt;
}

void RefusalLimit::refused(const Principal& principal) {
  const std::int64_t now = clock_.monotonic_ms();
  const std::lock_guard lock(mutex_);
  auto found = buckets_.find(principal);
  if (found == buckets_.end()) {
    std::erase_if(buckets_, [now](const auto& entry) { return entry.second.full_at <= now; });
    found = buckets_.emplace(principal, Bucket{}).first;
  }
  found->second.full_at = std::max(found->second.full_at, now) + kRefusalTokenMs;
}

std::size_t RefusalLimit::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace strongroom
