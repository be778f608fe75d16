// The one way the services change or open anything: the work and its audit entry in one job of the committer.
//
// What comes out is delivered after the commit alone. If the work fails, all it wrote is undone and the entry says
// "failed", or "denied", with the code; if the entry cannot be written, nothing is delivered: the answer is
// AUDIT_UNAVAILABLE, or STORE_FULL, STORE_READ_ONLY, BUSY or CLOSED where that is the cause.
#ifndef STRONGROOM_SERVICE_AUDITED_WRITE_H_
#define STRONGROOM_SERVICE_AUDITED_WRITE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "audit/audit_log.h"
#include "service/dispatcher.h"
#include "storage/committer.h"

namespace strongroom {

/// `status` of a failed commit or append, as the user is to see it.
inline Status audit_failure(const Status& status) {
  switch (status.code()) {
    case Code::kStoreFull:
    case Code::kStoreReadOnly:
    case Code::kBusy:
    case Code::kClosed: return status;
    default:
      return Status(Code::kAuditUnavailable,
                    "the audit entry could not be written, so nothing was done: " + status.message());
  }
}

/// How the log tells a refusal from a failure.
inline AuditOutcome outcome_of(Code code) {
  switch (code) {
    case Code::kOk: return AuditOutcome::kAllowed;
    case Code::kForbidden:
    case Code::kConsentDenied:
    case Code::kConsentTimeout:
    case Code::kHandleInvalid:
    case Code::kOriginNotAllowed: return AuditOutcome::kDenied;
    default: return AuditOutcome::kFailed;
  }
}

/// What every entry begins with: who does what.
inline AuditDraft draft_of(const Caller& caller, std::string action) {
  AuditDraft draft;
  draft.role = role_name(caller.role);
  draft.principal_id = caller.principal_id;
  draft.action = std::move(action);
  return draft;
}

/// Submits `work` and, in the same transaction, the entry `draft`; `work` may fill in the draft (it is run anew, with
/// the draft as given, if the transaction has to be repeated), or clear its action if it found nothing to do: then
/// there is no entry. `done` is called once, on the committer's thread.
template <class T>
void audited_write(Committer& committer, const AuditLog& audit, AuditDraft draft,
                   std::function<Result<T>(Database&, AuditDraft&)> work, Completion<T> done) {
  struct State {
    AuditDraft draft;  // as `work` filled it in
    std::optional<T> value;
    Status failure;  // of `work` itself
  };
  auto state = std::make_shared<State>();
  WriteJob job;
  job.work = [state, &audit, draft = std::move(draft), work = std::move(work)](Database& database) -> Status {
    state->draft = draft;
    state->value.reset();
    Result<T> result = work(database, state->draft);
    state->failure = result.status();
    if (!result.ok()) return state->failure;
    state->value = std::move(result).value();
    if (state->draft.action.empty()) return Status();
    return audit.append(database, state->draft);
  };
  job.after_rollback = [state, &audit](Database& database, const Status& failure) -> Status {
    if (state->failure.ok()) return Status();  // it was the entry that could not be written
    AuditDraft failed = state->draft;
    failed.outcome = outcome_of(failure.code());
    failed.code = std::string(code_name(failure.code()));
    return audit.append(database, failed);
  };
  job.done = [state, done = std::move(done)](const Status& status) {
    if (status.ok()) return done(std::move(*state->value));
    state->value.reset();
    // Anything but what `work` failed with is why that could not be written down.
    const bool recorded = status.code() == state->failure.code() && status.message() == state->failure.message();
    done(recorded ? status : audit_failure(status));
  };
  committer.submit(std::move(job));
}

/// Records that something failed before it came to a write, then calls `then`: with OK once the entry is durable, or
/// with why it could not be written.
inline void audit_failed_attempt(Committer& committer, const AuditLog& audit, AuditDraft draft, const Status& failure,
                                 std::function<void(const Status&)> then) {
  draft.outcome = outcome_of(failure.code());
  draft.code = std::string(code_name(failure.code()));
  WriteJob job;
  job.work = [&audit, draft = std::move(draft)](Database& database) { return audit.append(database, draft); };
  job.done = std::move(then);
  committer.submit(std::move(job));
}

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_AUDITED_WRITE_H_
