// A message value: what a JavaScript value or a JSON text becomes inside the core.
//
// It is JSON with two additions. `undefined` stays visible, because a strict contract must see an unknown key even
// when its value is undefined, while a known optional key with undefined counts as absent. A *secret* is a string
// whose bytes live in a SecureBuffer: the marshaller makes one wherever the schema says writeOnly, so that a
// plaintext never stands in an ordinary string. Functions, symbols, bigints and text with lone surrogates have no
// place here: the marshaller refuses them.
//
// Threads: a value type; copy or move it between threads. Copies share secrets (immutable once in a Value).
#ifndef STRONGROOM_BASE_VALUE_H_
#define STRONGROOM_BASE_VALUE_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/secure_heap.h"

namespace strongroom {

/// The largest whole number that a JavaScript number holds exactly; a message has none beyond it.
inline constexpr std::int64_t kMaxCounter = (1LL << 53U) - 1;

/// A well-formed UTF-8 string in secure memory.
struct SecretText {
  SecureBuffer utf8;
  std::size_t code_points = 0;
};

class Value {
 public:
  enum class Kind : std::uint8_t { kNull, kUndefined, kBool, kNumber, kString, kSecret, kArray, kObject };

  using Array = std::vector<Value>;
  using Member = std::pair<std::string, Value>;
  /// Members in the order they were given; keys are unique (JavaScript objects and parse_json both see to it).
  using Object = std::vector<Member>;

  Value() = default;                                                // null
  Value(std::nullptr_t) {}                                          // NOLINT(google-explicit-constructor)
  Value(bool value) : data_(value) {}                               // NOLINT(google-explicit-constructor)
  Value(double value) : data_(value) {}                             // NOLINT(google-explicit-constructor)
  Value(int value) : data_(static_cast<double>(value)) {}           // NOLINT(google-explicit-constructor)
  Value(std::int64_t value) : data_(static_cast<double>(value)) {}  // NOLINT(google-explicit-constructor)
  Value(std::string value) : data_(std::move(value)) {}             // NOLINT(google-explicit-constructor)
  Value(std::string_view value) : data_(std::string(value)) {}      // NOLINT(google-explicit-constructor)
  Value(const char* value) : data_(std::string(value)) {}           // NOLINT(google-explicit-constructor)
  Value(Array value) : data_(std::move(value)) {}                   // NOLINT(google-explicit-constructor)
  Value(Object value) : data_(std::move(value)) {}                  // NOLINT(google-explicit-constructor)
  static Value undefined();
  static Value secret(SecretText text);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }

  // Each of these is for a value of that kind alone.
  bool as_bool() const { return std::get<bool>(data_); }
  double as_number() const { return std::get<double>(data_); }
  const std::string& as_string() const { return std::get<std::string>(data_); }
  const SecretText& as_secret() const { return *std::get<std::shared_ptr<const SecretText>>(data_); }
  const Array& as_array() const { return std::get<Array>(data_); }
  Array& as_array() { return std::get<Array>(data_); }
  const Object& as_object() const { return std::get<Object>(data_); }
  Object& as_object() { return std::get<Object>(data_); }

  /// The member of an object; null if this is no object, has no such member, or the member is undefined.
  const Value* find(std::string_view key) const;

  /// Whether this value or one inside it is a secret.
  bool contains_secret() const;

 private:
  struct Undefined {};
  std::variant<std::monostate, Undefined, bool, double, std::string, std::shared_ptr<const SecretText>, Array, Object>
      data_;
};

/// What a message may be at most. `bytes` counts text (keys and strings, UTF-8) plus 8 for each value.
struct MessageLimits {
  std::size_t bytes = 1U << 20;
  std::size_t depth = 32;
  std::size_t values = 10000;
};

/// Parses one JSON text (RFC 8259) into a Value. INVALID_REQUEST with the byte offset for text that is not JSON, has
/// a repeated key or is not UTF-8; LIMIT_EXCEEDED beyond `limits`.
Result<Value> parse_json(std::string_view text, const MessageLimits& limits);

/// The JSON text of `value`, without spaces; members that are undefined are left out. A secret is written as null:
/// no text of the core can carry one.
std::string to_json(const Value& value);

/// Appends one step to a JSON Pointer (RFC 6901), escaping "~" and "/".
std::string pointer_child(std::string_view pointer, std::string_view key);
std::string pointer_child(std::string_view pointer, std::size_t index);

}  // namespace strongroom

#endif  // STRONGROOM_BASE_VALUE_H_
