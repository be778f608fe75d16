#include "service/caller.h"

#include <algorithm>

#include "connections/provider_store.h"

namespace strongroom {

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kCore: return "core";
    case Role::kSettings: return "settings";
    case Role::kExtension: return "extension";
    case Role::kTool: return "tool";
  }
  return "core";
}

std::optional<Role> parse_role(std::string_view name) {
  for (const Role role : {Role::kCore, Role::kSettings, Role::kExtension, Role::kTool}) {
    if (role_name(role) == name) return role;
  }
  return std::nullopt;
}

bool sees(const Caller& caller, std::string_view provider_id, std::string_view owner) {
  if (caller.vouched || (caller.role != Role::kExtension && caller.role != Role::kTool)) return true;
  if (caller.uses && std::ranges::find(*caller.uses, provider_id) != caller.uses->end()) return true;
  if (caller.role == Role::kTool) return !caller.uses.has_value();
  return owner == caller.principal_id && owner != kCoreOwner;
}

}  // namespace strongroom
