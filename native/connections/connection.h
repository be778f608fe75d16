// What a connection is. Its secrets are secrets of kind "connection" in the SecretStore; it holds their ids.
#ifndef STRONGROOM_CONNECTIONS_CONNECTION_H_
#define STRONGROOM_CONNECTIONS_CONNECTION_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "crypto/hash.h"

namespace strongroom {

inline constexpr std::string_view kConnectionIdPrefix = "con_";

enum class ConnectionScope : std::uint8_t { kUser, kWorkspace };

std::string_view scope_name(ConnectionScope scope);

/// A secret field as the API shows it.
struct ConnectionSecret {
  std::string secret_id;
  bool has_value = false;
  std::int64_t version = 0;
  std::int64_t updated_at = 0;  // ms
};

struct ConnectionTestResult {
  std::int64_t at = 0;  // ms
  bool ok = false;
  std::string message;  // at most 500 code points
  std::int64_t duration_ms = 0;
};

struct ConnectionInfo {
  std::string id;
  std::string provider_id;
  ConnectionScope scope = ConnectionScope::kUser;
  std::optional<std::string> workspace_id;
  std::string display_name;
  Value fields{Value::Object{}};                    // what is no secret: strings, numbers, booleans
  std::map<std::string, ConnectionSecret> secrets;  // the fields that have, or had, a value
  /// What a person has last confirmed: provider_terms when the connection was saved, and the places of its fields
  /// (places_of) when its secret was entered.
  Digest256 terms{};
  Digest256 places{};
  std::int64_t revision = 0;
  std::int64_t created_at = 0;  // ms, as the others
  std::int64_t updated_at = 0;
  std::optional<std::int64_t> last_used_at;
  std::optional<ConnectionTestResult> last_test;
};

struct ConnectionDraft {
  std::string provider_id;
  ConnectionScope scope = ConnectionScope::kUser;
  std::optional<std::string> workspace_id = std::nullopt;
  std::string display_name;
  Value fields{Value::Object{}};
  Value secrets{Value::Object{}};  // members are of Kind::kSecret
  /// terms_digest of the provider as the person was shown it; CONFLICT if it is another by now.
  std::optional<std::string> shown_terms = std::nullopt;
};

struct ConnectionChange {
  std::optional<std::string> display_name = std::nullopt;
  std::optional<Value> fields = std::nullopt;  // all of them
  std::int64_t revision = 0;                   // CONFLICT unless it is the present one
  /// terms_digest of what the person was shown who accepts it; CONFLICT if it is another by now.
  std::optional<std::string> shown_terms = std::nullopt;
};

struct ConnectionFilter {
  std::optional<std::string> provider_id = std::nullopt;
  /// Only of these providers; for extensions.
  std::optional<std::vector<std::string>> visible_providers = std::nullopt;
  std::optional<ConnectionScope> scope = std::nullopt;
  std::optional<std::string> workspace_id = std::nullopt;  // the user's and this workspace's; absent: all
  std::optional<std::string> search = std::nullopt;        // part of the display name; ASCII letters in either case
  std::optional<std::string> cursor = std::nullopt;
  std::int64_t limit = 200;  // 1 to 500
};

struct ConnectionPage {
  std::vector<ConnectionInfo> items;  // oldest first, by id
  std::optional<std::string> next_cursor;
  std::int64_t damaged = 0;
};

}  // namespace strongroom

#endif  // STRONGROOM_CONNECTIONS_CONNECTION_H_
