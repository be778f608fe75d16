// Denials that repeat: three in ten minutes silence a principal for that connection for an hour, so that prompts cannot
// be used to wear a person out. Kept in the database: a restart ends no silence.
//
// Threads: any, each with a Database of that thread.
#ifndef STRONGROOM_ACCESS_COOLDOWN_H_
#define STRONGROOM_ACCESS_COOLDOWN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "base/result.h"
#include "storage/database.h"

namespace strongroom {

inline constexpr std::int64_t kDenialsToSilence = 3;
inline constexpr std::int64_t kDenialWindowMs = 10LL * 60 * 1000;
inline constexpr std::int64_t kSilenceMs = 60LL * 60 * 1000;

struct Silence {
  Principal principal;
  std::string connection_id;
  std::int64_t since = 0;  // ms
  std::int64_t until = 0;
};

class Cooldown {
 public:
  /// The clock must outlive it.
  explicit Cooldown(const Clock& clock) : clock_(clock) {}

  /// Counts a denial; whether the principal is silenced with it. In a write job.
  Result<bool> record_denial(Database& database, const Principal& principal, std::string_view connection_id);

  Result<std::optional<Silence>> silence_of(Database& database, const Principal& principal,
                                            std::string_view connection_id);
  /// Those that last, the latest to begin first; of one connection if it is given.
  Result<std::vector<Silence>> list(Database& database, const std::optional<std::string>& connection_id = std::nullopt);
  /// Ends a silence and forgets the denials. NOT_FOUND if there is none. In a write job.
  Status end(Database& database, const Principal& principal, std::string_view connection_id);

 private:
  const Clock& clock_;
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_COOLDOWN_H_
