// What tests of providers and connections share: manifests and secrets.
#ifndef STRONGROOM_TEST_CONNECTIONS_CONNECTION_SUPPORT_H_
#define STRONGROOM_TEST_CONNECTIONS_CONNECTION_SUPPORT_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/unicode.h"
#include "base/value.h"
#include "connections/provider.h"

namespace strongroom::test {

inline Value json(std::string_view text) {
  Result<Value> value = parse_json(text, {.bytes = 8U << 20, .depth = 64, .values = 100000});
  EXPECT_TRUE(value.ok()) << text;
  return value.ok() ? *std::move(value) : Value();
}

inline constexpr std::string_view kSchema = R"({
  "type": "object",
  "properties": {
    "baseUrl": {"type": "string", "title": "Base URL", "format": "uri", "maxLength": 200},
    "user": {"type": "string", "minLength": 1},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "ratio": {"type": "number"},
    "verify": {"type": "boolean", "default": true},
    "region": {"type": "string", "enum": ["eu", "us"]},
    "token": {"type": "string", "writeOnly": true, "title": "API token", "pattern": "^[!-~]+$"},
    "pin": {"type": "string", "writeOnly": true, "minLength": 4}
  },
  "required": ["baseUrl", "token"]
})";

/// A sound manifest of acme.tracker with `schema` and with the members of `others` (JSON) in place of its own.
inline Value manifest(std::string_view others = "{}", std::string_view schema = kSchema) {
  Value value = json(R"({"id": "acme.tracker", "displayName": "Tracker", "description": "Issues.", "version": "1.0.0",
    "auth": {"type": "bearer", "field": "token"}, "origins": [{"fromField": "baseUrl"}]})");
  value.as_object().emplace_back("schema", json(schema));
  const Value replacements = json(others);
  for (const auto& [name, member] : replacements.as_object()) {
    auto& members = value.as_object();
    std::erase_if(members, [&](const Value::Member& entry) { return entry.first == name; });
    members.emplace_back(name, member);
  }
  return value;
}

inline Provider provider(std::string_view others = "{}", std::string_view schema = kSchema) {
  Result<Provider> parsed = parse_manifest(manifest(others, schema));
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  return *std::move(parsed);
}

inline Value secret(SecureHeap& heap, std::string_view text) {
  return Value::secret(
      {.utf8 = heap.copy(as_bytes(text)).value(), .code_points = count_code_points(text).value_or(text.size())});
}

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_CONNECTIONS_CONNECTION_SUPPORT_H_
