#include "connections/provider.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "connection_support.h"
#include "connections/provider_store.h"
#include "service/contracts_embedded.h"
#include "service/views.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::json;
using test::kSchema;
using test::manifest;
using test::provider;

TEST(Manifest, ComesBackAsItIsMeant) {
  const Provider parsed = provider(R"({"icon": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
    "documentationUrl": "https://docs.example.com/a#b",
    "auth": {"type": "basic", "field": "token", "usernameField": "user"},
    "origins": ["HTTPS://Api.Example.com:443", "http://localhost:8080", {"fromField": "baseUrl", "loopback": true}],
    "test": {"path": "/me?full=1"}})");
  EXPECT_EQ(parsed.id, "acme.tracker");
  EXPECT_EQ(parsed.auth->type, AuthType::kBasic);
  EXPECT_EQ(parsed.auth->username_field, "user");
  ASSERT_EQ(parsed.origins.size(), 3U);
  EXPECT_EQ(parsed.origins[0].origin, "https://api.example.com");
  EXPECT_EQ(parsed.origins[1].origin, "http://localhost:8080");
  EXPECT_EQ(parsed.origins[2].from_field, "baseUrl");
  EXPECT_TRUE(parsed.origins[2].loopback);
  EXPECT_EQ(parsed.test->method, "GET");
  EXPECT_EQ(parsed.test->path, "/me?full=1");
  EXPECT_EQ(parsed.field_title("token"), "API token");
  EXPECT_EQ(parsed.field_title("user"), "user");
  EXPECT_EQ(parsed.field_title("nothing"), "nothing");
  EXPECT_TRUE(parsed.is_secret("token"));
  EXPECT_FALSE(parsed.is_secret("user"));
  EXPECT_EQ(parsed.required_secrets, (std::vector<std::string>{"token"}));

  const std::string stored = to_json(manifest_of(parsed));
  EXPECT_EQ(to_json(manifest_of(parse_manifest(json(stored)).value())), stored);
  EXPECT_EQ(provider_terms(parse_manifest(json(stored)).value()), provider_terms(parsed));
}

TEST(Manifest, TheSmallestHasNothingButASchema) {
  const Provider parsed = parse_manifest(json(R"({"id": "a.b", "displayName": "B", "description": "", "version": "1",
    "schema": {"type": "object"}})"))
                              .value();
  EXPECT_FALSE(parsed.auth.has_value());
  EXPECT_TRUE(parsed.origins.empty());
  EXPECT_TRUE(parsed.fields.validate(json("{}")));
  EXPECT_FALSE(parsed.fields.validate(json(R"({"x": 1})")));
}

TEST(Manifest, EveryKeywordOfAFormIsKept) {
  const Provider parsed = provider("{}", R"({
    "$schema": "https://json-schema.org/draft/2020-12/schema#", "$comment": "c", "type": "object", "title": "T",
    "description": "D", "additionalProperties": true, "required": ["baseUrl"],
    "properties": {
      "baseUrl": {"type": "string", "title": "t", "description": "d", "examples": ["x", 1, true], "default": "https://a",
                  "format": "uri", "pattern": "^h", "minLength": 1, "maxLength": 30, "$comment": "gone"},
      "n": {"type": "number", "minimum": -1.5, "maximum": 10, "exclusiveMinimum": -2, "exclusiveMaximum": 11,
            "multipleOf": 0.5, "enum": [1, 2.5], "writeOnly": false},
      "token": {"type": "string", "writeOnly": true, "title": "t", "format": "uuid"}}})");
  EXPECT_EQ(to_json(parsed.schema),
            R"({"type":"object","title":"T","description":"D","properties":{"baseUrl":{"type":"string","title":"t",)"
            R"("description":"d","examples":["x",1,true],"default":"https://a","format":"uri","pattern":"^h",)"
            R"("minLength":1,"maxLength":30},"n":{"type":"number","minimum":-1.5,"maximum":10,"exclusiveMinimum":-2,)"
            R"("exclusiveMaximum":11,"multipleOf":0.5,"enum":[1,2.5]},"token":{"type":"string","writeOnly":true,)"
            R"("title":"t","format":"uuid"}},"required":["baseUrl"]})");
  // Closed, whatever it says of other fields.
  EXPECT_FALSE(parsed.fields.validate(json(R"({"baseUrl": "https://a", "other": 1})")));
}

TEST(Manifest, WhatIsShownOfItFitsTheContract) {
  const auto contracts = embedded_contracts();
  const auto list = std::ranges::find(contracts, "providers.list", &EmbeddedContract::channel);
  ASSERT_NE(list, contracts.end());
  const Schema response = Schema::compile(json(list->response)).value();
  std::string fields = R"({"type": "object", "properties": {)";
  for (int i = 0; i < 63; ++i) fields += "\"f" + std::to_string(i) + R"(": {"type": "integer", "maxLength": 0},)";
  fields += R"("token": {"type": "string", "writeOnly": true}}})";
  for (Provider parsed :
       {provider(), provider(R"({"origins": ["https://[::1]:8443", "http://[::1]", "http://127.0.0.1:1", "https://x"],
          "test": {"method": "POST", "path": "/"}, "auth": {"type": "header", "name": "X-Api-Key", "field": "token"}})"),
        provider(R"({"origins": []})", fields)}) {
    parsed.owner = "acme.extension";
    std::vector<Issue> issues;
    EXPECT_TRUE(response.validate(Value(Value::Object{{"items", Value(Value::Array{view(parsed, true)})}}), &issues));
    for (const Issue& issue : issues) ADD_FAILURE() << issue.path << " " << issue.message;
  }
}

TEST(Manifest, AnAuthNamesWhatItNeeds) {
  EXPECT_EQ(provider(R"({"auth": {"type": "header", "field": "token", "name": "Authorization"}})").auth->name,
            "Authorization");
  EXPECT_EQ(provider(R"({"auth": {"type": "query", "field": "pin", "name": "api_key"}})").auth->field, "pin");
  EXPECT_EQ(provider(R"({"auth": {"type": "env", "field": "token", "name": "GITHUB_TOKEN"}})").auth->type,
            AuthType::kEnv);
  EXPECT_EQ(auth_type_name(provider(R"({"auth": {"type": "stdin", "field": "token"}})").auth->type), "stdin");
}

struct Hostile {
  std::string others;  // members of the manifest
  std::string schema;
  Code code;
  std::string path;
  std::string issue;
};

std::string with(const std::string& property) {
  return R"({"type": "object", "properties": {"baseUrl": {"type": "string"}, "token": {"type": "string", "writeOnly": true},
             "x": )" +
         property + "}}";
}

std::string many_properties() {
  std::string text = R"({"type": "object", "properties": {)";
  for (int i = 0; i < 65; ++i) {
    text += std::string(i > 0 ? "," : "") + "\"f" + std::to_string(i) + R"(": {"type": "string"})";
  }
  return text + "}}";
}

std::vector<Hostile> hostile_manifests() {
  const std::string sound(kSchema);
  std::vector<Hostile> all;
  const auto schema = [&](const std::string& text, const std::string& path, const std::string& issue) {
    all.push_back({"{}", text, Code::kInvalidSchema, path, issue});
  };
  const auto other = [&](const std::string& text, const std::string& path, const std::string& issue) {
    all.push_back({text, sound, Code::kInvalidRequest, path, issue});
  };
  // The schema as a whole.
  schema("true", "/schema", "type");
  schema("[]", "/schema", "type");
  schema("{}", "/schema/type", "required");
  schema(R"({"type": "array"})", "/schema/type", "type");
  schema(R"({"type": ["object"]})", "/schema/type", "type");
  schema(R"({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"})", "/schema/$schema",
         "unsupported_dialect");
  schema(R"({"type": "object", "$schema": 1})", "/schema/$schema", "unsupported_dialect");
  schema(R"({"type": "object", "$ref": "https://evil.example/schema"})", "/schema/$ref", "unsupported_keyword");
  schema(R"({"type": "object", "allOf": []})", "/schema/allOf", "unsupported_keyword");
  schema(R"({"type": "object", "patternProperties": {}})", "/schema/patternProperties", "unsupported_keyword");
  schema(R"({"type": "object", "if": {}})", "/schema/if", "unsupported_keyword");
  schema(R"({"type": "object", "additionalProperties": {"type": "string"}})", "/schema/additionalProperties",
         "unsupported_keyword");
  schema(R"({"type": "object", "propertys": {}})", "/schema/propertys", "unknown_keyword");
  schema(R"({"type": "object", "x-order": 1})", "/schema/x-order", "unknown_keyword");
  schema(R"({"type": "object", "a/b~c": 1})", "/schema/a~1b~0c", "unknown_keyword");
  schema(R"({"type": "object", "__proto__": {}})", "/schema/__proto__", "unknown_keyword");
  schema(R"({"type": "object", "title": 1})", "/schema/title", "length");
  schema(R"({"type": "object", "description": ")" + std::string(1001, 'd') + "\"}", "/schema/description", "length");
  schema(R"({"type": "object", "$comment": {}})", "/schema/$comment", "type");
  schema(R"({"type": "object", "properties": []})", "/schema/properties", "type");
  schema(many_properties(), "/schema/properties", "too_many_properties");
  schema(R"({"type": "object", "properties": {"1a": {"type": "string"}}})", "/schema/properties/1a", "invalid_name");
  schema(R"({"type": "object", "properties": {"": {"type": "string"}}})", "/schema/properties/", "invalid_name");
  schema(R"({"type": "object", "properties": {"__proto__": {"type": "string"}}})", "/schema/properties/__proto__",
         "invalid_name");
  schema(R"({"type": "object", "properties": {"a b": {"type": "string"}}})", "/schema/properties/a b", "invalid_name");
  schema(R"({"type": "object", "properties": {"\u00fc": {"type": "string"}}})", "/schema/properties/\u00fc",
         "invalid_name");
  schema(R"({"type": "object", "required": "x"})", "/schema/required", "invalid_keyword");
  schema(R"({"type": "object", "required": ["x"]})", "/schema/required/0", "unknown_property");
  schema(R"({"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x", "x"]})", "/schema/required/1",
         "repeated");
  schema(R"({"type": "object", "properties": {"x": {"type": "string"}}, "required": [null]})", "/schema/required/0",
         "unknown_property");
  // One property.
  schema(with("true"), "/schema/properties/x", "not_flat");
  schema(with("{}"), "/schema/properties/x/type", "required");
  schema(with(R"({"type": "object"})"), "/schema/properties/x/type", "not_flat");
  schema(with(R"({"type": "array"})"), "/schema/properties/x/type", "not_flat");
  schema(with(R"({"type": "null"})"), "/schema/properties/x/type", "not_flat");
  schema(with(R"({"type": ["string", "null"]})"), "/schema/properties/x/type", "not_flat");
  schema(with(R"({"type": "string", "properties": {}})"), "/schema/properties/x/properties", "unknown_keyword");
  schema(with(R"({"type": "string", "$ref": "#"})"), "/schema/properties/x/$ref", "unsupported_keyword");
  schema(with(R"({"type": "string", "oneOf": []})"), "/schema/properties/x/oneOf", "unsupported_keyword");
  schema(with(R"({"type": "string", "const": "a"})"), "/schema/properties/x/const", "unsupported_keyword");
  schema(with(R"({"type": "string", "Pattern": "a"})"), "/schema/properties/x/Pattern", "unknown_keyword");
  schema(with(R"({"type": "string", "title": ""})"), "/schema/properties/x/title", "length");
  schema(with(R"({"type": "string", "title": ")" + std::string(101, 't') + "\"}"), "/schema/properties/x/title",
         "length");
  schema(with(R"({"type": "string", "format": "evil"})"), "/schema/properties/x/format", "unknown_format");
  schema(with(R"({"type": "string", "format": 1})"), "/schema/properties/x/format", "unknown_format");
  schema(with(R"({"type": "string", "pattern": "("})"), "/schema/properties/x/pattern", "invalid_pattern");
  schema(with(R"j({"type": "string", "pattern": "(?R)"})j"), "/schema/properties/x/pattern", "invalid_pattern");
  schema(with(R"({"type": "string", "pattern": ")" + std::string(4097, 'a') + "\"}"), "/schema/properties/x/pattern",
         "invalid_pattern");
  schema(with(R"({"type": "string", "minLength": -1})"), "/schema/properties/x/minLength", "invalid_keyword");
  schema(with(R"({"type": "string", "maxLength": 1.5})"), "/schema/properties/x/maxLength", "invalid_keyword");
  schema(with(R"({"type": "string", "maxLength": 1e300})"), "/schema/properties/x/maxLength", "invalid_keyword");
  schema(with(R"({"type": "number", "multipleOf": 0})"), "/schema/properties/x/multipleOf", "invalid_keyword");
  schema(with(R"({"type": "number", "minimum": "1"})"), "/schema/properties/x/minimum", "invalid_keyword");
  schema(with(R"({"type": "string", "enum": []})"), "/schema/properties/x/enum", "invalid_keyword");
  schema(with(R"({"type": "string", "enum": [{"a": 1}]})"), "/schema/properties/x/enum/0", "not_flat");
  schema(with(R"({"type": "string", "enum": ["a", 1]})"), "/schema/properties/x/enum/1", "refused_value");
  schema(with(R"({"type": "string", "examples": "a"})"), "/schema/properties/x/examples", "invalid_keyword");
  schema(with(R"({"type": "string", "examples": [[]]})"), "/schema/properties/x/examples/0", "not_flat");
  schema(with(R"({"type": "string", "default": null})"), "/schema/properties/x/default", "not_flat");
  schema(with(R"({"type": "string", "default": 1})"), "/schema/properties/x/default", "refused_value");
  schema(with(R"({"type": "integer", "maximum": 3, "default": 4})"), "/schema/properties/x/default", "refused_value");
  schema(with(R"({"type": "string", "enum": ["a"], "default": "b"})"), "/schema/properties/x/default", "refused_value");
  schema(with(R"({"type": "string", "writeOnly": "yes"})"), "/schema/properties/x/writeOnly", "invalid_keyword");
  schema(with(R"({"type": "integer", "writeOnly": true})"), "/schema/properties/x/writeOnly", "secret_type");
  schema(with(R"({"type": "string", "writeOnly": true, "default": "hunter2"})"), "/schema/properties/x/default",
         "secret_in_schema");
  schema(with(R"({"type": "string", "writeOnly": true, "enum": ["a"]})"), "/schema/properties/x/enum",
         "secret_in_schema");
  schema(with(R"({"type": "string", "writeOnly": true, "examples": ["a"]})"), "/schema/properties/x/examples",
         "secret_in_schema");
  schema(with(R"({"type": "string", "writeOnly": true, "format": "regex"})"), "/schema/properties/x/format",
         "unsupported_format");
  schema(with(R"({"type": "string", "writeOnly": true, "pattern": "["})"), "/schema/properties/x/pattern",
         "invalid_pattern");
  // The rest of the manifest.
  other(R"({"id": "tracker"})", "/id", "pattern");
  other(R"({"id": ".tracker"})", "/id", "pattern");
  other(R"({"id": "a.b.c.d.e"})", "/id", "pattern");
  other(R"({"id": "acme.../../x"})", "/id", "pattern");
  other(R"({"id": 1})", "/id", "type");
  other(R"({"displayName": ""})", "/displayName", "length");
  other(R"({"displayName": null})", "/displayName", "type");
  other(R"({"description": ")" + std::string(1001, 'd') + "\"}", "/description", "length");
  other(R"({"version": "1 0"})", "/version", "pattern");
  other(R"({"owner": "core"})", "/owner", "additional_property");
  other(R"j({"documentationUrl": "javascript:alert(1)"})j", "/documentationUrl", "url");
  other(R"({"documentationUrl": "http://docs.example.com"})", "/documentationUrl", "url");
  other(R"({"documentationUrl": "https://github.com@evil.example/"})", "/documentationUrl", "url");
  other(R"({"icon": "https://evil.example/i.png"})", "/icon", "icon");
  other(R"({"icon": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"})", "/icon",
        "icon");
  other(R"({"auth": []})", "/auth", "type");
  other(R"({"auth": {"type": "digest", "field": "token"}})", "/auth/type", "enum");
  other(R"({"auth": {"type": "bearer"}})", "/auth/field", "required");
  other(R"({"auth": {"type": "bearer", "field": "nothing"}})", "/auth/field", "unknown_field");
  other(R"({"auth": {"type": "bearer", "field": "user"}})", "/auth/field", "not_a_secret");
  other(R"({"auth": {"type": "bearer", "field": "token", "name": "X"}})", "/auth/name", "additional_property");
  other(R"({"auth": {"type": "bearer", "field": "token", "usernameField": "user"}})", "/auth/usernameField",
        "additional_property");
  other(R"({"auth": {"type": "bearer", "field": "token", "scheme": "X"}})", "/auth/scheme", "additional_property");
  other(R"({"auth": {"type": "basic", "field": "token", "usernameField": "pin"}})", "/auth/usernameField", "not_text");
  other(R"({"auth": {"type": "basic", "field": "token", "usernameField": "port"}})", "/auth/usernameField", "not_text");
  other(R"({"auth": {"type": "basic", "field": "token", "usernameField": "nobody"}})", "/auth/usernameField",
        "unknown_field");
  other(R"({"auth": {"type": "header", "field": "token"}})", "/auth/name", "required");
  for (const char* name : {"X: Y", "X\\r\\nHost", "", "\\u00fc"}) {
    other(R"({"auth": {"type": "header", "field": "token", "name": ")" + std::string(name) + "\"}}", "/auth/name",
          "pattern");
  }
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "COOKIE", "Proxy-Authorization",
                           "Sec-Fetch-Site", "Origin", "Connection"}) {
    other(R"({"auth": {"type": "header", "field": "token", "name": ")" + std::string(name) + "\"}}", "/auth/name",
          "forbidden_header");
  }
  other(R"({"auth": {"type": "query", "field": "token", "name": "a&b"}})", "/auth/name", "pattern");
  other(R"({"auth": {"type": "query", "field": "token", "name": "a=b"}})", "/auth/name", "pattern");
  other(R"({"auth": {"type": "env", "field": "token", "name": "A=B"}})", "/auth/name", "pattern");
  other(R"({"auth": {"type": "env", "field": "token", "name": "LD_PRELOAD"}})", "/auth/name", "forbidden_variable");
  other(R"({"auth": {"type": "env", "field": "token", "name": "PATH"}})", "/auth/name", "forbidden_variable");
  other(R"({"auth": {"type": "env", "field": "token", "name": "NODE_OPTIONS"}})", "/auth/name", "forbidden_variable");
  other(R"({"origins": {}})", "/origins", "type");
  other(R"({"origins": [1]})", "/origins/0", "type");
  other(R"({"origins": ["https://a", "https://b/"]})", "/origins/1", "url");
  other(R"({"origins": ["http://api.example.com"]})", "/origins/0", "url");
  other(R"({"origins": ["https://*.example.com"]})", "/origins/0", "url");
  other(R"({"origins": ["https://0x7f.1"]})", "/origins/0", "url");
  other(R"({"origins": [{}]})", "/origins/0/fromField", "required");
  other(R"({"origins": [{"fromField": "nothing"}]})", "/origins/0/fromField", "unknown_field");
  other(R"({"origins": [{"fromField": "token"}]})", "/origins/0/fromField", "not_text");
  other(R"({"origins": [{"fromField": "port"}]})", "/origins/0/fromField", "not_text");
  other(R"({"origins": [{"fromField": "baseUrl", "loopback": 1}]})", "/origins/0/loopback", "type");
  other(R"({"origins": [{"fromField": "baseUrl", "host": "x"}]})", "/origins/0/host", "additional_property");
  other(R"({"test": {"path": "me"}})", "/test/path", "pattern");
  other(R"({"test": {"path": "/a#b"}})", "/test/path", "url");
  other(R"({"test": {"path": "/a\\b"}})", "/test/path", "url");
  other(R"({"test": {}})", "/test/path", "required");
  other(R"({"test": {"method": "DELETE", "path": "/"}})", "/test/method", "enum");
  other(R"({"test": {"method": "GET", "path": "/", "body": "x"}})", "/test/body", "additional_property");
  other(R"({"test": {"path": "/"}, "origins": []})", "/test", "untestable");
  other(R"({"test": {"path": "/"}, "auth": {"type": "stdin", "field": "token"}})", "/test", "untestable");
  return all;
}

TEST(Manifest, WhatIsHostileIsRefusedAtItsPlace) {
  const std::vector<Hostile> all = hostile_manifests();
  EXPECT_GE(all.size(), 50U);
  for (const Hostile& hostile : all) {
    const std::string what = hostile.others + " " + hostile.schema.substr(0, 200);
    const Result<Provider> parsed = parse_manifest(manifest(hostile.others, hostile.schema));
    ASSERT_FALSE(parsed.ok()) << what;
    EXPECT_EQ(parsed.status().code(), hostile.code) << what;
    ASSERT_EQ(parsed.status().issues().size(), 1U) << what;
    const Issue& issue = parsed.status().issues()[0];
    EXPECT_EQ(issue.path, hostile.path) << what;
    EXPECT_EQ(issue.code, hostile.issue) << what;
    EXPECT_FALSE(issue.message.empty()) << what;
  }
}

TEST(Manifest, AllThatIsWrongIsToldAtOnce) {
  const Result<Provider> schema = parse_manifest(
      manifest("{}", R"({"type": "object", "properties": {"a": {"type": "x"}, "b": {}}, "required": ["c"]})"));
  EXPECT_EQ(schema.status().issues().size(), 3U);
  const Result<Provider> rest = parse_manifest(manifest(R"({"id": "", "version": "", "origins": ["x"]})"));
  EXPECT_EQ(rest.status().issues().size(), 3U);
}

TEST(Manifest, AManifestWithoutItsPartsIsRefused) {
  for (const char* text : {"null", "[]", "\"a.b\"", "1"}) {
    EXPECT_EQ(parse_manifest(json(text)).status().code(), Code::kInvalidRequest) << text;
  }
  for (const char* part : {"id", "displayName", "description", "version", "schema"}) {
    Value value = manifest();
    std::erase_if(value.as_object(), [&](const Value::Member& member) { return member.first == part; });
    const Result<Provider> parsed = parse_manifest(value);
    ASSERT_EQ(parsed.status().issues().size(), 1U) << part;
    EXPECT_EQ(parsed.status().issues()[0].path, "/" + std::string(part));
    EXPECT_EQ(parsed.status().issues()[0].code, "required");
  }
}

TEST(Manifest, OneThatIsTooLargeIsRefused) {
  std::string schema = R"({"type": "object", "properties": {"baseUrl": {"type": "string"}, "token": {"type": "string",
    "writeOnly": true}, "x": {"type": "string", "enum": [)";
  for (int i = 0; i < 30; ++i) schema += (i > 0 ? ",\"" : "\"") + std::string(9000, 'a') + std::to_string(i) + "\"";
  EXPECT_EQ(parse_manifest(manifest("{}", schema + "]}}}")).status().code(), Code::kLimitExceeded);
}

TEST(Manifest, TermsAreAuthAndOrigins) {
  const Digest256 terms = provider_terms(provider(R"({"origins": ["https://a", "https://b"]})"));
  for (const char* same :
       {R"({"origins": ["https://b", "https://a"]})", R"({"origins": ["https://a", "https://b:443", "https://a"]})",
        R"({"origins": ["https://a", "https://b"], "displayName": "Other", "version": "2", "description": "x"})"}) {
    EXPECT_EQ(provider_terms(provider(same)), terms) << same;
  }
  for (
      const char* changed :
      {R"({"origins": ["https://a"]})", R"({"origins": ["https://a", "https://b", "https://c"]})",
       R"({"origins": ["https://a", "https://b:1"]})", R"({"origins": ["https://a", {"fromField": "baseUrl"}]})",
       R"({"origins": ["https://a", {"fromField": "baseUrl", "loopback": true}]})", R"({"origins": []})",
       R"({"origins": ["https://a", "https://b"], "auth": {"type": "bearer", "field": "pin"}})",
       R"({"origins": ["https://a", "https://b"], "auth": {"type": "basic", "field": "token"}})",
       R"({"origins": ["https://a", "https://b"], "auth": {"type": "basic", "field": "token", "usernameField": "user"}})",
       R"({"origins": ["https://a", "https://b"], "auth": {"type": "header", "field": "token", "name": "X-A"}})",
       R"({"origins": ["https://a", "https://b"], "auth": {"type": "query", "field": "token", "name": "X-A"}})"}) {
    EXPECT_NE(provider_terms(provider(changed)), terms) << changed;
  }
  EXPECT_NE(provider_terms(provider(R"({"origins": [{"fromField": "baseUrl"}]})")),
            provider_terms(provider(R"({"origins": [{"fromField": "baseUrl", "loopback": true}]})")));
}

TEST(Manifest, APublisherIsTheTextBeforeTheFirstDot) {
  EXPECT_TRUE(same_publisher("acme.extension", "acme.tracker"));
  EXPECT_TRUE(same_publisher("acme.extension", "acme.a.b"));
  EXPECT_FALSE(same_publisher("acme.extension", "acmes.tracker"));
  EXPECT_FALSE(same_publisher("acmes.extension", "acme.tracker"));
  EXPECT_TRUE(same_publisher("acme", "acme.tracker"));
  EXPECT_FALSE(same_publisher("acme.extension", "acme"));
  EXPECT_FALSE(same_publisher("ACME.extension", "acme.tracker"));
  EXPECT_FALSE(same_publisher(".x", ".y"));
  EXPECT_FALSE(same_publisher("", ""));
}

class ProviderStoreTest : public testing::Test {
 protected:
  ProviderStoreTest()
      : store_(Store::open(test::options_for(dir_.path() + "/store", clock_)).value()), providers_(*clock_) {}

  template <class T>
  Result<T> run(std::function<Result<T>(Database&)> work) {
    std::optional<Result<T>> result;
    const Status status = store_->committer().run([&](Database& database) {
      result.emplace(work(database));
      return result->status();
    });
    if (!status.ok()) return status;
    return *std::move(result);
  }
  Result<ProviderStore::Registered> put(Provider value, std::string_view owner = "acme.extension") {
    return run<ProviderStore::Registered>([&](Database& db) { return providers_.put(db, value, owner); });
  }
  Code remove(std::string_view id, std::string_view owner = "acme.extension") {
    return store_->committer().run([&](Database& db) { return providers_.remove(db, id, owner); }).code();
  }
  Result<Provider> get(std::string_view id = "acme.tracker") {
    return run<Provider>([&](Database& db) { return providers_.get(db, id); });
  }
  std::vector<std::string> list() {
    const auto all = run<std::vector<Provider>>([&](Database& db) { return providers_.list(db); });
    std::vector<std::string> ids;
    for (const Provider& one : *all) ids.push_back(one.id);
    return ids;
  }
  std::vector<std::string> sql(const std::string& text) { return test::run_sql(dir_.path() + "/store", text); }

  test::TempDir dir_;
  std::shared_ptr<test::FakeClock> clock_ = std::make_shared<test::FakeClock>();
  std::unique_ptr<Store> store_;
  ProviderStore providers_;
};

using Registered = ProviderStore::Registered;

TEST_F(ProviderStoreTest, ARegistrationIsKept) {
  Provider value = provider(R"({"test": {"path": "/me"}})");
  EXPECT_EQ(put(value).value(), Registered::kCreated);
  const std::int64_t first = clock_->now_ms();
  clock_->advance(1000);
  EXPECT_EQ(put(value).value(), Registered::kUnchanged);
  EXPECT_EQ(get()->registered_at, first);
  EXPECT_EQ(put(provider(R"({"version": "2.0.0"})")).value(), Registered::kUpdated);
  const Provider stored = get().value();
  EXPECT_EQ(stored.version, "2.0.0");
  EXPECT_EQ(stored.owner, "acme.extension");
  EXPECT_TRUE(stored.registered);
  EXPECT_EQ(stored.registered_at, first + 1000);
  EXPECT_FALSE(stored.test.has_value());
  EXPECT_EQ(stored.required_secrets, (std::vector<std::string>{"token"}));
}

TEST_F(ProviderStoreTest, OnlyItsOwnerChangesOrRemovesIt) {
  ASSERT_TRUE(put(provider()).ok());
  EXPECT_EQ(put(provider(R"({"version": "2.0.0"})"), "acme.other").status().code(), Code::kAlreadyExists);
  EXPECT_EQ(remove("acme.tracker", "acme.other"), Code::kForbidden);
  EXPECT_EQ(get()->version, "1.0.0");
  EXPECT_EQ(remove("acme.tracker"), Code::kOk);
  EXPECT_EQ(remove("acme.tracker"), Code::kNotFound);
  EXPECT_EQ(get().status().code(), Code::kNotFound);
  EXPECT_EQ(put(provider(), "acme.other").value(), Registered::kCreated);
  EXPECT_EQ(remove("acme.tracker", ""), Code::kOk);
}

TEST_F(ProviderStoreTest, OneWithConnectionsStaysUntilItIsRegisteredAgain) {
  ASSERT_TRUE(put(provider()).ok());
  sql("INSERT INTO connections VALUES ('con_x', 'acme.tracker', 'user', NULL, 'n', 1, 0, 0, 1, x'00', zeroblob(32), "
      "zeroblob(32), '{}')");
  EXPECT_EQ(remove("acme.tracker"), Code::kOk);
  EXPECT_FALSE(get()->registered);
  EXPECT_EQ(list(), (std::vector<std::string>{"acme.tracker"}));
  EXPECT_EQ(remove("acme.tracker"), Code::kNotFound);
  EXPECT_EQ(put(provider()).value(), Registered::kUpdated);
  EXPECT_TRUE(get()->registered);
}

TEST_F(ProviderStoreTest, TheListIsByIdAndLeavesOutWhatIsDamaged) {
  for (const char* id : {"b.x", "a.y", "a.x"}) {
    ASSERT_TRUE(put(provider("{\"id\": \"" + std::string(id) + "\"}")).ok());
  }
  EXPECT_EQ(list(), (std::vector<std::string>{"a.x", "a.y", "b.x"}));
  for (const char* damage :
       {"manifest = '{}'", "manifest = 'no JSON'",
        "manifest = replace(manifest, '\"field\":\"token\"', '\"field\":\"user\"')",
        "manifest = replace(manifest, 'a.y', 'a.z')",
        "manifest = replace(manifest, '\"type\":\"object\"', '\"type\":\"x\"')", "owner = ''", "registered_at = -1"}) {
    sql("UPDATE providers SET " + std::string(damage) + " WHERE id = 'a.y'");
    EXPECT_EQ(get("a.y").status().code(), Code::kCorrupt) << damage;
    EXPECT_EQ(list(), (std::vector<std::string>{"a.x", "b.x"})) << damage;
    ASSERT_TRUE(put(provider(R"({"id": "a.y"})"), sql("SELECT owner FROM providers WHERE id = 'a.y'").at(0)).ok());
    sql("UPDATE providers SET owner = 'acme.extension', registered_at = 0 WHERE id = 'a.y'");
    ASSERT_TRUE(get("a.y").ok()) << damage;
  }
}

TEST_F(ProviderStoreTest, ThereAreAtMost500) {
  sql("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
      "INSERT INTO providers SELECT 'x.p' || i, 'o', 1, 0, '{}' FROM n");
  EXPECT_EQ(put(provider()).status().code(), Code::kLimitExceeded);
  sql("DELETE FROM providers WHERE id = 'x.p1'");
  EXPECT_TRUE(put(provider()).ok());
  EXPECT_EQ(put(provider(R"({"version": "2"})")).value(), Registered::kUpdated);
}

TEST_F(ProviderStoreTest, NothingOfAHostileManifestIsKept) {
  for (const Hostile& hostile : hostile_manifests()) {
    const Status status = store_->committer().run([&](Database& database) -> Status {
      SR_ASSIGN_OR_RETURN(Provider parsed, parse_manifest(manifest(hostile.others, hostile.schema)));
      return providers_.put(database, parsed, "acme.extension").status();
    });
    EXPECT_EQ(status.code(), hostile.code);
  }
  EXPECT_EQ(sql("SELECT count(*) FROM providers"), (std::vector<std::string>{"0"}));
}

}  // namespace
}  // namespace strongroom
