#include "audit/audit_log.h"

#include <algorithm>
#include <utility>

#include "audit/audit_format.h"
#include "base/value.h"

namespace strongroom {
namespace {

constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;

/// A seal that claims to be further ahead of the log than this has been edited; append() does not follow it.
constexpr std::int64_t kMaxSealLead = 1LL << 32U;

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

/// Where the chain stands: its last entry, or what stands for the entries that are no longer (or not yet) there.
struct Head {
  std::int64_t seq = 0;
  Bytes hash;
};

Result<Head> read_head(Database& database, std::string_view store_id) {
  {
    Statement row = database.prepare("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
    SR_ASSIGN_OR_RETURN(const bool found, row.step());
    if (found) return Head{row.integer(0), {row.blob(1).begin(), row.blob(1).end()}};
  }
  SR_ASSIGN_OR_RETURN(std::optional<AuditCheckpoint> checkpoint, read_checkpoint(database));
  if (checkpoint) return Head{checkpoint->through_seq, std::move(checkpoint->hash)};
  SR_ASSIGN_OR_RETURN(const Digest256 first, first_prev_hash(store_id));
  return Head{0, {first.begin(), first.end()}};
}

/// Whether the log has reached the point where a seal must exist: it is written with the first key slot, and only
/// keys make secret values and checkpoints.
Result<bool> must_be_sealed(Database& database) {
  Statement row = database.prepare(
      "SELECT EXISTS (SELECT 1 FROM key_slots) OR EXISTS (SELECT 1 FROM secret_values) "
      "OR EXISTS (SELECT 1 FROM audit_checkpoint)");
  SR_ASSIGN_OR_RETURN(const bool found, row.step());
  return found && row.integer(0) != 0;
}

/// Follows the chain from where it begins or a point that is vouched for, entry by entry.
class ChainWalk {
 public:
  ChainWalk(std::int64_t seq, Bytes hash) : seq_(seq), hash_(std::move(hash)) {}

  /// Takes the next entry; the problem with it, if there is one, and the walk has then ended.
  Result<std::optional<AuditVerdict::Bad>> take(const Statement& row) {
    using Bad = std::optional<AuditVerdict::Bad>;
    const AuditContent content = content_of(row);
    if (content.seq > seq_ + 1) return Bad({seq_ + 1, AuditProblem::kGap});
    // A row where the log has none: before the first entry or the checkpoint.
    if (content.seq != seq_ + 1) return Bad({content.seq, AuditProblem::kLink});
    if (!equal(row.blob(kPrevHashColumn), hash_)) return Bad({content.seq, AuditProblem::kLink});
    if (content.at < 0 || content.at > kMaxAuditTime) return Bad({content.seq, AuditProblem::kHash});
    SR_ASSIGN_OR_RETURN(const Digest256 hash, hash_entry(hash_, content));
    if (!equal(row.blob(kHashColumn), hash)) return Bad({content.seq, AuditProblem::kHash});
    seq_ = content.seq;
    hash_.assign(hash.begin(), hash.end());
    return Bad();
  }

  std::int64_t seq() const { return seq_; }
  ByteView hash() const { return hash_; }

 private:
  std::int64_t seq_;
  Bytes hash_;
};

/// Whether `seal` names the hash of the entry (or of the checkpoint, or of the empty log) at its seq, and the entries
/// after it lead to `head`.
Result<bool> seal_leads_to(Database& database, std::string_view store_id, const AuditSeal& seal, const Head& head) {
  ChainWalk walk(seal.seq, seal.hash);
  Statement rows =
      database.prepare("SELECT " STRONGROOM_AUDIT_COLUMNS " FROM audit WHERE seq >= ? AND seq <= ? ORDER BY seq");
  rows.bind_all(seal.seq, head.seq);
  SR_ASSIGN_OR_RETURN(bool more, rows.step());
  if (more && rows.integer(0) == seal.seq) {
    if (!equal(rows.blob(kHashColumn), seal.hash)) return false;
    SR_ASSIGN_OR_RETURN(more, rows.step());
  } else {
    SR_ASSIGN_OR_RETURN(const std::optional<AuditCheckpoint> checkpoint, read_checkpoint(database));
    SR_ASSIGN_OR_RETURN(const Digest256 first, first_prev_hash(store_id));
    const bool begins_here = checkpoint ? checkpoint->through_seq == seal.seq && equal(checkpoint->hash, seal.hash)
                                        : seal.seq == 0 && equal(first, seal.hash);
    if (!begins_here) return false;
  }
  while (more) {
    SR_ASSIGN_OR_RETURN(const std::optional<AuditVerdict::Bad> bad, walk.take(rows));
    if (bad) return false;
    SR_ASSIGN_OR_RETURN(more, rows.step());
  }
  return walk.seq() == head.seq;
}

Result<std::int64_t> read_integer(Statement&& statement) {
  SR_ASSIGN_OR_RETURN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Status not_verified(const AuditVerdict& verdict) {
  std::string what = "the audit log does not verify";
  if (verdict.first_bad) {
    what += ": " + std::string(problem_name(verdict.first_bad->problem)) + " at entry " +
            std::to_string(verdict.first_bad->seq);
  }
  return {Code::kCorrupt, what};
}

}  // namespace

std::string_view outcome_name(AuditOutcome outcome) {
  switch (outcome) {
    case AuditOutcome::kAllowed: return "allowed";
    case AuditOutcome::kDenied: return "denied";
    case AuditOutcome::kFailed: return "failed";
  }
  return {};
}

std::optional<AuditOutcome> parse_outcome(std::string_view name) {
  for (const AuditOutcome outcome : {AuditOutcome::kAllowed, AuditOutcome::kDenied, AuditOutcome::kFailed}) {
    if (outcome_name(outcome) == name) return outcome;
  }
  return std::nullopt;
}

std::string_view problem_name(AuditProblem problem) {
  switch (problem) {
    case AuditProblem::kHash: return "hash";
    case AuditProblem::kLink: return "link";
    case AuditProblem::kGap: return "gap";
    case AuditProblem::kSeal: return "seal";
    case AuditProblem::kTruncated: return "truncated";
  }
  return {};
}

AuditLog::AuditLog(std::string store_id, const Clock& clock, KeySource keys)
    : store_id_(std::move(store_id)), clock_(clock), keys_(std::move(keys)) {}

Status AuditLog::append(Database& database, const AuditDraft& draft) const {
  SR_ASSIGN_OR_RETURN(const Head head, read_head(database, store_id_));
  std::int64_t seq = head.seq;
  {
    // The numbers of entries that were cut off are not given again: verify() then finds the gap for ever.
    SR_ASSIGN_OR_RETURN(const std::int64_t sealed,
                        read_integer(database.prepare("SELECT seq FROM audit_seal WHERE id = 1")));
    if (sealed > seq && sealed - std::max<std::int64_t>(seq, 0) < kMaxSealLead) seq = sealed;
  }
  if (seq < 0 || seq >= kMaxCounter) {
    return {Code::kCorrupt, "the audit log is damaged: its last entry cannot be followed by another"};
  }
  AuditContent content{.seq = seq + 1,
                       .at = std::clamp<std::int64_t>(clock_.now_ms(), 0, kMaxAuditTime),
                       .role = draft.role,
                       .principal_id = draft.principal_id,
                       .action = draft.action,
                       .connection_id = draft.connection_id,
                       .secret_id = draft.secret_id,
                       .field = draft.field,
                       .reason = draft.reason,
                       .outcome = outcome_name(draft.outcome),
                       .code = draft.code,
                       .detail = draft.detail};
  SR_ASSIGN_OR_RETURN(const Digest256 hash, hash_entry(head.hash, content));
  SR_RETURN_IF_ERROR(
      database
          .prepare("INSERT INTO audit (" STRONGROOM_AUDIT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
          .bind_all(content.seq, content.at, content.role, content.principal_id, content.action, content.connection_id,
                    content.secret_id, content.field, content.reason, content.outcome, content.code, content.detail,
                    ByteView(head.hash), ByteView(hash))
          .run());
  // A table that somebody gave an ON CONFLICT IGNORE takes no entry and says that all is well.
  if (database.changes() != 1) return {Code::kCorrupt, "the audit log did not take the entry: its table was changed"};
  return {};
}

Status AuditLog::begin_sealing(Database& database, const KeySet& keys) const {
  SR_ASSIGN_OR_RETURN(const std::optional<AuditSeal> seal, read_seal(database));
  SR_ASSIGN_OR_RETURN(const std::optional<AuditCheckpoint> checkpoint, read_checkpoint(database));
  if (seal || checkpoint) return {Code::kCorrupt, "the audit log has been sealed before"};
  SR_ASSIGN_OR_RETURN(const Digest256 first, first_prev_hash(store_id_));
  ChainWalk walk(0, {first.begin(), first.end()});
  Statement rows = database.prepare("SELECT " STRONGROOM_AUDIT_COLUMNS " FROM audit ORDER BY seq");
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) break;
    SR_ASSIGN_OR_RETURN(const std::optional<AuditVerdict::Bad> bad, walk.take(rows));
    if (bad) return not_verified({.first_bad = bad});
  }
  return write_seal(database, keys, walk.seq(), walk.hash());
}

Status AuditLog::before_commit(Database& database) {
  const std::shared_ptr<const KeySet> keys = keys_ ? keys_() : nullptr;
  if (!keys) return {};
  SR_ASSIGN_OR_RETURN(const std::optional<AuditSeal> seal, read_seal(database));
  // No seal: none was begun, or somebody took it away, which a new one would hide.
  if (!seal) return {};
  SR_ASSIGN_OR_RETURN(const Head head, read_head(database, store_id_));
  if (head.seq <= seal->seq) return {};
  SR_ASSIGN_OR_RETURN(const bool authentic, seal_is_authentic(*seal, *keys));
  if (!authentic) return {};
  SR_ASSIGN_OR_RETURN(const bool leads, seal_leads_to(database, store_id_, *seal, head));
  if (!leads) return {};
  if (seal->generation != static_cast<std::int64_t>(keys->active_generation())) {
    // The keys of old generations go once nothing needs them.
    SR_ASSIGN_OR_RETURN(const std::optional<AuditCheckpoint> checkpoint, read_checkpoint(database));
    if (checkpoint) {
      SR_ASSIGN_OR_RETURN(const bool sound, checkpoint_is_authentic(*checkpoint, *keys));
      if (sound) {
        SR_RETURN_IF_ERROR(
            write_checkpoint(database, *keys, checkpoint->through_seq, checkpoint->hash, checkpoint->count));
      }
    }
  }
  return write_seal(database, *keys, head.seq, head.hash);
}

Result<AuditVerdict> AuditLog::verify(Database& database, const KeySet* keys, const VerifyOptions& options) const {
  constexpr std::int64_t kProgressStep = 4096;

  std::optional<Transaction> snapshot;
  if (!database.in_transaction()) {
    SR_ASSIGN_OR_RETURN(Transaction transaction, Transaction::begin(database, Transaction::Mode::kRead));
    snapshot.emplace(std::move(transaction));
  }
  SR_ASSIGN_OR_RETURN(const std::optional<AuditCheckpoint> checkpoint, read_checkpoint(database));
  SR_ASSIGN_OR_RETURN(const std::optional<AuditSeal> seal, read_seal(database));

  AuditVerdict verdict;
  // What no entry can have as its number vouches for none.
  verdict.sealed_through = seal && seal->seq >= 0 && seal->seq <= kMaxCounter ? seal->seq : 0;
  verdict.seal_checked = keys != nullptr && seal.has_value();
  SR_ASSIGN_OR_RETURN(verdict.entries, read_integer(database.prepare("SELECT count(*) FROM audit")));
  const auto bad = [&verdict](std::int64_t seq, AuditProblem problem) {
    verdict.first_bad = {std::clamp<std::int64_t>(seq, 0, kMaxCounter), problem};
    return verdict;
  };

  bool authentic = true;
  if (seal && keys != nullptr) {
    SR_ASSIGN_OR_RETURN(authentic, seal_is_authentic(*seal, *keys));
  }
  SR_ASSIGN_OR_RETURN(const Digest256 first, first_prev_hash(store_id_));
  ChainWalk walk(0, {first.begin(), first.end()});
  if (checkpoint) {
    bool sound = checkpoint->through_seq > 0 && checkpoint->through_seq < kMaxCounter;
    if (sound && keys != nullptr) {
      SR_ASSIGN_OR_RETURN(sound, checkpoint_is_authentic(*checkpoint, *keys));
    }
    if (!sound) return bad(checkpoint->through_seq, AuditProblem::kSeal);
    walk = ChainWalk(checkpoint->through_seq, checkpoint->hash);
  }
  // The seal names a point before the log begins, or the point where it begins.
  const auto seal_fits = [&] { return authentic && equal(seal->hash, walk.hash()); };
  if (seal && (seal->seq < walk.seq() || (seal->seq == walk.seq() && !seal_fits()))) {
    return bad(seal->seq, AuditProblem::kSeal);
  }

  Statement rows = database.prepare("SELECT " STRONGROOM_AUDIT_COLUMNS " FROM audit ORDER BY seq");
  for (std::int64_t checked = 0;; ++checked) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) break;
    if (checked % kProgressStep == 0 && options.progress && !options.progress(checked)) {
      return Status(Code::kCancelled, "the check of the audit log was cancelled");
    }
    SR_ASSIGN_OR_RETURN(const std::optional<AuditVerdict::Bad> problem, walk.take(rows));
    if (problem) return bad(problem->seq, problem->problem);
    if (seal && seal->seq == walk.seq() && !seal_fits()) return bad(seal->seq, AuditProblem::kSeal);
  }

  if (seal && seal->seq > walk.seq()) {
    // Only an authentic seal tells that there were more entries.
    return authentic ? bad(walk.seq() + 1, AuditProblem::kTruncated) : bad(seal->seq, AuditProblem::kSeal);
  }
  if (!seal) {
    SR_ASSIGN_OR_RETURN(const bool missing, must_be_sealed(database));
    if (missing) return bad(walk.seq(), AuditProblem::kSeal);
  }
  verdict.ok = true;
  return verdict;
}

Result<bool> AuditLog::seal_is_by(Database& database, const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(const std::optional<AuditSeal> seal, read_seal(database));
  return seal ? seal_is_authentic(*seal, keys) : true;
}

Result<PruneResult> AuditLog::prune(Database& database, const KeySet& keys, const PruneLimits& limits,
                                    AuditDraft draft) const {
  if (limits.retention_days < 0 || limits.max_entries < 0) {
    return Status(Code::kInvalidRequest, "limits of the audit log are not negative");
  }
  SR_ASSIGN_OR_RETURN(const Head head, read_head(database, store_id_));
  SR_ASSIGN_OR_RETURN(const std::optional<AuditCheckpoint> checkpoint, read_checkpoint(database));
  SR_ASSIGN_OR_RETURN(const std::optional<AuditSeal> seal, read_seal(database));
  // Where there are keys there is a seal, unless somebody took it away.
  if (!seal) return not_verified({.first_bad = AuditVerdict::Bad{head.seq, AuditProblem::kSeal}});
  const std::int64_t dropped_before = checkpoint ? checkpoint->through_seq : 0;

  std::int64_t through = dropped_before;
  // The entry that is about to be written counts too.
  if (limits.max_entries > 0) through = std::max(through, head.seq + 1 - limits.max_entries);
  if (limits.retention_days > 0) {
    const std::int64_t days = std::min<std::int64_t>(limits.retention_days, kMaxAuditTime / kDayMs);
    Statement kept = database.prepare("SELECT min(seq) FROM audit INDEXED BY audit_at WHERE at >= ?");
    kept.bind(1, clock_.now_ms() - days * kDayMs);
    SR_ASSIGN_OR_RETURN(const bool row, kept.step());
    through = std::max(through, row && !kept.is_null(0) ? kept.integer(0) - 1 : head.seq);
  }
  through = std::min({through, seal->seq, head.seq});
  if (through <= dropped_before) return PruneResult{0, dropped_before};

  SR_ASSIGN_OR_RETURN(const AuditVerdict verdict, verify(database, &keys));
  if (!verdict.ok || !verdict.seal_checked) return not_verified(verdict);
  Bytes hash;
  {
    Statement row = database.prepare("SELECT hash FROM audit WHERE seq = ?");
    SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, through).step());
    if (!found) return not_verified(verdict);
    hash.assign(row.blob(0).begin(), row.blob(0).end());
  }
  SR_RETURN_IF_ERROR(database.prepare("DELETE FROM audit WHERE seq <= ?").bind(1, through).run());
  const std::int64_t pruned = through - dropped_before;
  SR_RETURN_IF_ERROR(write_checkpoint(database, keys, through, hash, (checkpoint ? checkpoint->count : 0) + pruned));
  draft.detail = "dropped " + std::to_string(pruned) + " entries, through " + std::to_string(through);
  SR_RETURN_IF_ERROR(append(database, draft));
  return PruneResult{pruned, through};
}

}  // namespace strongroom
