// The audit log: append-only, hash-chained, sealed. Formats are in doc/formats.md.
//
// Each entry's hash covers the entry and the hash before it. The newest entry is sealed with a key that only an
// unlocked store has, so a chain that was rewritten, hashes and all, cannot be sealed again. A seal that does not fit
// the chain is never replaced: what was done to the log stays visible to verify(), while appending goes on.
//
// What an attacker who writes to the file but has no key can do unseen: add entries after the newest seal (verify
// reports `sealed_through` below the last entry, as after work done while the store was locked), edit such entries,
// put back the whole file as it once was, or cut the log off behind an entry whose seal they kept and put back.
// Everything else is reported.
#ifndef STRONGROOM_AUDIT_AUDIT_LOG_H_
#define STRONGROOM_AUDIT_AUDIT_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "keys/subkeys.h"
#include "storage/committer.h"
#include "storage/database.h"

namespace strongroom {

enum class AuditOutcome : std::uint8_t { kAllowed, kDenied, kFailed };

/// "allowed", "denied" or "failed".
std::string_view outcome_name(AuditOutcome outcome);
/// The inverse; nothing for any other text.
std::optional<AuditOutcome> parse_outcome(std::string_view name);

/// What the writer of an entry says. Never a secret value.
struct AuditDraft {
  std::string role;
  std::optional<std::string> principal_id;
  std::string action;
  std::optional<std::string> connection_id;
  std::optional<std::string> secret_id;
  std::optional<std::string> field;
  std::optional<std::string> reason;
  AuditOutcome outcome = AuditOutcome::kAllowed;
  std::optional<std::string> code;
  std::optional<std::string> detail;
};

struct AuditEntry : AuditDraft {
  std::int64_t seq = 0;  // 1, 2, ...
  std::int64_t at = 0;   // milliseconds since 1970
  Digest256 hash{};
  Digest256 prev_hash{};
};

struct AuditFilter {
  std::optional<std::string> actor;  // a principal id or a role
  std::optional<std::string> action;
  std::optional<AuditOutcome> outcome;
  std::optional<std::string> connection_id;
  std::optional<std::string> secret_id;
  std::optional<std::int64_t> since;  // at >= since
  std::optional<std::int64_t> until;  // at <= until
  std::optional<std::string> cursor;  // next_cursor of the page before
  std::int64_t limit = 200;           // 1 to 500
};

struct AuditPage {
  std::vector<AuditEntry> items;  // newest first
  std::optional<std::string> next_cursor;
  /// Entries left out because they are not well-formed: the file was damaged or edited; verify() says where.
  std::int64_t damaged = 0;
};

enum class AuditProblem : std::uint8_t {
  kHash,       // the entry's content does not give its hash
  kLink,       // its previous hash is not the hash of the entry before
  kGap,        // `seq` is missing, with entries after it
  kSeal,       // the seal (or checkpoint) does not fit, or is missing
  kTruncated,  // `seq` and what followed are missing: the seal names a later entry
};

/// "hash", "link", "gap", "seal" or "truncated".
std::string_view problem_name(AuditProblem problem);

struct AuditVerdict {
  struct Bad {
    std::int64_t seq;  // 0 to kMaxCounter, whatever number a row was given
    AuditProblem problem;
  };

  bool ok = false;
  std::int64_t entries = 0;  // in the log at present
  /// The entry that the newest seal names, 0 if there is no seal. Later ones were written while locked.
  std::int64_t sealed_through = 0;
  /// Whether the seal was checked; false when there were no keys, and then only the chain is vouched for.
  bool seal_checked = false;
  std::optional<Bad> first_bad;
};

struct VerifyOptions {
  /// Called now and then with the number of entries checked; false cancels (CANCELLED). May be null.
  std::function<bool(std::int64_t checked)> progress;
};

/// How many entries of each outcome a day (UTC) has.
struct AuditDay {
  std::int64_t day = 0;  // days since 1970
  std::int64_t allowed = 0;
  std::int64_t denied = 0;
  std::int64_t failed = 0;
};

struct PruneLimits {
  std::int64_t retention_days = 365;  // entries younger than this are kept; 0: no limit by age
  std::int64_t max_entries = 0;       // at most so many entries are kept; 0: no limit by number
};

struct PruneResult {
  std::int64_t pruned = 0;
  std::int64_t through_seq = 0;  // of the checkpoint
};

enum class AuditExportFormat : std::uint8_t { kJsonl, kCsv };

/// Entries oldest first, chunk after chunk, up to the newest one at the time of the first chunk. JSONL: one object for
/// each line, members as in the API. CSV: RFC 4180 with a header line; a cell that a spreadsheet would run as a
/// formula gets a leading apostrophe. Entries that are not well-formed are left out.
/// Threads: one at a time. Nothing is held open between chunks.
class AuditExport {
 public:
  explicit AuditExport(AuditExportFormat format) : format_(format) {}

  /// Goes on where another one was when it gave this position; INVALID_REQUEST at "/cursor" for any other text.
  static Result<AuditExport> resume(AuditExportFormat format, std::string_view position);
  /// Where it is, as text; nothing before the first chunk and after the last.
  std::optional<std::string> position() const;

  /// The next chunk (some tens of KiB, whole lines); empty at the end. Each call may use another connection.
  Result<std::string> next(Database& database);

 private:
  AuditExportFormat format_;
  bool started_ = false;
  std::int64_t last_seq_ = 0;
  std::int64_t upper_seq_ = 0;
};

/// Threads: every function may be called from any thread, each with a Database of that thread. As a CommitHook it is
/// called on the committer's thread.
class AuditLog : public CommitHook {
 public:
  /// `store_id` begins the chain. `keys` is asked once in each commit. The clock must outlive the log.
  AuditLog(std::string store_id, const Clock& clock, KeySource keys);

  // Inside a write job.

  /// Appends an entry at the clock's time. The caller's plaintext leaves only after the job's COMMIT.
  Status append(Database& database, const AuditDraft& draft) const;

  /// Writes the first seal. Belongs into the transaction that stores the first key slot: from then on a store with
  /// keys has a seal, so that a missing one is noticed. CORRUPT if the chain so far does not verify or a seal exists.
  Status begin_sealing(Database& database, const KeySet& keys) const;

  /// Drops the oldest entries beyond `limits`, leaves a sealed checkpoint and appends `draft` (action audit.prune; its
  /// detail is filled in) in the same transaction. Drops sealed entries only. Nothing is written if there is nothing to
  /// drop. CORRUPT, with nothing dropped, if the log does not verify. Walks the whole log.
  Result<PruneResult> prune(Database& database, const KeySet& keys, const PruneLimits& limits, AuditDraft draft) const;

  /// Seals the newest entry if the store is unlocked and the seal before it still fits.
  Status before_commit(Database& database) override;

  // On any connection.

  /// Walks the chain and checks the seals; in constant memory and one read transaction. `keys` is null while locked.
  /// A log with a problem is an answer, not a failure.
  Result<AuditVerdict> verify(Database& database, const KeySet* keys, const VerifyOptions& options = {}) const;

  /// Whether the newest seal was made with `keys`; true as well if there is none, which verify() judges. Cheap.
  static Result<bool> seal_is_by(Database& database, const KeySet& keys);

  /// INVALID_REQUEST for a cursor that is not one of ours or a limit out of range.
  Result<AuditPage> list(Database& database, const AuditFilter& filter) const;

  /// The days between two moments that have entries, oldest first; at most the last 400 days before `until`.
  Result<std::vector<AuditDay>> days(Database& database, std::int64_t since, std::int64_t until) const;

 private:
  std::string store_id_;
  const Clock& clock_;
  KeySource keys_;
};

}  // namespace strongroom

#endif  // STRONGROOM_AUDIT_AUDIT_LOG_H_
