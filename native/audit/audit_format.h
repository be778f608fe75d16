// The bytes that the audit log hashes and authenticates (doc/formats.md, "Audit log"), and the rows that hold them.
#ifndef STRONGROOM_AUDIT_AUDIT_FORMAT_H_
#define STRONGROOM_AUDIT_AUDIT_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "audit/audit_log.h"
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "keys/subkeys.h"
#include "storage/database.h"

namespace strongroom {

/// The times that format_time writes in 24 characters: years 0 to 9999, of which we accept 1970 and later.
inline constexpr std::int64_t kMaxAuditTime = 253402300799999;

/// The longest text of an entry that is shown, in code points; far more than this software writes.
inline constexpr std::size_t kMaxAuditText = 4096;

/// The hashed content of an entry. Views of a draft or of a row, as it stands: a row may have been edited, so nothing
/// is taken for granted but the column types.
struct AuditContent {
  std::int64_t seq = 0;
  std::int64_t at = 0;
  std::string_view role;
  std::optional<std::string_view> principal_id;
  std::string_view action;
  std::optional<std::string_view> connection_id;
  std::optional<std::string_view> secret_id;
  std::optional<std::string_view> field;
  std::optional<std::string_view> reason;
  std::string_view outcome;
  std::optional<std::string_view> code;
  std::optional<std::string_view> detail;
};

/// The columns of `audit` in the order that content_of and entry_of expect, for a SELECT.
#define STRONGROOM_AUDIT_COLUMNS                                                                                     \
  "seq, at, role, principal_id, action, connection_id, secret_id, field, reason, outcome, code, detail, prev_hash, " \
  "hash"
inline constexpr int kPrevHashColumn = 12;
inline constexpr int kHashColumn = 13;

/// The content of the present row; its views live until the next step.
AuditContent content_of(const Statement& row);
/// The present row as an entry; nothing if it is none that an answer can show.
std::optional<AuditEntry> entry_of(const Statement& row);

/// canonical(entry).
Bytes canonical_entry(const AuditContent& content);

/// SHA-256("strongroom/audit/v1" || prevHash || canonical(entry)); CORRUPT for a time that cannot be written.
Result<Digest256> hash_entry(ByteView prev_hash, const AuditContent& content);

/// The previous hash of the first entry: SHA-256 of the store id.
Result<Digest256> first_prev_hash(std::string_view store_id);

struct AuditSeal {
  std::int64_t seq = 0;
  Bytes hash;
  std::int64_t generation = 0;
  Bytes mac;
};

struct AuditCheckpoint {
  std::int64_t through_seq = 0;
  Bytes hash;
  std::int64_t count = 0;
  std::int64_t generation = 0;
  Bytes mac;
};

Result<std::optional<AuditSeal>> read_seal(Database& database);
Result<std::optional<AuditCheckpoint>> read_checkpoint(Database& database);

/// Seals with the active generation and writes the row.
Status write_seal(Database& database, const KeySet& keys, std::int64_t seq, ByteView hash);
Status write_checkpoint(Database& database, const KeySet& keys, std::int64_t through_seq, ByteView hash,
                        std::int64_t count);

/// Whether the MAC is right; false also for a generation that `keys` does not have.
Result<bool> seal_is_authentic(const AuditSeal& seal, const KeySet& keys);
Result<bool> checkpoint_is_authentic(const AuditCheckpoint& checkpoint, const KeySet& keys);

}  // namespace strongroom

#endif  // STRONGROOM_AUDIT_AUDIT_FORMAT_H_
