#include "connections/provider.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/unicode.h"
#include "connections/http_url.h"
#include "connections/icon.h"

namespace strongroom {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kMaxProperties = 64;
constexpr std::size_t kMaxEnum = 256;
constexpr std::size_t kMaxExamples = 8;
constexpr std::size_t kMaxOrigins = 32;
constexpr std::size_t kMaxText = 10000;
constexpr std::size_t kMaxPattern = 4096;
constexpr std::size_t kMaxManifest = 256U << 10;
constexpr double kMaxCount = 9007199254740991;  // what a JavaScript number holds exactly
constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";

constexpr std::array<std::pair<std::string_view, AuthType>, 6> kAuthTypes = {{{"bearer", AuthType::kBearer},
                                                                              {"basic", AuthType::kBasic},
                                                                              {"header", AuthType::kHeader},
                                                                              {"query", AuthType::kQuery},
                                                                              {"env", AuthType::kEnv},
                                                                              {"stdin", AuthType::kStdin}}};

/// Keywords that JSON Schema has and a provider's schema has not.
constexpr std::array<std::string_view, 38> kOtherKeywords = {"$anchor",
                                                             "$defs",
                                                             "$dynamicAnchor",
                                                             "$dynamicRef",
                                                             "$id",
                                                             "$ref",
                                                             "$vocabulary",
                                                             "allOf",
                                                             "anyOf",
                                                             "const",
                                                             "contains",
                                                             "contentEncoding",
                                                             "contentMediaType",
                                                             "contentSchema",
                                                             "definitions",
                                                             "dependencies",
                                                             "dependentRequired",
                                                             "dependentSchemas",
                                                             "deprecated",
                                                             "else",
                                                             "if",
                                                             "items",
                                                             "maxContains",
                                                             "maxItems",
                                                             "maxProperties",
                                                             "minContains",
                                                             "minItems",
                                                             "minProperties",
                                                             "not",
                                                             "oneOf",
                                                             "patternProperties",
                                                             "prefixItems",
                                                             "propertyNames",
                                                             "readOnly",
                                                             "then",
                                                             "unevaluatedItems",
                                                             "unevaluatedProperties",
                                                             "uniqueItems"};

/// Headers that say where a request goes, how it is framed, or what a browser vouches for.
constexpr std::array<std::string_view, 22> kForbiddenHeaders = {"accept-encoding",
                                                                "connection",
                                                                "content-encoding",
                                                                "content-length",
                                                                "content-type",
                                                                "cookie",
                                                                "cookie2",
                                                                "expect",
                                                                "host",
                                                                "http2-settings",
                                                                "keep-alive",
                                                                "origin",
                                                                "range",
                                                                "referer",
                                                                "set-cookie",
                                                                "te",
                                                                "trailer",
                                                                "transfer-encoding",
                                                                "upgrade",
                                                                "content-disposition",
                                                                "via",
                                                                "date"};

/// Variables by which somebody else's text becomes code in the program that is started.
constexpr std::array<std::string_view, 17> kForbiddenVariables = {
    "BASH_ENV",      "ENV",          "GCONV_PATH", "GIT_SSH_COMMAND", "HOME",     "IFS",        "JAVA_TOOL_OPTIONS",
    "NODE_PATH",     "NODE_OPTIONS", "PATH",       "PERL5LIB",        "PERL5OPT", "PYTHONHOME", "PYTHONPATH",
    "PYTHONSTARTUP", "RUBYLIB",      "RUBYOPT"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
bool is_visible(char c) { return c >= 0x21 && c <= 0x7e; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

template <std::size_t size>
bool is_one_of(const std::array<std::string_view, size>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

bool is_text(const Value& value, std::size_t least, std::size_t most) {
  return value.is(Kind::kString) && has_length(value.as_string(), least, most);
}

/// A value that a field can have: text, a number or a boolean.
bool is_field_value(const Value& value) {
  return is_text(value, 0, kMaxText) || value.is(Kind::kBool) ||
         (value.is(Kind::kNumber) && std::isfinite(value.as_number()));
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kTokenOthers = "!#$%&'*+-.^_`|~";
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || is_digit(c) || kTokenOthers.find(c) != std::string_view::npos;
  });
}

bool may_set_header(std::string_view name) {
  const std::string text = lower(name);
  return !is_one_of(kForbiddenHeaders, text) && !text.starts_with("proxy-") && !text.starts_with("sec-") &&
         !text.starts_with("access-control-");
}

bool is_query_name(std::string_view name) {
  constexpr std::string_view kOthers = "-._~$:[]@!";
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [&](char c) {
    return is_letter(c) || is_digit(c) || kOthers.find(c) != std::string_view::npos;
  });
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && !is_digit(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

bool may_set_variable(std::string_view name) {
  return !is_one_of(kForbiddenVariables, name) && !name.starts_with("LD_") && !name.starts_with("DYLD_");
}

/// Collects what is wrong with a manifest.
class Issues {
 public:
  void add(std::string path, std::string code, std::string message) {
    constexpr std::size_t kMax = 64;
    if (list_.size() < kMax) list_.push_back({std::move(path), std::move(code), std::move(message)});
  }
  void add_below(std::string_view path, const std::vector<Issue>& issues) {
    for (const Issue& issue : issues) add(std::string(path) + issue.path, issue.code, issue.message);
  }
  bool empty() const { return list_.empty(); }

  Status refuse_schema() && {
    const std::string message =
        "the provider's schema is not valid: " + list_.front().path + ": " + list_.front().message;
    return Status(Code::kInvalidSchema, message).with_issues(std::move(list_));
  }
  Status refuse() && { return Status::invalid(std::move(list_)); }

 private:
  std::vector<Issue> list_;
};

/// Reads the schema of a manifest into a Provider.
class SchemaReader {
 public:
  SchemaReader(Provider& provider, Issues& issues) : provider_(provider), issues_(issues) {}

  void read(const Value& schema) {
    if (!schema.is(Kind::kObject)) return issues_.add("/schema", "type", "a schema is an object");
    bool has_type = false;
    for (const auto& [name, value] : schema.as_object()) {
      if (value.is(Kind::kUndefined)) continue;
      const std::string path = pointer_child("/schema", name);
      if (name == "$schema") {
        if (!value.is(Kind::kString) ||
            (value.as_string() != kDialect && value.as_string() != std::string(kDialect) + "#")) {
          issues_.add(path, "unsupported_dialect", "a provider's schema is JSON Schema 2020-12");
        }
      } else if (name == "$comment") {
        check_comment(value, path);
      } else if (name == "type") {
        has_type = true;
        if (!value.is(Kind::kString) || value.as_string() != "object") {
          issues_.add(path, "type", "a provider's schema has the type \"object\"");
        }
      } else if (name == "title") {
        if (!is_text(value, 0, 100)) issues_.add(path, "length", "a title has at most 100 characters");
      } else if (name == "description") {
        if (!is_text(value, 0, 1000)) issues_.add(path, "length", "a description has at most 1000 characters");
      } else if (name == "properties") {
        read_properties(value);
      } else if (name == "additionalProperties") {
        if (!value.is(Kind::kBool)) {
          issues_.add(path, "unsupported_keyword",
                      "additionalProperties is true or false here; a connection has no other fields than properties");
        }
      } else if (name != "required") {
        refuse_keyword(name, path);
      }
    }
    if (!has_type) issues_.add("/schema/type", "required", "a provider's schema has the type \"object\"");
    read_required(schema.find("required"));
    if (issues_.empty()) compile(schema);
  }

 private:
  void check_comment(const Value& value, const std::string& path) {
    if (!value.is(Kind::kString)) issues_.add(path, "type", "a comment is text");
  }

  void refuse_keyword(std::string_view name, const std::string& path) {
    if (is_one_of(kOtherKeywords, name)) {
      issues_.add(path, "unsupported_keyword", "a provider's schema does not support this keyword: it is flat");
    } else {
      issues_.add(path, "unknown_keyword", "this is not a keyword of JSON Schema");
    }
  }

  void read_properties(const Value& value) {
    if (!value.is(Kind::kObject)) {
      return issues_.add("/schema/properties", "type", "properties is an object of schemas");
    }
    std::size_t count = 0;
    for (const auto& [name, property] : value.as_object()) {
      if (property.is(Kind::kUndefined)) continue;
      if (++count > kMaxProperties) {
        return issues_.add("/schema/properties", "too_many_properties", "a provider has at most 64 properties");
      }
      const std::string path = pointer_child("/schema/properties", name);
      if (!is_field_name(name)) {
        issues_.add(path, "invalid_name",
                    "the name of a property has letters, digits, _ and -, begins with a letter and has at most 64 "
                    "characters");
      } else if (!property.is(Kind::kObject)) {
        issues_.add(path, "not_flat", "a property is an object with a type");
      } else {
        read_property(name, property, path);
      }
    }
  }

  void read_property(const std::string& name, const Value& property, const std::string& path) {
    Value::Object kept;
    const Value* type = property.find("type");
    if (type == nullptr) {
      issues_.add(path + "/type", "required", "a property has a type: string, number, integer or boolean");
    } else if (!type->is(Kind::kString)) {
      issues_.add(path + "/type", "not_flat", "a property has one type: string, number, integer or boolean");
    } else if (const std::string& text = type->as_string();
               text != "string" && text != "number" && text != "integer" && text != "boolean") {
      issues_.add(path + "/type", "not_flat", "a property is a string, number, integer or boolean");
    }
    const Value* write_only = property.find("writeOnly");
    const bool secret = write_only != nullptr && write_only->is(Kind::kBool) && write_only->as_bool();
    if (secret && type != nullptr && type->is(Kind::kString) && type->as_string() != "string") {
      issues_.add(path + "/writeOnly", "secret_type", "a secret is a string");
    }
    for (const auto& [keyword, value] : property.as_object()) {
      if (value.is(Kind::kUndefined)) continue;
      const std::string place = pointer_child(path, keyword);
      if (secret && (keyword == "default" || keyword == "enum" || keyword == "examples")) {
        issues_.add(place, "secret_in_schema", "a secret has no default, enum or examples: anybody could read them");
        continue;
      }
      if (keyword == "writeOnly" && value.is(Kind::kBool) && !secret) continue;
      if (check_keyword(keyword, value, place, secret)) kept.emplace_back(keyword, value);
    }
    properties_.emplace_back(name, Value(std::move(kept)));
    if (secret) secrets_.insert(name);
  }

  /// Whether the keyword belongs into the normalised schema.
  bool check_keyword(std::string_view keyword, const Value& value, const std::string& path, bool secret) {
    if (keyword == "$comment") {
      check_comment(value, path);
      return false;
    }
    if (keyword == "type") return true;
    if (keyword == "writeOnly") {
      if (!value.is(Kind::kBool)) issues_.add(path, "invalid_keyword", "writeOnly is true or false");
    } else if (keyword == "title") {
      if (!is_text(value, 1, 100)) issues_.add(path, "length", "the title of a property has 1 to 100 characters");
    } else if (keyword == "description") {
      if (!is_text(value, 0, 1000)) issues_.add(path, "length", "a description has at most 1000 characters");
    } else if (keyword == "examples") {
      check_values(value, path, 0, kMaxExamples, "examples is a list of at most 8 values");
    } else if (keyword == "enum") {
      check_values(value, path, 1, kMaxEnum, "enum is a list of 1 to 256 values");
    } else if (keyword == "default") {
      if (!is_field_value(value)) {
        issues_.add(path, "not_flat", "a default is text of at most 10000 characters, a number or a boolean");
      }
    } else if (keyword == "format") {
      if (!is_text(value, 1, 32)) {
        issues_.add(path, "unknown_format", "this is not a format that is supported");
      } else if (secret && value.as_string() == "regex") {
        issues_.add(path, "unsupported_format", "a secret cannot have the format regex");
      }
    } else if (keyword == "pattern") {
      if (!is_text(value, 0, kMaxPattern)) {
        issues_.add(path, "invalid_pattern", "a pattern is text of at most 4096 characters");
      }
    } else if (keyword == "minLength" || keyword == "maxLength") {
      if (!value.is(Kind::kNumber) || !(value.as_number() >= 0 && value.as_number() <= kMaxCount) ||
          value.as_number() != std::floor(value.as_number())) {
        issues_.add(path, "invalid_keyword", "a length is a whole number, 0 or more");
      }
    } else if (keyword == "minimum" || keyword == "maximum" || keyword == "exclusiveMinimum" ||
               keyword == "exclusiveMaximum" || keyword == "multipleOf") {
      if (!value.is(Kind::kNumber) || !std::isfinite(value.as_number())) {
        issues_.add(path, "invalid_keyword", "this keyword has a number");
      } else if (keyword == "multipleOf" && !(value.as_number() > 0)) {
        issues_.add(path, "invalid_keyword", "multipleOf is greater than 0");
      }
    } else {
      refuse_keyword(keyword, path);
      return false;
    }
    return true;
  }

  void check_values(const Value& value, const std::string& path, std::size_t least, std::size_t most,
                    const char* message) {
    if (!value.is(Kind::kArray) || value.as_array().size() < least || value.as_array().size() > most) {
      return issues_.add(path, "invalid_keyword", message);
    }
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      if (!is_field_value(value.as_array()[i])) {
        issues_.add(pointer_child(path, i), "not_flat",
                    "a value is text of at most 10000 characters, a number or a boolean");
      }
    }
  }

  void read_required(const Value* required) {
    if (required == nullptr) return;
    if (!required->is(Kind::kArray) || required->as_array().size() > kMaxProperties) {
      return issues_.add("/schema/required", "invalid_keyword", "required is a list of names of properties");
    }
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < required->as_array().size(); ++i) {
      const Value& name = required->as_array()[i];
      const std::string path = pointer_child("/schema/required", i);
      if (!name.is(Kind::kString) ||
          std::ranges::none_of(properties_, [&](const auto& entry) { return entry.first == name.as_string(); })) {
        issues_.add(path, "unknown_property", "there is no property of this name that could be required");
      } else if (!seen.insert(name.as_string()).second) {
        issues_.add(path, "repeated", "a property is required twice");
      } else {
        required_.push_back(name.as_string());
      }
    }
  }

  void compile(const Value& schema) {
    Value::Object fields;
    Value::Array required_fields;
    for (const auto& [name, property] : properties_) {
      check_own_values(name, property);
      if (!secrets_.contains(name)) {
        fields.emplace_back(name, property);
        continue;
      }
      Result<Schema> compiled = Schema::compile(property);
      if (compiled.ok()) {
        provider_.secrets.emplace(name, *std::move(compiled));
      } else {
        issues_.add_below(pointer_child("/schema/properties", name), compiled.status().issues());
      }
    }
    for (const std::string& name : required_) {
      if (secrets_.contains(name)) {
        provider_.required_secrets.push_back(name);
      } else {
        required_fields.emplace_back(name);
      }
    }
    Result<Schema> compiled = Schema::compile(Value(Value::Object{{"type", "object"},
                                                                  {"properties", Value(std::move(fields))},
                                                                  {"required", Value(std::move(required_fields))},
                                                                  {"additionalProperties", false}}));
    if (!compiled.ok()) return issues_.add_below("/schema", compiled.status().issues());
    provider_.fields = *std::move(compiled);

    Value::Object normalised{{"type", "object"}};
    for (const char* text : {"title", "description"}) {
      if (const Value* value = schema.find(text)) normalised.emplace_back(text, *value);
    }
    normalised.emplace_back("properties", Value(Value::Object(properties_.begin(), properties_.end())));
    if (!required_.empty()) {
      normalised.emplace_back("required", Value(Value::Array(required_.begin(), required_.end())));
    }
    provider_.schema = Value(std::move(normalised));
  }

  /// The values that the schema itself offers are to be ones that it takes.
  void check_own_values(const std::string& name, const Value& property) {
    const Value* const choices = property.find("enum");
    const Value* const preset = property.find("default");
    if (choices == nullptr && preset == nullptr) return;
    const std::string path = pointer_child("/schema/properties", name);
    Value::Object without_enum;
    for (const auto& [keyword, value] : property.as_object()) {
      if (keyword != "enum") without_enum.emplace_back(keyword, value);
    }
    const Result<Schema> open = Schema::compile(Value(std::move(without_enum)));
    const Result<Schema> whole = Schema::compile(property);
    if (!open.ok() || !whole.ok()) return;  // told when all fields are compiled
    if (choices != nullptr) {
      for (std::size_t i = 0; i < choices->as_array().size(); ++i) {
        if (!open->validate(choices->as_array()[i])) {
          issues_.add(pointer_child(path + "/enum", i), "refused_value", "the property itself refuses this value");
        }
      }
    }
    if (preset != nullptr && !whole->validate(*preset)) {
      issues_.add(path + "/default", "refused_value", "the property itself refuses its default");
    }
  }

  Provider& provider_;
  Issues& issues_;
  std::vector<Value::Member> properties_;
  std::set<std::string, std::less<>> secrets_;
  std::vector<std::string> required_;
};

/// Reads the rest of a manifest, after its schema.
class ManifestReader {
 public:
  ManifestReader(Provider& provider, Issues& issues) : provider_(provider), issues_(issues) {}

  void read(const Value& manifest) {
    known(manifest, "",
          {"id", "displayName", "description", "icon", "documentationUrl", "schema", "auth", "origins", "test",
           "version"});
    if (const std::string* id = text(manifest, "", "id")) {
      provider_.id = *id;
      if (!is_provider_id(*id)) issues_.add("/id", "pattern", "an id is publisher.name");
    }
    if (const std::string* name = text(manifest, "", "displayName")) {
      provider_.display_name = *name;
      if (!has_length(*name, 1, 100)) issues_.add("/displayName", "length", "a name has 1 to 100 characters");
    }
    if (const std::string* description = text(manifest, "", "description")) {
      provider_.description = *description;
      if (!has_length(*description, 0, 1000)) {
        issues_.add("/description", "length", "a description has at most 1000 characters");
      }
    }
    if (const std::string* version = text(manifest, "", "version")) {
      provider_.version = *version;
      if (version->empty() || version->size() > 64 ||
          !std::ranges::all_of(*version, [](char c) { return is_word(c) || c == '.' || c == '+'; })) {
        issues_.add("/version", "pattern", "a version is 1 to 64 letters, digits and . + _ -");
      }
    }
    if (const std::string* icon = text(manifest, "", "icon", false)) {
      provider_.icon = *icon;
      if (const Status status = check_icon(*icon, "/icon"); !status.ok()) issues_.add_below("", status.issues());
    }
    if (const std::string* url = text(manifest, "", "documentationUrl", false)) read_documentation_url(*url);
    if (const Value* auth = manifest.find("auth")) read_auth(*auth);
    if (const Value* origins = manifest.find("origins")) read_origins(*origins);
    if (const Value* test = manifest.find("test")) read_test(*test);
  }

 private:
  void known(const Value& object, const std::string& path, std::initializer_list<std::string_view> names) {
    for (const auto& [name, value] : object.as_object()) {
      if (std::ranges::find(names, std::string_view(name)) == names.end()) {
        issues_.add(pointer_child(path, name), "additional_property", "this is not known here");
      }
    }
  }

  /// The text of a member; null if there is none, which is told.
  const std::string* text(const Value& object, const std::string& path, std::string_view name, bool required = true) {
    const Value* value = object.find(name);
    if (value == nullptr) {
      if (required) issues_.add(pointer_child(path, name), "required", "is required");
      return nullptr;
    }
    if (value->is(Kind::kString) && count_code_points(value->as_string())) return &value->as_string();
    issues_.add(pointer_child(path, name), "type", "must be text");
    return nullptr;
  }

  const Value* property(std::string_view field) const {
    const Value* properties = provider_.schema.find("properties");
    return properties == nullptr ? nullptr : properties->find(field);
  }

  bool is_string_field(std::string_view field) const {
    const Value* found = property(field);
    return found != nullptr && !provider_.is_secret(field) && found->find("type")->as_string() == "string";
  }

  void read_documentation_url(const std::string& url) {
    provider_.documentation_url = url;
    const std::string_view page = std::string_view(url).substr(0, url.find('#'));
    const Result<HttpUrl> parsed = parse_http_url(page, "/documentationUrl");
    if (!parsed.ok()) return issues_.add_below("", parsed.status().issues());
    // The fragment is the one part that leads nowhere else.
    if (!url.starts_with("https://") || url.size() > 2000 || !std::ranges::all_of(url, is_visible)) {
      issues_.add("/documentationUrl", "url", "must be an https: URL of at most 2000 characters");
    }
  }

  void read_auth(const Value& value) {
    if (!value.is(Kind::kObject)) return issues_.add("/auth", "type", "must be an object");
    known(value, "/auth", {"type", "field", "name", "usernameField"});
    ProviderAuth auth;
    const std::string* type = text(value, "/auth", "type");
    if (type == nullptr) return;
    const auto found = std::ranges::find(kAuthTypes, *type, [](const auto& entry) { return entry.first; });
    if (found == kAuthTypes.end()) {
      return issues_.add("/auth/type", "enum", "must be bearer, basic, header, query, env or stdin");
    }
    auth.type = found->second;
    if (const std::string* field = text(value, "/auth", "field")) {
      auth.field = *field;
      if (property(*field) == nullptr) {
        issues_.add("/auth/field", "unknown_field", "the schema has no field of this name");
      } else if (!provider_.is_secret(*field)) {
        issues_.add("/auth/field", "not_a_secret", "the field must be a secret (writeOnly: true)");
      }
    }
    read_auth_name(value, auth);
    if (const std::string* username = text(value, "/auth", "usernameField", false)) {
      auth.username_field = *username;
      if (auth.type != AuthType::kBasic) {
        issues_.add("/auth/usernameField", "additional_property", "only basic has a field with the user name");
      } else if (property(*username) == nullptr) {
        issues_.add("/auth/usernameField", "unknown_field", "the schema has no field of this name");
      } else if (!is_string_field(*username)) {
        issues_.add("/auth/usernameField", "not_text", "the field must be a string and no secret");
      }
    }
    provider_.auth = std::move(auth);
  }

  void read_auth_name(const Value& value, ProviderAuth& auth) {
    const bool named = auth.type == AuthType::kHeader || auth.type == AuthType::kQuery || auth.type == AuthType::kEnv;
    const std::string* name = text(value, "/auth", "name", named);
    if (name == nullptr) return;
    auth.name = *name;
    if (!named) {
      issues_.add("/auth/name", "additional_property", "only header, query and env have a name");
    } else if (auth.type == AuthType::kHeader && !is_header_name(*name)) {
      issues_.add("/auth/name", "pattern", "this is not the name of a header");
    } else if (auth.type == AuthType::kHeader && !may_set_header(*name)) {
      issues_.add("/auth/name", "forbidden_header",
                  "this header says where a request goes or how it is sent; it cannot carry a credential");
    } else if (auth.type == AuthType::kQuery && !is_query_name(*name)) {
      issues_.add("/auth/name", "pattern", "the name of a parameter has letters, digits and - . _ ~ $ : [ ] @ ! only");
    } else if (auth.type == AuthType::kEnv && !is_variable_name(*name)) {
      issues_.add("/auth/name", "pattern",
                  "the name of a variable has letters, digits and _, and begins with no digit");
    } else if (auth.type == AuthType::kEnv && !may_set_variable(*name)) {
      issues_.add("/auth/name", "forbidden_variable",
                  "this variable decides what a program runs; it cannot carry a credential");
    }
  }

  void read_origins(const Value& value) {
    if (!value.is(Kind::kArray)) return issues_.add("/origins", "type", "must be a list");
    if (value.as_array().size() > kMaxOrigins) {
      return issues_.add("/origins", "max_items", "there are at most 32 origins");
    }
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      const Value& item = value.as_array()[i];
      const std::string path = pointer_child("/origins", i);
      ProviderOrigin origin;
      if (item.is(Kind::kString)) {
        Result<std::string> parsed = parse_origin(item.as_string(), path);
        if (!parsed.ok()) {
          issues_.add_below("", parsed.status().issues());
          continue;
        }
        origin.origin = *std::move(parsed);
      } else if (item.is(Kind::kObject)) {
        read_origin_field(item, path, origin);
      } else {
        issues_.add(path, "type", "must be an origin, or an object with fromField");
        continue;
      }
      provider_.origins.push_back(std::move(origin));
    }
  }

  void read_origin_field(const Value& item, const std::string& path, ProviderOrigin& origin) {
    known(item, path, {"fromField", "loopback"});
    if (const std::string* field = text(item, path, "fromField")) {
      origin.from_field = *field;
      if (property(*field) == nullptr) {
        issues_.add(path + "/fromField", "unknown_field", "the schema has no field of this name");
      } else if (!is_string_field(*field)) {
        issues_.add(path + "/fromField", "not_text", "the field must be a string and no secret");
      }
    }
    if (const Value* loopback = item.find("loopback")) {
      if (!loopback->is(Kind::kBool)) {
        issues_.add(path + "/loopback", "type", "must be true or false");
      } else {
        origin.loopback = loopback->as_bool();
      }
    }
  }

  void read_test(const Value& value) {
    if (!value.is(Kind::kObject)) return issues_.add("/test", "type", "must be an object");
    known(value, "/test", {"method", "path"});
    ProviderTest test{.method = "GET", .path = ""};
    if (const std::string* method = text(value, "/test", "method", false)) {
      test.method = *method;
      if (*method != "GET" && *method != "HEAD" && *method != "POST") {
        issues_.add("/test/method", "enum", "must be GET, HEAD or POST");
      }
    }
    if (const std::string* path = text(value, "/test", "path")) {
      test.path = *path;
      if (!path->starts_with('/') || path->size() > 1001) {
        issues_.add("/test/path", "pattern", "must be a path that starts with /, of at most 1001 characters");
      } else if (const Result<HttpUrl> url = parse_http_url("https://origin.invalid" + *path, "/test/path");
                 !url.ok()) {
        issues_.add_below("", url.status().issues());
      }
    }
    const bool over_http =
        provider_.auth && provider_.auth->type != AuthType::kEnv && provider_.auth->type != AuthType::kStdin;
    if (!over_http || provider_.origins.empty()) {
      issues_.add("/test", "untestable", "a test needs origins and an auth that goes over HTTP");
    }
    provider_.test = std::move(test);
  }

  Provider& provider_;
  Issues& issues_;
};

}  // namespace

bool is_provider_id(std::string_view id) {
  std::size_t dots = 0;
  while (true) {
    const std::size_t end = std::min(id.find('.'), id.size());
    const std::string_view part = id.substr(0, end);
    if (part.empty() || part.size() > 64 || !std::ranges::all_of(part, is_word) || part[0] == '_' || part[0] == '-') {
      return false;
    }
    if (end == id.size()) return dots >= 1 && dots <= 3;
    ++dots;
    id.remove_prefix(end + 1);
  }
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_letter(name[0]) && std::ranges::all_of(name, is_word);
}

std::string_view auth_type_name(AuthType type) {
  return std::ranges::find(kAuthTypes, type, [](const auto& entry) { return entry.second; })->first;
}

std::string Provider::field_title(std::string_view field) const {
  const Value* properties = schema.find("properties");
  const Value* property = properties == nullptr ? nullptr : properties->find(field);
  const Value* title = property == nullptr ? nullptr : property->find("title");
  return title == nullptr ? std::string(field) : title->as_string();
}

Result<Provider> parse_manifest(const Value& manifest) {
  if (!manifest.is(Kind::kObject)) return Status::invalid({{"", "type", "a manifest is an object"}});
  const Value* schema = manifest.find("schema");
  if (schema == nullptr) return Status::invalid({{"/schema", "required", "is required"}});
  Provider provider;
  Issues issues;
  SchemaReader(provider, issues).read(*schema);
  if (!issues.empty()) return std::move(issues).refuse_schema();
  ManifestReader(provider, issues).read(manifest);
  if (!issues.empty()) return std::move(issues).refuse();
  if (to_json(manifest_of(provider)).size() > kMaxManifest) {
    return Status(Code::kLimitExceeded, "a manifest has at most 256 KiB");
  }
  return provider;
}

Value auth_of(const ProviderAuth& auth) {
  Value::Object out{{"type", auth_type_name(auth.type)}, {"field", auth.field}};
  if (!auth.name.empty()) out.emplace_back("name", auth.name);
  if (!auth.username_field.empty()) out.emplace_back("usernameField", auth.username_field);
  return Value(std::move(out));
}

Value manifest_of(const Provider& provider) {
  Value::Object out{{"id", provider.id},
                    {"displayName", provider.display_name},
                    {"description", provider.description},
                    {"version", provider.version}};
  if (!provider.icon.empty()) out.emplace_back("icon", provider.icon);
  if (!provider.documentation_url.empty()) out.emplace_back("documentationUrl", provider.documentation_url);
  if (provider.auth) {
    out.emplace_back("auth", auth_of(*provider.auth));
  }
  if (!provider.origins.empty()) {
    Value::Array origins;
    for (const ProviderOrigin& origin : provider.origins) {
      if (origin.from_field.empty()) {
        origins.emplace_back(origin.origin);
        continue;
      }
      Value::Object from{{"fromField", origin.from_field}};
      if (origin.loopback) from.emplace_back("loopback", true);
      origins.emplace_back(std::move(from));
    }
    out.emplace_back("origins", Value(std::move(origins)));
  }
  if (provider.test) {
    out.emplace_back("test", Value(Value::Object{{"method", provider.test->method}, {"path", provider.test->path}}));
  }
  out.emplace_back("schema", provider.schema);
  return Value(std::move(out));
}

Digest256 provider_terms(const Provider& provider) {
  Bytes message;
  append(message, as_bytes("strongroom/provider-terms/v1"));
  const auto add = [](Bytes& to, std::string_view text) {
    if (text.empty()) {
      append_lp_null(to);
    } else {
      append_lp(to, as_bytes(text));
    }
  };
  add(message, provider.auth ? auth_type_name(provider.auth->type) : std::string_view());
  add(message, provider.auth ? provider.auth->field : std::string_view());
  add(message, provider.auth ? provider.auth->name : std::string_view());
  add(message, provider.auth ? provider.auth->username_field : std::string_view());
  std::set<Bytes> origins;
  for (const ProviderOrigin& origin : provider.origins) {
    Bytes one;
    add(one, origin.origin);
    add(one, origin.from_field);
    one.push_back(origin.loopback ? 1 : 0);
    origins.insert(std::move(one));
  }
  append_u32(message, static_cast<std::uint32_t>(origins.size()));
  for (const Bytes& origin : origins) append(message, origin);
  return sha256(message);
}

bool same_publisher(std::string_view principal, std::string_view provider_id) {
  const std::string_view publisher = principal.substr(0, principal.find('.'));
  return !publisher.empty() && provider_id.size() > publisher.size() && provider_id.starts_with(publisher) &&
         provider_id[publisher.size()] == '.';
}

}  // namespace strongroom
