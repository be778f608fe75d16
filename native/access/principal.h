// Who asks for a secret: an extension or a tool, as the transport named it.
#ifndef STRONGROOM_ACCESS_PRINCIPAL_H_
#define STRONGROOM_ACCESS_PRINCIPAL_H_

#include <compare>
#include <string>

namespace strongroom {

struct Principal {
  std::string role;  // "extension" or "tool"
  std::string id;

  auto operator<=>(const Principal&) const = default;
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_PRINCIPAL_H_
