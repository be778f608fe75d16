// Core types as the values of the contracts.
#ifndef STRONGROOM_SERVICE_VIEWS_H_
#define STRONGROOM_SERVICE_VIEWS_H_

#include <string_view>

#include "audit/audit_log.h"
#include "base/value.h"
#include "secrets/secret.h"

namespace strongroom {

Value view(const SecretInfo& info);
Value view(const SecretPage& page);
Value view(const AuditEntry& entry);
Value view(const AuditPage& page);
Value view(const AuditVerdict& verdict);

/// The event that says something was created, updated or deleted.
Value changed_event(std::string_view entity, std::string_view id, std::string_view change);

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_VIEWS_H_
