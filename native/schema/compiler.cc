// From the JSON of a schema to its Program: checks every keyword, resolves references, refuses what cannot be kept.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "schema/equality.h"
#include "schema/program.h"

namespace strongroom {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kFewChoices = 8;
constexpr double kMaxCount = 9007199254740991.0;  // 2^53 - 1
constexpr std::size_t kShownKey = 64;

/// `key` for a message: quoted, cut to 64 code points.
std::string shown(std::string_view key) {
  std::size_t end = 0;
  std::size_t points = 0;
  for (; end < key.size(); ++end) {
    if ((static_cast<std::uint8_t>(key[end]) & 0xC0U) != 0x80U && ++points > kShownKey) break;
  }
  return '"' + std::string(key.substr(0, end)) + (end < key.size() ? "…\"" : "\"");
}

enum class Keyword : std::uint8_t {
  kSchema,
  kId,
  kAnchor,
  kRef,
  kDefs,
  kDefinitions,
  kComment,
  kAnnotationText,
  kAnnotationFlag,
  kAnnotationAny,
  kExamples,
  kWriteOnly,
  kContentText,
  kContentSchema,
  kType,
  kConst,
  kEnum,
  kMultipleOf,
  kMinimum,
  kMaximum,
  kExclusiveMinimum,
  kExclusiveMaximum,
  kMinLength,
  kMaxLength,
  kPattern,
  kFormat,
  kMinItems,
  kMaxItems,
  kUniqueItems,
  kContains,
  kMinContains,
  kMaxContains,
  kPrefixItems,
  kItems,
  kAdditionalItems,
  kProperties,
  kPatternProperties,
  kAdditionalProperties,
  kPropertyNames,
  kRequired,
  kDependentRequired,
  kDependentSchemas,
  kDependencies,
  kMinProperties,
  kMaxProperties,
  kAllOf,
  kAnyOf,
  kOneOf,
  kNot,
  kIf,
  kThen,
  kElse,
  kUnsupported,
};

enum class Draft : std::uint8_t { kBoth, kOnly7, kOnly2020 };

struct KeywordEntry {
  std::string_view name;
  Keyword keyword;
  Draft draft = Draft::kBoth;
};

constexpr std::array<KeywordEntry, 66> kKeywords = {{
    {"type", Keyword::kType},
    {"properties", Keyword::kProperties},
    {"required", Keyword::kRequired},
    {"additionalProperties", Keyword::kAdditionalProperties},
    {"minLength", Keyword::kMinLength},
    {"maxLength", Keyword::kMaxLength},
    {"pattern", Keyword::kPattern},
    {"format", Keyword::kFormat},
    {"const", Keyword::kConst},
    {"enum", Keyword::kEnum},
    {"items", Keyword::kItems},
    {"anyOf", Keyword::kAnyOf},
    {"oneOf", Keyword::kOneOf},
    {"allOf", Keyword::kAllOf},
    {"not", Keyword::kNot},
    {"if", Keyword::kIf},
    {"then", Keyword::kThen},
    {"else", Keyword::kElse},
    {"minimum", Keyword::kMinimum},
    {"maximum", Keyword::kMaximum},
    {"exclusiveMinimum", Keyword::kExclusiveMinimum},
    {"exclusiveMaximum", Keyword::kExclusiveMaximum},
    {"multipleOf", Keyword::kMultipleOf},
    {"minItems", Keyword::kMinItems},
    {"maxItems", Keyword::kMaxItems},
    {"uniqueItems", Keyword::kUniqueItems},
    {"contains", Keyword::kContains},
    {"minContains", Keyword::kMinContains, Draft::kOnly2020},
    {"maxContains", Keyword::kMaxContains, Draft::kOnly2020},
    {"prefixItems", Keyword::kPrefixItems, Draft::kOnly2020},
    {"additionalItems", Keyword::kAdditionalItems, Draft::kOnly7},
    {"patternProperties", Keyword::kPatternProperties},
    {"propertyNames", Keyword::kPropertyNames},
    {"minProperties", Keyword::kMinProperties},
    {"maxProperties", Keyword::kMaxProperties},
    {"dependentRequired", Keyword::kDependentRequired, Draft::kOnly2020},
    {"dependentSchemas", Keyword::kDependentSchemas, Draft::kOnly2020},
    {"dependencies", Keyword::kDependencies, Draft::kOnly7},
    {"$schema", Keyword::kSchema},
    {"$id", Keyword::kId},
    {"$anchor", Keyword::kAnchor, Draft::kOnly2020},
    {"$ref", Keyword::kRef},
    {"$defs", Keyword::kDefs},
    {"definitions", Keyword::kDefinitions},
    {"$comment", Keyword::kComment},
    {"title", Keyword::kAnnotationText},
    {"description", Keyword::kAnnotationText},
    {"default", Keyword::kAnnotationAny},
    {"examples", Keyword::kExamples},
    {"deprecated", Keyword::kAnnotationFlag},
    {"readOnly", Keyword::kAnnotationFlag},
    {"writeOnly", Keyword::kWriteOnly},
    {"contentEncoding", Keyword::kContentText},
    {"contentMediaType", Keyword::kContentText},
    {"contentSchema", Keyword::kContentSchema, Draft::kOnly2020},
    {"$dynamicRef", Keyword::kUnsupported},
    {"$dynamicAnchor", Keyword::kUnsupported},
    {"$recursiveRef", Keyword::kUnsupported},
    {"$recursiveAnchor", Keyword::kUnsupported},
    {"$vocabulary", Keyword::kUnsupported},
    {"unevaluatedItems", Keyword::kUnsupported},
    {"unevaluatedProperties", Keyword::kUnsupported},
    {"id", Keyword::kUnsupported},
    {"nullable", Keyword::kUnsupported},
    {"discriminator", Keyword::kUnsupported},
    {"$data", Keyword::kUnsupported},
}};

const KeywordEntry* find_keyword(std::string_view name) {
  const auto* found =
      std::find_if(kKeywords.begin(), kKeywords.end(), [&](const KeywordEntry& entry) { return entry.name == name; });
  return found == kKeywords.end() ? nullptr : found;
}

/// The place in the schema, as a list on the stack: written out only when something is wrong there.
struct Place {
  const Place* parent = nullptr;
  std::string_view key;
  std::size_t index = kNoLimit;  // kNoLimit: a key

  std::string pointer() const {
    if (parent == nullptr) return "";
    return index == kNoLimit ? pointer_child(parent->pointer(), key) : pointer_child(parent->pointer(), index);
  }
  Place child(std::string_view name) const { return {this, name}; }
  Place child(std::size_t at) const { return {this, {}, at}; }
};

/// The percent-escapes of a URI fragment undone; false if one is wrong.
bool decode_fragment(std::string_view text, std::string& out) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return false;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return true;
}

/// Follows JSON Pointers. Remembers the members of large objects, so that many references into one cost little.
class PointerReader {
 public:
  /// The value at `pointer` below `root`, or nullptr.
  const Value* follow(const Value& root, std::string_view pointer) {
    const Value* at = &root;
    while (at != nullptr && !pointer.empty()) {
      if (pointer.front() != '/') return nullptr;
      const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
      std::string key;
      for (std::size_t i = 1; i < end; ++i) {
        if (pointer[i] != '~') {
          key += pointer[i];
          continue;
        }
        if (++i == end || (pointer[i] != '0' && pointer[i] != '1')) return nullptr;
        key += pointer[i] == '0' ? '~' : '/';
      }
      pointer.remove_prefix(end);
      at = child(*at, key);
    }
    return at;
  }

 private:
  using Index = std::unordered_map<std::string_view, const Value*>;
  static constexpr std::size_t kLarge = 16;

  const Value* child(const Value& parent, const std::string& key) {
    if (parent.is(Kind::kArray)) {
      const bool digits = !key.empty() && key.size() < 10 && (key == "0" || key.front() != '0') &&
                          std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
      const Value::Array& array = parent.as_array();
      return digits && std::stoul(key) < array.size() ? &array[std::stoul(key)] : nullptr;
    }
    if (!parent.is(Kind::kObject)) return nullptr;
    if (parent.as_object().size() < kLarge) return parent.find(key);
    Index& index = large_[&parent];
    if (index.empty()) {
      for (const auto& [name, value] : parent.as_object()) index.emplace(name, &value);
    }
    const auto found = index.find(key);
    return found == index.end() ? nullptr : found->second;
  }

  std::unordered_map<const Value*, Index> large_;
};

std::optional<TypeSet> type_from_name(const Value& name) {
  if (!name.is(Kind::kString)) return std::nullopt;
  const std::string& text = name.as_string();
  if (text == "null") return kTypeNull;
  if (text == "boolean") return kTypeBool;
  if (text == "integer") return kTypeInteger;
  if (text == "number") return kTypeNumber;
  if (text == "string") return kTypeString;
  if (text == "array") return kTypeArray;
  if (text == "object") return kTypeObject;
  return std::nullopt;
}

template <class Rules>
Rules& make(std::unique_ptr<Rules>& rules) {
  if (rules == nullptr) rules = std::make_unique<Rules>();
  return *rules;
}

}  // namespace

const PropertyRule* find_property(const ObjectRules& rules, std::string_view key) {
  const auto before = [&](std::uint32_t index, std::string_view wanted) {
    const std::string_view mine = rules.properties[index].key;
    return mine.size() != wanted.size() ? mine.size() < wanted.size() : mine < wanted;
  };
  const auto found = std::lower_bound(rules.sorted.begin(), rules.sorted.end(), key, before);
  if (found == rules.sorted.end() || rules.properties[*found].key != key) return nullptr;
  return &rules.properties[*found];
}

class SchemaCompiler {
 public:
  SchemaCompiler(const Value& schema, const SchemaOptions& options)
      : program_(std::make_shared<SchemaProgram>()),
        limits_(options.limits),
        draft7_(options.dialect == SchemaDialect::kDraft7),
        budget_(kHashWork) {
    program_->limits = options.limits;
    limits_.issues = std::max<std::size_t>(limits_.issues, 1);
    // Before anything recursive, the copy included.
    if (!measure(schema, 0)) return;
    program_->source = schema;
  }

  Result<Schema> run() {
    if (!issues_.empty()) return refused();
    const Place root;
    read_dialect();
    program_->root = compile(program_->source, root, 0);
    resolve_refs();
    if (issues_.empty()) refuse_endless_refs();
    if (issues_.empty()) {
      shorten_refs();
      program_->root = end_of_refs(program_->root);
      build_guides();
    }
    if (!issues_.empty()) return refused();
    return Schema(std::move(program_));
  }

 private:
  struct PendingRef {
    SchemaNode* node;
    std::string_view target;
    std::string path;
  };

  static constexpr std::uint64_t kHashWork = 50'000'000;

  Status refused() {
    std::string message = "the schema is not valid: ";
    const Issue& first = issues_.front();
    message += (first.path.empty() ? std::string() : first.path + ": ") + first.message;
    if (issues_.size() > 1) message += " (and " + std::to_string(issues_.size() - 1) + " more)";
    return Status(Code::kInvalidSchema, std::move(message)).with_issues(std::move(issues_));
  }

  void issue(std::string path, const char* code, std::string message) {
    if (issues_.size() < limits_.issues) issues_.push_back({std::move(path), code, std::move(message)});
  }
  void issue(const Place& place, const char* code, std::string message) {
    if (issues_.size() < limits_.issues) issue(place.pointer(), code, std::move(message));
  }
  void invalid(const Place& place, std::string message) { issue(place, "invalid_keyword", std::move(message)); }

  /// Bounds what may be walked recursively; also refuses what no JSON has.
  bool measure(const Value& value, std::size_t depth) {
    // A schema inside a schema is two levels of JSON in most keywords.
    if (depth > 2 * limits_.depth + 2) {
      issue(std::string(), "too_large", "the schema is nested too deeply");
      return false;
    }
    if (++values_ > 10 * limits_.nodes) {
      issue(std::string(), "too_large", "the schema has too many values");
      return false;
    }
    switch (value.kind()) {
      case Kind::kSecret: issue(std::string(), "not_a_schema", "a schema cannot hold a secret"); return false;
      case Kind::kNumber:
        if (std::isfinite(value.as_number())) return true;
        issue(std::string(), "not_a_schema", "a schema cannot hold NaN or an infinity");
        return false;
      case Kind::kArray:
        return std::all_of(value.as_array().begin(), value.as_array().end(), [&](const Value& element) {
          if (!element.is(Kind::kUndefined)) return measure(element, depth + 1);
          issue(std::string(), "not_a_schema", "a schema cannot hold undefined in an array");
          return false;
        });
      case Kind::kObject:
        return std::all_of(value.as_object().begin(), value.as_object().end(),
                           [&](const Value::Member& member) { return measure(member.second, depth + 1); });
      default: return true;
    }
  }

  void read_dialect() {
    const Value* schema = program_->source.find("$schema");
    if (schema == nullptr || !schema->is(Kind::kString)) return;
    std::string_view uri = schema->as_string();
    if (!uri.empty() && uri.back() == '#') uri.remove_suffix(1);
    if (uri == "https://json-schema.org/draft/2020-12/schema") {
      draft7_ = false;
    } else if (uri == "http://json-schema.org/draft-07/schema" || uri == "https://json-schema.org/draft-07/schema") {
      draft7_ = true;
    } else {
      issue("/$schema", "unsupported_dialect", "$schema must name JSON Schema 2020-12 or draft-07");
    }
  }

  SchemaNode* compile(const Value& schema, const Place& place, std::size_t depth) {
    if (program_->nodes.size() >= limits_.nodes) {
      if (!full_) issue(place, "too_large", "more than " + std::to_string(limits_.nodes) + " schemas");
      full_ = true;
      return nullptr;
    }
    if (depth > limits_.depth) {
      issue(place, "too_large", "schemas nested more than " + std::to_string(limits_.depth) + " deep");
      return nullptr;
    }
    SchemaNode& node = program_->nodes.emplace_back();
    node_of_.emplace(&schema, &node);
    if (schema.is(Kind::kBool)) {
      node.never = !schema.as_bool();
      node.trivial = !node.never;
      return &node;
    }
    if (!schema.is(Kind::kObject)) {
      issue(place, "not_a_schema", "a schema must be an object or a boolean");
      return &node;
    }
    // Beside a $ref draft-07 ignores everything; what is to be referred to is still read.
    const bool only_ref = draft7_ && schema.find("$ref") != nullptr;
    for (const auto& [name, value] : schema.as_object()) {
      if (value.is(Kind::kUndefined)) continue;
      keyword(node, schema, name, value, place.child(name), depth, only_ref);
    }
    finish(node, schema, only_ref);
    return &node;
  }

  void keyword(SchemaNode& node, const Value& schema, std::string_view name, const Value& value, const Place& place,
               std::size_t depth, bool only_ref) {
    const KeywordEntry* entry = find_keyword(name);
    if (entry == nullptr) {
      issue(place, "unknown_keyword", "unknown keyword " + shown(name));
      return;
    }
    if (entry->draft == (draft7_ ? Draft::kOnly2020 : Draft::kOnly7)) {
      issue(place, "unknown_keyword",
            std::string(name) + (draft7_ ? " is not a keyword of draft-07" : " is not a keyword of 2020-12"));
      return;
    }
    const auto sub = [&](const Value& inner, const Place& at) { return compile(inner, at, depth + 1); };
    switch (entry->keyword) {
      case Keyword::kUnsupported: issue(place, "unsupported_keyword", std::string(name) + " is not supported"); return;
      case Keyword::kSchema:
        if (place.parent->parent != nullptr) {
          issue(place, "unsupported_keyword", "$schema is supported at the root alone");
        } else if (!value.is(Kind::kString)) {
          invalid(place, "$schema must be a string");
        }
        return;
      case Keyword::kId: return id(node, value, place);
      case Keyword::kAnchor:
        if (!value.is(Kind::kString) || !is_anchor(value.as_string())) return invalid(place, "$anchor must be a name");
        return anchor(node, value.as_string(), place);
      case Keyword::kRef:
        if (!value.is(Kind::kString)) return invalid(place, "$ref must be a string");
        refs_.push_back({&node, value.as_string(), place.pointer()});
        return;
      case Keyword::kDefs:
      case Keyword::kDefinitions:
        each_member(value, place, name, sub, [](std::string_view, const SchemaNode*) {});
        return;
      case Keyword::kComment:
      case Keyword::kAnnotationText:
      case Keyword::kContentText:
        if (!value.is(Kind::kString)) invalid(place, std::string(name) + " must be a string");
        return;
      case Keyword::kAnnotationFlag:
        if (!value.is(Kind::kBool)) invalid(place, std::string(name) + " must be true or false");
        return;
      case Keyword::kWriteOnly:
        if (!value.is(Kind::kBool)) return invalid(place, "writeOnly must be true or false");
        node.write_only = value.as_bool() && !only_ref;
        any_write_only_ = any_write_only_ || node.write_only;
        return;
      case Keyword::kAnnotationAny: return;
      case Keyword::kExamples:
        if (!value.is(Kind::kArray)) invalid(place, "examples must be an array");
        return;
      case Keyword::kContentSchema: sub(value, place); return;
      case Keyword::kType: return type(node, value, place);
      case Keyword::kConst:
        make(node.values).constant = &value;
        count_choice(value, place);
        return;
      case Keyword::kEnum: return choices(node, value, place);
      case Keyword::kMultipleOf:
        if (number(value, place, name, make(node.number).multiple_of) && node.number->multiple_of <= 0) {
          invalid(place, "multipleOf must be greater than 0");
        }
        return;
      case Keyword::kMinimum: number(value, place, name, make(node.number).minimum); return;
      case Keyword::kMaximum: number(value, place, name, make(node.number).maximum); return;
      case Keyword::kExclusiveMinimum: number(value, place, name, make(node.number).exclusive_minimum); return;
      case Keyword::kExclusiveMaximum: number(value, place, name, make(node.number).exclusive_maximum); return;
      case Keyword::kMinLength: count(value, place, name, make(node.string).min_length); return;
      case Keyword::kMaxLength: count(value, place, name, make(node.string).max_length); return;
      case Keyword::kPattern:
        if (!value.is(Kind::kString)) return invalid(place, "pattern must be a string");
        make(node.string).pattern = pattern(value.as_string(), place);
        return;
      case Keyword::kFormat: {
        if (!value.is(Kind::kString)) return invalid(place, "format must be a string");
        const auto format = format_from_name(value.as_string());
        if (!format) return issue(place, "unknown_format", "unknown format " + shown(value.as_string()));
        make(node.string).format = *format;
        return;
      }
      case Keyword::kMinItems: count(value, place, name, make(node.array).min_items); return;
      case Keyword::kMaxItems: count(value, place, name, make(node.array).max_items); return;
      case Keyword::kUniqueItems:
        if (!value.is(Kind::kBool)) return invalid(place, "uniqueItems must be true or false");
        if (value.as_bool()) make(node.array).unique = true;
        return;
      case Keyword::kContains: make(node.array).contains = sub(value, place); return;
      case Keyword::kMinContains: {
        std::size_t least = 1;
        count(value, place, name, least);
        if (schema.find("contains") != nullptr) make(node.array).min_contains = least;
        return;
      }
      case Keyword::kMaxContains: {
        std::size_t most = kNoLimit;
        count(value, place, name, most);
        if (schema.find("contains") != nullptr) make(node.array).max_contains = most;
        return;
      }
      case Keyword::kPrefixItems: each_element(value, place, name, sub, make(node.array).prefix, draft7_); return;
      case Keyword::kItems:
        if (value.is(Kind::kArray)) {
          if (!draft7_) return invalid(place, "items must be a schema; 2020-12 calls the list prefixItems");
          each_element(value, place, name, sub, make(node.array).prefix, true);
          return;
        }
        make(node.array).rest = sub(value, place);
        return;
      case Keyword::kAdditionalItems: {
        // Says nothing unless `items` is an array.
        const SchemaNode* rest = sub(value, place);
        const Value* items = schema.find("items");
        if (items != nullptr && items->is(Kind::kArray)) make(node.array).rest = rest;
        return;
      }
      case Keyword::kProperties:
        make(node.object);
        each_member(value, place, name, sub, [&](std::string_view key, const SchemaNode* inner) {
          node.object->properties.push_back({key, inner, -1});
        });
        return;
      case Keyword::kPatternProperties:
        make(node.object);
        each_member(value, place, name, sub, [&](std::string_view key, const SchemaNode* inner) {
          if (const Pattern* compiled = pattern(key, place.child(key))) {
            node.object->patterns.push_back({compiled, inner});
          }
        });
        return;
      case Keyword::kAdditionalProperties: make(node.object).additional = sub(value, place); return;
      case Keyword::kPropertyNames: make(node.object).names = sub(value, place); return;
      case Keyword::kRequired: keys(value, place, name, make(node.object).also_required); return;
      case Keyword::kDependentRequired:
        if (!value.is(Kind::kObject)) return invalid(place, "dependentRequired must be an object");
        make(node.object);
        for (const auto& [key, needs] : value.as_object()) {
          if (needs.is(Kind::kUndefined)) continue;
          DependentRequired& rule = node.object->dependent_required.emplace_back();
          rule.key = key;
          keys(needs, place.child(key), "dependentRequired", rule.needs);
        }
        return;
      case Keyword::kDependentSchemas:
        make(node.object);
        each_member(value, place, name, sub, [&](std::string_view key, const SchemaNode* inner) {
          node.object->dependent_schemas.push_back({key, inner});
        });
        return;
      case Keyword::kDependencies:
        if (!value.is(Kind::kObject)) return invalid(place, "dependencies must be an object");
        make(node.object);
        for (const auto& [key, needs] : value.as_object()) {
          if (needs.is(Kind::kUndefined)) continue;
          if (needs.is(Kind::kArray)) {
            DependentRequired& rule = node.object->dependent_required.emplace_back();
            rule.key = key;
            keys(needs, place.child(key), "dependencies", rule.needs);
          } else {
            const SchemaNode* inner = sub(needs, place.child(key));
            node.object->dependent_schemas.push_back({key, inner});
          }
        }
        return;
      case Keyword::kMinProperties: count(value, place, name, make(node.object).min_properties); return;
      case Keyword::kMaxProperties: count(value, place, name, make(node.object).max_properties); return;
      case Keyword::kAllOf: each_element(value, place, name, sub, make(node.logic).all_of); return;
      case Keyword::kAnyOf: each_element(value, place, name, sub, make(node.logic).any_of); return;
      case Keyword::kOneOf: each_element(value, place, name, sub, make(node.logic).one_of); return;
      case Keyword::kNot: make(node.logic).negated = sub(value, place); return;
      case Keyword::kIf: make(node.logic).condition = sub(value, place); return;
      case Keyword::kThen: make(node.logic).consequence = sub(value, place); return;
      case Keyword::kElse: make(node.logic).alternative = sub(value, place); return;
    }
  }

  /// Orders the tables and drops what cannot fail.
  void finish(SchemaNode& node, const Value& schema, bool only_ref) {
    if (only_ref) {
      node.types = kTypeAny;
      node.values.reset();
      node.number.reset();
      node.string.reset();
      node.array.reset();
      node.object.reset();
      node.logic.reset();
    }
    if (node.logic != nullptr && node.logic->condition == nullptr) {
      node.logic->consequence = nullptr;  // without `if` they say nothing
      node.logic->alternative = nullptr;
    }
    if (node.object != nullptr) finish_object(*node.object);
    node.trivial = node.types == kTypeAny && node.values == nullptr && node.number == nullptr &&
                   node.string == nullptr && node.array == nullptr && node.object == nullptr && node.logic == nullptr &&
                   schema.find("$ref") == nullptr;
  }

  static void finish_object(ObjectRules& rules) {
    rules.sorted.resize(rules.properties.size());
    for (std::size_t i = 0; i < rules.sorted.size(); ++i) rules.sorted[i] = static_cast<std::uint32_t>(i);
    std::sort(rules.sorted.begin(), rules.sorted.end(), [&](std::uint32_t a, std::uint32_t b) {
      const std::string_view x = rules.properties[a].key;
      const std::string_view y = rules.properties[b].key;
      return x.size() != y.size() ? x.size() < y.size() : x < y;
    });
    int bits = 0;
    std::vector<std::string_view> others;
    for (const std::string_view key : rules.also_required) {
      const PropertyRule* found = find_property(rules, key);
      if (found == nullptr || bits == 64) {
        others.push_back(key);
        continue;
      }
      rules.properties[static_cast<std::size_t>(found - rules.properties.data())].required_bit = bits;
      rules.required_mask |= std::uint64_t{1} << static_cast<unsigned>(bits);
      bits += 1;
    }
    rules.also_required = std::move(others);
  }

  static bool is_anchor(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
      return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
  }

  void anchor(SchemaNode& node, std::string_view name, const Place& place) {
    if (!anchors_.emplace(name, &node).second) issue(place, "duplicate_anchor", "a second anchor " + shown(name));
  }

  void id(SchemaNode& node, const Value& value, const Place& place) {
    if (!value.is(Kind::kString)) return invalid(place, "$id must be a string");
    std::string_view text = value.as_string();
    if (draft7_ && text.size() > 1 && text.front() == '#') {
      if (!is_anchor(text.substr(1))) return invalid(place, "$id must be a URI or the name of an anchor");
      return anchor(node, text.substr(1), place);
    }
    if (place.parent->parent != nullptr) {
      return issue(place, "unsupported_keyword", "$id is supported at the root alone");
    }
    const std::size_t hash = text.find('#');
    if (hash != std::string_view::npos && hash + 1 != text.size()) {
      return invalid(place, "$id cannot have a fragment");
    }
    root_id_ = text.substr(0, hash);
  }

  void type(SchemaNode& node, const Value& value, const Place& place) {
    TypeSet types = 0;
    if (value.is(Kind::kArray)) {
      if (value.as_array().empty()) return invalid(place, "type must name at least one type");
      for (std::size_t i = 0; i < value.as_array().size(); ++i) {
        const auto one = type_from_name(value.as_array()[i]);
        if (!one) return invalid(place.child(i), "no type of JSON Schema");
        if ((types & *one) != 0) return invalid(place.child(i), "a type named twice");
        types = static_cast<TypeSet>(types | *one);
      }
    } else if (const auto one = type_from_name(value)) {
      types = *one;
    } else {
      return invalid(place, "no type of JSON Schema");
    }
    node.types = types;
  }

  void count_choice(const Value& value, const Place& place) {
    std::size_t size = 0;
    count_values(value, size);
    choice_values_ += size;
    if (choice_values_ > limits_.enum_values) {
      issue(place, "too_large", "more than " + std::to_string(limits_.enum_values) + " values in enum and const");
    }
  }

  static void count_values(const Value& value, std::size_t& sum) {
    sum += 1;
    if (value.is(Kind::kArray)) {
      for (const Value& element : value.as_array()) count_values(element, sum);
    } else if (value.is(Kind::kObject)) {
      for (const auto& member : value.as_object()) count_values(member.second, sum);
    }
  }

  void choices(SchemaNode& node, const Value& value, const Place& place) {
    if (!value.is(Kind::kArray) || value.as_array().empty()) {
      return invalid(place, "enum must be an array with at least one value");
    }
    count_choice(value, place);
    ValueRules& rules = make(node.values);
    const bool few = value.as_array().size() <= kFewChoices;
    for (const Value& choice : value.as_array()) {
      rules.choices.push_back(&choice);
      if (!few) rules.hashed.push_back({json_hash(choice, false, budget_), &choice});
    }
    if (few) return;
    if (budget_.exhausted()) return issue(place, "too_large", "the values of enum are too large");
    rules.choices.clear();
    std::sort(rules.hashed.begin(), rules.hashed.end(),
              [](const ValueRules::Hashed& a, const ValueRules::Hashed& b) { return a.hash < b.hash; });
  }

  bool number(const Value& value, const Place& place, std::string_view name, double& out) {
    if (!value.is(Kind::kNumber)) {
      invalid(place, std::string(name) + " must be a number");
      return false;
    }
    out = value.as_number();
    return true;
  }

  void count(const Value& value, const Place& place, std::string_view name, std::size_t& out) {
    const double number = value.is(Kind::kNumber) ? value.as_number() : -1;
    if (number < 0 || number > kMaxCount || number != std::floor(number)) {
      return invalid(place, std::string(name) + " must be a whole number from 0");
    }
    out = static_cast<std::size_t>(number);
  }

  void keys(const Value& value, const Place& place, std::string_view name, std::vector<std::string_view>& out) {
    if (!value.is(Kind::kArray)) return invalid(place, std::string(name) + " must be an array of strings");
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      const Value& key = value.as_array()[i];
      if (!key.is(Kind::kString)) return invalid(place.child(i), std::string(name) + " must be an array of strings");
      out.push_back(key.as_string());
    }
    std::vector<std::string_view> sorted = out;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      invalid(place, std::string(name) + " names a key twice");
    }
  }

  const Pattern* pattern(std::string_view source, const Place& place) {
    if (program_->patterns.size() >= limits_.patterns) {
      issue(place, "too_large", "more than " + std::to_string(limits_.patterns) + " patterns");
      return nullptr;
    }
    Result<Pattern> compiled = Pattern::compile(source, limits_);
    if (!compiled.ok()) {
      issue(place, compiled.status().detail().c_str(), compiled.status().message());
      return nullptr;
    }
    pattern_bytes_ += compiled->size();
    if (pattern_bytes_ > limits_.pattern_size) {
      issue(place, "too_large", "compiled patterns of more than " + std::to_string(limits_.pattern_size) + " bytes");
      return nullptr;
    }
    return &program_->patterns.emplace_back(std::move(*compiled));
  }

  template <class Sub, class Then>
  void each_member(const Value& value, const Place& place, std::string_view name, const Sub& sub, const Then& then) {
    if (!value.is(Kind::kObject)) return invalid(place, std::string(name) + " must be an object of schemas");
    for (const auto& [key, inner] : value.as_object()) {
      if (inner.is(Kind::kUndefined)) continue;
      then(std::string_view(key), sub(inner, place.child(key)));
    }
  }

  template <class Sub>
  void each_element(const Value& value, const Place& place, std::string_view name, const Sub& sub,
                    std::vector<const SchemaNode*>& out, bool may_be_empty = false) {
    if (!value.is(Kind::kArray) || (value.as_array().empty() && !may_be_empty)) {
      return invalid(place, std::string(name) + " must be an array with at least one schema");
    }
    for (std::size_t i = 0; i < value.as_array().size(); ++i) out.push_back(sub(value.as_array()[i], place.child(i)));
  }

  void resolve_refs() {
    for (const PendingRef& ref : refs_) {
      std::string_view target = ref.target;
      const std::size_t hash = target.find('#');
      const std::string_view document = target.substr(0, hash);
      if (!document.empty() && document != root_id_) {
        issue(ref.path, "remote_ref", "a reference must stay inside the schema: #/… or #name");
        continue;
      }
      std::string fragment;
      const bool decoded = hash == std::string_view::npos || decode_fragment(target.substr(hash + 1), fragment);
      const SchemaNode* found = nullptr;
      if (decoded && (fragment.empty() || fragment.front() == '/')) {
        const Value* place = pointers_.follow(program_->source, fragment);
        const auto node = node_of_.find(place);
        if (node != node_of_.end()) found = node->second;
      } else if (decoded) {
        const auto node = anchors_.find(fragment);
        if (node != anchors_.end()) found = node->second;
      }
      if (found == nullptr) {
        issue(ref.path, "unresolved_ref", shown(ref.target) + " is no schema in this document");
        continue;
      }
      ref.node->ref = found;
    }
  }

  /// The schemas that apply to the very value that `node` applies to.
  static void in_place(const SchemaNode& node, std::vector<const SchemaNode*>& out) {
    const auto add = [&](const SchemaNode* inner) {
      if (inner != nullptr) out.push_back(inner);
    };
    add(node.ref);
    if (node.logic != nullptr) {
      for (const SchemaNode* inner : node.logic->all_of) add(inner);
      for (const SchemaNode* inner : node.logic->any_of) add(inner);
      for (const SchemaNode* inner : node.logic->one_of) add(inner);
      add(node.logic->negated);
      add(node.logic->condition);
      add(node.logic->consequence);
      add(node.logic->alternative);
    }
    if (node.object != nullptr) {
      for (const DependentSchema& dependent : node.object->dependent_schemas) add(dependent.node);
    }
  }

  /// A cycle among schemas that consume no input would never end. Depth first, without recursion.
  void refuse_endless_refs() {
    enum class State : std::uint8_t { kNew, kOpen, kDone };
    std::unordered_map<const SchemaNode*, State> state;
    struct Frame {
      const SchemaNode* node;
      std::vector<const SchemaNode*> next;
    };
    for (const SchemaNode& start : program_->nodes) {
      if (state[&start] != State::kNew) continue;
      std::vector<Frame> stack;
      const auto open = [&](const SchemaNode* node) {
        state[node] = State::kOpen;
        in_place(*node, stack.emplace_back(Frame{node, {}}).next);
      };
      open(&start);
      while (!stack.empty()) {
        if (stack.back().next.empty()) {
          state[stack.back().node] = State::kDone;
          stack.pop_back();
          continue;
        }
        const SchemaNode* next = stack.back().next.back();
        stack.back().next.pop_back();
        if (state[next] == State::kOpen) {
          // Some node of the cycle has a $ref; name the first found.
          for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
            const auto ref = std::find_if(refs_.begin(), refs_.end(),
                                          [&](const PendingRef& pending) { return pending.node == frame->node; });
            if (ref == refs_.end()) continue;
            return issue(ref->path, "endless_ref", "this reference leads back to itself without going into the value");
          }
          return issue(std::string(), "endless_ref", "a reference leads back to itself");
        }
        if (state[next] == State::kNew) open(next);
      }
    }
  }

  static bool is_only_ref(const SchemaNode& node) {
    return node.ref != nullptr && !node.write_only && node.types == kTypeAny && node.values == nullptr &&
           node.number == nullptr && node.string == nullptr && node.array == nullptr && node.object == nullptr &&
           node.logic == nullptr;
  }

  /// Behind nodes that are a $ref and nothing else. Ends, because endless references are refused before.
  const SchemaNode* end_of_refs(const SchemaNode* node) {
    if (node == nullptr || !is_only_ref(*node)) return node;
    const SchemaNode* end = node;
    while (is_only_ref(*end)) {
      const auto known = ends_.find(end);
      end = known != ends_.end() ? known->second : end->ref;
    }
    for (const SchemaNode* at = node; at != end && ends_.emplace(at, end).second; at = at->ref) continue;
    return end;
  }

  void shorten_refs() {
    const auto shorten = [this](const SchemaNode*& node) { node = end_of_refs(node); };
    for (SchemaNode& node : program_->nodes) {
      shorten(node.ref);
      if (node.array != nullptr) {
        for (const SchemaNode*& inner : node.array->prefix) shorten(inner);
        shorten(node.array->rest);
        shorten(node.array->contains);
      }
      if (node.object != nullptr) {
        for (PropertyRule& property : node.object->properties) shorten(property.node);
        for (PatternProperty& property : node.object->patterns) shorten(property.node);
        for (DependentSchema& dependent : node.object->dependent_schemas) shorten(dependent.node);
        shorten(node.object->additional);
        shorten(node.object->names);
      }
      if (node.logic != nullptr) {
        for (auto* list : {&node.logic->all_of, &node.logic->any_of, &node.logic->one_of}) {
          for (const SchemaNode*& inner : *list) shorten(inner);
        }
        shorten(node.logic->negated);
        shorten(node.logic->condition);
        shorten(node.logic->consequence);
        shorten(node.logic->alternative);
      }
    }
  }

  void build_guides() {
    if (!any_write_only_) return;
    Result<const WriteOnlyGuide*> guide = GuideBuilder::build(*program_->root, program_->guides);
    if (!guide.ok()) return issue(std::string(), "too_large", guide.status().message());
    program_->write_only = *guide;
  }

  std::shared_ptr<SchemaProgram> program_;
  SchemaLimits limits_;
  bool draft7_;
  bool full_ = false;
  bool any_write_only_ = false;
  std::size_t values_ = 0;
  std::size_t choice_values_ = 0;
  std::size_t pattern_bytes_ = 0;
  WorkBudget budget_;
  std::string_view root_id_;
  PointerReader pointers_;
  std::unordered_map<const SchemaNode*, const SchemaNode*> ends_;
  std::unordered_map<const Value*, const SchemaNode*> node_of_;
  std::map<std::string, const SchemaNode*, std::less<>> anchors_;
  std::vector<PendingRef> refs_;
  std::vector<Issue> issues_;
};

Result<Schema> Schema::compile(const Value& schema, const SchemaOptions& options) {
  return SchemaCompiler(schema, options).run();
}

}  // namespace strongroom
