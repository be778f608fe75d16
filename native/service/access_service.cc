#include "service/access_service.h"

#include <algorithm>
#include <array>
#include <utility>

#include "access/broker_policy.h"
#include "base/ids.h"
#include "base/unicode.h"
#include "crypto/random.h"
#include "service/request.h"
#include "service/views.h"

namespace strongroom {
namespace {

Principal principal_of(const Caller& caller) { return {std::string(role_name(caller.role)), caller.principal_id}; }

AuditDraft draft_about(const Principal& who, std::string action, const AccessSubject& subject) {
  AuditDraft draft;
  draft.role = who.role;
  draft.principal_id = who.id;
  draft.action = std::move(action);
  draft.connection_id = subject.connection_id;
  draft.field = subject.field;
  return draft;
}

/// The entry of a request's end.
AuditDraft request_draft(const AccessSubject& subject, const std::string& reason, Code code,
                         const std::string& detail) {
  AuditDraft draft = draft_about(subject.principal, "access.request", subject);
  draft.reason = reason;
  draft.outcome = outcome_of(code);
  if (code != Code::kOk) draft.code = std::string(code_name(code));
  if (!detail.empty()) draft.detail = detail;
  return draft;
}

Value view_issued(const IssuedHandle& issued) {
  return Value(Value::Object{{"handle", issued.handle},
                             {"lifetime", issued.once ? "once" : "always"},
                             {"expiresAt", format_time(issued.expires_at)}});
}

Status sender_gone() { return {Code::kCancelled, "whoever asked has gone"}; }

Status no_such_request() {
  return {Code::kNotFound, "there is no such request; it may have been answered, or be over"};
}

Status denied(const std::string& detail) {
  if (detail == "silenced") {
    return Status(Code::kConsentDenied, "too many requests were denied; nobody is asked for a while")
        .with_detail(detail);
  }
  if (detail == "denied-always") {
    return Status(Code::kConsentDenied, "a person has denied this for good").with_detail(detail);
  }
  return {Code::kConsentDenied, "a person has denied this"};
}

}  // namespace

AccessService::AccessService(const Parts& parts, AccessOptions options) : parts_(parts), options_(options) {}

void AccessService::add_handlers(Dispatcher& dispatcher) {
  dispatcher.handle("access.request", [this](const Caller& caller, const Value& payload, Completion<Value> done) {
    request(caller, payload, std::move(done));
  });
  dispatcher.handle("access.release", [this](const Caller& caller, const Value& payload, Completion<Value> done) {
    release(caller, payload, std::move(done));
  });
  dispatcher.handle("grants.list", [this](const Caller&, const Value& payload, Completion<Value> done) {
    list_grants(payload, std::move(done));
  });
  dispatcher.handle("grants.revoke", [this](const Caller& caller, const Value& payload, Completion<Value> done) {
    revoke(caller, payload.find("id")->as_string(), std::move(done));
  });
  dispatcher.handle("consent.list", [this](const Caller&, const Value&, Completion<Value> done) { done(pending()); });
  dispatcher.handle("consent.respond", [this](const Caller& caller, const Value& payload, Completion<Value> done) {
    const std::optional<ConsentDecision> decision = parse_decision(payload.find("decision")->as_string());
    if (!decision) return done(Status::invalid({{"/decision", "enum", "is no decision"}}));
    respond(caller, payload.find("id")->as_string(), *decision, std::move(done));
  });
  dispatcher.handle("consent.silenced",
                    [this](const Caller&, const Value&, Completion<Value> done) { list_silences(std::move(done)); });
  dispatcher.handle("consent.unsilence", [this](const Caller& caller, const Value& payload, Completion<Value> done) {
    unsilence(caller, payload, std::move(done));
  });
}

void AccessService::request(const Caller& caller, const Value& payload, Completion<Value> done) {
  if (caller.role != Role::kExtension && caller.role != Role::kTool) {
    // A handle is bound to a principal; the app itself has none and needs none.
    return done(Status::invalid({{"", "principal", "access is requested for an extension or a tool"}}));
  }
  const AccessSubject subject{principal_of(caller), payload.find("connectionId")->as_string(),
                              payload.find("field")->as_string(), payload.find("reason")->as_string()};
  // Before the keys: a lock() that comes after this ends what it leads to.
  const std::uint64_t epoch = handles_.epoch();
  parts_.keys.with_keys(
      KeyService::Want::kUse, caller,
      [this, caller, subject, epoch, done = std::move(done)](Result<KeyService::Keys> got) {
        if (!got.ok()) {
          AuditDraft draft = request_draft(subject, subject.reason, Code::kOk, "");
          return audit_failed_attempt(parts_.store.committer(), parts_.audit, std::move(draft), got.status(),
                                      [done, why = got.status()](const Status&) { done(why); });
        }
        struct State {
          std::optional<AccessControl::Outcome> outcome;
          Reserved reserved;  // for one that is allowed
          bool undone = false;
        };
        auto state = std::make_shared<State>();
        WriteJob job;
        job.work = [this, caller, subject, state, epoch, keys = *got](Database& database) -> Status {
          state->undone = false;
          Result<AccessControl::Outcome> outcome = sender_gone();
          if (!caller.gone.stop_requested()) outcome = parts_.control.request(database, subject, *keys);
          if (!outcome.ok()) {
            state->undone = true;
            return outcome.status();
          }
          state->outcome = std::move(outcome).value();
          if (const auto* allowed = std::get_if<AccessAllowed>(&*state->outcome)) {
            if (Status status = reserve(state->reserved, subject.principal, epoch); !status.ok()) {
              state->undone = true;
              return status;
            }
            AuditDraft draft = request_draft(subject, subject.reason, Code::kOk, allowed->binding.grant_id);
            draft.secret_id = allowed->binding.secret_id;
            return parts_.audit.append(database, draft);
          }
          if (const auto* refused = std::get_if<AccessDenied>(&*state->outcome)) {
            return parts_.audit.append(database,
                                       request_draft(subject, subject.reason, Code::kConsentDenied, refused->detail));
          }
          return Status();  // written down when there is a decision
        };
        job.after_rollback = [this, subject, state](Database& database, const Status& failure) -> Status {
          if (!state->undone) return Status();
          return parts_.audit.append(database,
                                     request_draft(subject, subject.reason, failure.code(), failure.detail()));
        };
        job.done = [this, caller, subject, state, keys = *got, epoch, done](const Status& status) {
          if (!status.ok()) return done(state->undone ? status : audit_failure(status));
          decided(caller, subject, keys, epoch, std::move(*state->outcome), state->reserved, done);
        };
        parts_.store.committer().submit(std::move(job));
      });
}

void AccessService::decided(const Caller& caller, const AccessSubject& subject, const KeyService::Keys& keys,
                            std::uint64_t epoch, AccessControl::Outcome outcome, const Reserved& reserved,
                            Completion<Value> done) {
  if (auto* allowed = std::get_if<AccessAllowed>(&outcome)) {
    const Result<IssuedHandle> issued = issue(std::move(allowed->binding), reserved);
    return done(issued.ok() ? Result<Value>(view_issued(*issued)) : Result<Value>(issued.status()));
  }
  if (const auto* refused = std::get_if<AccessDenied>(&outcome)) return done(denied(refused->detail));
  if (parts_.keys.current() != keys || handles_.epoch() != epoch) {
    return done(parts_.keys.dropped());
  }
  ask(caller, subject, std::get<AccessAsk>(outcome), std::move(done));
}

void AccessService::ask(const Caller& caller, const AccessSubject& subject, const AccessAsk& question,
                        Completion<Value> done) {
  std::array<std::uint8_t, 10> random{};
  if (Status status = fill_random(random); !status.ok()) return done(status);
  PendingRequest pending;
  pending.created_at = parts_.store.clock().now_ms();
  pending.expires_at = pending.created_at + options_.consent_timeout.count();
  pending.id = make_id(kRequestIdPrefix, pending.created_at, random);
  pending.subject = subject;
  pending.terms = access_terms(question.provider, question.connection);
  pending.connection_name = question.connection.display_name;
  pending.provider_id = question.provider.id;
  pending.provider_name = question.provider.display_name;
  pending.field_title = question.provider.field_title(subject.field);
  if (const std::optional<ProviderAuth>& auth = question.provider.auth; auth && auth->field == subject.field) {
    pending.auth_type = auth->type;
  }
  pending.origins = allowed_origins(question.provider, question.connection);
  const std::string id = pending.id;
  end_all(
      queue_.take_outdated(subject, pending.terms),
      Status(Code::kConflict, "how or where the secret is sent was changed; ask again").with_detail("terms-changed"));
  {
    // Before anybody can answer: who does takes it away again.
    const std::lock_guard lock(mutex_);
    prompts_[id].timer = parts_.timers.after(options_.consent_timeout, [this, id] { time_out(id); });
  }
  const Result<ConsentQueue::Joined> joined =
      queue_.join(std::move(pending),
                  {.reason = subject.reason,
                   .done =
                       [done](Result<IssuedHandle> issued) {
                         done(issued.ok() ? Result<Value>(view_issued(*issued)) : Result<Value>(issued.status()));
                       },
                   .gone = caller.gone});
  if (!joined.ok() || !joined->is_new) forget_prompt(id);
  if (!joined.ok()) {
    AuditDraft draft = request_draft(subject, subject.reason, Code::kOk, "");
    return audit_failed_attempt(parts_.store.committer(), parts_.audit, std::move(draft), joined.status(),
                                [done, why = joined.status()](const Status&) { done(why); });
  }
  if (!joined->is_new) {
    parts_.emit(changed_event("consent", joined->request.id, "updated"));
    if (caller.gone.stop_requested()) end_gone();
    return;
  }
  // It may have gone before it had a place to be taken from.
  if (caller.gone.stop_requested()) return end_gone();
  const Value request = view_request(joined->request, 1);
  parts_.emit(Value(Value::Object{{"type", "consent"}, {"request", request}}));
  const auto waiting = [this, &id] {
    const std::lock_guard lock(mutex_);
    return prompts_.contains(id);
  };
  if (!prompting_ || !waiting()) return;
  const EffectId effect =
      parts_.effects.run({.id = 0, .kind = "consent", .request = request, .secrets = {}}, options_.consent_timeout,
                         [this, id](const Result<EffectOutcome>& answer) {
                           // Without an answer the request goes on waiting: for a page, or for its end.
                           if (!answer.ok() || !answer->value.is(Value::Kind::kString)) return;
                           const std::optional<ConsentDecision> decision = parse_decision(answer->value.as_string());
                           respond({Role::kCore, "consent-prompt"}, id, decision.value_or(ConsentDecision::kDeny),
                                   [](const Result<Value>&) {});
                         });
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = prompts_.find(id); found != prompts_.end()) {
      found->second.effect = effect;
      return;
    }
  }
  parts_.effects.cancel(effect, Status(Code::kCancelled, "the request is over"));  // it was answered meanwhile
}

void AccessService::respond(const Caller& caller, const std::string& id, ConsentDecision decision,
                            Completion<Value> done) {
  const std::uint64_t epoch = handles_.epoch();
  std::optional<TakenRequest> taken = queue_.take(id);
  if (!taken) return done(no_such_request());
  auto place = std::make_shared<TakenRequest>(*std::move(taken));
  const auto unanswered = [this, place, done](const Status& why) {
    const std::string request_id = place->request.id;
    const bool late = place->request.expires_at <= parts_.store.clock().now_ms();
    queue_.put_back(std::move(*place));
    done(why);
    end_gone();
    if (late) time_out(request_id);  // its time came while the answer was being written
  };
  const KeyService::Keys keys = parts_.keys.current();
  if (keys == nullptr) return unanswered(parts_.keys.dropped());
  struct State {
    AccessControl::Decided decided;
    Reserved reserved;  // for one that is allowed
    bool undone = false;
  };
  auto state = std::make_shared<State>();
  WriteJob job;
  job.work = [this, caller, place, decision, keys, epoch, state](Database& database) -> Status {
    const AccessSubject& subject = place->request.subject;
    state->undone = false;
    Result<AccessControl::Decided> decided = parts_.keys.dropped();
    // Nothing is decided for those who have gone.
    if (std::ranges::all_of(place->waiters, [](const ConsentWaiter& waiter) { return waiter.gone.stop_requested(); })) {
      decided = sender_gone();
    } else if (handles_.epoch() == epoch) {
      decided =
          parts_.control.decide(database, subject, decision, place->request.terms, options_.handle_ttl.count(), *keys);
    }
    Status status = decided.status();
    if (status.ok() && decided->binding) status = reserve(state->reserved, subject.principal, epoch);
    if (!status.ok()) {
      state->undone = true;
      return status;
    }
    state->decided = std::move(decided).value();
    const bool allow = state->decided.binding.has_value();
    AuditDraft entry = draft_about(principal_of(caller), "consent.decide", subject);
    entry.reason = subject.reason;
    entry.outcome = allow ? AuditOutcome::kAllowed : AuditOutcome::kDenied;
    entry.detail = std::string(decision_name(decision)) + " for " + subject.principal.role + " " + subject.principal.id;
    SR_RETURN_IF_ERROR(parts_.audit.append(database, entry));
    for (const ConsentWaiter& waiter : place->waiters) {
      SR_RETURN_IF_ERROR(parts_.audit.append(
          database, request_draft(subject, waiter.reason, allow ? Code::kOk : Code::kConsentDenied,
                                  state->decided.grant ? state->decided.grant->id : std::string())));
    }
    return Status();
  };
  job.after_rollback = [this, caller, place, state](Database& database, const Status& failure) -> Status {
    if (!state->undone) return Status();
    AuditDraft entry = draft_about(principal_of(caller), "consent.decide", place->request.subject);
    entry.outcome = outcome_of(failure.code());
    entry.code = std::string(code_name(failure.code()));
    SR_RETURN_IF_ERROR(parts_.audit.append(database, entry));
    for (const ConsentWaiter& waiter : place->waiters) {
      SR_RETURN_IF_ERROR(parts_.audit.append(
          database, request_draft(place->request.subject, waiter.reason, failure.code(), failure.detail())));
    }
    return Status();
  };
  job.done = [this, place, decision, state, unanswered, done](const Status& status) {
    if (!status.ok() && !state->undone) return unanswered(audit_failure(status));
    forget_prompt(place->request.id);
    if (!status.ok()) {  // the connection is gone, or no longer what it was
      over(*place, status);
      return done(status.code() == Code::kCancelled ? no_such_request() : status);
    }
    const AccessControl::Decided& decided = state->decided;
    if (decided.grant) parts_.emit(changed_event("grant", decided.grant->id, "created"));
    if (decided.silenced) silenced(place->request.subject);
    if (decided.binding) {
      over(*place, issue(*decided.binding, state->reserved));
    } else {
      over(*place, denied(decision == ConsentDecision::kDenyAlways ? "denied-always" : ""));
    }
    done(Value(Value::Object()));
  };
  parts_.store.committer().submit(std::move(job));
}

void AccessService::time_out(const std::string& id) {
  std::optional<TakenRequest> taken = queue_.take(id);
  if (!taken) return;
  auto place = std::make_shared<TakenRequest>(*std::move(taken));
  auto is_silenced = std::make_shared<bool>(false);
  WriteJob job;
  job.work = [this, place, is_silenced](Database& database) -> Status {
    const AccessSubject& subject = place->request.subject;
    SR_ASSIGN_OR_RETURN(*is_silenced, parts_.control.time_out(database, subject));
    for (const ConsentWaiter& waiter : place->waiters) {
      SR_RETURN_IF_ERROR(
          parts_.audit.append(database, request_draft(subject, waiter.reason, Code::kConsentTimeout, "")));
    }
    return Status();
  };
  job.done = [this, place, is_silenced](const Status& status) {
    forget_prompt(place->request.id);
    if (status.ok() && *is_silenced) silenced(place->request.subject);
    // Nothing was given out, so this is the answer even if it could not be written down.
    over(*place, Status(Code::kConsentTimeout, "nobody answered in time"));
  };
  parts_.store.committer().submit(std::move(job));
}

void AccessService::over(const TakenRequest& taken, const Result<IssuedHandle>& answer) {
  parts_.emit(changed_event("consent", taken.request.id, "deleted"));
  for (const ConsentWaiter& waiter : taken.waiters) waiter.done(answer);
}

void AccessService::end_all(std::vector<TakenRequest> taken, const Status& why) {
  if (taken.empty()) return;
  for (const TakenRequest& place : taken) {
    forget_prompt(place.request.id);
    over(place, why);
  }
  record_end(std::move(taken), why);
}

void AccessService::record_end(std::vector<TakenRequest> ended, const Status& why) {
  auto places = std::make_shared<std::vector<TakenRequest>>(std::move(ended));
  // Nothing was given out: whoever waited need not wait for this.
  WriteJob job;
  job.work = [this, places, why](Database& database) -> Status {
    for (const TakenRequest& place : *places) {
      for (const ConsentWaiter& waiter : place.waiters) {
        SR_RETURN_IF_ERROR(parts_.audit.append(
            database, request_draft(place.request.subject, waiter.reason, why.code(), why.detail())));
      }
    }
    return Status();
  };
  parts_.store.committer().submit(std::move(job));
}

void AccessService::silenced(const AccessSubject& subject) {
  parts_.emit(changed_event("silence", subject.connection_id, "created"));
  // Its other questions about this connection are not put to anybody any more.
  end_all(queue_.take_of(subject.principal, subject.connection_id), denied("silenced"));
}

void AccessService::forget_prompt(const std::string& request_id) {
  Prompt prompt;
  {
    const std::lock_guard lock(mutex_);
    const auto found = prompts_.find(request_id);
    if (found == prompts_.end()) return;
    prompt = found->second;
    prompts_.erase(found);
  }
  parts_.timers.cancel(prompt.timer);
  parts_.effects.cancel(prompt.effect, Status(Code::kCancelled, "the request is over"));
}

Status AccessService::reserve(Reserved& reserved, const Principal& principal, std::uint64_t epoch) {
  if (reserved != nullptr) return Status();
  Result<Reserved> room = handles_.reserve(principal, epoch, parts_.store.clock().monotonic_ms());
  if (!room.ok()) return room.status().code() == Code::kHandleInvalid ? parts_.keys.dropped() : room.status();
  reserved = *std::move(room);
  return Status();
}

Result<IssuedHandle> AccessService::issue(HandleBinding binding, const Reserved& reserved) {
  const std::int64_t now = parts_.store.clock().monotonic_ms();
  binding.expires_at = now + options_.handle_ttl.count();
  IssuedHandle issued{
      .handle = {}, .once = binding.once, .expires_at = parts_.store.clock().now_ms() + options_.handle_ttl.count()};
  Result<std::string> handle = handles_.issue(std::move(binding), *reserved);
  if (!handle.ok()) return handle.status().code() == Code::kHandleInvalid ? parts_.keys.dropped() : handle.status();
  issued.handle = *std::move(handle);
  return issued;
}

std::optional<HandleBinding> AccessService::held(const Caller& caller, const std::string& handle) const {
  std::optional<HandleBinding> binding = handles_.find(handle, parts_.store.clock().monotonic_ms());
  if (!binding || (caller.role != Role::kCore && binding->principal != principal_of(caller))) return std::nullopt;
  return binding;
}

std::shared_ptr<Lease> AccessService::lease_connection(const std::string& connection_id,
                                                       std::function<void()> on_revoked) {
  HandleBinding all;
  all.connection_id = connection_id;
  return handles_.lease(all, handles_.epoch(), std::move(on_revoked));
}

void AccessService::redeem(const std::string& handle, std::string reason, bool for_program,
                           Completion<Plaintext> done) {
  if (!has_length(reason, 1, kMaxReason)) return done(Status::invalid({bad_reason()}));
  const Caller core{Role::kCore, "core"};
  AuditDraft draft = draft_of(core, "access.redeem");
  draft.reason = std::move(reason);
  use_handle<Plaintext>(
      core, handle, std::move(draft),
      [for_program](Database&, Redeemed&& redeemed, AuditDraft&) -> Result<Plaintext> {
        const Provider& provider = redeemed.provider;
        if (for_program && (!provider.auth || provider.auth->field != redeemed.field ||
                            (provider.auth->type != AuthType::kEnv && provider.auth->type != AuthType::kStdin))) {
          return Status::invalid({{"/handle", "auth", "is for a secret that its provider does not give to a program"}});
        }
        return Plaintext{std::move(redeemed.plaintext),
                         Value(Value::Object{{"connectionId", redeemed.connection.id},
                                             {"providerId", provider.id},
                                             {"auth", provider.auth ? auth_of(*provider.auth) : Value()}})};
      },
      nullptr, [done = std::move(done)](Result<Plaintext> plaintext, const Use&) { done(std::move(plaintext)); });
}

void AccessService::release(const Caller& caller, const Value& request, Completion<Value> done) {
  const std::string handle = request.find("handle")->as_string();
  const std::optional<HandleBinding> binding = held(caller, handle);
  if (!binding || !handles_.take(handle, 0)) return done(Value(Value::Object()));
  AuditDraft draft = draft_of(caller, "access.release");
  draft.connection_id = binding->connection_id;
  draft.field = binding->field;
  audited_write<Value>(
      parts_.store.committer(), parts_.audit, std::move(draft),
      [this, binding](Database& database, AuditDraft&) -> Result<Value> {
        if (binding->once) {
          const Status removed = parts_.grants.remove(database, binding->grant_id).status();
          if (!removed.ok() && removed.code() != Code::kNotFound) return removed;
        }
        return Value(Value::Object());
      },
      std::move(done));
}

void AccessService::list_grants(const Value& request, Completion<Value> done) {
  GrantFilter filter;
  filter.principal_id = text_of(request, "principalId");
  filter.connection_id = text_of(request, "connectionId");
  filter.cursor = text_of(request, "cursor");
  if (const Value* once = request.find("once")) filter.once = once->as_bool();
  if (const Value* limit = request.find("limit")) filter.limit = static_cast<std::int64_t>(limit->as_number());
  parts_.store.readers().submit([this, filter, done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<GrantPage> page = parts_.grants.list(*database, filter);
    done(page.ok() ? Result<Value>(view(*page)) : Result<Value>(page.status()));
  });
}

void AccessService::revoke(const Caller& caller, const std::string& id, Completion<Value> done) {
  handles_.drop_grant(id);
  audited_write<Value>(
      parts_.store.committer(), parts_.audit, draft_of(caller, "access.revoke"),
      [this, id](Database& database, AuditDraft& entry) -> Result<Value> {
        SR_ASSIGN_OR_RETURN(const Grant grant, parts_.grants.remove(database, id));
        entry.detail = id;
        if (!grant.connection_id.empty()) {
          entry.connection_id = grant.connection_id;
          entry.field = grant.field;
          entry.detail = id + " of " + grant.principal.role + " " + grant.principal.id;
        }
        return Value(Value::Object());
      },
      [this, id, done = std::move(done)](Result<Value> result) {
        if (result.ok()) {
          // One that was issued between the call and the commit.
          handles_.drop_grant(id);
          parts_.emit(changed_event("grant", id, "deleted"));
        }
        done(std::move(result));
      });
}

void AccessService::list_silences(Completion<Value> done) {
  parts_.store.readers().submit([this, done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<std::vector<Silence>> silences = parts_.cooldown.list(*database);
    if (!silences.ok()) return done(silences.status());
    Value::Array items;
    for (const Silence& silence : *silences) items.push_back(view(silence));
    done(Value(Value::Object{{"items", Value(std::move(items))}}));
  });
}

void AccessService::unsilence(const Caller& caller, const Value& request, Completion<Value> done) {
  const AccessSubject subject{{request.find("role")->as_string(), request.find("principalId")->as_string()},
                              request.find("connectionId")->as_string(),
                              {},
                              {}};
  AuditDraft draft = draft_of(caller, "consent.decide");
  draft.connection_id = subject.connection_id;
  draft.detail = "unsilence " + subject.principal.role + " " + subject.principal.id;
  audited_write<Value>(
      parts_.store.committer(), parts_.audit, std::move(draft),
      [this, subject](Database& database, AuditDraft&) -> Result<Value> {
        SR_RETURN_IF_ERROR(parts_.cooldown.end(database, subject.principal, subject.connection_id));
        return Value(Value::Object());
      },
      [this, subject, done = std::move(done)](Result<Value> result) {
        if (result.ok()) parts_.emit(changed_event("silence", subject.connection_id, "deleted"));
        done(std::move(result));
      });
}

Value AccessService::pending() const {
  Value::Array items;
  for (const ConsentQueue::Listed& listed : queue_.list()) items.push_back(view_request(listed.request, listed.count));
  return Value(Value::Object{{"items", Value(std::move(items))}});
}

void AccessService::drop_handles(std::string_view connection_id, const std::optional<std::string>& field) {
  handles_.drop_connection(connection_id, field);
}

void AccessService::connection_deleted(std::string_view connection_id) {
  handles_.drop_connection(connection_id);
  end_all(queue_.take_connection(connection_id), Status(Code::kNotFound, "the connection was deleted"));
}

void AccessService::end_gone() {
  std::vector<TakenRequest> over;
  std::vector<TakenRequest> left;
  for (ConsentQueue::Gone& gone : queue_.take_gone()) {
    if (!gone.over) parts_.emit(changed_event("consent", gone.taken.request.id, "updated"));
    (gone.over ? over : left).push_back(std::move(gone.taken));
  }
  end_all(std::move(over), sender_gone());
  if (left.empty()) return;
  for (const TakenRequest& place : left) {
    for (const ConsentWaiter& waiter : place.waiters) waiter.done(sender_gone());
  }
  record_end(std::move(left), sender_gone());
}

void AccessService::drop_all(const Status& why) {
  const std::vector<std::string> once = handles_.clear();
  end_all(queue_.take_all(), why);
  if (once.empty()) return;
  // Single grants whose handles are gone have no use any more. If this fails, their time ends them.
  WriteJob job;
  job.work = [this, once](Database& database) -> Status {
    for (const std::string& id : once) {
      const Status removed = parts_.grants.remove(database, id).status();
      if (!removed.ok() && removed.code() != Code::kNotFound) return removed;
    }
    return Status();
  };
  parts_.store.committer().submit(std::move(job));
}

}  // namespace strongroom
