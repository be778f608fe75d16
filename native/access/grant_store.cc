#include "access/grant_store.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/unicode.h"
#include "connections/provider.h"
#include "storage/row_ids.h"

namespace strongroom {
namespace {

constexpr std::int64_t kMaxLimit = 500;
constexpr std::string_view kMacPrefix = "strongroom/grant/v1";

#define STRONGROOM_GRANT_COLUMNS                                                                              \
  "id, principal_id, role, connection_id, field, decision, lifetime, reason, terms, created_at, expires_at, " \
  "last_used_at, generation, mac"
constexpr int kGenerationColumn = 12;
constexpr int kMacColumn = 13;

Status not_found() { return {Code::kNotFound, "there is no such grant"}; }
Status damaged() { return {Code::kCorrupt, "the record of the grant is damaged or was tampered with"}; }

/// The present row of a SELECT of STRONGROOM_GRANT_COLUMNS; nothing if it is not one that this class writes.
std::optional<Grant> grant_of(const Statement& row) {
  Grant grant;
  grant.id = row.text(0);
  grant.principal.id = row.text(1);
  grant.principal.role = row.text(2);
  grant.connection_id = row.text(3);
  grant.field = row.text(4);
  const std::string_view decision = row.text(5);
  const std::string_view lifetime = row.text(6);
  grant.allow = decision == "allow";
  grant.once = lifetime == "once";
  grant.reason = row.text(7);
  const ByteView terms = row.blob(8);
  grant.created_at = row.integer(9);
  grant.expires_at = row.optional_integer(10);
  grant.last_used_at = row.optional_integer(11);
  if (!is_id(kGrantIdPrefix, grant.id) || !has_length(grant.principal.id, 1, 200) ||
      (grant.principal.role != "extension" && grant.principal.role != "tool") || !is_id("con_", grant.connection_id) ||
      !is_field_name(grant.field) || (!grant.allow && decision != "deny") || (!grant.once && lifetime != "always") ||
      (grant.once && !grant.allow) || grant.once != grant.expires_at.has_value() || !has_length(grant.reason, 1, 500) ||
      terms.size() != grant.terms.size() || !is_time(grant.created_at) ||
      (grant.expires_at && !is_time(*grant.expires_at)) || (grant.last_used_at && !is_time(*grant.last_used_at))) {
    return std::nullopt;
  }
  std::ranges::copy(terms, grant.terms.begin());
  return grant;
}

/// The MAC covers what the grant allows and for how long; not the time of its last use, which changes with every use.
Digest256 mac_of(std::string_view store_id, const Grant& grant, const Subkeys& keys) {
  Bytes message;
  append(message, as_bytes(kMacPrefix));
  for (const std::string_view text :
       {store_id, std::string_view(grant.id), std::string_view(grant.principal.role),
        std::string_view(grant.principal.id), std::string_view(grant.connection_id), std::string_view(grant.field),
        std::string_view(grant.allow ? "allow" : "deny"), std::string_view(grant.once ? "once" : "always"),
        std::string_view(grant.reason)}) {
    append_lp(message, as_bytes(text));
  }
  append_lp(message, grant.terms);
  append_u64(message, static_cast<std::uint64_t>(grant.created_at));
  append_u64(message, static_cast<std::uint64_t>(grant.expires_at.value_or(0)));
  return hmac_sha256(keys.record_mac.view(), message);
}

/// The present row, if its MAC is right.
Result<Grant> verified(std::string_view store_id, const Statement& row, const KeySet& keys) {
  const std::optional<Grant> grant = grant_of(row);
  if (!grant) return damaged();
  const std::int64_t generation = row.integer(kGenerationColumn);
  const Subkeys* const subkeys = generation >= 0 && generation <= std::numeric_limits<std::uint32_t>::max()
                                     ? keys.of(static_cast<std::uint32_t>(generation))
                                     : nullptr;
  if (subkeys == nullptr || !equal_in_constant_time(mac_of(store_id, *grant, *subkeys), row.blob(kMacColumn))) {
    return damaged();
  }
  return *grant;
}

}  // namespace

GrantStore::GrantStore(std::string store_id, const Clock& clock) : store_id_(std::move(store_id)), clock_(clock) {}

Result<Grant> GrantStore::insert(Database& database, const GrantDraft& draft, const KeySet& keys) {
  Grant grant;
  grant.created_at = clock_.now_ms();
  SR_ASSIGN_OR_RETURN(grant.id, next_row_id(database, kGrantIdPrefix, "SELECT max(id) FROM grants", grant.created_at));
  grant.principal = draft.principal;
  grant.connection_id = draft.connection_id;
  grant.field = draft.field;
  grant.allow = draft.allow;
  grant.once = draft.once;
  grant.reason = draft.reason;
  grant.terms = draft.terms;
  grant.expires_at = draft.expires_at;
  if (!grant.once) {
    SR_RETURN_IF_ERROR(database
                           .prepare("DELETE FROM grants WHERE principal_id = ? AND role = ? AND connection_id = ? AND "
                                    "field = ? AND lifetime = 'always'")
                           .bind_all(std::string_view(grant.principal.id), std::string_view(grant.principal.role),
                                     std::string_view(grant.connection_id), std::string_view(grant.field))
                           .run());
  }
  const Digest256 mac = mac_of(store_id_, grant, keys.active());
  SR_RETURN_IF_ERROR(database
                         .prepare("INSERT INTO grants (" STRONGROOM_GRANT_COLUMNS
                                  ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                         .bind_all(std::string_view(grant.id), std::string_view(grant.principal.id),
                                   std::string_view(grant.principal.role), std::string_view(grant.connection_id),
                                   std::string_view(grant.field), std::string_view(grant.allow ? "allow" : "deny"),
                                   std::string_view(grant.once ? "once" : "always"), std::string_view(grant.reason),
                                   ByteView(grant.terms), grant.created_at, grant.expires_at, grant.last_used_at,
                                   static_cast<std::int64_t>(keys.active_generation()), ByteView(mac))
                         .run());
  return grant;
}

Result<std::optional<Grant>> GrantStore::standing(Database& database, const Principal& principal,
                                                  std::string_view connection_id, std::string_view field,
                                                  const KeySet& keys) {
  Statement row =
      database.prepare("SELECT " STRONGROOM_GRANT_COLUMNS
                       " FROM grants WHERE principal_id = ? AND role = ? AND connection_id = ? AND field = ? "
                       "AND lifetime = 'always'");
  row.bind_all(std::string_view(principal.id), std::string_view(principal.role), connection_id, field);
  SR_ASSIGN_OR_RETURN(const bool found, row.step());
  if (!found) return std::optional<Grant>();
  SR_ASSIGN_OR_RETURN(Grant grant, verified(store_id_, row, keys));
  return std::optional<Grant>(std::move(grant));
}

Result<Grant> GrantStore::get_verified(Database& database, std::string_view id, const KeySet& keys) {
  Statement row = database.prepare("SELECT " STRONGROOM_GRANT_COLUMNS " FROM grants WHERE id = ?");
  SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
  if (!found) return not_found();
  return verified(store_id_, row, keys);
}

Result<GrantPage> GrantStore::list(Database& database, const GrantFilter& filter) {
  if (filter.limit < 1 || filter.limit > kMaxLimit) {
    return Status::invalid({{"/limit", "range", "a page has 1 to 500 grants"}});
  }
  if (filter.cursor && !is_id(kGrantIdPrefix, *filter.cursor)) {
    return Status::invalid({{"/cursor", "cursor", "this is not a cursor of the list of grants"}});
  }
  // Constant pieces: few texts, each prepared once.
  std::string sql =
      "SELECT " STRONGROOM_GRANT_COLUMNS " FROM grants WHERE id > ?1 AND (expires_at IS NULL OR expires_at > ?2)";
  if (filter.principal_id) sql += " AND principal_id = ?3";
  if (filter.connection_id) sql += " AND connection_id = ?4";
  if (!filter.once) sql += " AND lifetime = 'always'";
  Statement rows = database.prepare(sql + " ORDER BY id");  // stepped no further than the page needs
  rows.bind(1, std::string_view(filter.cursor ? *filter.cursor : std::string()));
  rows.bind(2, clock_.now_ms());
  if (filter.principal_id) rows.bind(3, std::string_view(*filter.principal_id));
  if (filter.connection_id) rows.bind(4, std::string_view(*filter.connection_id));
  GrantPage page;
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) return page;
    if (static_cast<std::int64_t>(page.items.size()) == filter.limit) {
      page.next_cursor = page.items.back().id;
      return page;
    }
    if (std::optional<Grant> grant = grant_of(rows)) {
      page.items.push_back(*std::move(grant));
    } else {
      ++page.damaged;
    }
  }
}

Result<Grant> GrantStore::remove(Database& database, std::string_view id) {
  Grant removed;
  {
    Statement row = database.prepare("SELECT " STRONGROOM_GRANT_COLUMNS " FROM grants WHERE id = ?");
    SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
    if (!found) return not_found();
    if (std::optional<Grant> grant = grant_of(row)) removed = *std::move(grant);
  }
  removed.id = id;
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM grants WHERE id = ?").bind(1, id).run());
  return removed;
}

Status GrantStore::remove_expired(Database& database) {
  return database.prepare("DELETE FROM grants WHERE lifetime = 'once' AND expires_at <= ?")
      .bind(1, clock_.now_ms())
      .run();
}

Result<bool> GrantStore::exists(Database& database, std::string_view id) {
  Statement row = database.prepare("SELECT 1 FROM grants WHERE id = ?");
  return row.bind(1, id).step();
}

Status GrantStore::touch(Database& database, std::string_view id) {
  return database.prepare("UPDATE grants SET last_used_at = ? WHERE id = ?").bind_all(clock_.now_ms(), id).run();
}

}  // namespace strongroom
