// Reading the log: filters and export.
#include <algorithm>
#include <array>
#include <charconv>

#include "audit/audit_format.h"
#include "audit/audit_log.h"
#include "base/value.h"

namespace strongroom {
namespace {

constexpr std::int64_t kMaxLimit = 500;
constexpr std::int64_t kExportRows = 200;

std::optional<std::int64_t> parse_cursor(std::string_view text) {
  std::int64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (error != std::errc() || end != text.data() + text.size() || seq < 1) return std::nullopt;
  return seq;
}

/// Parameters of the query below, by number.
enum Parameter : int {
  kFirst = 1,
  kLast,
  kActor,
  kAction,
  kOutcome,
  kConnection,
  kSecret,
  kSince,
  kUntil,
  kCount,
};

/// The query for a filter, from constant pieces: there are few of them, so that they are prepared once. The "<>" terms
/// say literally what the partial indexes leave out; "+at" keeps SQLite from sorting by an index on the time.
std::string query_for(const AuditFilter& filter) {
  std::string where = "seq >= ?1 AND seq <= ?2";
  if (filter.action)
    where += *filter.action == "secret.use" ? " AND action = ?4" : " AND action = ?4 AND action <> 'secret.use'";
  if (filter.outcome) {
    where +=
        *filter.outcome == AuditOutcome::kAllowed ? " AND outcome = ?5" : " AND outcome = ?5 AND outcome <> 'allowed'";
  }
  if (filter.connection_id) where += " AND connection_id = ?6";
  if (filter.secret_id) where += " AND secret_id = ?7";
  if (filter.since) where += " AND +at >= ?8";
  if (filter.until) where += " AND +at <= ?9";
  const std::string order = " ORDER BY seq DESC LIMIT ?10";
  if (!filter.actor) return "SELECT " STRONGROOM_AUDIT_COLUMNS " FROM audit WHERE " + where + order;
  // One search for the principal and one for the role, each by its index: an OR would sort all that match.
  const bool is_core = *filter.actor == "core";
  const std::string principal = is_core ? "principal_id = ?3" : "principal_id = ?3 AND principal_id <> 'core'";
  const std::string role = is_core ? "role = ?3" : "role = ?3 AND role <> 'core'";
  return "SELECT " STRONGROOM_AUDIT_COLUMNS " FROM audit WHERE seq IN (SELECT seq FROM (SELECT seq FROM audit WHERE " +
         principal + " AND " + where + order + ") UNION SELECT seq FROM (SELECT seq FROM audit WHERE " + role +
         " AND " + where + order + "))" + order;
}

struct SeqRange {
  std::int64_t first = INT64_MIN;
  std::int64_t last = INT64_MAX;
};

/// The numbers between which all entries of a time are; nothing if there are none. Clocks are set back now and then, so
/// times need not grow with seq; these bounds come from the index on the time alone, and leave nothing out.
Result<std::optional<SeqRange>> range_of_time(Database& database, std::int64_t since, std::int64_t until) {
  constexpr std::int64_t kFew = 10000;
  SeqRange range;
  {
    Statement few = database.prepare(
        "SELECT count(*), min(seq), max(seq) FROM "
        "(SELECT seq FROM audit INDEXED BY audit_at WHERE at >= ? AND at <= ? LIMIT ?)");
    few.bind_all(since, until, kFew + 1);
    SR_RETURN_IF_ERROR(few.step().status());
    if (few.integer(0) == 0) return std::optional<SeqRange>();
    if (few.integer(0) <= kFew) return std::optional<SeqRange>(SeqRange{few.integer(1), few.integer(2)});
  }
  // Many: the search from the newest down soon has its page, and needs no end. Where it begins matters if the range
  // ends in the past.
  if (until != INT64_MAX) {
    Statement last = database.prepare("SELECT max(seq) FROM audit INDEXED BY audit_at WHERE at >= ? AND at <= ?");
    last.bind_all(since, until);
    SR_RETURN_IF_ERROR(last.step().status());
    range.last = last.integer(0);
  }
  return std::optional<SeqRange>(range);
}

constexpr std::array<std::string_view, 14> kMembers = {"seq",          "at",       "role",  "principalId", "action",
                                                       "connectionId", "secretId", "field", "reason",      "outcome",
                                                       "code",         "detail",   "hash",  "prevHash"};

/// The members of an entry as the API names them; an absent one is nothing.
std::array<std::optional<std::string>, 14> cells_of(const AuditEntry& entry) {
  return {std::to_string(entry.seq),
          format_time(entry.at),
          entry.role,
          entry.principal_id,
          entry.action,
          entry.connection_id,
          entry.secret_id,
          entry.field,
          entry.reason,
          std::string(outcome_name(entry.outcome)),
          entry.code,
          entry.detail,
          to_hex(entry.hash),
          to_hex(entry.prev_hash)};
}

std::string jsonl_line(const AuditEntry& entry) {
  const auto cells = cells_of(entry);
  std::string line = "{\"seq\":" + std::to_string(entry.seq);
  for (std::size_t i = 1; i < cells.size(); ++i) {
    line += ",\"" + std::string(kMembers[i]) + "\":" + to_json(cells[i] ? Value(*cells[i]) : Value());
  }
  return line + "}\n";
}

/// Whether a spreadsheet may take the cell for a formula: "=", "+", "-" or "@", also in their full-width forms, first
/// or after blanks and quotes, which some programs drop.
bool looks_like_formula(std::string_view cell) {
  constexpr std::array<std::string_view, 12> kSkipped = {
      " ",
      "\t",
      "\r",
      "\n",
      "\v",
      "\f",
      "\"",
      "'",
      "\xC2\xA0",      // no-break space
      "\xE3\x80\x80",  // ideographic space
      "\xEF\xBB\xBF",  // byte order mark
      "\xE2\x80\x8B",  // zero-width space
  };
  constexpr std::array<std::string_view, 9> kTriggers = {
      "=", "+", "-", "@", "\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0",  // full-width = + - @
      "|",                                                                                 // DDE in old spreadsheets
  };
  if (cell.starts_with('\t') || cell.starts_with('\r') || cell.starts_with('\n')) return true;
  bool skipped = true;
  while (skipped) {
    skipped = false;
    for (const std::string_view blank : kSkipped) {
      if (cell.starts_with(blank)) {
        cell.remove_prefix(blank.size());
        skipped = true;
      }
    }
  }
  for (const std::string_view trigger : kTriggers) {
    if (cell.starts_with(trigger)) return true;
  }
  return false;
}

std::string csv_cell(std::string_view text) {
  std::string cell = looks_like_formula(text) ? "'" : "";
  cell += text;
  if (cell.find_first_of("\",;\t\r\n '") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string csv_line(const AuditEntry& entry) {
  std::string line;
  for (const auto& cell : cells_of(entry)) {
    if (!line.empty()) line += ',';
    line += csv_cell(cell.value_or(""));
  }
  return line + "\r\n";
}

std::string csv_header() {
  std::string line;
  for (const std::string_view member : kMembers) {
    if (!line.empty()) line += ',';
    line += member;
  }
  return line + "\r\n";
}

}  // namespace

Result<AuditPage> AuditLog::list(Database& database, const AuditFilter& filter) const {
  if (filter.limit < 1 || filter.limit > kMaxLimit) {
    return Status::invalid({{"/limit", "range", "a page has 1 to 500 entries"}});
  }
  std::int64_t first = INT64_MIN;  // what was given such a number is damaged, and counts as that
  std::int64_t last = INT64_MAX;
  if (filter.cursor) {
    const std::optional<std::int64_t> seq = parse_cursor(*filter.cursor);
    if (!seq) return Status::invalid({{"/cursor", "cursor", "this is not a cursor of the audit log"}});
    last = *seq - 1;
  }
  if (filter.since || filter.until) {
    SR_ASSIGN_OR_RETURN(const std::optional<SeqRange> range,
                        range_of_time(database, filter.since.value_or(INT64_MIN), filter.until.value_or(INT64_MAX)));
    if (!range) return AuditPage();
    first = range->first;
    last = std::min(last, range->last);
  }

  Statement rows = database.prepare(query_for(filter));
  rows.bind(kFirst, first).bind(kLast, last).bind(kCount, filter.limit + 1);
  if (filter.actor) rows.bind(kActor, std::string_view(*filter.actor));
  if (filter.action) rows.bind(kAction, std::string_view(*filter.action));
  if (filter.outcome) rows.bind(kOutcome, outcome_name(*filter.outcome));
  if (filter.connection_id) rows.bind(kConnection, std::string_view(*filter.connection_id));
  if (filter.secret_id) rows.bind(kSecret, std::string_view(*filter.secret_id));
  if (filter.since) rows.bind(kSince, *filter.since);
  if (filter.until) rows.bind(kUntil, *filter.until);

  AuditPage page;
  std::int64_t last_seq = 0;
  for (std::int64_t taken = 0;; ++taken) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) return page;
    if (taken >= filter.limit && last_seq >= 1) {
      page.next_cursor = std::to_string(last_seq);
      return page;
    }
    last_seq = rows.integer(0);
    if (std::optional<AuditEntry> entry = entry_of(rows)) {
      page.items.push_back(*std::move(entry));
    } else {
      ++page.damaged;
    }
  }
}

Result<std::vector<AuditDay>> AuditLog::days(Database& database, std::int64_t since, std::int64_t until) const {
  constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
  constexpr std::int64_t kMaxDays = 400;
  until = std::clamp<std::int64_t>(until, 0, kMaxAuditTime);
  since = std::max(since, std::max<std::int64_t>(0, until / kDayMs - kMaxDays + 1) * kDayMs);
  Statement rows = database.prepare(
      "SELECT at / 86400000, outcome, count(*) FROM audit INDEXED BY audit_at WHERE at >= ? AND at <= ? "
      "GROUP BY 1, 2 ORDER BY 1");
  rows.bind_all(since, until);
  std::vector<AuditDay> days;
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) return days;
    const std::optional<AuditOutcome> outcome = parse_outcome(rows.text(1));
    if (!outcome) continue;  // an entry that was edited; verify() says so
    if (days.empty() || days.back().day != rows.integer(0)) days.push_back({.day = rows.integer(0)});
    AuditDay& day = days.back();
    (*outcome == AuditOutcome::kAllowed  ? day.allowed
     : *outcome == AuditOutcome::kDenied ? day.denied
                                         : day.failed) = rows.integer(2);
  }
}

Result<AuditExport> AuditExport::resume(AuditExportFormat format, std::string_view position) {
  const std::size_t colon = std::min(position.find(':'), position.size());
  const std::optional<std::int64_t> last = parse_cursor(position.substr(0, colon));
  const std::optional<std::int64_t> upper = parse_cursor(position.substr(std::min(colon + 1, position.size())));
  if (last.value_or(0) < 1 || upper.value_or(0) < last.value_or(0)) {
    return Status::invalid({{"/cursor", "cursor", "this is not a cursor of the audit log's export"}});
  }
  AuditExport resumed(format);
  resumed.started_ = true;
  resumed.last_seq_ = last.value_or(0);
  resumed.upper_seq_ = upper.value_or(0);
  return resumed;
}

std::optional<std::string> AuditExport::position() const {
  if (!started_ || last_seq_ >= upper_seq_ || last_seq_ < 1) return std::nullopt;
  return std::to_string(last_seq_) + ":" + std::to_string(upper_seq_);
}

Result<std::string> AuditExport::next(Database& database) {
  std::string chunk;
  if (!started_) {
    Statement newest = database.prepare("SELECT max(seq) FROM audit");
    SR_ASSIGN_OR_RETURN(const bool row, newest.step());
    upper_seq_ = row ? newest.integer(0) : 0;
    started_ = true;
    if (format_ == AuditExportFormat::kCsv) chunk = csv_header();
  }
  // A chunk of damaged entries alone is no end.
  while (last_seq_ < upper_seq_) {
    Statement rows = database.prepare("SELECT " STRONGROOM_AUDIT_COLUMNS
                                      " FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
    rows.bind_all(last_seq_, upper_seq_, kExportRows);
    std::int64_t read = 0;
    while (true) {
      SR_ASSIGN_OR_RETURN(const bool more, rows.step());
      if (!more) break;
      ++read;
      last_seq_ = rows.integer(0);
      if (const std::optional<AuditEntry> entry = entry_of(rows)) {
        chunk += format_ == AuditExportFormat::kCsv ? csv_line(*entry) : jsonl_line(*entry);
      }
    }
    if (read < kExportRows) last_seq_ = upper_seq_;
    if (!chunk.empty()) break;
  }
  return chunk;
}

}  // namespace strongroom
