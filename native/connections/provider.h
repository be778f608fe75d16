// Providers: what an extension or the app says about a service, as a JSON manifest, and what the core makes of it.
//
// A manifest is written by somebody who may mean harm. parse_manifest accepts a closed set of members and, in its
// schema, a flat set of properties with a closed set of keywords; everything else is refused with the place and the
// reason, and nothing of it is kept.
#ifndef STRONGROOM_CONNECTIONS_PROVIDER_H_
#define STRONGROOM_CONNECTIONS_PROVIDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "crypto/hash.h"
#include "schema/schema.h"

namespace strongroom {

enum class AuthType : std::uint8_t { kBearer, kBasic, kHeader, kQuery, kEnv, kStdin };

/// "bearer" and so on.
std::string_view auth_type_name(AuthType type);

/// How the broker adds a credential.
struct ProviderAuth {
  AuthType type = AuthType::kBearer;
  std::string field;           // the secret field
  std::string name;            // of the header, query parameter or environment variable; empty for the others
  std::string username_field;  // kBasic only; empty: no user name
};

/// Where a credential may go: a fixed origin, or that of the URL in a field of the connection.
struct ProviderOrigin {
  std::string origin;      // normalised (connections/http_url.h), or empty
  std::string from_field;  // or the name of a string field
  bool loopback = false;   // whether a URL in the field may name this machine
};

struct ProviderTest {
  std::string method;  // GET, HEAD or POST
  std::string path;    // begins with "/"
};

/// A parsed manifest. A value type; its schemas share their programs.
struct Provider {
  std::string id;  // "publisher.name"
  std::string display_name;
  std::string description;
  std::string icon;               // a data: URI, or empty
  std::string documentation_url;  // or empty
  std::optional<ProviderAuth> auth;
  std::vector<ProviderOrigin> origins;
  std::optional<ProviderTest> test;
  std::string version;
  Value schema;  // {type, title?, description?, properties, required?}, closed: what the contract calls
                 // ProviderInfo.schema

  // For all fields that are no secrets, as one object; until it is read, it fits nothing.
  Schema fields = *Schema::compile(Value(false));
  std::map<std::string, Schema> secrets;  // for each secret field, the schema of its value
  std::vector<std::string> required_secrets;

  // Filled in by the store.
  std::string owner;  // the principal that registered it
  bool registered = true;
  std::int64_t registered_at = 0;  // ms

  /// The label of a field: its title, or its name.
  std::string field_title(std::string_view field) const;
  bool is_secret(std::string_view field) const { return secrets.contains(std::string(field)); }
};

/// publisher.name: words of letters, digits, "-" and "_", with one dot to three.
bool is_provider_id(std::string_view id);
/// The name of a property of a provider's schema.
bool is_field_name(std::string_view name);

/// Reads a manifest that fits the contract of providers.register (or is stored). INVALID_SCHEMA with issues below
/// "/schema" if the schema is refused: an unknown or unsupported keyword, a pattern that does not compile, more than 64
/// properties, a property that is not flat, a default that its own property refuses. INVALID_REQUEST with issues for
/// the rest: an icon that is no PNG or safe SVG image of at most 32 KiB (icon.h), an origin that is none, auth, origins
/// or test that name a field that does not exist or is of the wrong kind, a header or variable name that may not be
/// set. LIMIT_EXCEEDED if the manifest is larger than 256 KiB of JSON.
Result<Provider> parse_manifest(const Value& manifest);

/// The manifest again, as JSON that parse_manifest reads: what is stored. Of its schema what a Provider keeps.
Value manifest_of(const Provider& provider);
/// Its member `auth`.
Value auth_of(const ProviderAuth& auth);

/// SHA-256 of what a person agrees to when a secret may be used: auth and origins, these as a set (doc/formats.md,
/// "Provider"). A grant holds for these alone.
Digest256 provider_terms(const Provider& provider);

/// Whether `principal` (publisher.name) may register `provider_id`: both have the same publisher, the text before the
/// first dot (a principal without one is its own publisher).
bool same_publisher(std::string_view principal, std::string_view provider_id);

}  // namespace strongroom

#endif  // STRONGROOM_CONNECTIONS_PROVIDER_H_
