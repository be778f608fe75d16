// JSON Schema (2020-12): compiled once, then checked against any number of values from any number of threads.
//
// Supported: every keyword of the validation and applicator vocabularies except $dynamicRef, $dynamicAnchor,
// unevaluatedItems, unevaluatedProperties, $vocabulary and references that leave the document. A schema that uses one
// of these, a keyword nobody knows, a format outside the list in README.md, or a pattern that does not compile is
// refused with the place and the reason; nothing is silently ignored. `format` is asserted.
//
// Safe against hostile schemas and hostile values: size, nesting, pattern cost and the work of one validation are
// bounded by SchemaLimits. What reaches a bound is refused or is an issue; it never hangs and never overflows the
// stack.
//
// How it reads a Value (base/value.h):
// - A member that is undefined counts as absent for required, dependentRequired, dependentSchemas, min/maxProperties
//   and for the keys listed under properties; every other key counts as present whatever its value, so that
//   additionalProperties: false and propertyNames see it. undefined as an element or as the whole value has no type.
// - NaN and the infinities are neither number nor integer.
// - A secret is a string to every keyword and is read where it lies.
// - Equality (const, enum, uniqueItems) is that of JSON: 1 equals 1.0, 0 equals -0, order of members is ignored.
//
// Codes of issues when validating (each is the keyword in snake_case, in the singular where it names one culprit):
//   type const enum multiple_of minimum maximum exclusive_minimum exclusive_maximum min_length max_length pattern
//   format min_items max_items unique_items contains min_contains max_contains additional_items required
//   additional_property property_name dependent_required min_properties max_properties any_of one_of not
//   false_schema        a place where the schema allows nothing
//   pattern_too_costly  a pattern reached its match, depth or heap limit
//   too_costly          the whole validation reached its work or depth limit
//   too_many_issues     the last issue of a list that was cut at max_issues
// and when compiling:
//   unknown_keyword unsupported_keyword invalid_keyword unknown_format invalid_pattern unsupported_pattern
//   unresolved_ref remote_ref endless_ref duplicate_anchor unsupported_dialect not_a_schema too_large
//
// The `path` of an issue is a JSON Pointer into the value (when compiling: into the schema). Messages never repeat a
// string of the value; a key of an object may appear in one, cut to 64 code points.
#ifndef STRONGROOM_SCHEMA_SCHEMA_H_
#define STRONGROOM_SCHEMA_SCHEMA_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"

namespace strongroom {

/// Bounds of one schema and of its validations. The defaults suit schemas from untrusted authors.
struct SchemaLimits {
  std::size_t nodes = 20000;            ///< schemas inside the schema (booleans too)
  std::size_t depth = 64;               ///< nesting of schemas inside the schema
  std::size_t issues = 64;              ///< issues collected by one compile or validate; at least 1
  std::size_t enum_values = 20000;      ///< values in all enums and consts, counted with what is inside them
  std::size_t nesting = 500;            ///< of schemas applied inside one another in one validate
  std::uint64_t work = 4'000'000;       ///< steps of one validate: roughly, keywords times values and bytes compared
  std::size_t pattern_length = 4096;    ///< bytes of one pattern
  std::size_t pattern_size = 4U << 20;  ///< bytes of all compiled patterns
  std::size_t patterns = 1000;          ///< patterns in the schema
  std::uint32_t match_limit = 250'000;  ///< backtracking steps of one match, over all its starting places
  std::uint32_t match_depth = 50'000;   ///< nested backtracking points of one match
  std::uint32_t match_heap_kib = 8192;  ///< heap of one match, KiB
};

/// What a schema is when it has no $schema of its own. Under kDraft7 these differ: `definitions`, `dependencies`,
/// `items` as an array with `additionalItems`; the 2020-12 spellings of the same are unknown there, and the neighbours
/// of a $ref are ignored.
enum class SchemaDialect : std::uint8_t { k2020_12, kDraft7 };

struct SchemaOptions {
  SchemaLimits limits;
  SchemaDialect dialect = SchemaDialect::k2020_12;
};

/// Where a schema says `writeOnly: true`: a tree that the marshaller walks beside the value to know which strings are
/// to go into secure memory. Derived through properties, patternProperties, additionalProperties, items, prefixItems,
/// contains, allOf, anyOf, oneOf, if/then/else, dependentSchemas and $ref. It errs on the side of secrecy: a branch
/// that might apply counts, a pattern counts for every key, and what lies inside a writeOnly object or array is
/// writeOnly. Lives as long as its Schema (or any copy of it); immutable, for any thread.
class WriteOnlyGuide {
 public:
  /// Whether the value at this place is writeOnly.
  bool here() const { return here_; }
  /// The guide for a member or an element; nullptr if nothing at or below it is writeOnly.
  const WriteOnlyGuide* member(std::string_view key) const;
  const WriteOnlyGuide* element(std::size_t index) const;

 private:
  friend class GuideBuilder;
  struct Named {
    std::string_view key;
    const WriteOnlyGuide* guide;
  };
  bool here_ = false;
  std::vector<Named> members_;  // sorted by key; a null guide hides other_members_
  const WriteOnlyGuide* other_members_ = nullptr;
  std::vector<const WriteOnlyGuide*> elements_;  // the first elements
  const WriteOnlyGuide* other_elements_ = nullptr;
};

struct SchemaProgram;

/// A compiled schema. Immutable; copies share one program. Const functions may run on any number of threads at once.
class Schema {
 public:
  /// Compiles `schema` (an object or a boolean). INVALID_SCHEMA with the issues otherwise.
  static Result<Schema> compile(const Value& schema, const SchemaOptions& options = {});

  /// Whether `value` is valid. With `issues`, appends what is wrong (at most SchemaLimits::issues; none if valid);
  /// without, stops at the first failure. A valid value costs no heap allocation, save for patterns when more threads
  /// match at once than ever before, and for uniqueItems over more than a few elements.
  bool validate(const Value& value, std::vector<Issue>* issues = nullptr) const;

  /// The guide for the whole value; nullptr if nothing in the schema is writeOnly.
  const WriteOnlyGuide* write_only() const;

 private:
  friend class SchemaCompiler;
  explicit Schema(std::shared_ptr<const SchemaProgram> program);
  std::shared_ptr<const SchemaProgram> program_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_SCHEMA_H_
