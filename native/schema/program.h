// What a schema is compiled into. Internal to native/schema.
//
// Nodes refer to one another and to texts inside `source` by pointer; all of them live in the Program, which never
// moves once made.
#ifndef STRONGROOM_SCHEMA_PROGRAM_H_
#define STRONGROOM_SCHEMA_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "schema/format.h"
#include "schema/pattern.h"
#include "schema/schema.h"

namespace strongroom {

/// A set of JSON types, as bits. kTypeNumber includes the integers, so "number" needs no second bit.
using TypeSet = std::uint8_t;
inline constexpr TypeSet kTypeNull = 1;
inline constexpr TypeSet kTypeBool = 2;
inline constexpr TypeSet kTypeInteger = 4;
inline constexpr TypeSet kTypeNumber = 8;
inline constexpr TypeSet kTypeString = 16;
inline constexpr TypeSet kTypeArray = 32;
inline constexpr TypeSet kTypeObject = 64;
inline constexpr TypeSet kTypeAny = 128;  // no `type`: undefined and NaN too

inline constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct SchemaNode;

struct NumberRules {
  double minimum = -kInfinity;
  double maximum = kInfinity;
  double exclusive_minimum = -kInfinity;
  double exclusive_maximum = kInfinity;
  double multiple_of = 0;  // 0: none
};

struct StringRules {
  std::size_t min_length = 0;
  std::size_t max_length = kNoLimit;
  const Pattern* pattern = nullptr;
  Format format = Format::kNone;
};

struct ArrayRules {
  std::size_t min_items = 0;
  std::size_t max_items = kNoLimit;
  bool unique = false;
  std::vector<const SchemaNode*> prefix;
  const SchemaNode* rest = nullptr;  // for the elements behind the prefix
  const SchemaNode* contains = nullptr;
  std::size_t min_contains = 1;
  std::size_t max_contains = kNoLimit;
};

struct PropertyRule {
  std::string_view key;
  const SchemaNode* node = nullptr;
  int required_bit = -1;  // its bit in required_mask
};

struct PatternProperty {
  const Pattern* pattern;
  const SchemaNode* node;
};

struct DependentRequired {
  std::string_view key;
  std::vector<std::string_view> needs;
};

struct DependentSchema {
  std::string_view key;
  const SchemaNode* node;
};

struct ObjectRules {
  std::vector<PropertyRule> properties;  // in the schema's order, which values tend to follow
  std::vector<std::uint32_t> sorted;     // indexes into `properties`, by size of key, then bytes
  std::uint64_t required_mask = 0;
  std::vector<std::string_view> also_required;  // keys not in `properties`, or beyond 64
  std::size_t min_properties = 0;
  std::size_t max_properties = kNoLimit;
  std::vector<PatternProperty> patterns;
  const SchemaNode* additional = nullptr;
  const SchemaNode* names = nullptr;
  std::vector<DependentRequired> dependent_required;
  std::vector<DependentSchema> dependent_schemas;
};

/// The rule for a key under `properties`, or nullptr.
const PropertyRule* find_property(const ObjectRules& rules, std::string_view key);

struct LogicRules {
  std::vector<const SchemaNode*> all_of;
  std::vector<const SchemaNode*> any_of;
  std::vector<const SchemaNode*> one_of;
  const SchemaNode* negated = nullptr;
  const SchemaNode* condition = nullptr;
  const SchemaNode* consequence = nullptr;
  const SchemaNode* alternative = nullptr;
};

struct ValueRules {
  const Value* constant = nullptr;
  struct Hashed {
    std::uint64_t hash;
    const Value* value;
  };
  std::vector<const Value*> choices;  // few: compared one by one
  std::vector<Hashed> hashed;         // many: sorted by hash
};

struct SchemaNode {
  bool trivial = true;  // nothing can fail
  bool never = false;   // everything fails
  bool write_only = false;
  TypeSet types = kTypeAny;
  const SchemaNode* ref = nullptr;
  std::unique_ptr<ValueRules> values;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<ObjectRules> object;
  std::unique_ptr<LogicRules> logic;
};

struct SchemaProgram {
  Value source;
  SchemaLimits limits;
  std::deque<SchemaNode> nodes;
  std::deque<Pattern> patterns;
  std::deque<WriteOnlyGuide> guides;
  const SchemaNode* root = nullptr;
  const WriteOnlyGuide* write_only = nullptr;
  mutable MatcherPool matchers;  // safe for any thread
};

/// Makes the guides of `root` into `guides`; nullptr if nothing is writeOnly. LIMIT_EXCEEDED for a schema whose
/// combinations have too many different places.
class GuideBuilder {
 public:
  static Result<const WriteOnlyGuide*> build(const SchemaNode& root, std::deque<WriteOnlyGuide>& guides);
};

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_PROGRAM_H_
