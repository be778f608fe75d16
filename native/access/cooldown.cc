#include "access/cooldown.h"

#include "base/ids.h"
#include "base/unicode.h"

namespace strongroom {
namespace {

#define STRONGROOM_OF_PRINCIPAL "principal_id = ? AND role = ? AND connection_id = ?"

Statement& bind_key(Statement& statement, const Principal& principal, std::string_view connection_id) {
  return statement.bind_all(std::string_view(principal.id), std::string_view(principal.role), connection_id);
}

/// The present row of (principal_id, role, connection_id, since, until); nothing if somebody wrote it by hand.
std::optional<Silence> silence_from(const Statement& row) {
  Silence silence{.principal = {.role = std::string(row.text(1)), .id = std::string(row.text(0))},
                  .connection_id = std::string(row.text(2)),
                  .since = row.integer(3),
                  .until = row.integer(4)};
  if (!has_length(silence.principal.id, 1, 200) ||
      (silence.principal.role != "extension" && silence.principal.role != "tool") ||
      !is_id("con_", silence.connection_id) || !is_time(silence.since) || !is_time(silence.until)) {
    return std::nullopt;
  }
  return silence;
}

}  // namespace

Result<bool> Cooldown::record_denial(Database& database, const Principal& principal, std::string_view connection_id) {
  const std::int64_t now = clock_.now_ms();
  {
    Statement old = database.prepare("DELETE FROM denials WHERE " STRONGROOM_OF_PRINCIPAL " AND (at <= ? OR at > ?)");
    bind_key(old, principal, connection_id).bind(4, now - kDenialWindowMs);
    // A clock that was set back must not keep denials for ever.
    SR_RETURN_IF_ERROR(old.bind(5, now).run());
  }
  {
    Statement add = database.prepare("INSERT INTO denials (principal_id, role, connection_id, at) VALUES (?, ?, ?, ?)");
    SR_RETURN_IF_ERROR(bind_key(add, principal, connection_id).bind(4, now).run());
  }
  {
    Statement count = database.prepare("SELECT count(*) FROM denials WHERE " STRONGROOM_OF_PRINCIPAL);
    SR_RETURN_IF_ERROR(bind_key(count, principal, connection_id).step().status());
    if (count.integer(0) < kDenialsToSilence) return false;
  }
  Statement silence = database.prepare(
      "INSERT INTO silences (principal_id, role, connection_id, since, until) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (principal_id, role, connection_id) DO UPDATE SET since = excluded.since, until = excluded.until");
  bind_key(silence, principal, connection_id).bind(4, now).bind(5, now + kSilenceMs);
  SR_RETURN_IF_ERROR(silence.run());
  Statement forget = database.prepare("DELETE FROM denials WHERE " STRONGROOM_OF_PRINCIPAL);
  SR_RETURN_IF_ERROR(bind_key(forget, principal, connection_id).run());
  return true;
}

Result<std::optional<Silence>> Cooldown::silence_of(Database& database, const Principal& principal,
                                                    std::string_view connection_id) {
  Statement row = database.prepare(
      "SELECT principal_id, role, connection_id, since, until FROM silences WHERE " STRONGROOM_OF_PRINCIPAL
      " AND until > ? AND since <= ?");
  bind_key(row, principal, connection_id).bind(4, clock_.now_ms()).bind(5, clock_.now_ms());
  SR_ASSIGN_OR_RETURN(const bool found, row.step());
  return found ? silence_from(row) : std::nullopt;
}

Result<std::vector<Silence>> Cooldown::list(Database& database, const std::optional<std::string>& connection_id) {
  Statement rows = database.prepare(
      connection_id
          ? "SELECT principal_id, role, connection_id, since, until FROM silences WHERE until > ? AND since <= ? "
            "AND connection_id = ? ORDER BY since DESC LIMIT 500"
          : "SELECT principal_id, role, connection_id, since, until FROM silences WHERE until > ? AND since <= ? "
            "ORDER BY since DESC LIMIT 500");
  rows.bind(1, clock_.now_ms()).bind(2, clock_.now_ms());
  if (connection_id) rows.bind(3, std::string_view(*connection_id));
  std::vector<Silence> silences;
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) return silences;
    if (std::optional<Silence> silence = silence_from(rows)) silences.push_back(*std::move(silence));
  }
}

Status Cooldown::end(Database& database, const Principal& principal, std::string_view connection_id) {
  Statement forget = database.prepare("DELETE FROM denials WHERE " STRONGROOM_OF_PRINCIPAL);
  SR_RETURN_IF_ERROR(bind_key(forget, principal, connection_id).run());
  Statement silence = database.prepare("DELETE FROM silences WHERE " STRONGROOM_OF_PRINCIPAL);
  SR_RETURN_IF_ERROR(bind_key(silence, principal, connection_id).run());
  return database.changes() > 0 ? Status() : Status(Code::kNotFound, "this principal is not silenced");
}

}  // namespace strongroom
