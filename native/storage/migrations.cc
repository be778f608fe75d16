#include "storage/migrations.h"

#include <array>
#include <string>

namespace strongroom {
namespace {

// Every table is STRICT, so that a column holds what it says. Tables that are read by their text key are stored in its
// order (WITHOUT ROWID): one search for each lookup.
//
// Of the audit log's indexes, those on a column that nearly always has one value leave that value out: an entry of the
// common sort (the core's own "secret.use", allowed) then costs two small index pages, and looking for the common
// value needs no index.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE store (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  store_id TEXT NOT NULL,
  app_id TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE key_slots (
  id TEXT PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  provider TEXT NOT NULL,
  generation INTEGER NOT NULL,
  nonce BLOB NOT NULL,
  wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  env_key TEXT UNIQUE,
  metadata TEXT NOT NULL,
  version INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_values (
  secret_id TEXT PRIMARY KEY NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
  record BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE secret_access (
  secret_id TEXT PRIMARY KEY NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  role TEXT NOT NULL,
  principal_id TEXT,
  action TEXT NOT NULL,
  connection_id TEXT,
  secret_id TEXT,
  field TEXT,
  reason TEXT,
  outcome TEXT NOT NULL,
  code TEXT,
  detail TEXT,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_secret ON audit (secret_id) WHERE secret_id IS NOT NULL;
CREATE INDEX audit_connection ON audit (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX audit_principal ON audit (principal_id) WHERE principal_id <> 'core';
CREATE INDEX audit_role ON audit (role) WHERE role <> 'core';
CREATE INDEX audit_action ON audit (action) WHERE action <> 'secret.use';
CREATE INDEX audit_outcome ON audit (outcome) WHERE outcome <> 'allowed';

CREATE TABLE audit_seal (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  generation INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoint (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  through_seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  count INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT;
)sql";

// Columns that are large come last: what filters and sorts is read without them. Of what refers to a connection,
// everything goes with it but its secrets, which the code deletes, because a store of secrets may keep them elsewhere.
constexpr std::string_view kVersion2 = R"sql(
CREATE TABLE providers (
  id TEXT PRIMARY KEY NOT NULL,
  owner TEXT NOT NULL,
  registered INTEGER NOT NULL,
  registered_at INTEGER NOT NULL,
  manifest TEXT NOT NULL
) STRICT;

CREATE TABLE connections (
  id TEXT PRIMARY KEY NOT NULL,
  provider_id TEXT NOT NULL REFERENCES providers (id),
  scope TEXT NOT NULL,
  workspace_id TEXT,
  display_name TEXT NOT NULL,
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  mac BLOB NOT NULL,
  terms BLOB NOT NULL,
  places BLOB NOT NULL,
  fields TEXT NOT NULL
) STRICT;
CREATE INDEX connections_provider ON connections (provider_id, id);
CREATE INDEX connections_scope ON connections (scope, id);
CREATE INDEX connections_workspace ON connections (scope, workspace_id, id);
CREATE INDEX connections_resolve ON connections (provider_id, scope, workspace_id, id);

CREATE TABLE connection_secrets (
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  secret_id TEXT NOT NULL UNIQUE REFERENCES secrets (id),
  PRIMARY KEY (connection_id, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE connection_access (
  connection_id TEXT PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE connection_tests (
  connection_id TEXT PRIMARY KEY NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  ok INTEGER NOT NULL,
  message TEXT NOT NULL,
  duration_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE grants (
  id TEXT PRIMARY KEY NOT NULL,
  principal_id TEXT NOT NULL,
  role TEXT NOT NULL,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  decision TEXT NOT NULL CHECK (decision IN ('allow', 'deny')),
  lifetime TEXT NOT NULL CHECK (lifetime IN ('once', 'always')),
  reason TEXT NOT NULL,
  terms BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  generation INTEGER NOT NULL,
  mac BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX grants_standing ON grants (principal_id, role, connection_id, field) WHERE lifetime = 'always';
CREATE INDEX grants_connection ON grants (connection_id);
CREATE INDEX grants_expiring ON grants (expires_at) WHERE lifetime = 'once';

CREATE TABLE denials (
  principal_id TEXT NOT NULL,
  role TEXT NOT NULL,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX denials_of ON denials (principal_id, role, connection_id, at);
CREATE INDEX denials_connection ON denials (connection_id);

CREATE TABLE silences (
  principal_id TEXT NOT NULL,
  role TEXT NOT NULL,
  connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (principal_id, role, connection_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX silences_connection ON silences (connection_id);
)sql";

constexpr std::array kMigrations = {Migration{1, kVersion1}, Migration{2, kVersion2}};

Result<std::int64_t> read_user_version(Database& database) {
  Statement statement = database.prepare("PRAGMA user_version");
  SR_ASSIGN_OR_RETURN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Status newer_schema(std::int64_t version, int newest) {
  return {Code::kNewerSchema, "the store has schema version " + std::to_string(version) +
                                  " and was written by a newer version of this software, which knows up to version " +
                                  std::to_string(newest) + "; update this software"};
}

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

int newest_schema_version() { return kMigrations.back().version; }

Status migrate(Database& database, std::span<const Migration> list,
               const std::function<Status(Database&)>& on_created) {
  const int newest = list.empty() ? 0 : list.back().version;
  SR_ASSIGN_OR_RETURN(std::int64_t version, read_user_version(database));
  if (version > newest) return newer_schema(version, newest);
  while (version < newest) {
    SR_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database, Transaction::Mode::kWrite));
    SR_ASSIGN_OR_RETURN(version, read_user_version(database));
    if (version > newest) return newer_schema(version, newest);
    if (version == newest) return {};
    const Migration& next = list[static_cast<std::size_t>(version)];
    SR_RETURN_IF_ERROR(database.execute(next.sql));
    // A pragma takes no parameters; both texts are numbers of this program.
    SR_RETURN_IF_ERROR(database.execute("PRAGMA user_version = " + std::to_string(next.version)));
    if (next.version == 1) {
      SR_RETURN_IF_ERROR(database.execute("PRAGMA application_id = " + std::to_string(kApplicationId)));
      if (on_created) SR_RETURN_IF_ERROR(on_created(database));
    }
    SR_RETURN_IF_ERROR(transaction.commit());
    version = next.version;
  }
  return {};
}

}  // namespace strongroom
