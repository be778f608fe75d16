// The schema of the database, as numbered migrations: the one place that creates or alters tables. Each runs in one
// transaction together with its `user_version`; a migration that has shipped is never edited.
#ifndef STRONGROOM_STORAGE_MIGRATIONS_H_
#define STRONGROOM_STORAGE_MIGRATIONS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "storage/database.h"

namespace strongroom {

struct Migration {
  int version;  // 1, 2, ... without gaps
  std::string_view sql;
};

/// The migrations of this version, oldest first.
std::span<const Migration> migrations();

/// The `user_version` of a database that has all of them.
int newest_schema_version();

/// `application_id` of a database of ours: "STRG".
inline constexpr std::uint32_t kApplicationId = 0x53545247;

/// Brings the database from its `user_version` to the last of `list`; each migration that is missing runs in a write
/// transaction of its own, in which the version is read again, so that several processes may do this at once.
/// NEWER_SCHEMA, with nothing written, if the database is ahead of `list`. The first migration also sets the
/// application id and runs `on_created` (may be null) in its transaction.
Status migrate(Database& database, std::span<const Migration> list,
               const std::function<Status(Database&)>& on_created = nullptr);

}  // namespace strongroom

#endif  // STRONGROOM_STORAGE_MIGRATIONS_H_
