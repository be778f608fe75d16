// Consent and handles: the channels access.*, grants.* and consent.*, and the in-process way from a handle to a
// plaintext.
//
// A request is answered at once by a grant that stands; otherwise it waits at a place of the queue, the host language
// and the pages hear of it, and whoever answers first decides. What a handle stands for leaves the core after the audit
// entry of that use is durable, and only while the grant stands.
#ifndef STRONGROOM_SERVICE_ACCESS_SERVICE_H_
#define STRONGROOM_SERVICE_ACCESS_SERVICE_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "access/access_control.h"
#include "access/consent_queue.h"
#include "access/handle_table.h"
#include "audit/audit_log.h"
#include "base/secure_heap.h"
#include "service/audited_write.h"
#include "service/dispatcher.h"
#include "service/effects.h"
#include "service/key_service.h"
#include "service/timers.h"
#include "service/views.h"
#include "storage/store.h"

namespace strongroom {

struct AccessOptions {
  std::chrono::milliseconds consent_timeout{120000};
  std::chrono::milliseconds handle_ttl{300000};
};

/// Threads: every function may be called from any thread. Everything given to the constructor outlives the service.
class AccessService {
 public:
  struct Parts {
    Store& store;
    const AuditLog& audit;
    KeyService& keys;
    AccessControl& control;
    GrantStore& grants;
    Cooldown& cooldown;
    Timers& timers;
    Effects& effects;
    std::shared_ptr<SecureHeap> heap;
    std::function<void(const Value&)> emit;
  };
  AccessService(const Parts& parts, AccessOptions options);

  void add_handlers(Dispatcher& dispatcher);

  /// Whether the host language shows prompts; without, a request waits for a page alone.
  void set_prompting(bool prompting) { prompting_ = prompting; }

  /// A use of a handle, while it goes on.
  struct Use {
    HandleBinding binding;
    std::shared_ptr<Lease> lease;
  };
  /// Runs `work` on the secret of `handle` in one job with the audit entry `draft`, whose principal, connection, field
  /// and reason (unless it has one) are filled in from the handle. `caller` must be who holds the handle, or the app
  /// itself. HANDLE_INVALID; what `work` fails with is recorded, and no use is then used up. `on_revoked` (may be
  /// null): see Lease.
  template <class T>
  void use_handle(const Caller& caller, const std::string& handle, AuditDraft draft,
                  std::function<Result<T>(Database&, Redeemed&&, AuditDraft&)> work, std::function<void()> on_revoked,
                  std::function<void(Result<T>, Use)> done);

  /// See Strongroom::redeem.
  struct Plaintext {
    SecureBuffer value;
    Value info;
  };
  void redeem(const std::string& handle, std::string reason, bool for_program, Completion<Plaintext> done);

  /// A lease on all of a connection, for a use that needs no handle: the app's own test of it.
  std::shared_ptr<Lease> lease_connection(const std::string& connection_id, std::function<void()> on_revoked);

  /// See AccessControl.
  Result<bool> still_good(Database& database, const HandleBinding& binding) {
    return parts_.control.still_good(database, binding);
  }

  // What happens to handles and requests when something else happens. Before the write, so that nothing that is queued
  // slips through.

  /// The connection is about to go, or the secret of one of its fields to change.
  void drop_handles(std::string_view connection_id, const std::optional<std::string>& field = std::nullopt);
  /// The connection is gone: nobody need answer for it any more.
  void connection_deleted(std::string_view connection_id);
  /// Ends the requests whose senders have gone (Caller::gone).
  void end_gone();
  /// The store is being locked or closed: every handle dies, and who waits gets `why`.
  void drop_all(const Status& why);

 private:
  using Reserved = std::shared_ptr<HandleTable::Reserved>;

  void request(const Caller& caller, const Value& request, Completion<Value> done);
  void decided(const Caller& caller, const AccessSubject& subject, const KeyService::Keys& keys, std::uint64_t epoch,
               AccessControl::Outcome outcome, const Reserved& reserved, Completion<Value> done);
  void ask(const Caller& caller, const AccessSubject& subject, const AccessAsk& ask, Completion<Value> done);
  void respond(const Caller& caller, const std::string& id, ConsentDecision decision, Completion<Value> done);
  void time_out(const std::string& id);
  void release(const Caller& caller, const Value& request, Completion<Value> done);
  void list_grants(const Value& request, Completion<Value> done);
  void revoke(const Caller& caller, const std::string& id, Completion<Value> done);
  void list_silences(Completion<Value> done);
  void unsilence(const Caller& caller, const Value& request, Completion<Value> done);
  Value pending() const;

  /// Room for the handle that is to be given out, before it is written down that it was; kept if it is there already.
  Status reserve(Reserved& reserved, const Principal& principal, std::uint64_t epoch);
  Result<IssuedHandle> issue(HandleBinding binding, const Reserved& reserved);
  void forget_prompt(const std::string& request_id);
  void over(const TakenRequest& taken, const Result<IssuedHandle>& answer);
  /// As over, for requests that end without an answer of anybody's; that is written down.
  void silenced(const AccessSubject& subject);
  void end_all(std::vector<TakenRequest> taken, const Status& why);
  /// Writes down that `ended` were answered with `why`.
  void record_end(std::vector<TakenRequest> ended, const Status& why);
  std::optional<HandleBinding> held(const Caller& caller, const std::string& handle) const;

  Parts parts_;
  AccessOptions options_;
  std::atomic<bool> prompting_ = false;
  HandleTable handles_;
  ConsentQueue queue_;

  struct Prompt {
    EffectId effect = 0;
    Timers::Id timer = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Prompt> prompts_;  // by request; guarded by mutex_
};

template <class T>
void AccessService::use_handle(const Caller& caller, const std::string& handle, AuditDraft draft,
                               std::function<Result<T>(Database&, Redeemed&&, AuditDraft&)> work,
                               std::function<void()> on_revoked, std::function<void(Result<T>, Use)> done) {
  const std::uint64_t epoch = handles_.epoch();
  const KeyService::Keys keys = parts_.keys.current();
  const std::optional<HandleBinding> binding = held(caller, handle);
  draft.role = role_name(caller.role);
  draft.principal_id = caller.principal_id;
  if (binding) {
    draft.role = binding->principal.role;
    draft.principal_id = binding->principal.id;
    draft.connection_id = binding->connection_id;
    draft.field = binding->field;
    draft.secret_id = binding->secret_id;
    if (!draft.reason) draft.reason = binding->reason;
  }
  Use use;
  if (binding) use = {*binding, handles_.lease(*binding, epoch, std::move(on_revoked))};
  audited_write<T>(
      parts_.store.committer(), parts_.audit, std::move(draft),
      [this, caller, handle, keys, use, work = std::move(work)](Database& database, AuditDraft& entry) -> Result<T> {
        const Status invalid(Code::kHandleInvalid, "the handle is not (or no longer) good; ask for access again");
        // It may have been revoked while this was queued.
        if (use.lease == nullptr || use.lease->revoked() || !held(caller, handle) || keys == nullptr ||
            parts_.keys.current() != keys) {
          return invalid;
        }
        SR_ASSIGN_OR_RETURN(Redeemed redeemed, parts_.control.redeem(database, use.binding, *keys, *parts_.heap));
        return work(database, std::move(redeemed), entry);
      },
      [this, handle, use, done = std::move(done)](Result<T> result) {
        if (result.ok() && use.binding.once) {
          handles_.take(handle, 0);
          parts_.emit(changed_event("grant", use.binding.grant_id, "deleted"));
        }
        // What was taken back between the commit and here is not given out.
        if (result.ok() && use.lease->revoked()) {
          return done(Status(Code::kHandleInvalid, "the handle was revoked; ask for access again"), use);
        }
        done(std::move(result), use);
      });
}

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_ACCESS_SERVICE_H_
