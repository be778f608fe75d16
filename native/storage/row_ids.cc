#include "storage/row_ids.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/random.h"

namespace strongroom {

Result<std::string> next_row_id(Database& database, std::string_view prefix, std::string_view newest_sql,
                                std::int64_t now) {
  std::array<std::uint8_t, 10> random{};
  SR_RETURN_IF_ERROR(fill_random(random));
  std::string id = make_id(prefix, now, random);
  Statement newest = database.prepare(newest_sql);
  SR_ASSIGN_OR_RETURN(const bool found, newest.step());
  if (found && id <= newest.text(0)) {
    std::string after = id_after(prefix, newest.text(0), read_u32(random));
    if (!after.empty()) id = std::move(after);
  }
  return id;
}

}  // namespace strongroom
