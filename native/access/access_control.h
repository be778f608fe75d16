// Every decision about access, in one place and synchronous: what a request comes to, what a person's answer makes of
// it, and whether a handle is still good. Each function runs inside a write job, so that what it finds and what is
// written (the audit entry included, which the caller appends) are one transaction.
//
// Nothing here touches the handle table: a job may be run twice, and a handle is issued after its COMMIT alone.
//
// Threads: any, each with a Database of that thread; in practice the committer's.
#ifndef STRONGROOM_ACCESS_ACCESS_CONTROL_H_
#define STRONGROOM_ACCESS_ACCESS_CONTROL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/cooldown.h"
#include "access/grant_store.h"
#include "access/handle_table.h"
#include "base/secure_heap.h"
#include "connections/connection_store.h"
#include "connections/provider_store.h"
#include "secrets/secret_store.h"

namespace strongroom {

/// What a person answers.
enum class ConsentDecision : std::uint8_t { kAllowOnce, kAllowAlways, kDeny, kDenyAlways };

std::string_view decision_name(ConsentDecision decision);
std::optional<ConsentDecision> parse_decision(std::string_view name);

/// What is asked for.
struct AccessSubject {
  Principal principal;
  std::string connection_id;
  std::string field;
  std::string reason;

  /// Whether a prompt for one answers the other too.
  bool same_question(const AccessSubject& other) const {
    return principal == other.principal && connection_id == other.connection_id && field == other.field;
  }
};

/// A standing grant allows it, or a person just did: what the handle is to be bound to (its time is the caller's).
struct AccessAllowed {
  HandleBinding binding;
};
/// A standing grant denies it, or the principal is silenced.
struct AccessDenied {
  std::string detail;  // "denied-always" or "silenced"
};
/// A person has to be asked.
struct AccessAsk {
  ConnectionInfo connection;
  Provider provider;
};

struct Redeemed {
  SecureBuffer plaintext;
  std::string field;
  ConnectionInfo connection;
  Provider provider;
};

class AccessControl {
 public:
  /// All of them outlive it.
  struct Parts {
    ProviderStore& providers;
    ConnectionStore& connections;
    SecretStore& secrets;
    GrantStore& grants;
    Cooldown& cooldown;
    const Clock& clock;
  };
  explicit AccessControl(const Parts& parts) : parts_(parts) {}

  using Outcome = std::variant<AccessAllowed, AccessDenied, AccessAsk>;

  /// CONFLICT ("place-changed") if the address was changed since the secret was entered; NOT_FOUND if there is no such
  /// connection, its provider is not registered, or its secret field has no value; INVALID_REQUEST at "/field" if it is
  /// no secret field; CORRUPT if one of the rows was edited.
  Result<Outcome> request(Database& database, const AccessSubject& subject, const KeySet& keys);

  struct Decided {
    std::optional<Grant> grant;            // for allow, and for deny-always
    std::optional<HandleBinding> binding;  // for allow
    bool silenced = false;                 // with this denial
  };
  /// Writes what the answer makes: a grant, or a denial that counts. `once_ttl_ms` is how long an unused single grant
  /// lasts; `shown` are the access_terms that the person saw. Errors as request(), and CONFLICT ("terms-changed") if
  /// they are others by now: what was not shown is not granted.
  Result<Decided> decide(Database& database, const AccessSubject& subject, ConsentDecision decision,
                         const Digest256& shown, std::int64_t once_ttl_ms, const KeySet& keys);

  /// Counts a request that nobody answered as a denial; whether the principal is silenced with it.
  Result<bool> time_out(Database& database, const AccessSubject& subject);

  /// The secret that a handle stands for. HANDLE_INVALID unless the grant stands, for this principal, connection and
  /// field and under the provider's present terms, and the secret is the same version; then uses up a `once` grant and
  /// records the use. CORRUPT if a row was edited.
  Result<Redeemed> redeem(Database& database, const HandleBinding& binding, const KeySet& keys, SecureHeap& heap);

  /// Whether what `binding` was used for could be given out now: its grant (unless it was for that single use) and its
  /// secret are still there, whoever may have taken them away. Needs no key.
  Result<bool> still_good(Database& database, const HandleBinding& binding);

 private:
  struct Target {
    ConnectionInfo connection;
    Provider provider;
    ConnectionSecret secret;
  };
  Result<Target> target(Database& database, const AccessSubject& subject, const KeySet& keys);

  Parts parts_;
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_ACCESS_CONTROL_H_
