// Wall-clock time in milliseconds since 1970-01-01T00:00:00Z, behind an interface so that tests can hold it still.
#ifndef STRONGROOM_BASE_CLOCK_H_
#define STRONGROOM_BASE_CLOCK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strongroom {

/// The last moment that the formats have a text for, the end of the year 9999; the first is 0.
inline constexpr std::int64_t kLatestTime = 253402300799999;
constexpr bool is_time(std::int64_t ms) { return ms >= 0 && ms <= kLatestTime; }

/// Threads: implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;
  /// Milliseconds of a clock that nobody can set back, from a moment of its own; for what ends after a time.
  virtual std::int64_t monotonic_ms() const;
};

/// The system's clock, kept within the years 1970 to 9999.
class SystemClock : public Clock {
 public:
  std::int64_t now_ms() const override;
};

/// "2026-11-21T23:47:05.123Z": ISO 8601, UTC, milliseconds; 24 characters for the years 0 to 9999.
std::string format_time(std::int64_t ms);
/// The inverse of format_time; nothing for any other form or a date that does not exist.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace strongroom

#endif  // STRONGROOM_BASE_CLOCK_H_
