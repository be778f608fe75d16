#include "service/options.h"

#include <filesystem>

#include "schema/schema.h"
#include "service/request.h"

namespace strongroom {
namespace {

constexpr std::string_view kSchema = R"json({
  "type": "object",
  "additionalProperties": false,
  "if": { "properties": { "existing": { "const": true } }, "required": ["existing"] },
  "then": { "required": ["dir"] },
  "else": { "required": ["dir", "appId"] },
  "properties": {
    "existing": { "type": "boolean" },
    "dir": { "type": "string", "minLength": 1, "maxLength": 4000, "pattern": "^[^\\u0000]*$" },
    "appId": { "type": "string", "maxLength": 255, "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)+$" },
    "appName": { "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[^\\u0000-\\u001f\\u007f]*$" },
    "keyProviders": {
      "type": "array", "minItems": 1, "uniqueItems": true,
      "items": { "enum": ["os-keyring", "master-key-file"] }
    },
    "audit": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "durability": { "enum": ["full", "normal"] },
        "retentionDays": { "type": "integer", "minimum": 1, "maximum": 36500 },
        "maxEntries": { "type": "integer", "minimum": 0, "maximum": 9007199254740991 }
      }
    },
    "consentTimeoutMs": { "type": "integer", "minimum": 1, "maximum": 86400000 },
    "handleTtlMs": { "type": "integer", "minimum": 1, "maximum": 86400000 },
    "envPrefix": { "type": "string", "pattern": "^[A-Z0-9_]{0,64}$" },
    "credentialsFile": { "type": "string", "minLength": 1, "maxLength": 4000, "pattern": "^[^\\u0000]*$" }
  }
})json";

}  // namespace

Result<StrongroomOptions> parse_options(const Value& value) {
  SR_ASSIGN_OR_RETURN(const Value json, parse_json(kSchema, MessageLimits{}));
  SR_ASSIGN_OR_RETURN(const Schema schema, Schema::compile(json));
  std::vector<Issue> issues;
  if (!schema.validate(value, &issues)) return Status::invalid(std::move(issues));

  StrongroomOptions options;
  if (const Value* existing = value.find("existing")) options.existing = existing->as_bool();
  if (const Value* app_id = value.find("appId")) options.app_id = app_id->as_string();
  options.app_name = options.app_id;
  if (const Value* name = value.find("appName")) options.app_name = name->as_string();
  // The process may change its working directory; the store stays where it was opened.
  std::error_code error;
  options.dir = std::filesystem::absolute(value.find("dir")->as_string(), error).lexically_normal().string();
  if (error) return Status(Code::kInvalidRequest, "the store's directory cannot be resolved: " + error.message());
  if (const Value* providers = value.find("keyProviders")) {
    options.key_providers.clear();
    for (const Value& name : providers->as_array()) options.key_providers.push_back(name.as_string());
  }
  if (const Value* audit = value.find("audit")) {
    if (const Value* durability = audit->find("durability"))
      options.full_durability = durability->as_string() == "full";
    if (const Value* days = audit->find("retentionDays")) options.retention_days = static_cast<int>(days->as_number());
    if (const Value* most = audit->find("maxEntries")) {
      options.max_entries = static_cast<std::int64_t>(most->as_number());
    }
  }
  options.consent_timeout_ms = integer_of(value, "consentTimeoutMs", options.consent_timeout_ms);
  options.handle_ttl_ms = integer_of(value, "handleTtlMs", options.handle_ttl_ms);
  return options;
}

}  // namespace strongroom
