// What a store is opened with.
#ifndef STRONGROOM_SERVICE_OPTIONS_H_
#define STRONGROOM_SERVICE_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/value.h"

namespace strongroom {

struct StrongroomOptions {
  std::string dir;        // the store's directory; absolute
  std::string app_id;     // reverse-DNS, 1 to 255 characters; with `existing`, empty for whatever the store's is
  std::string app_name;   // for people; the app_id if not given
  bool existing = false;  // NOT_FOUND instead of a new store
  std::vector<std::string> key_providers{"os-keyring", "master-key-file"};  // in order of preference
  bool full_durability = true;                                              // fsync before a plaintext leaves
  int retention_days = 365;                                                 // of audit entries; 1 to 36500
  std::shared_ptr<const Clock> clock;                                       // null: the system's
  std::int64_t max_entries = 0;                                             // of audit entries; 0: no limit
  std::int64_t consent_timeout_ms = 120000;  // a request that nobody answers by then counts as denied
  std::int64_t handle_ttl_ms = 300000;       // how long a handle is good
};

/// Reads the options of openStrongroom. INVALID_REQUEST with the places that are wrong, unknown members included.
Result<StrongroomOptions> parse_options(const Value& value);

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_OPTIONS_H_
