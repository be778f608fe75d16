// Who sends a message. A transport decides this from the sender; nothing in a payload can change it.
#ifndef STRONGROOM_SERVICE_CALLER_H_
#define STRONGROOM_SERVICE_CALLER_H_

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom {

enum class Role : std::uint8_t {
  kCore,      ///< main-process code of the app itself: every channel
  kSettings,  ///< the trusted settings renderer
  kExtension,
  kTool,
};

std::string_view role_name(Role role);
std::optional<Role> parse_role(std::string_view name);

struct Caller {
  Role role = Role::kCore;
  std::string principal_id;  ///< who, within the role: an extension's id, "settings", "core"; 1 to 200 code points
  /// Providers whose connections an extension or tool may see besides those of providers it registered; for a tool,
  /// nothing means all.
  std::optional<std::vector<std::string>> uses = std::nullopt;
  /// Asked to stop when the sender has gone: nobody gets the answer.
  std::stop_token gone = {};
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_CALLER_H_
