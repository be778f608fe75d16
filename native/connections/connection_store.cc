#include "connections/connection_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/unicode.h"
#include "connections/http_url.h"
#include "crypto/hash.h"
#include "schema/equality.h"
#include "storage/row_ids.h"

namespace strongroom {
namespace {

using Kind = Value::Kind;

constexpr std::int64_t kMaxLimit = 500;
constexpr std::size_t kMaxPageFields = 1U << 20;  // bytes
constexpr std::size_t kMaxFields = 64;
constexpr std::size_t kMaxText = 10000;
constexpr std::size_t kMaxMessage = 500;
constexpr std::size_t kMaxIssues = 64;

#define STRONGROOM_CONNECTION_COLUMNS                                                                          \
  "c.id, c.provider_id, c.scope, c.workspace_id, c.display_name, c.revision, c.created_at, c.updated_at, "     \
  "c.generation, c.mac, c.fields, (SELECT at FROM connection_access WHERE connection_id = c.id), t.at, t.ok, " \
  "t.message, t.duration_ms, c.terms, c.places"

Status not_found() { return {Code::kNotFound, "there is no such connection"}; }
Status damaged() { return {Code::kCorrupt, "the record of the connection is damaged or was tampered with"}; }

bool is_counter(std::int64_t value) { return value >= 1 && value <= kMaxCounter; }

bool is_field_value(const Value& value) {
  if (value.is(Kind::kString)) return has_length(value.as_string(), 0, kMaxText);
  return value.is(Kind::kBool) || (value.is(Kind::kNumber) && std::isfinite(value.as_number()));
}

std::optional<ConnectionScope> scope_of(std::string_view name) {
  if (name == scope_name(ConnectionScope::kUser)) return ConnectionScope::kUser;
  if (name == scope_name(ConnectionScope::kWorkspace)) return ConnectionScope::kWorkspace;
  return std::nullopt;
}

std::optional<Value> decode_fields(std::string_view text) {
  const MessageLimits limits{.bytes = 4U << 20, .depth = 1, .values = kMaxFields + 1};
  Result<Value> fields = parse_json(text, limits);
  if (!fields.ok() || !fields->is(Kind::kObject) || fields->as_object().size() > kMaxFields) return std::nullopt;
  for (const auto& [name, value] : fields->as_object()) {
    if (!is_field_name(name) || !is_field_value(value)) return std::nullopt;
  }
  return *std::move(fields);
}

/// A connection as it is stored, with what its MAC is about.
struct Record {
  ConnectionInfo info;
  std::string fields_json;
  std::int64_t generation = 0;
  Bytes mac;
};

/// doc/formats.md, "Connection".
Digest256 mac_of(std::string_view store_id, const ConnectionInfo& info, std::string_view fields_json,
                 const Subkeys& keys) {
  Bytes message;
  append(message, as_bytes("strongroom/connection/v1"));
  append_lp(message, as_bytes(store_id));
  append_lp(message, as_bytes(info.id));
  append_lp(message, as_bytes(info.provider_id));
  append_lp(message, as_bytes(scope_name(info.scope)));
  if (info.workspace_id) {
    append_lp(message, as_bytes(*info.workspace_id));
  } else {
    append_lp_null(message);
  }
  append_lp(message, as_bytes(info.display_name));
  append_lp(message, as_bytes(fields_json));
  append_u32(message, static_cast<std::uint32_t>(info.secrets.size()));
  for (const auto& [field, secret] : info.secrets) {
    append_lp(message, as_bytes(field));
    append_lp(message, as_bytes(secret.secret_id));
  }
  append_u64(message, static_cast<std::uint64_t>(info.revision));
  append_u64(message, static_cast<std::uint64_t>(info.created_at));
  append_u64(message, static_cast<std::uint64_t>(info.updated_at));
  append(message, info.terms);
  append(message, info.places);
  return hmac_sha256(keys.record_mac.view(), message);
}

std::optional<ConnectionTestResult> test_of(const Statement& row, bool& sound) {
  sound = true;
  if (row.is_null(12)) return std::nullopt;
  ConnectionTestResult test;
  test.at = row.integer(12);
  test.ok = row.integer(13) != 0;
  test.message = row.text(14);
  test.duration_ms = row.integer(15);
  sound = is_time(test.at) && has_length(test.message, 0, kMaxMessage) && test.duration_ms >= 0 &&
          test.duration_ms <= kMaxCounter;
  return test;
}

/// The present row of a SELECT of STRONGROOM_CONNECTION_COLUMNS, without its secrets; nothing if it is not one that
/// this class writes.
std::optional<Record> record_of(const Statement& row) {
  Record record;
  ConnectionInfo& info = record.info;
  info.id = row.text(0);
  info.provider_id = row.text(1);
  const std::optional<ConnectionScope> scope = scope_of(row.text(2));
  info.workspace_id = row.optional_text(3);
  info.display_name = row.text(4);
  info.revision = row.integer(5);
  info.created_at = row.integer(6);
  info.updated_at = row.integer(7);
  record.generation = row.integer(8);
  const ByteView mac = row.blob(9);
  record.mac.assign(mac.begin(), mac.end());
  record.fields_json = row.text(10);
  info.last_used_at = row.optional_integer(11);
  const ByteView terms = row.blob(16);
  const ByteView places = row.blob(17);
  if (terms.size() != info.terms.size() || places.size() != info.places.size()) return std::nullopt;
  std::ranges::copy(terms, info.terms.begin());
  std::ranges::copy(places, info.places.begin());
  bool sound = false;
  info.last_test = test_of(row, sound);
  std::optional<Value> fields = decode_fields(record.fields_json);
  if (!sound || !is_id(kConnectionIdPrefix, info.id) || !is_provider_id(info.provider_id) || !scope ||
      (*scope == ConnectionScope::kWorkspace) != info.workspace_id.has_value() ||
      (info.workspace_id && !has_length(*info.workspace_id, 1, 200)) || !has_length(info.display_name, 1, 100) ||
      !is_counter(info.revision) || !is_time(info.created_at) || !is_time(info.updated_at) || !fields ||
      (info.last_used_at && !is_time(*info.last_used_at))) {
    return std::nullopt;
  }
  info.scope = *scope;
  info.fields = *std::move(fields);
  return record;
}

ConnectionSecret shown(const SecretInfo& secret) {
  return {.secret_id = secret.id,
          .has_value = secret.has_value,
          .version = secret.version,
          .updated_at = secret.updated_at};
}

/// What the connection says of its secrets. CORRUPT if one is gone or damaged.
Status read_secrets(Database& database, SecretStore& secrets, ConnectionInfo& info) {
  Statement rows = database.prepare("SELECT field, secret_id FROM connection_secrets WHERE connection_id = ?");
  rows.bind(1, std::string_view(info.id));
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) return {};
    const std::string field(rows.text(0));
    const std::string id(rows.text(1));
    const Result<SecretInfo> secret = secrets.get(database, id);
    if (!secret.ok()) {
      const Code code = secret.status().code();
      return code == Code::kNotFound || code == Code::kCorrupt ? damaged() : secret.status();
    }
    if (!is_field_name(field) || secret->kind != kConnectionKind) return damaged();
    info.secrets[field] = shown(*secret);
  }
}

Result<Record> read(Database& database, SecretStore& secrets, std::string_view id) {
  Statement row = database.prepare("SELECT " STRONGROOM_CONNECTION_COLUMNS
                                   " FROM connections c LEFT JOIN connection_tests t ON t.connection_id = c.id "
                                   "WHERE c.id = ?");
  SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
  if (!found) return not_found();
  std::optional<Record> record = record_of(row);
  if (!record) return damaged();
  SR_RETURN_IF_ERROR(read_secrets(database, secrets, record->info));
  return *std::move(record);
}

Result<Record> read_verified(Database& database, SecretStore& secrets, std::string_view store_id, std::string_view id,
                             const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(Record record, read(database, secrets, id));
  const Subkeys* const subkeys =
      record.generation >= 0 && record.generation <= std::numeric_limits<std::uint32_t>::max()
          ? keys.of(static_cast<std::uint32_t>(record.generation))
          : nullptr;
  if (subkeys == nullptr ||
      !equal_in_constant_time(mac_of(store_id, record.info, record.fields_json, *subkeys), record.mac)) {
    return damaged();
  }
  return record;
}

void add_issue(std::vector<Issue>& issues, Issue issue) {
  if (issues.size() < kMaxIssues) issues.push_back(std::move(issue));
}

void check_display_name(const std::string& name, std::vector<Issue>& issues) {
  if (!has_length(name, 1, 100)) add_issue(issues, {"/displayName", "length", "a name has 1 to 100 characters"});
}

void check_place(const ConnectionDraft& draft, std::vector<Issue>& issues) {
  const bool workspace = draft.scope == ConnectionScope::kWorkspace;
  if (workspace && !draft.workspace_id) {
    add_issue(issues, {"/workspaceId", "required", "a connection of a workspace names the workspace"});
  } else if (!workspace && draft.workspace_id) {
    add_issue(issues, {"/workspaceId", "not_allowed", "a connection of the user belongs to no workspace"});
  } else if (draft.workspace_id && !has_length(*draft.workspace_id, 1, 200)) {
    add_issue(issues, {"/workspaceId", "length", "the id of a workspace has 1 to 200 characters"});
  }
}

/// The fields without those that are undefined, if nothing is wrong with them.
Value check_fields(const Provider& provider, const Value& fields, std::vector<Issue>& issues) {
  if (!fields.is(Kind::kObject)) {
    add_issue(issues, {"/fields", "type", "must be an object"});
    return {};
  }
  Value::Object present;  // what is stored
  Value::Object judged;   // what the schema is to judge
  for (const auto& [name, value] : fields.as_object()) {
    if (value.is(Kind::kUndefined)) continue;
    const std::string path = pointer_child("/fields", name);
    if (provider.is_secret(name)) {
      add_issue(issues, {path, "secret_field", "this field is a secret; it belongs among the secrets"});
      continue;
    }
    if (value.is(Kind::kString) && !has_length(value.as_string(), 0, kMaxText)) {
      add_issue(issues, {path, "max_length", "must be text of at most 10000 characters"});
    }
    // A secret would be judged as the string that it is.
    judged.emplace_back(name, value.is(Kind::kSecret) ? Value() : value);
    present.emplace_back(name, value);
  }
  std::vector<Issue> refused;
  provider.fields.validate(Value(std::move(judged)), &refused);
  for (Issue& issue : refused) {
    add_issue(issues, {"/fields" + issue.path, std::move(issue.code), std::move(issue.message)});
  }
  return Value(std::move(present));
}

/// One secret's value, at `path`.
void check_secret(const Provider& provider, const std::string& field, const Value& value, const std::string& path,
                  std::vector<Issue>& issues) {
  if (!value.is(Kind::kSecret)) {
    return add_issue(issues, {path, "type", "must be text"});
  }
  const SecretText& text = value.as_secret();
  if (!has_length(as_text(text.utf8.view()), 1, kMaxSecretValue)) {
    return add_issue(issues, {path, "length", "a secret has 1 to 10000 characters"});
  }
  std::vector<Issue> refused;
  provider.secrets.at(field).validate(value, &refused);
  for (Issue& issue : refused) add_issue(issues, {path + issue.path, std::move(issue.code), std::move(issue.message)});
}

bool has_field(const Provider& provider, std::string_view name) {
  const Value* properties = provider.schema.find("properties");
  return properties != nullptr && properties->find(name) != nullptr;
}

Issue no_secret_field(const Provider& provider, std::string_view field, std::string path) {
  if (has_field(provider, field)) {
    return {std::move(path), "not_a_secret", "this field is no secret; it belongs among the fields"};
  }
  return {std::move(path), "unknown_field", "the provider has no secret of this name"};
}

void check_secrets(const Provider& provider, const Value& secrets, std::vector<Issue>& issues) {
  if (!secrets.is(Kind::kObject)) return add_issue(issues, {"/secrets", "type", "must be an object"});
  for (const auto& [name, value] : secrets.as_object()) {
    if (value.is(Kind::kUndefined)) continue;
    const std::string path = pointer_child("/secrets", name);
    if (provider.is_secret(name)) {
      check_secret(provider, name, value, path, issues);
    } else {
      add_issue(issues, no_secret_field(provider, name, path));
    }
  }
  for (const std::string& name : provider.required_secrets) {
    if (secrets.find(name) == nullptr) add_issue(issues, {"/secrets/" + name, "required", "is required"});
  }
}

Status refuse_issues(std::vector<Issue> issues) {
  return issues.empty() ? Status() : Status::invalid(std::move(issues));
}

/// What a person accepts is what was shown, not what it has become since.
Status check_shown(const std::optional<std::string>& shown_terms, const std::string& present) {
  if (!shown_terms || *shown_terms == present) return {};
  return Status(Code::kConflict, "how or where the secret is sent was changed in the meantime; look at it again")
      .with_detail("terms-changed");
}

/// Whether two sets of fields say the same, in whatever order.
bool same_fields(const Value& a, const Value& b) {
  WorkBudget unbounded(std::numeric_limits<std::uint64_t>::max());  // what a schema let through is small
  return json_equal(a, b, unbounded);
}

bool has_any_value(const ConnectionInfo& info) {
  return std::ranges::any_of(info.secrets, [](const auto& entry) { return entry.second.has_value; });
}

/// Writes the row anew, signed.
Status write(Database& database, std::string_view store_id, const ConnectionInfo& info, std::string_view fields_json,
             const KeySet& keys) {
  const Digest256 mac = mac_of(store_id, info, fields_json, keys.active());
  return database
      .prepare(
          "UPDATE connections SET display_name = ?, fields = ?, revision = ?, updated_at = ?, generation = ?, "
          "mac = ?, terms = ?, places = ? WHERE id = ?")
      .bind_all(std::string_view(info.display_name), fields_json, info.revision, info.updated_at,
                static_cast<std::int64_t>(keys.active_generation()), ByteView(mac), ByteView(info.terms),
                ByteView(info.places), std::string_view(info.id))
      .run();
}

Status create_secret(Database& database, SecretStore& secrets, const std::string& field, const Value& value,
                     const KeySet& keys, ConnectionInfo& info) {
  const SecretDraft draft{
      .name = info.id + "/" + field, .kind = std::string(kConnectionKind), .env_key = std::nullopt, .metadata = {}};
  SR_ASSIGN_OR_RETURN(const SecretInfo secret, secrets.create(database, draft, value.as_secret().utf8.view(), keys));
  info.secrets[field] = shown(secret);
  return {};
}

Status refer_to_secret(Database& database, const ConnectionInfo& info, const std::string& field) {
  return database.prepare("INSERT INTO connection_secrets (connection_id, field, secret_id) VALUES (?, ?, ?)")
      .bind_all(std::string_view(info.id), std::string_view(field), std::string_view(info.secrets.at(field).secret_id))
      .run();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::string_view scope_name(ConnectionScope scope) { return scope == ConnectionScope::kUser ? "user" : "workspace"; }

std::string connection_ids_sql(const ConnectionFilter& filter) {
  // Constant pieces, so few texts, each prepared once.
  const auto arm = [&](std::string_view place) {
    std::string sql = "SELECT id FROM connections WHERE id > ?1";
    sql += place;
    if (filter.provider_id) sql += " AND provider_id = ?2";
    if (filter.visible_providers) sql += " AND provider_id IN (SELECT value FROM json_each(?3))";
    if (filter.search) sql += " AND instr(lower(display_name), ?4) > 0";
    return sql;
  };
  constexpr std::string_view kUser = " AND scope = 'user'";
  constexpr std::string_view kThisWorkspace = " AND scope = 'workspace' AND workspace_id = ?5";
  std::string sql;
  if (filter.workspace_id) {
    // Two walks that are in order already, merged.
    if (filter.scope != ConnectionScope::kWorkspace) sql = arm(kUser);
    if (!filter.scope) sql += " UNION ALL ";
    if (filter.scope != ConnectionScope::kUser) sql += arm(kThisWorkspace);
  } else if (filter.scope) {
    sql = arm(*filter.scope == ConnectionScope::kUser ? kUser : " AND scope = 'workspace'");
  } else {
    sql = arm("");
  }
  return sql + " ORDER BY id";
}

Digest256 places_of(const ConnectionInfo& connection) {
  std::map<std::string, std::string> origins;  // by field
  if (connection.fields.is(Kind::kObject)) {
    for (const auto& [name, value] : connection.fields.as_object()) {
      if (!value.is(Kind::kString)) continue;
      if (const Result<HttpUrl> url = parse_http_url(value.as_string(), ""); url.ok()) origins[name] = url->origin();
    }
  }
  Bytes message;
  append(message, as_bytes("strongroom/places/v1"));
  append_u32(message, static_cast<std::uint32_t>(origins.size()));
  for (const auto& [field, origin] : origins) {
    append_lp(message, as_bytes(field));
    append_lp(message, as_bytes(origin));
  }
  return sha256(message);
}

Digest256 access_terms(const Provider& provider, const ConnectionInfo& connection) {
  Bytes message;
  append(message, as_bytes("strongroom/access-terms/v1"));
  append(message, provider_terms(provider));
  append(message, places_of(connection));
  return sha256(message);
}

std::string terms_digest(const Provider& provider, const ConnectionInfo& connection) {
  return to_hex(access_terms(provider, connection));
}

std::string terms_digest(const Provider& provider) { return to_hex(provider_terms(provider)); }

bool places_confirmed(const ConnectionInfo& connection) { return connection.places == places_of(connection); }

std::vector<Issue> attention_of(const ConnectionInfo& connection, const Provider& provider) {
  std::vector<Issue> issues;
  // First what says where the secret goes: of a provider that changed much, only so many issues are listed.
  if (has_any_value(connection)) {
    if (connection.terms != provider_terms(provider)) {
      add_issue(issues, {"", "terms_changed",
                         "the provider changed how or where the secret is sent; save the connection to accept that"});
    }
    if (!places_confirmed(connection)) {
      const auto with_value =
          std::ranges::find_if(connection.secrets, [](const auto& entry) { return entry.second.has_value; });
      const std::string& field = provider.auth ? provider.auth->field : with_value->first;
      add_issue(issues, {"/secrets/" + field, "place_changed",
                         "the address was changed; enter the secret again to have it sent there"});
    }
  }
  check_fields(provider, connection.fields, issues);
  for (const auto& [field, secret] : connection.secrets) {
    if (secret.has_value && !provider.is_secret(field)) {
      add_issue(issues, no_secret_field(provider, field, pointer_child("/secrets", field)));
    }
  }
  for (const std::string& field : provider.required_secrets) {
    const auto found = connection.secrets.find(field);
    if (found == connection.secrets.end() || !found->second.has_value) {
      add_issue(issues, {"/secrets/" + field, "required", "is required"});
    }
  }
  return issues;
}

ConnectionStore::ConnectionStore(std::string store_id, const Clock& clock, SecretStore& secrets, std::int64_t most)
    : store_id_(std::move(store_id)), clock_(clock), secrets_(secrets), most_(most) {}

Result<ConnectionInfo> ConnectionStore::create(Database& database, const Provider& provider,
                                               const ConnectionDraft& draft, const KeySet& keys) {
  SR_RETURN_IF_ERROR(check_shown(draft.shown_terms, terms_digest(provider)));
  std::vector<Issue> issues;
  check_display_name(draft.display_name, issues);
  check_place(draft, issues);
  Value fields = check_fields(provider, draft.fields, issues);
  check_secrets(provider, draft.secrets, issues);
  SR_RETURN_IF_ERROR(refuse_issues(std::move(issues)));
  {
    // Counting takes time where there are many. A rowid is never below the number of rows.
    Statement count = database.prepare(
        "SELECT CASE WHEN (SELECT max(rowid) FROM connections) >= ?1 THEN (SELECT count(*) FROM connections) "
        "ELSE 0 END");
    SR_RETURN_IF_ERROR(count.bind(1, most_).step().status());
    if (count.integer(0) >= most_) {
      return Status(Code::kLimitExceeded, "a store has at most " + std::to_string(most_) + " connections");
    }
  }

  ConnectionInfo info;
  info.created_at = clock_.now_ms();
  info.updated_at = info.created_at;
  SR_ASSIGN_OR_RETURN(info.id,
                      next_row_id(database, kConnectionIdPrefix, "SELECT max(id) FROM connections", info.created_at));
  info.provider_id = provider.id;
  info.scope = draft.scope;
  info.workspace_id = draft.workspace_id;
  info.display_name = draft.display_name;
  info.fields = std::move(fields);
  info.revision = 1;
  for (const auto& [field, value] : draft.secrets.as_object()) {
    if (value.is(Kind::kUndefined)) continue;
    SR_RETURN_IF_ERROR(create_secret(database, secrets_, field, value, keys, info));
  }
  info.terms = provider_terms(provider);
  info.places = places_of(info);
  const std::string fields_json = to_json(info.fields);
  const Digest256 mac = mac_of(store_id_, info, fields_json, keys.active());
  SR_RETURN_IF_ERROR(
      database
          .prepare("INSERT INTO connections (id, provider_id, scope, workspace_id, display_name, revision, created_at, "
                   "updated_at, generation, mac, terms, places, fields) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind_all(std::string_view(info.id), std::string_view(info.provider_id), scope_name(info.scope),
                    info.workspace_id, std::string_view(info.display_name), info.revision, info.created_at,
                    info.updated_at, static_cast<std::int64_t>(keys.active_generation()), ByteView(mac),
                    ByteView(info.terms), ByteView(info.places), std::string_view(fields_json))
          .run());
  for (const auto& [field, secret] : info.secrets) SR_RETURN_IF_ERROR(refer_to_secret(database, info, field));
  return info;
}

Result<ConnectionPage> ConnectionStore::list(Database& database, const ConnectionFilter& filter) {
  if (filter.limit < 1 || filter.limit > kMaxLimit) {
    return Status::invalid({{"/limit", "range", "a page has 1 to 500 connections"}});
  }
  if (filter.cursor && !is_id(kConnectionIdPrefix, *filter.cursor)) {
    return Status::invalid({{"/cursor", "cursor", "this is not a cursor of the list of connections"}});
  }
  Statement ids = database.prepare(connection_ids_sql(filter));
  ids.bind(1, std::string_view(filter.cursor ? *filter.cursor : std::string()));
  if (filter.provider_id) ids.bind(2, std::string_view(*filter.provider_id));
  if (filter.visible_providers) {
    ids.bind(3, std::string_view(
                    to_json(Value(Value::Array(filter.visible_providers->begin(), filter.visible_providers->end())))));
  }
  if (filter.search) ids.bind(4, std::string_view(lower(*filter.search)));
  if (filter.workspace_id && filter.scope != ConnectionScope::kUser)
    ids.bind(5, std::string_view(*filter.workspace_id));
  ConnectionPage page;
  std::size_t fields = 0;
  std::int64_t damaged_behind = 0;  // behind the last connection: the next page counts them, if there is one
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, ids.step());
    if (!more) {
      page.damaged += damaged_behind;
      return page;
    }
    Result<Record> record = read(database, secrets_, ids.text(0));
    if (!record.ok()) {
      if (record.status().code() != Code::kCorrupt) return record.status();
      ++damaged_behind;  // takes no place, so that a cursor is always the id of a sound connection
      continue;
    }
    fields += record->fields_json.size();
    if (static_cast<std::int64_t>(page.items.size()) == filter.limit ||
        (fields > kMaxPageFields && !page.items.empty())) {
      page.next_cursor = page.items.back().id;
      return page;
    }
    page.damaged += std::exchange(damaged_behind, 0);
    page.items.push_back(std::move(record->info));
  }
}

Result<ConnectionInfo> ConnectionStore::get(Database& database, std::string_view id) {
  SR_ASSIGN_OR_RETURN(Record record, read(database, secrets_, id));
  return std::move(record.info);
}

Result<ConnectionInfo> ConnectionStore::get_verified(Database& database, std::string_view id, const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(Record record, read_verified(database, secrets_, store_id_, id, keys));
  return std::move(record.info);
}

Result<ConnectionInfo> ConnectionStore::resolve(Database& database, std::string_view provider_id,
                                                const std::optional<std::string>& workspace_id) {
  std::string id;
  if (workspace_id) {
    Statement row = database.prepare(
        "SELECT id FROM connections WHERE provider_id = ? AND scope = 'workspace' AND workspace_id = ? "
        "ORDER BY id LIMIT 1");
    SR_ASSIGN_OR_RETURN(const bool found, row.bind_all(provider_id, std::string_view(*workspace_id)).step());
    if (found) id = row.text(0);
  }
  if (id.empty()) {
    Statement row = database.prepare(
        "SELECT id FROM connections WHERE provider_id = ? AND scope = 'user' AND workspace_id IS NULL "
        "ORDER BY id LIMIT 1");
    SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, provider_id).step());
    if (!found) return not_found();
    id = row.text(0);
  }
  return get(database, id);
}

Result<ConnectionInfo> ConnectionStore::update(Database& database, const Provider& provider, std::string_view id,
                                               const ConnectionChange& change, const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(Record record, read_verified(database, secrets_, store_id_, id, keys));
  ConnectionInfo& info = record.info;
  if (change.revision != info.revision) {
    return Status(Code::kConflict,
                  "the connection was changed in the meantime: its revision is " + std::to_string(info.revision));
  }
  SR_RETURN_IF_ERROR(check_shown(change.shown_terms, terms_digest(provider, info)));
  std::vector<Issue> issues;
  if (change.display_name) check_display_name(*change.display_name, issues);
  Value fields;
  if (change.fields) fields = check_fields(provider, *change.fields, issues);
  SR_RETURN_IF_ERROR(refuse_issues(std::move(issues)));
  bool changed = false;
  if (change.display_name && *change.display_name != info.display_name) {
    info.display_name = *change.display_name;
    changed = true;
  }
  if (change.fields && !same_fields(fields, info.fields)) {
    info.fields = std::move(fields);
    record.fields_json = to_json(info.fields);
    changed = true;
  }
  const Digest256 terms = provider_terms(provider);  // saving says that they are known
  const Digest256 places = has_any_value(info) ? info.places : places_of(info);
  if (!changed && info.terms == terms && info.places == places) return std::move(info);
  info.terms = terms;
  info.places = places;
  ++info.revision;
  info.updated_at = clock_.now_ms();
  SR_RETURN_IF_ERROR(write(database, store_id_, info, record.fields_json, keys));
  return std::move(info);
}

Result<ConnectionInfo> ConnectionStore::set_secret(Database& database, const Provider& provider, std::string_view id,
                                                   std::string_view field, const Value& value, const KeySet& keys,
                                                   const std::optional<std::string>& shown_terms) {
  SR_ASSIGN_OR_RETURN(Record record, read_verified(database, secrets_, store_id_, id, keys));
  ConnectionInfo& info = record.info;
  SR_RETURN_IF_ERROR(check_shown(shown_terms, terms_digest(provider, info)));
  const std::string name(field);
  std::vector<Issue> issues;
  if (!provider.is_secret(field)) {
    issues.push_back(no_secret_field(provider, field, "/field"));
  } else {
    check_secret(provider, name, value, "/value", issues);
  }
  SR_RETURN_IF_ERROR(refuse_issues(std::move(issues)));
  if (const auto found = info.secrets.find(name); found != info.secrets.end()) {
    ConnectionSecret& secret = found->second;
    SR_ASSIGN_OR_RETURN(const SecretInfo replaced,
                        secrets_.replace_value(database, secret.secret_id, value.as_secret().utf8.view(), keys));
    secret = shown(replaced);
  } else {
    SR_RETURN_IF_ERROR(create_secret(database, secrets_, name, value, keys, info));
    SR_RETURN_IF_ERROR(refer_to_secret(database, info, name));
  }
  // The one that is sent somewhere decides for where it was entered.
  if (!provider.auth || provider.auth->field == field) {
    info.terms = provider_terms(provider);
    info.places = places_of(info);
  }
  ++info.revision;
  info.updated_at = clock_.now_ms();
  SR_RETURN_IF_ERROR(write(database, store_id_, info, record.fields_json, keys));
  return std::move(info);
}

Result<ConnectionInfo> ConnectionStore::clear_secret(Database& database, const Provider& provider, std::string_view id,
                                                     std::string_view field, const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(Record record, read_verified(database, secrets_, store_id_, id, keys));
  ConnectionInfo& info = record.info;
  const auto found = info.secrets.find(std::string(field));
  if (found == info.secrets.end() && !provider.is_secret(field)) {
    return Status::invalid({no_secret_field(provider, field, "/field")});
  }
  if (found == info.secrets.end() || !found->second.has_value) return std::move(info);
  ConnectionSecret& secret = found->second;
  SR_ASSIGN_OR_RETURN(const SecretInfo cleared, secrets_.clear_value(database, secret.secret_id));
  secret = shown(cleared);
  ++info.revision;
  info.updated_at = clock_.now_ms();
  SR_RETURN_IF_ERROR(write(database, store_id_, info, record.fields_json, keys));
  return std::move(info);
}

Status ConnectionStore::remove(Database& database, std::string_view id) {
  std::string provider_id;
  {
    Statement row = database.prepare("SELECT provider_id FROM connections WHERE id = ?");
    SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
    if (!found) return not_found();
    provider_id = row.text(0);
  }
  std::vector<std::string> secrets;
  {
    Statement rows = database.prepare("SELECT secret_id FROM connection_secrets WHERE connection_id = ?");
    rows.bind(1, id);
    while (true) {
      SR_ASSIGN_OR_RETURN(const bool more, rows.step());
      if (!more) break;
      secrets.emplace_back(rows.text(0));
    }
  }
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM connections WHERE id = ?").bind(1, id).run());
  // Where foreign keys were off when somebody unhinged it, this row is still there.
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM connection_secrets WHERE connection_id = ?").bind(1, id).run());
  for (const std::string& secret_id : secrets) {
    const Result<SecretInfo> secret = secrets_.get(database, secret_id);
    // An edited row may name a secret that is not the connection's.
    const bool other = secret.ok() ? secret->kind != kConnectionKind : secret.status().code() != Code::kCorrupt;
    if (other) {
      if (!secret.ok() && secret.status().code() != Code::kNotFound) return secret.status();
      continue;
    }
    SR_RETURN_IF_ERROR(secrets_.remove(database, secret_id).status());
  }
  return database
      .prepare(
          "DELETE FROM providers WHERE id = ?1 AND registered = 0 AND "
          "NOT EXISTS (SELECT 1 FROM connections WHERE provider_id = ?1)")
      .bind(1, std::string_view(provider_id))
      .run();
}

Status ConnectionStore::touch(Database& database, std::string_view id, std::int64_t at) {
  // Through `connections`, so that one that is gone is no failed foreign key.
  return database
      .prepare(
          "INSERT INTO connection_access (connection_id, at) SELECT id, ?2 FROM connections WHERE id = ?1 "
          "ON CONFLICT (connection_id) DO UPDATE SET at = excluded.at")
      .bind_all(id, at)
      .run();
}

Status ConnectionStore::record_test(Database& database, std::string_view id, const ConnectionTestResult& result) {
  if (!count_code_points(result.message)) {
    return Status::invalid({{"/message", "type", "the message of a test is text"}});
  }
  SR_RETURN_IF_ERROR(
      database
          .prepare("INSERT INTO connection_tests (connection_id, at, ok, message, duration_ms) "
                   "SELECT id, ?2, ?3, ?4, ?5 FROM connections WHERE id = ?1 ON CONFLICT (connection_id) DO UPDATE SET "
                   "at = excluded.at, ok = excluded.ok, message = excluded.message, duration_ms = excluded.duration_ms")
          .bind_all(id, result.at, static_cast<std::int64_t>(result.ok ? 1 : 0),
                    first_code_points(result.message, kMaxMessage), std::max<std::int64_t>(0, result.duration_ms))
          .run());
  return database.changes() > 0 ? Status() : not_found();
}

}  // namespace strongroom
