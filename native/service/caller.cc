#include "service/caller.h"

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

}  // namespace strongroom
