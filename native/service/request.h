// Reading the members of a request that its contract has let through.
#ifndef STRONGROOM_SERVICE_REQUEST_H_
#define STRONGROOM_SERVICE_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/value.h"

namespace strongroom {

/// Why a secret is used has so many code points at most, and 1 at least.
inline constexpr std::size_t kMaxReason = 500;
inline Issue bad_reason() { return {"/reason", "length", "must have 1 to 500 characters"}; }

/// A string member; nothing if it is absent.
inline std::optional<std::string> text_of(const Value& request, std::string_view key) {
  const Value* value = request.find(key);
  return value == nullptr ? std::nullopt : std::optional(value->as_string());
}

/// A whole number, or `otherwise` if it is absent.
inline std::int64_t integer_of(const Value& request, std::string_view key, std::int64_t otherwise) {
  const Value* value = request.find(key);
  return value == nullptr ? otherwise : static_cast<std::int64_t>(value->as_number());
}

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_REQUEST_H_
