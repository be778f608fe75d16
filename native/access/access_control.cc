#include "access/access_control.h"

#include <array>
#include <utility>

namespace strongroom {
namespace {

struct NamedDecision {
  ConsentDecision decision;
  std::string_view name;
};
constexpr std::array kDecisions = {NamedDecision{ConsentDecision::kAllowOnce, "allow-once"},
                                   NamedDecision{ConsentDecision::kAllowAlways, "allow-always"},
                                   NamedDecision{ConsentDecision::kDeny, "deny"},
                                   NamedDecision{ConsentDecision::kDenyAlways, "deny-always"}};

Status handle_invalid() {
  return {Code::kHandleInvalid, "the handle is not (or no longer) good for this; ask for access again"};
}

HandleBinding binding_of(const AccessSubject& subject, const ConnectionSecret& secret, const Grant& grant) {
  HandleBinding binding;
  binding.principal = subject.principal;
  binding.connection_id = subject.connection_id;
  binding.field = subject.field;
  binding.secret_id = secret.secret_id;
  binding.secret_version = secret.version;
  binding.grant_id = grant.id;
  binding.once = grant.once;
  binding.reason = subject.reason;
  return binding;
}

}  // namespace

std::string_view decision_name(ConsentDecision decision) {
  for (const NamedDecision& named : kDecisions) {
    if (named.decision == decision) return named.name;
  }
  return {};
}

std::optional<ConsentDecision> parse_decision(std::string_view name) {
  for (const NamedDecision& named : kDecisions) {
    if (named.name == name) return named.decision;
  }
  return std::nullopt;
}

Result<AccessControl::Target> AccessControl::target(Database& database, const AccessSubject& subject,
                                                    const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(ConnectionInfo connection,
                      parts_.connections.get_verified(database, subject.connection_id, keys));
  SR_ASSIGN_OR_RETURN(Provider provider, parts_.providers.get(database, connection.provider_id));
  if (!provider.registered) {
    return Status(Code::kNotFound, "the provider of this connection is not registered at present")
        .with_detail("provider-missing");
  }
  if (!provider.is_secret(subject.field)) {
    return Status::invalid({{"/field", "not_a_secret", "is no secret field of this connection's provider"}});
  }
  const auto secret = connection.secrets.find(subject.field);
  if (secret == connection.secrets.end() || !secret->second.has_value) {
    return Status(Code::kNotFound, "this field of the connection has no value").with_detail("no-value");
  }
  if (!places_confirmed(connection)) {
    return Status(Code::kConflict, "the address of the connection was changed; its secret has to be entered again")
        .with_detail("place-changed");
  }
  ConnectionSecret found = secret->second;
  return Target{std::move(connection), std::move(provider), std::move(found)};
}

Result<AccessControl::Outcome> AccessControl::request(Database& database, const AccessSubject& subject,
                                                      const KeySet& keys) {
  SR_RETURN_IF_ERROR(parts_.grants.remove_expired(database));
  SR_ASSIGN_OR_RETURN(Target target, this->target(database, subject, keys));
  SR_ASSIGN_OR_RETURN(const std::optional<Grant> grant,
                      parts_.grants.standing(database, subject.principal, subject.connection_id, subject.field, keys));
  if (grant && !grant->allow) return Outcome(AccessDenied{"denied-always"});
  if (grant && grant->terms == access_terms(target.provider, target.connection)) {
    return Outcome(AccessAllowed{binding_of(subject, target.secret, *grant)});
  }
  SR_ASSIGN_OR_RETURN(const std::optional<Silence> silence,
                      parts_.cooldown.silence_of(database, subject.principal, subject.connection_id));
  if (silence) return Outcome(AccessDenied{"silenced"});
  return Outcome(AccessAsk{std::move(target.connection), std::move(target.provider)});
}

Result<AccessControl::Decided> AccessControl::decide(Database& database, const AccessSubject& subject,
                                                     ConsentDecision decision, const Digest256& shown,
                                                     std::int64_t once_ttl_ms, const KeySet& keys) {
  Decided decided;
  if (decision == ConsentDecision::kDeny) {
    SR_ASSIGN_OR_RETURN(decided.silenced, time_out(database, subject));
    return decided;
  }
  SR_ASSIGN_OR_RETURN(const Target target, this->target(database, subject, keys));
  // What was agreed to is what was shown, not what it has become since.
  if (access_terms(target.provider, target.connection) != shown) {
    return Status(Code::kConflict, "how or where the secret is sent was changed while the question was open; ask again")
        .with_detail("terms-changed");
  }
  GrantDraft draft{.principal = subject.principal,
                   .connection_id = subject.connection_id,
                   .field = subject.field,
                   .allow = decision != ConsentDecision::kDenyAlways,
                   .once = decision == ConsentDecision::kAllowOnce,
                   .reason = subject.reason,
                   .terms = access_terms(target.provider, target.connection),
                   .expires_at = std::nullopt};
  if (draft.once) draft.expires_at = parts_.clock.now_ms() + once_ttl_ms;
  SR_ASSIGN_OR_RETURN(Grant grant, parts_.grants.insert(database, draft, keys));
  if (draft.allow) decided.binding = binding_of(subject, target.secret, grant);
  decided.grant = std::move(grant);
  return decided;
}

Result<bool> AccessControl::time_out(Database& database, const AccessSubject& subject) {
  // A connection that is gone has no denials to count.
  const Result<ConnectionInfo> connection = parts_.connections.get(database, subject.connection_id);
  if (!connection.ok() && connection.status().code() == Code::kNotFound) return false;
  return parts_.cooldown.record_denial(database, subject.principal, subject.connection_id);
}

Result<Redeemed> AccessControl::redeem(Database& database, const HandleBinding& binding, const KeySet& keys,
                                       SecureHeap& heap) {
  const Result<Grant> grant = parts_.grants.get_verified(database, binding.grant_id, keys);
  if (!grant.ok()) return grant.status().code() == Code::kNotFound ? handle_invalid() : grant.status();
  if (!grant->allow || grant->once != binding.once || grant->principal != binding.principal ||
      grant->connection_id != binding.connection_id || grant->field != binding.field ||
      (grant->expires_at && *grant->expires_at <= parts_.clock.now_ms())) {
    return handle_invalid();
  }
  const AccessSubject subject{binding.principal, binding.connection_id, binding.field, binding.reason};
  Result<Target> target = this->target(database, subject, keys);
  if (!target.ok()) {
    const Code code = target.status().code();
    const bool gone = code == Code::kNotFound || code == Code::kInvalidRequest || code == Code::kConflict;
    return gone ? handle_invalid() : target.status();
  }
  if (target->secret.secret_id != binding.secret_id || target->secret.version != binding.secret_version ||
      grant->terms != access_terms(target->provider, target->connection)) {
    return handle_invalid();
  }
  SR_ASSIGN_OR_RETURN(SecureBuffer plaintext, parts_.secrets.open_value(database, binding.secret_id, keys, heap));
  const std::int64_t now = parts_.clock.now_ms();
  if (binding.once) {
    SR_RETURN_IF_ERROR(parts_.grants.remove(database, binding.grant_id).status());
  } else {
    SR_RETURN_IF_ERROR(parts_.grants.touch(database, binding.grant_id));
  }
  SR_RETURN_IF_ERROR(parts_.secrets.touch(database, binding.secret_id, now));
  SR_RETURN_IF_ERROR(parts_.connections.touch(database, binding.connection_id, now));
  return Redeemed{std::move(plaintext), binding.field, std::move(target->connection), std::move(target->provider)};
}

Result<bool> AccessControl::still_good(Database& database, const HandleBinding& binding) {
  if (!binding.once) {
    SR_ASSIGN_OR_RETURN(const bool granted, parts_.grants.exists(database, binding.grant_id));
    if (!granted) return false;
  }
  const Result<ConnectionInfo> connection = parts_.connections.get(database, binding.connection_id);
  if (!connection.ok()) return false;
  const auto secret = connection->secrets.find(binding.field);
  return secret != connection->secrets.end() && secret->second.has_value &&
         secret->second.secret_id == binding.secret_id && secret->second.version == binding.secret_version;
}

}  // namespace strongroom
