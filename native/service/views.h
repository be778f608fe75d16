// Core types as the values of the contracts.
#ifndef STRONGROOM_SERVICE_VIEWS_H_
#define STRONGROOM_SERVICE_VIEWS_H_

#include <string_view>

#include "access/consent_queue.h"
#include "access/cooldown.h"
#include "access/grant_store.h"
#include "audit/audit_log.h"
#include "base/value.h"
#include "connections/connection.h"
#include "connections/provider.h"
#include "secrets/secret.h"

namespace strongroom {

Value view(const SecretInfo& info);
Value view(const SecretPage& page);
Value view(const AuditEntry& entry);
Value view(const AuditPage& page);
Value view(const AuditVerdict& verdict);
Value view(const Provider& provider, bool testable);
Value view(const ConnectionTestResult& result);
/// `provider` is null if there is none any more.
Value view(const ConnectionInfo& connection, const Provider* provider);
Value view(const Grant& grant);
Value view(const GrantPage& page);
Value view(const Silence& silence);
/// A request that waits, asked `count` times.
Value view_request(const PendingRequest& request, std::size_t count);

/// The event that says something was created, updated or deleted.
Value changed_event(std::string_view entity, std::string_view id, std::string_view change);

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_VIEWS_H_
