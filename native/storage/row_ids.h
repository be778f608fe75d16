// Ids of new rows.
#ifndef STRONGROOM_STORAGE_ROW_IDS_H_
#define STRONGROOM_STORAGE_ROW_IDS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/database.h"

namespace strongroom {

/// An id of the millisecond `now` that is greater than the newest there is, which `newest_sql` (a constant: SELECT
/// max(id) …) gives: so that a list is in the order of creation also within a millisecond, or when the clock was set
/// back; and a page that was read misses nothing that is added later. Inside a write job.
Result<std::string> next_row_id(Database& database, std::string_view prefix, std::string_view newest_sql,
                                std::int64_t now);

}  // namespace strongroom

#endif  // STRONGROOM_STORAGE_ROW_IDS_H_
