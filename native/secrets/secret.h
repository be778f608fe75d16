// What a secret is, apart from its value.
#ifndef STRONGROOM_SECRETS_SECRET_H_
#define STRONGROOM_SECRETS_SECRET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strongroom {

inline constexpr std::string_view kSecretIdPrefix = "sec_";

/// The kind of a connection's own secrets: listed only when asked for.
inline constexpr std::string_view kConnectionKind = "connection";

inline constexpr std::array<std::string_view, 8> kSecretKinds = {
    "api_key",        "service_token", "ssh_key",      "acme_account_key", "managed_private_key",
    "dns_credential", "custom",        kConnectionKind};

// Lengths in code points.
inline constexpr std::size_t kMaxSecretName = 100;
inline constexpr std::size_t kMaxSecretValue = 10000;
inline constexpr std::size_t kMaxMetadataPairs = 32;
inline constexpr std::size_t kMaxMetadataKey = 64;
inline constexpr std::size_t kMaxMetadataValue = 1000;

/// Pairs in the order they were given; keys are unique.
using Metadata = std::vector<std::pair<std::string, std::string>>;

struct SecretInfo {
  std::string id;
  std::string name;  // unique
  std::string kind;
  std::optional<std::string> env_key;  // unique
  Metadata metadata;
  bool has_value = false;
  std::int64_t version = 0;     // of the value: 1, and one more at each replacement
  std::int64_t revision = 0;    // of the whole: 1, and one more at each change
  std::int64_t created_at = 0;  // milliseconds since 1970, as the others
  std::int64_t updated_at = 0;
  std::optional<std::int64_t> last_accessed_at;
};

struct SecretDraft {
  std::string name;
  std::string kind;
  std::optional<std::string> env_key;
  Metadata metadata;
};

/// What an update changes; an absent member is kept.
struct SecretChange {
  std::optional<std::string> name;
  std::optional<std::string> kind;
  std::optional<std::optional<std::string>> env_key;  // an inner nullopt clears it
  std::optional<Metadata> metadata;
  std::optional<std::int64_t> revision;  // CONFLICT unless it is the present one
};

struct SecretFilter {
  std::optional<std::string> kind;    // absent: every kind but "connection"
  std::optional<std::string> cursor;  // next_cursor of the page before
  std::int64_t limit = 200;           // 1 to 500
};

struct SecretPage {
  std::vector<SecretInfo> items;  // oldest first, by id
  std::optional<std::string> next_cursor;
  /// Secrets left out because their row is damaged.
  std::int64_t damaged = 0;
};

}  // namespace strongroom

#endif  // STRONGROOM_SECRETS_SECRET_H_
