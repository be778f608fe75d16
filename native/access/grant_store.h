// Grants: what a person decided about one principal, one connection and one field. Synchronous, each function on the
// connection to the database it is given; writers inside a write job.
//
// There are two sorts. `always` grants stand until they are revoked, to allow or to deny; there is at most one for a
// principal, connection and field. A `once` grant allows a single use: its row goes in the transaction of that use, so
// that no crash and no race makes two of it. Every handle refers to the row of a grant and is worth nothing without it.
//
// Each row carries a MAC (doc/formats.md, "Grant"), and the terms (access_terms) under which it was
// given: under others it does not count. Whoever can write to the file can so take grants away, or put back one that
// was there before; he cannot make one.
//
// Threads: any, each with a Database of that thread.
#ifndef STRONGROOM_ACCESS_GRANT_STORE_H_
#define STRONGROOM_ACCESS_GRANT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "keys/subkeys.h"
#include "storage/database.h"

namespace strongroom {

inline constexpr std::string_view kGrantIdPrefix = "grt_";

struct Grant {
  std::string id;
  Principal principal;
  std::string connection_id;
  std::string field;
  bool allow = false;
  bool once = false;
  std::string reason;  // what was asked, in the principal's words
  Digest256 terms{};
  std::int64_t created_at = 0;             // ms, as the others
  std::optional<std::int64_t> expires_at;  // of a `once` grant that is not used
  std::optional<std::int64_t> last_used_at;
};

/// What a decision makes of a request.
struct GrantDraft {
  Principal principal;
  std::string connection_id;
  std::string field;
  bool allow = false;
  bool once = false;
  std::string reason;
  Digest256 terms{};
  std::optional<std::int64_t> expires_at;
};

struct GrantFilter {
  std::optional<std::string> principal_id;
  std::optional<std::string> connection_id;
  bool once = false;  // whether those for a single use are listed too
  std::optional<std::string> cursor;
  std::int64_t limit = 200;  // 1 to 500
};

struct GrantPage {
  std::vector<Grant> items;  // oldest first, by id
  std::optional<std::string> next_cursor;
  std::int64_t damaged = 0;
};

class GrantStore {
 public:
  /// The clock must outlive the store.
  GrantStore(std::string store_id, const Clock& clock);

  /// An `always` grant takes the place of the one there is.
  Result<Grant> insert(Database& database, const GrantDraft& draft, const KeySet& keys);

  /// The decision that stands, if there is one. CORRUPT if its row was edited.
  Result<std::optional<Grant>> standing(Database& database, const Principal& principal, std::string_view connection_id,
                                        std::string_view field, const KeySet& keys);
  /// NOT_FOUND, or CORRUPT.
  Result<Grant> get_verified(Database& database, std::string_view id, const KeySet& keys);

  /// INVALID_REQUEST for a cursor that is not ours or a limit out of range. Does not check MACs.
  Result<GrantPage> list(Database& database, const GrantFilter& filter);

  /// NOT_FOUND if there is none. What is known of it, for the log and the event; of a damaged one the id alone.
  Result<Grant> remove(Database& database, std::string_view id);
  /// Removes `once` grants whose time is over.
  Status remove_expired(Database& database);

  Result<bool> exists(Database& database, std::string_view id);

  Status touch(Database& database, std::string_view id);

 private:
  std::string store_id_;
  const Clock& clock_;
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_GRANT_STORE_H_
