#include "secrets/sqlite_secret_store.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/ids.h"
#include "base/unicode.h"
#include "base/value.h"
#include "secrets/secret_record.h"
#include "storage/row_ids.h"

namespace strongroom {
namespace {

constexpr std::int64_t kMaxLimit = 500;

#define STRONGROOM_SECRET_COLUMNS                                                                    \
  "s.id, s.name, s.kind, s.env_key, s.metadata, s.version, s.revision, s.created_at, s.updated_at, " \
  "(SELECT at FROM secret_access WHERE secret_id = s.id), EXISTS (SELECT 1 FROM secret_values WHERE secret_id = s.id)"

Status not_found() { return {Code::kNotFound, "there is no such secret"}; }
Status damaged() { return {Code::kCorrupt, "the record of the secret is damaged or was tampered with"}; }

bool is_kind(std::string_view kind) { return std::ranges::find(kSecretKinds, kind) != kSecretKinds.end(); }

bool is_env_key(std::string_view key) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  return !key.empty() && key.size() <= 100 && upper(key[0]) &&
         std::ranges::all_of(key, [&](char c) { return upper(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_metadata(const Metadata& metadata) {
  if (metadata.size() > kMaxMetadataPairs) return false;
  std::unordered_set<std::string_view> keys;
  return std::ranges::all_of(metadata, [&](const auto& pair) {
    return has_length(pair.first, 1, kMaxMetadataKey) && has_length(pair.second, 0, kMaxMetadataValue) &&
           pair.first != "__proto__" && keys.insert(pair.first).second;
  });
}

/// Stored as a JSON array of pairs: an object would not keep the order of keys that look like numbers in every reader.
std::string encode_metadata(const Metadata& metadata) {
  Value::Array pairs;
  for (const auto& [key, value] : metadata) pairs.push_back(Value(Value::Array{Value(key), Value(value)}));
  return to_json(Value(std::move(pairs)));
}

std::optional<Metadata> decode_metadata(std::string_view text) {
  Result<Value> value = parse_json(text, MessageLimits());
  if (!value.ok() || !value->is(Value::Kind::kArray)) return std::nullopt;
  Metadata metadata;
  for (const Value& pair : value->as_array()) {
    if (!pair.is(Value::Kind::kArray) || pair.as_array().size() != 2 || !pair.as_array()[0].is(Value::Kind::kString) ||
        !pair.as_array()[1].is(Value::Kind::kString)) {
      return std::nullopt;
    }
    metadata.emplace_back(pair.as_array()[0].as_string(), pair.as_array()[1].as_string());
  }
  if (!is_metadata(metadata)) return std::nullopt;
  return metadata;
}

bool is_counter(std::int64_t value) { return value >= 1 && value <= kMaxCounter; }
/// The present row of a SELECT of STRONGROOM_SECRET_COLUMNS; nothing if it is not one that this class writes.
std::optional<SecretInfo> info_of(const Statement& row) {
  SecretInfo info;
  info.id = row.text(0);
  info.name = row.text(1);
  info.kind = row.text(2);
  info.env_key = row.optional_text(3);
  info.version = row.integer(5);
  info.revision = row.integer(6);
  info.created_at = row.integer(7);
  info.updated_at = row.integer(8);
  info.last_accessed_at = row.optional_integer(9);
  info.has_value = row.integer(10) != 0;
  std::optional<Metadata> metadata = decode_metadata(row.text(4));
  if (!is_id(kSecretIdPrefix, info.id) || !has_length(info.name, 1, kMaxSecretName) || !is_kind(info.kind) ||
      (info.env_key && !is_env_key(*info.env_key)) || !metadata || !is_counter(info.version) ||
      !is_counter(info.revision) || !is_time(info.created_at) || !is_time(info.updated_at) ||
      (info.last_accessed_at && !is_time(*info.last_accessed_at))) {
    return std::nullopt;
  }
  info.metadata = *std::move(metadata);
  return info;
}

void check_name(const std::string& name, std::vector<Issue>& issues) {
  if (!has_length(name, 1, kMaxSecretName)) issues.push_back({"/name", "length", "a name has 1 to 100 characters"});
}

void check_kind(const std::string& kind, std::vector<Issue>& issues) {
  if (!is_kind(kind)) issues.push_back({"/kind", "enum", "this is not a kind of secret"});
}

void check_env_key(const std::optional<std::string>& key, std::vector<Issue>& issues) {
  if (key && !is_env_key(*key)) {
    issues.push_back({"/envKey", "pattern", "an env key has capital letters, digits and _, and begins with a letter"});
  }
}

void check_metadata(const Metadata& metadata, std::vector<Issue>& issues) {
  if (!is_metadata(metadata)) {
    issues.push_back({"/metadata", "metadata",
                      "metadata has at most 32 pairs, with keys of 1 to 64 and values of 0 to 1000 characters"});
  }
}

void check_value(ByteView plaintext, std::vector<Issue>& issues) {
  if (!has_length(as_text(plaintext), 1, kMaxSecretValue)) {
    issues.push_back({"/value", "length", "a value has 1 to 10000 characters"});
  }
}

Status refuse_issues(std::vector<Issue> issues) {
  return issues.empty() ? Status() : Status::invalid(std::move(issues));
}

/// A taken name or env key in the words of the API.
Status name_conflict(const Status& status) {
  if (status.code() != Code::kAlreadyExists) return status;
  if (status.detail() == "secrets.name") {
    return Status(Code::kAlreadyExists, "a secret of this name exists").with_detail("name");
  }
  if (status.detail() == "secrets.env_key") {
    return Status(Code::kAlreadyExists, "a secret with this env key exists").with_detail("envKey");
  }
  // The id of a secret: it is random, so something else is wrong.
  return damaged();
}

Status write_record(Database& database, std::string_view id, ByteView record) {
  return database
      .prepare(
          "INSERT INTO secret_values (secret_id, record) VALUES (?, ?) "
          "ON CONFLICT (secret_id) DO UPDATE SET record = excluded.record")
      .bind_all(id, record)
      .run();
}

/// What a lookup by id finds when `secrets` has no such row: a value without a secret was left by somebody's hand.
Status absent(Database& database, std::string_view id) {
  Statement orphan = database.prepare("SELECT 1 FROM secret_values WHERE secret_id = ?");
  SR_ASSIGN_OR_RETURN(const bool found, orphan.bind(1, id).step());
  return found ? damaged() : not_found();
}

}  // namespace

SqliteSecretStore::SqliteSecretStore(std::string store_id, const Clock& clock)
    : store_id_(std::move(store_id)), clock_(clock) {}

Result<SecretInfo> SqliteSecretStore::create(Database& database, const SecretDraft& draft, ByteView plaintext,
                                             const KeySet& keys) {
  std::vector<Issue> issues;
  check_name(draft.name, issues);
  check_kind(draft.kind, issues);
  check_env_key(draft.env_key, issues);
  check_metadata(draft.metadata, issues);
  check_value(plaintext, issues);
  SR_RETURN_IF_ERROR(refuse_issues(std::move(issues)));

  const std::int64_t now = clock_.now_ms();
  SR_ASSIGN_OR_RETURN(std::string id, next_row_id(database, kSecretIdPrefix, "SELECT max(id) FROM secrets", now));
  SecretInfo info{.id = std::move(id),
                  .name = draft.name,
                  .kind = draft.kind,
                  .env_key = draft.env_key,
                  .metadata = draft.metadata,
                  .has_value = true,
                  .version = 1,
                  .revision = 1,
                  .created_at = now,
                  .updated_at = now,
                  .last_accessed_at = std::nullopt};
  SR_ASSIGN_OR_RETURN(const Bytes record, seal_secret({store_id_, info.id, info.kind, info.version}, keys, plaintext));
  SR_RETURN_IF_ERROR(name_conflict(
      database
          .prepare("INSERT INTO secrets (id, name, kind, env_key, metadata, version, revision, created_at, updated_at) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind_all(std::string_view(info.id), std::string_view(info.name), std::string_view(info.kind), info.env_key,
                    std::string_view(encode_metadata(info.metadata)), info.version, info.revision, info.created_at,
                    info.updated_at)
          .run()));
  SR_RETURN_IF_ERROR(write_record(database, info.id, record));
  return info;
}

Result<SecretPage> SqliteSecretStore::list(Database& database, const SecretFilter& filter) {
  if (filter.limit < 1 || filter.limit > kMaxLimit) {
    return Status::invalid({{"/limit", "range", "a page has 1 to 500 secrets"}});
  }
  if (filter.cursor && !is_id(kSecretIdPrefix, *filter.cursor)) {
    return Status::invalid({{"/cursor", "cursor", "this is not a cursor of the list of secrets"}});
  }
  // A kind that was damaged belongs to no list but the general one, which counts it.
  Statement rows = database.prepare(
      filter.kind ? "SELECT " STRONGROOM_SECRET_COLUMNS " FROM secrets s WHERE s.id > ? AND s.kind = ? ORDER BY s.id"
                  : "SELECT " STRONGROOM_SECRET_COLUMNS " FROM secrets s WHERE s.id > ? AND s.kind <> ? ORDER BY s.id");
  rows.bind_all(std::string_view(filter.cursor ? *filter.cursor : std::string()),
                std::string_view(filter.kind ? *filter.kind : std::string(kConnectionKind)));
  SecretPage page;
  std::int64_t damaged_behind = 0;  // behind the last secret: the next page counts them, if there is one
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) {
      page.damaged += damaged_behind;
      return page;
    }
    std::optional<SecretInfo> info = info_of(rows);
    if (!info) {
      ++damaged_behind;  // takes no place, so that a cursor is always the id of a sound secret
      continue;
    }
    if (static_cast<std::int64_t>(page.items.size()) == filter.limit) {
      page.next_cursor = page.items.back().id;
      return page;
    }
    page.damaged += std::exchange(damaged_behind, 0);
    page.items.push_back(*std::move(info));
  }
}

Result<SecretInfo> SqliteSecretStore::get(Database& database, std::string_view id) {
  Statement row = database.prepare("SELECT " STRONGROOM_SECRET_COLUMNS " FROM secrets s WHERE s.id = ?");
  SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
  if (!found) return absent(database, id);
  std::optional<SecretInfo> info = info_of(row);
  if (!info) return damaged();
  return *std::move(info);
}

Result<SecretInfo> SqliteSecretStore::get_by_env_key(Database& database, std::string_view env_key) {
  Statement row = database.prepare("SELECT " STRONGROOM_SECRET_COLUMNS " FROM secrets s WHERE s.env_key = ?");
  SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, env_key).step());
  if (!found) return not_found();
  std::optional<SecretInfo> info = info_of(row);
  if (!info) return damaged();
  return *std::move(info);
}

Result<SecretInfo> SqliteSecretStore::update(Database& database, std::string_view id, const SecretChange& change,
                                             const KeySet* keys, SecureHeap& heap) {
  std::vector<Issue> issues;
  if (change.name) check_name(*change.name, issues);
  if (change.kind) check_kind(*change.kind, issues);
  if (change.env_key) check_env_key(*change.env_key, issues);
  if (change.metadata) check_metadata(*change.metadata, issues);
  SR_RETURN_IF_ERROR(refuse_issues(std::move(issues)));

  SR_ASSIGN_OR_RETURN(SecretInfo info, get(database, id));
  if (change.revision && *change.revision != info.revision) {
    return Status(Code::kConflict,
                  "the secret was changed in the meantime: its revision is " + std::to_string(info.revision));
  }
  const bool reseals = change.kind && *change.kind != info.kind;
  if (!reseals && (!change.name || *change.name == info.name) && (!change.env_key || *change.env_key == info.env_key) &&
      (!change.metadata || std::ranges::is_permutation(*change.metadata, info.metadata))) {
    return info;
  }
  if (reseals) {
    if (keys == nullptr) {
      return Status(Code::kKeyringLocked, "the kind of a secret can be changed while the store is unlocked only");
    }
    SR_ASSIGN_OR_RETURN(const SecureBuffer plaintext, open_value(database, id, *keys, heap));
    info.kind = *change.kind;
    SR_ASSIGN_OR_RETURN(const Bytes record,
                        seal_secret({store_id_, info.id, info.kind, info.version}, *keys, plaintext.view()));
    SR_RETURN_IF_ERROR(write_record(database, id, record));
  }
  if (change.name) info.name = *change.name;
  if (change.env_key) info.env_key = *change.env_key;
  if (change.metadata) info.metadata = *change.metadata;
  ++info.revision;
  info.updated_at = clock_.now_ms();
  SR_RETURN_IF_ERROR(name_conflict(
      database
          .prepare("UPDATE secrets SET name = ?, kind = ?, env_key = ?, metadata = ?, revision = ?, updated_at = ? "
                   "WHERE id = ?")
          .bind_all(std::string_view(info.name), std::string_view(info.kind), info.env_key,
                    std::string_view(encode_metadata(info.metadata)), info.revision, info.updated_at, id)
          .run()));
  return info;
}

Result<SecretInfo> SqliteSecretStore::replace_value(Database& database, std::string_view id, ByteView plaintext,
                                                    const KeySet& keys) {
  std::vector<Issue> issues;
  check_value(plaintext, issues);
  SR_RETURN_IF_ERROR(refuse_issues(std::move(issues)));

  SR_ASSIGN_OR_RETURN(SecretInfo info, get(database, id));
  ++info.version;
  ++info.revision;
  info.updated_at = clock_.now_ms();
  info.has_value = true;
  SR_ASSIGN_OR_RETURN(const Bytes record, seal_secret({store_id_, info.id, info.kind, info.version}, keys, plaintext));
  SR_RETURN_IF_ERROR(write_record(database, id, record));
  SR_RETURN_IF_ERROR(database.prepare("UPDATE secrets SET version = ?, revision = ?, updated_at = ? WHERE id = ?")
                         .bind_all(info.version, info.revision, info.updated_at, id)
                         .run());
  return info;
}

Result<SecretInfo> SqliteSecretStore::clear_value(Database& database, std::string_view id) {
  SR_ASSIGN_OR_RETURN(SecretInfo info, get(database, id));
  ++info.version;
  ++info.revision;
  info.updated_at = clock_.now_ms();
  info.has_value = false;
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM secret_values WHERE secret_id = ?").bind(1, id).run());
  SR_RETURN_IF_ERROR(database.prepare("UPDATE secrets SET version = ?, revision = ?, updated_at = ? WHERE id = ?")
                         .bind_all(info.version, info.revision, info.updated_at, id)
                         .run());
  return info;
}

Result<SecretInfo> SqliteSecretStore::remove(Database& database, std::string_view id) {
  Result<SecretInfo> info = get(database, id);
  if (!info.ok() && info.status().code() != Code::kCorrupt) return info;
  // Its time of access goes with it (ON DELETE CASCADE), and its value too unless somebody unhinged it. Freed bytes are
  // overwritten (secure_delete).
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM secrets WHERE id = ?").bind(1, id).run());
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM secret_values WHERE secret_id = ?").bind(1, id).run());
  if (info.ok()) return info;
  SecretInfo damaged_one;
  damaged_one.id = id;
  return damaged_one;
}

Result<SecureBuffer> SqliteSecretStore::open_value(Database& database, std::string_view id, const KeySet& keys,
                                                   SecureHeap& heap) {
  Statement row = database.prepare(
      "SELECT s.kind, s.version, v.record FROM secrets s LEFT JOIN secret_values v ON v.secret_id = s.id "
      "WHERE s.id = ?");
  SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
  if (!found) return absent(database, id);
  if (row.is_null(2) || !is_counter(row.integer(1)) || !is_kind(row.text(0))) return damaged();
  return open_secret({store_id_, id, row.text(0), row.integer(1)}, keys, row.blob(2), heap);
}

Status SqliteSecretStore::touch(Database& database, std::string_view id, std::int64_t at) {
  // Through `secrets`, so that a secret that is gone is no failed foreign key.
  return database
      .prepare(
          "INSERT INTO secret_access (secret_id, at) SELECT id, ?2 FROM secrets WHERE id = ?1 "
          "ON CONFLICT (secret_id) DO UPDATE SET at = excluded.at")
      .bind_all(id, at)
      .run();
}

}  // namespace strongroom
