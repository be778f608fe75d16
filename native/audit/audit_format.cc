#include "audit/audit_format.h"

#include <algorithm>
#include <limits>

#include "base/unicode.h"
#include "base/value.h"

namespace strongroom {
namespace {

constexpr std::string_view kEntryPrefix = "strongroom/audit/v1";
constexpr std::string_view kCheckpointPrefix = "strongroom/audit-checkpoint/v1";

std::optional<std::string_view> optional_view(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.text(column);
}

void append_optional(Bytes& out, const std::optional<std::string_view>& text) {
  if (text) {
    append_lp(out, as_bytes(*text));
  } else {
    append_lp_null(out);
  }
}

bool is_shown(std::string_view text) { return has_length(text, 0, kMaxAuditText); }
bool is_shown(const std::optional<std::string_view>& text) { return !text || is_shown(*text); }

std::optional<std::string> copy(const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  return std::string(*text);
}

const Subkeys* keys_of(const KeySet& keys, std::int64_t generation) {
  if (generation < 0 || generation > std::numeric_limits<std::uint32_t>::max()) return nullptr;
  return keys.of(static_cast<std::uint32_t>(generation));
}

Result<Digest256> seal_mac(const Subkeys& keys, std::int64_t seq, ByteView hash) {
  Bytes message;
  append_u64(message, static_cast<std::uint64_t>(seq));
  append(message, hash);
  return hmac_sha256(keys.audit_seal.view(), message);
}

/// Begins with a text of its own, so that an old seal cannot be passed off as a checkpoint.
Result<Digest256> checkpoint_mac(const Subkeys& keys, std::int64_t through_seq, ByteView hash, std::int64_t count) {
  Bytes message;
  append(message, as_bytes(kCheckpointPrefix));
  append_u64(message, static_cast<std::uint64_t>(through_seq));
  append(message, hash);
  append_u64(message, static_cast<std::uint64_t>(count));
  return hmac_sha256(keys.audit_seal.view(), message);
}

Bytes copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

AuditContent content_of(const Statement& row) {
  return {.seq = row.integer(0),
          .at = row.integer(1),
          .role = row.text(2),
          .principal_id = optional_view(row, 3),
          .action = row.text(4),
          .connection_id = optional_view(row, 5),
          .secret_id = optional_view(row, 6),
          .field = optional_view(row, 7),
          .reason = optional_view(row, 8),
          .outcome = row.text(9),
          .code = optional_view(row, 10),
          .detail = optional_view(row, 11)};
}

std::optional<AuditEntry> entry_of(const Statement& row) {
  const AuditContent content = content_of(row);
  const std::optional<AuditOutcome> outcome = parse_outcome(content.outcome);
  const ByteView prev_hash = row.blob(kPrevHashColumn);
  const ByteView hash = row.blob(kHashColumn);
  if (content.seq < 1 || content.seq > kMaxCounter || content.at < 0 || content.at > kMaxAuditTime || !outcome ||
      prev_hash.size() != Digest256().size() || hash.size() != Digest256().size() || !is_shown(content.role) ||
      !is_shown(content.principal_id) || !is_shown(content.action) || !is_shown(content.connection_id) ||
      !is_shown(content.secret_id) || !is_shown(content.field) || !is_shown(content.reason) ||
      !is_shown(content.code) || !is_shown(content.detail)) {
    return std::nullopt;
  }
  AuditEntry entry;
  entry.seq = content.seq;
  entry.at = content.at;
  entry.role = content.role;
  entry.principal_id = copy(content.principal_id);
  entry.action = content.action;
  entry.connection_id = copy(content.connection_id);
  entry.secret_id = copy(content.secret_id);
  entry.field = copy(content.field);
  entry.reason = copy(content.reason);
  entry.outcome = *outcome;
  entry.code = copy(content.code);
  entry.detail = copy(content.detail);
  std::ranges::copy(hash, entry.hash.begin());
  std::ranges::copy(prev_hash, entry.prev_hash.begin());
  return entry;
}

Bytes canonical_entry(const AuditContent& content) {
  Bytes out;
  out.reserve(256);
  append_u32(out, sizeof(std::uint64_t));  // LP of the number
  append_u64(out, static_cast<std::uint64_t>(content.seq));
  append_lp(out, as_bytes(format_time(content.at)));
  append_lp(out, as_bytes(content.role));
  append_optional(out, content.principal_id);
  append_lp(out, as_bytes(content.action));
  append_optional(out, content.connection_id);
  append_optional(out, content.secret_id);
  append_optional(out, content.field);
  append_optional(out, content.reason);
  append_lp(out, as_bytes(content.outcome));
  append_optional(out, content.code);
  append_optional(out, content.detail);
  return out;
}

Result<Digest256> hash_entry(ByteView prev_hash, const AuditContent& content) {
  if (content.at < 0 || content.at > kMaxAuditTime) return Status(Code::kCorrupt, "an audit entry's time is damaged");
  Bytes message;
  message.reserve(320);
  append(message, as_bytes(kEntryPrefix));
  append(message, prev_hash);
  append(message, canonical_entry(content));
  return sha256(message);
}

Result<Digest256> first_prev_hash(std::string_view store_id) { return sha256(as_bytes(store_id)); }

Result<std::optional<AuditSeal>> read_seal(Database& database) {
  Statement row = database.prepare("SELECT seq, hash, generation, mac FROM audit_seal WHERE id = 1");
  SR_ASSIGN_OR_RETURN(const bool found, row.step());
  if (!found) return std::optional<AuditSeal>();
  return std::optional<AuditSeal>(AuditSeal{
      .seq = row.integer(0), .hash = copy(row.blob(1)), .generation = row.integer(2), .mac = copy(row.blob(3))});
}

Result<std::optional<AuditCheckpoint>> read_checkpoint(Database& database) {
  Statement row =
      database.prepare("SELECT through_seq, hash, count, generation, mac FROM audit_checkpoint WHERE id = 1");
  SR_ASSIGN_OR_RETURN(const bool found, row.step());
  if (!found) return std::optional<AuditCheckpoint>();
  return std::optional<AuditCheckpoint>(AuditCheckpoint{.through_seq = row.integer(0),
                                                        .hash = copy(row.blob(1)),
                                                        .count = row.integer(2),
                                                        .generation = row.integer(3),
                                                        .mac = copy(row.blob(4))});
}

Status write_seal(Database& database, const KeySet& keys, std::int64_t seq, ByteView hash) {
  SR_ASSIGN_OR_RETURN(const Digest256 mac, seal_mac(keys.active(), seq, hash));
  return database
      .prepare(
          "INSERT INTO audit_seal (id, seq, hash, generation, mac) VALUES (1, ?, ?, ?, ?) "
          "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, "
          "generation = excluded.generation, mac = excluded.mac")
      .bind_all(seq, hash, static_cast<std::int64_t>(keys.active_generation()), ByteView(mac))
      .run();
}

Status write_checkpoint(Database& database, const KeySet& keys, std::int64_t through_seq, ByteView hash,
                        std::int64_t count) {
  SR_ASSIGN_OR_RETURN(const Digest256 mac, checkpoint_mac(keys.active(), through_seq, hash, count));
  return database
      .prepare(
          "INSERT INTO audit_checkpoint (id, through_seq, hash, count, generation, mac) VALUES (1, ?, ?, ?, ?, ?) "
          "ON CONFLICT (id) DO UPDATE SET through_seq = excluded.through_seq, hash = excluded.hash, "
          "count = excluded.count, generation = excluded.generation, mac = excluded.mac")
      .bind_all(through_seq, hash, count, static_cast<std::int64_t>(keys.active_generation()), ByteView(mac))
      .run();
}

Result<bool> seal_is_authentic(const AuditSeal& seal, const KeySet& keys) {
  const Subkeys* subkeys = keys_of(keys, seal.generation);
  if (subkeys == nullptr) return false;
  SR_ASSIGN_OR_RETURN(const Digest256 mac, seal_mac(*subkeys, seal.seq, seal.hash));
  return equal_in_constant_time(mac, seal.mac);
}

Result<bool> checkpoint_is_authentic(const AuditCheckpoint& checkpoint, const KeySet& keys) {
  const Subkeys* subkeys = keys_of(keys, checkpoint.generation);
  if (subkeys == nullptr) return false;
  SR_ASSIGN_OR_RETURN(const Digest256 mac,
                      checkpoint_mac(*subkeys, checkpoint.through_seq, checkpoint.hash, checkpoint.count));
  return equal_in_constant_time(mac, checkpoint.mac);
}

}  // namespace strongroom
