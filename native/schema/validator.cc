// Checks a Value against a Program.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/unicode.h"
#include "schema/equality.h"
#include "schema/multiple.h"
#include "schema/program.h"

namespace strongroom {
namespace {

using Kind = Value::Kind;

constexpr std::size_t kShownKey = 64;                 // code points of a key in a message
constexpr std::size_t kPathKey = 256;                 // bytes of a key in a path
constexpr std::size_t kPairwise = 8;                  // elements compared each with each by uniqueItems
constexpr double kLargestExact = 4503599627370496.0;  // 2^52: every larger double is whole

bool is_integer(double number) {
  return std::isfinite(number) && (std::fabs(number) >= kLargestExact || number == std::floor(number));
}

/// Whether `value` has one of `types`.
bool has_type(const Value& value, TypeSet types) {
  if ((types & kTypeAny) != 0) return true;
  switch (value.kind()) {
    case Kind::kNull: return (types & kTypeNull) != 0;
    case Kind::kUndefined: return false;
    case Kind::kBool: return (types & kTypeBool) != 0;
    case Kind::kNumber:
      if ((types & kTypeNumber) != 0) return std::isfinite(value.as_number());
      return (types & kTypeInteger) != 0 && is_integer(value.as_number());
    case Kind::kString:
    case Kind::kSecret: return (types & kTypeString) != 0;
    case Kind::kArray: return (types & kTypeArray) != 0;
    case Kind::kObject: return (types & kTypeObject) != 0;
  }
  return false;
}

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<std::uint8_t>(text[bytes]) & 0xC0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

std::string shown(std::string_view key) {
  std::size_t end = 0;
  std::size_t points = 0;
  for (; end < key.size(); ++end) {
    if ((static_cast<std::uint8_t>(key[end]) & 0xC0U) != 0x80U && ++points > kShownKey) break;
  }
  return '"' + std::string(key.substr(0, end)) + (end < key.size() ? "…\"" : "\"");
}

/// Where in the value we are: a list on the stack, written out only when something is wrong.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;
  std::size_t index = kNoLimit;  // kNoLimit: a key

  std::string pointer() const {
    if (parent == nullptr) return "";
    if (index != kNoLimit) return pointer_child(parent->pointer(), index);
    const std::string_view shortened = cut(key, kPathKey);
    return pointer_child(parent->pointer(), shortened.size() < key.size() ? std::string(shortened) + "…" : shortened);
  }

 private:
  static std::string pointer_child(std::string pointer, std::string_view key) {
    return strongroom::pointer_child(pointer, key);
  }
  static std::string pointer_child(std::string pointer, std::size_t index) {
    return strongroom::pointer_child(pointer, index);
  }
};

/// "1 character", "2 characters".
std::string counted(std::size_t count, const char* singular, const char* plural) {
  return std::to_string(count) + ' ' + (count == 1 ? singular : plural);
}

/// Numbers of the schema in messages, without trailing zeros.
std::string number_text(double number) { return to_json(Value(number)); }

std::string type_names(TypeSet types) {
  static constexpr std::pair<TypeSet, const char*> kNames[] = {
      {kTypeString, "a string"},  {kTypeNumber, "a number"}, {kTypeInteger, "an integer"}, {kTypeBool, "true or false"},
      {kTypeObject, "an object"}, {kTypeArray, "an array"},  {kTypeNull, "null"}};
  std::string text;
  for (const auto& [type, name] : kNames) {
    if ((types & type) == 0) continue;
    if (!text.empty()) text += " or ";
    text += name;
  }
  return text;
}

/// How many code points `text` has; it is well-formed. A plain loop that compilers vectorise.
std::size_t code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

class Validator {
 public:
  Validator(const SchemaProgram& program, std::vector<Issue>* issues)
      : program_(program), budget_(program.limits.work), issues_(issues), report_(issues != nullptr) {
    if (issues != nullptr) first_issue_ = issues->size();
  }

  bool run(const Value& value) {
    const Path root;
    const bool valid = check(*program_.root, value, root);
    if (!stopped()) return valid;
    if (issues_ != nullptr && !reported_stop_) {
      cut_issues();
      issues_->push_back({"", "too_costly", "checking this value takes too much work"});
    }
    return false;
  }

 private:
  /// Runs `probe` without reporting.
  template <class Probe>
  bool quietly(const Probe& probe) {
    const bool before = std::exchange(report_, false);
    const bool valid = probe();
    report_ = before;
    return valid;
  }

  bool stopped() const { return stopped_ || budget_.exhausted(); }

  /// Reports a failure; always false. `message` is called only if somebody listens.
  template <class Message>
  bool fail(const Path& path, const char* code, const Message& message) {
    if (!report_ || stopped()) return false;
    if (issues_->size() - first_issue_ >= std::max<std::size_t>(program_.limits.issues, 1)) {
      stopped_ = true;
      reported_stop_ = true;
      cut_issues();
      issues_->push_back({"", "too_many_issues", "more is wrong than is listed"});
      return false;
    }
    issues_->push_back({path.pointer(), code, message()});
    return false;
  }

  void cut_issues() {
    const std::size_t limit = std::max<std::size_t>(program_.limits.issues, 1);
    if (issues_->size() - first_issue_ >= limit) issues_->resize(first_issue_ + limit - 1);
  }

  /// Ends the validation: what follows could only guess. Reported even from within a probe.
  bool stop(const Path& path, const char* code, const char* message) {
    if (!stopped() && issues_ != nullptr) {
      cut_issues();
      issues_->push_back({path.pointer(), code, message});
      reported_stop_ = true;
    }
    stopped_ = true;
    return false;
  }

  /// Whether to look on after a failure.
  bool go_on() const { return report_ && !stopped(); }

  bool check(const SchemaNode& node, const Value& value, const Path& path) {
    if (node.trivial) return true;
    if (node.never) {
      return fail(path, "false_schema", [] { return std::string("nothing is allowed here"); });
    }
    if (depth_ >= program_.limits.nesting) return stop(path, "too_costly", "nested too deeply to be checked");
    if (!budget_.spend(1)) return false;
    depth_ += 1;
    const bool valid = check_rules(node, value, path);
    depth_ -= 1;
    return valid && !stopped();
  }

  bool check_rules(const SchemaNode& node, const Value& value, const Path& path) {
    if (!has_type(value, node.types)) {
      // The other keywords would only say the same in worse words.
      return fail(path, "type", [&] { return "must be " + type_names(node.types); });
    }
    bool valid = true;
    const auto failed = [&](bool ok) {
      valid = valid && ok;
      return !ok && !go_on();
    };
    if (node.ref != nullptr && failed(check(*node.ref, value, path))) return false;
    if (node.values != nullptr && failed(check_values(*node.values, value, path))) return false;
    switch (value.kind()) {
      case Kind::kNumber:
        if (node.number != nullptr && failed(check_number(*node.number, value.as_number(), path))) return false;
        break;
      case Kind::kString:
        if (node.string != nullptr && failed(check_string(*node.string, value.as_string(), nullptr, path)))
          return false;
        break;
      case Kind::kSecret:
        if (node.string != nullptr && failed(check_string(*node.string, text_of(value), &value.as_secret(), path))) {
          return false;
        }
        break;
      case Kind::kArray:
        if (node.array != nullptr && failed(check_array(*node.array, value, path))) return false;
        break;
      case Kind::kObject:
        if (node.object != nullptr && failed(check_object(*node.object, value, path))) return false;
        break;
      default: break;
    }
    if (node.logic != nullptr && failed(check_logic(*node.logic, value, path))) return false;
    return valid;
  }

  bool check_values(const ValueRules& rules, const Value& value, const Path& path) {
    if (rules.constant != nullptr && !json_equal(value, *rules.constant, budget_)) {
      return fail(path, "const", [] { return std::string("must be the one allowed value"); });
    }
    if (rules.choices.empty() && rules.hashed.empty()) return true;
    if (is_choice(rules, value)) return true;
    return fail(path, "enum", [&] { return choice_message(rules); });
  }

  /// Names the allowed values where they are few and short.
  static std::string choice_message(const ValueRules& rules) {
    constexpr std::size_t kMostText = 200;
    const std::string unnamed = "must be one of the allowed values";
    std::string names;
    for (const Value* choice : rules.choices) {
      if (choice->is(Kind::kArray) || choice->is(Kind::kObject)) return unnamed;
      if (!names.empty()) names += ", ";
      names += to_json(*choice);
      if (names.size() > kMostText) return unnamed;
    }
    return names.empty() ? unnamed : "must be one of " + names;
  }

  bool is_choice(const ValueRules& rules, const Value& value) {
    if (!rules.choices.empty() && is_text(value)) {  // by far the most common
      const std::string_view text = text_of(value);
      return budget_.spend(rules.choices.size()) &&
             std::any_of(rules.choices.begin(), rules.choices.end(), [text](const Value* choice) {
               return choice->is(Kind::kString) && choice->as_string() == text;
             });
    }
    for (const Value* choice : rules.choices) {
      if (json_equal(value, *choice, budget_)) return true;
    }
    if (rules.hashed.empty()) return false;
    const std::uint64_t hash = json_hash(value, false, budget_);
    auto at =
        std::lower_bound(rules.hashed.begin(), rules.hashed.end(), hash,
                         [](const ValueRules::Hashed& entry, std::uint64_t wanted) { return entry.hash < wanted; });
    for (; at != rules.hashed.end() && at->hash == hash; ++at) {
      if (json_equal(value, *at->value, budget_)) return true;
    }
    return false;
  }

  bool check_number(const NumberRules& rules, double number, const Path& path) {
    if (!std::isfinite(number)) return true;  // not a number to JSON: `type` speaks about it
    bool valid = true;
    if (number < rules.minimum) {
      valid = fail(path, "minimum", [&] { return "must be at least " + number_text(rules.minimum); });
      if (!go_on()) return false;
    }
    if (number > rules.maximum) {
      valid = fail(path, "maximum", [&] { return "must be at most " + number_text(rules.maximum); });
      if (!go_on()) return false;
    }
    if (number <= rules.exclusive_minimum) {
      valid = fail(path, "exclusive_minimum",
                   [&] { return "must be greater than " + number_text(rules.exclusive_minimum); });
      if (!go_on()) return false;
    }
    if (number >= rules.exclusive_maximum) {
      valid =
          fail(path, "exclusive_maximum", [&] { return "must be less than " + number_text(rules.exclusive_maximum); });
      if (!go_on()) return false;
    }
    if (rules.multiple_of > 0 && !is_multiple_of(number, rules.multiple_of)) {
      valid = fail(path, "multiple_of", [&] { return "must be a multiple of " + number_text(rules.multiple_of); });
    }
    return valid;
  }

  /// `secret` when the text is one's: its length is known, and nothing may copy it.
  bool check_string(const StringRules& rules, std::string_view text, const SecretText* secret, const Path& path) {
    bool valid = true;
    // A code point takes one to four bytes: most lengths are settled without counting.
    const bool count_min = text.size() < rules.min_length * 4 || rules.min_length > kNoLimit / 4;
    const bool count_max = text.size() > rules.max_length;
    if ((rules.min_length > 0 && count_min) || count_max) {
      if (!budget_.spend(text.size() / 64)) return false;
      const std::size_t length = secret != nullptr ? secret->code_points : code_points(text);
      if (length < rules.min_length) {
        valid = fail(path, "min_length",
                     [&] { return "must be at least " + counted(rules.min_length, "character", "characters"); });
        if (!go_on()) return false;
      }
      if (length > rules.max_length) {
        valid = fail(path, "max_length",
                     [&] { return "must be at most " + counted(rules.max_length, "character", "characters"); });
        if (!go_on()) return false;
      }
    }
    if (rules.pattern != nullptr) {
      const Pattern::Outcome outcome = search(*rules.pattern, text, path);
      if (stopped()) return false;
      if (outcome == Pattern::Outcome::kNoMatch) {
        valid = fail(path, "pattern", [] { return std::string("must match the required pattern"); });
        if (!go_on()) return false;
      }
    }
    if (rules.format != Format::kNone) {
      if (!budget_.spend(text.size() / 16)) return false;
      // Checking a regular expression makes copies of it.
      const bool refused = secret != nullptr && rules.format == Format::kRegex;
      if (refused || !matches_format(rules.format, text)) {
        valid = fail(path, "format", [&] { return "must be " + std::string(describe_format(rules.format)); });
      }
    }
    return valid;
  }

  Pattern::Outcome search(const Pattern& pattern, std::string_view text, const Path& path) {
    std::uint64_t steps = 0;
    const Pattern::Outcome outcome = pattern.search(text, program_.matchers, program_.limits, steps);
    if (outcome == Pattern::Outcome::kTooCostly) {
      stop(path, "pattern_too_costly", "the pattern takes too long to match here");
    }
    budget_.spend(steps);
    return outcome;
  }

  bool check_array(const ArrayRules& rules, const Value& value, const Path& path) {
    const Value::Array& array = value.as_array();
    bool valid = true;
    if (array.size() < rules.min_items) {
      valid = fail(path, "min_items",
                   [&] { return "must have at least " + counted(rules.min_items, "element", "elements"); });
      if (!go_on()) return false;
    }
    if (array.size() > rules.max_items) {
      valid = fail(path, "max_items",
                   [&] { return "must have at most " + counted(rules.max_items, "element", "elements"); });
      if (!go_on()) return false;
    }
    for (std::size_t i = 0; i < array.size(); ++i) {
      const SchemaNode* node = i < rules.prefix.size() ? rules.prefix[i] : rules.rest;
      if (node == nullptr) break;
      const Path inner{&path, {}, i};
      bool ok = true;
      if (i >= rules.prefix.size() && node->never) {
        ok = fail(inner, "additional_items",
                  [&] { return "only " + counted(rules.prefix.size(), "element is", "elements are") + " allowed"; });
        valid = false;
        break;  // once for all the rest
      }
      ok = check(*node, array[i], inner);
      valid = valid && ok;
      if (!ok && !go_on()) return false;
    }
    if (rules.contains != nullptr) {
      valid = check_contains(rules, array, path) && valid;
      if (!valid && !go_on()) return false;
    }
    if (rules.unique && !is_unique(value)) {
      valid = fail(path, "unique_items", [] { return std::string("must not have two equal elements"); });
    }
    return valid;
  }

  bool check_contains(const ArrayRules& rules, const Value::Array& array, const Path& path) {
    std::size_t found = 0;
    const bool enough_is_enough = rules.max_contains == kNoLimit;
    quietly([&] {
      for (std::size_t i = 0; i < array.size() && !stopped(); ++i) {
        if (check(*rules.contains, array[i], Path{&path, {}, i})) found += 1;
        if (found > rules.max_contains || (enough_is_enough && found >= rules.min_contains)) break;
      }
      return true;
    });
    if (stopped()) return false;
    if (found < rules.min_contains) {
      if (rules.min_contains == 1) {
        return fail(path, "contains", [] { return std::string("must have an element of the required shape"); });
      }
      return fail(path, "min_contains", [&] {
        return "must have at least " + counted(rules.min_contains, "element", "elements") + " of the required shape";
      });
    }
    if (found > rules.max_contains) {
      return fail(path, "max_contains", [&] {
        return "must have at most " + counted(rules.max_contains, "element", "elements") + " of the required shape";
      });
    }
    return true;
  }

  bool is_unique(const Value& value) {
    const Value::Array& array = value.as_array();
    if (array.size() <= kPairwise) {
      for (std::size_t i = 1; i < array.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
          if (json_equal(array[i], array[k], budget_)) return false;
        }
      }
      return true;
    }
    if (!budget_.spend(array.size())) return false;
    const bool text_by_size = value.contains_secret();
    std::vector<ValueRules::Hashed> hashes;
    hashes.reserve(array.size());
    for (const Value& element : array) hashes.push_back({json_hash(element, text_by_size, budget_), &element});
    std::sort(hashes.begin(), hashes.end(),
              [](const ValueRules::Hashed& a, const ValueRules::Hashed& b) { return a.hash < b.hash; });
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      for (std::size_t k = i + 1; k < hashes.size() && hashes[k].hash == hashes[i].hash; ++k) {
        if (json_equal(*hashes[i].value, *hashes[k].value, budget_)) return false;
        if (stopped()) return false;
      }
    }
    return true;
  }

  bool check_object(const ObjectRules& rules, const Value& value, const Path& path) {
    const Value::Object& object = value.as_object();
    bool valid = true;
    const auto failed = [&](bool ok) {
      valid = valid && ok;
      return !ok && !go_on();
    };
    if (!budget_.spend(object.size())) return false;
    std::uint64_t seen = 0;
    std::size_t present = 0;
    std::size_t hint = 0;
    for (const Value::Member& entry : object) {
      const std::string& key = entry.first;
      const Value& member = entry.second;
      const PropertyRule* property = nullptr;
      if (hint < rules.properties.size() && rules.properties[hint].key == key) {
        property = &rules.properties[hint++];
      } else if (!rules.properties.empty()) {
        property = find_property(rules, key);
        if (property != nullptr) hint = static_cast<std::size_t>(property - rules.properties.data()) + 1;
      }
      const bool is_undefined = member.is(Kind::kUndefined);
      if (!is_undefined) present += 1;
      if (property != nullptr && is_undefined) continue;  // a known key with undefined is absent
      const Path inner{&path, key};
      if (rules.names != nullptr && failed(check_name(*rules.names, key, inner))) return false;
      if (property != nullptr) {
        if (property->required_bit >= 0) seen |= std::uint64_t{1} << static_cast<unsigned>(property->required_bit);
        if (property->node != nullptr && failed(check(*property->node, member, inner))) return false;
      }
      bool matched = property != nullptr;
      for (const PatternProperty& pattern : rules.patterns) {
        const Pattern::Outcome outcome = search(*pattern.pattern, key, inner);
        if (stopped()) return false;
        if (outcome != Pattern::Outcome::kMatch) continue;
        matched = true;
        if (failed(check(*pattern.node, member, inner))) return false;
      }
      if (matched || rules.additional == nullptr) continue;
      if (rules.additional->never) {
        if (failed(fail(inner, "additional_property", [&] { return "unknown key " + shown(key); }))) return false;
      } else if (failed(check(*rules.additional, member, inner))) {
        return false;
      }
    }
    if (seen != rules.required_mask) {
      for (const PropertyRule& property : rules.properties) {
        if (property.required_bit < 0 || (seen >> static_cast<unsigned>(property.required_bit) & 1U) != 0) continue;
        if (failed(missing(property.key, path))) return false;
      }
    }
    for (const std::string_view key : rules.also_required) {
      if (!budget_.spend(object.size())) return false;
      if (value.find(key) == nullptr && failed(missing(key, path))) return false;
    }
    if (present < rules.min_properties && failed(fail(path, "min_properties", [&] {
          return "must have at least " + counted(rules.min_properties, "member", "members");
        }))) {
      return false;
    }
    if (present > rules.max_properties && failed(fail(path, "max_properties", [&] {
          return "must have at most " + counted(rules.max_properties, "member", "members");
        }))) {
      return false;
    }
    for (const DependentRequired& rule : rules.dependent_required) {
      if (!budget_.spend(object.size())) return false;
      if (value.find(rule.key) == nullptr) continue;
      for (const std::string_view key : rule.needs) {
        if (!budget_.spend(object.size())) return false;
        if (value.find(key) != nullptr) continue;
        const Path inner{&path, key};
        if (failed(fail(inner, "dependent_required", [&] { return "is required beside " + shown(rule.key); }))) {
          return false;
        }
      }
    }
    for (const DependentSchema& rule : rules.dependent_schemas) {
      if (!budget_.spend(object.size())) return false;
      if (value.find(rule.key) != nullptr && failed(check(*rule.node, value, path))) return false;
    }
    return valid;
  }

  bool missing(std::string_view key, const Path& path) {
    const Path inner{&path, key};
    return fail(inner, "required", [] { return std::string("is required"); });
  }

  bool check_name(const SchemaNode& node, const std::string& key, const Path& path) {
    bool valid = false;
    if (node.never) {
      valid = false;
    } else if (node.ref == nullptr && node.values == nullptr && node.logic == nullptr) {
      const bool is_string = (node.types & (kTypeString | kTypeAny)) != 0;
      valid = is_string &&
              (node.string == nullptr || quietly([&] { return check_string(*node.string, key, nullptr, path); }));
    } else {
      const Value name{std::string_view(key)};
      valid = quietly([&] { return check(node, name, path); });
    }
    if (valid || stopped()) return valid;
    return fail(path, "property_name", [&] { return "not an allowed key: " + shown(key); });
  }

  bool check_logic(const LogicRules& rules, const Value& value, const Path& path) {
    bool valid = true;
    const auto failed = [&](bool ok) {
      valid = valid && ok;
      return !ok && !go_on();
    };
    for (const SchemaNode* node : rules.all_of) {
      if (failed(check(*node, value, path))) return false;
    }
    if (!rules.any_of.empty() && failed(check_any_of(rules.any_of, value, path))) return false;
    if (!rules.one_of.empty() && failed(check_one_of(rules.one_of, value, path))) return false;
    if (rules.negated != nullptr) {
      const bool matches = quietly([&] { return check(*rules.negated, value, path); });
      if (stopped()) return false;
      if (matches && failed(fail(path, "not", [] { return std::string("must not have the excluded shape"); }))) {
        return false;
      }
    }
    if (rules.condition != nullptr && (rules.consequence != nullptr || rules.alternative != nullptr)) {
      const bool holds = quietly([&] { return check(*rules.condition, value, path); });
      if (stopped()) return false;
      const SchemaNode* next = holds ? rules.consequence : rules.alternative;
      if (next != nullptr && failed(check(*next, value, path))) return false;
    }
    return valid;
  }

  bool check_any_of(const std::vector<const SchemaNode*>& branches, const Value& value, const Path& path) {
    const bool any = quietly([&] {
      return std::any_of(branches.begin(), branches.end(),
                         [&](const SchemaNode* node) { return !stopped() && check(*node, value, path); });
    });
    if (stopped()) return false;
    return any || fail_branches(branches, value, path, "any_of");
  }

  bool check_one_of(const std::vector<const SchemaNode*>& branches, const Value& value, const Path& path) {
    std::size_t matching = 0;
    quietly([&] {
      for (const SchemaNode* node : branches) {
        if (stopped() || matching > 1) break;
        if (check(*node, value, path)) matching += 1;
      }
      return true;
    });
    if (stopped()) return false;
    if (matching == 1) return true;
    if (matching == 0) return fail_branches(branches, value, path, "one_of");
    return fail(path, "one_of", [] { return std::string("must have one of the allowed shapes, not several"); });
  }

  /// If but one branch could be meant, what is wrong by that branch says more than that none fits.
  bool fail_branches(const std::vector<const SchemaNode*>& branches, const Value& value, const Path& path,
                     const char* code) {
    if (!report_) return false;
    const SchemaNode* meant = nullptr;
    std::size_t possible = 0;
    for (const SchemaNode* node : branches) {
      if (!may_be_meant(*node, value)) continue;
      meant = node;
      possible += 1;
    }
    if (possible == 1) return check(*meant, value, path);
    return fail(path, code, [] { return std::string("must have one of the allowed shapes"); });
  }

  /// By the type, and by the members that a branch fixes with const (a discriminator).
  bool may_be_meant(const SchemaNode& node, const Value& value) {
    if (node.never || !has_type(value, node.types)) return false;
    if (!value.is(Kind::kObject) || node.object == nullptr) return true;
    for (const PropertyRule& property : node.object->properties) {
      if (property.node == nullptr || property.node->values == nullptr) continue;
      const Value* constant = property.node->values->constant;
      if (constant == nullptr) continue;
      const Value* member = value.find(property.key);
      if (!budget_.spend(value.as_object().size())) return false;
      if (member != nullptr && !json_equal(*member, *constant, budget_)) return false;
    }
    return true;
  }

  const SchemaProgram& program_;
  WorkBudget budget_;
  std::vector<Issue>* issues_;
  std::size_t first_issue_ = 0;
  std::size_t depth_ = 0;
  bool report_;
  bool stopped_ = false;
  bool reported_stop_ = false;
};

}  // namespace

Schema::Schema(std::shared_ptr<const SchemaProgram> program) : program_(std::move(program)) {}

bool Schema::validate(const Value& value, std::vector<Issue>* issues) const {
  return Validator(*program_, issues).run(value);
}

const WriteOnlyGuide* Schema::write_only() const { return program_->write_only; }

}  // namespace strongroom
