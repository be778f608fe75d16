#include "schema/equality.h"

#include <algorithm>
#include <bit>
#include <functional>

#include "base/bytes.h"

namespace strongroom {
namespace {

using Kind = Value::Kind;

// What lies deeper does not change the hash: equality looks at it anyway.
constexpr std::size_t kHashDepth = 8;

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9E3779B97F4A7C15U + (hash << 6) + (hash >> 2);
  return hash * 0xFF51AFD7ED558CCDU;
}

std::size_t present_members(const Value::Object& object) {
  return static_cast<std::size_t>(std::count_if(
      object.begin(), object.end(), [](const Value::Member& member) { return !member.second.is(Kind::kUndefined); }));
}

bool equal(const Value& a, const Value& b, std::size_t depth, WorkBudget& budget) {
  if (depth > kMaxEqualityDepth) budget.exhaust();
  if (!budget.spend(1) || budget.exhausted()) return false;
  if (is_text(a) && is_text(b)) {
    const std::string_view x = text_of(a);
    const std::string_view y = text_of(b);
    return x.size() == y.size() && budget.spend(x.size() / 16) && x == y;
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull: return true;
    case Kind::kUndefined: return false;
    case Kind::kBool: return a.as_bool() == b.as_bool();
    case Kind::kNumber: return a.as_number() == b.as_number();
    case Kind::kString:
    case Kind::kSecret: return false;
    case Kind::kArray: {
      const Value::Array& x = a.as_array();
      const Value::Array& y = b.as_array();
      return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                        [&](const Value& p, const Value& q) { return equal(p, q, depth + 1, budget); });
    }
    case Kind::kObject: {
      const Value::Object& x = a.as_object();
      const Value::Object& y = b.as_object();
      if (!budget.spend(x.size() + y.size())) return false;
      if (present_members(x) != present_members(y)) return false;
      for (std::size_t i = 0; i < x.size(); ++i) {
        if (x[i].second.is(Kind::kUndefined)) continue;
        // The same order is the common case.
        const Value* other = i < y.size() && y[i].first == x[i].first ? &y[i].second : nullptr;
        if (other == nullptr) {
          if (!budget.spend(y.size())) return false;
          other = b.find(x[i].first);
        }
        if (other == nullptr || !equal(x[i].second, *other, depth + 1, budget)) return false;
      }
      return true;
    }
  }
  return false;
}

std::uint64_t hash(const Value& value, bool text_by_size, std::size_t depth, WorkBudget& budget) {
  if (!budget.spend(1)) return 0;
  if (is_text(value)) {
    const std::string_view text = text_of(value);
    if (text_by_size) return mix(4, text.size());
    if (!budget.spend(text.size() / 16)) return 0;
    return mix(4, std::hash<std::string_view>{}(text));
  }
  const auto kind = static_cast<std::uint64_t>(value.kind());
  switch (value.kind()) {
    case Kind::kBool: return mix(kind, value.as_bool() ? 1 : 2);
    case Kind::kNumber: {
      const double number = value.as_number();
      return mix(kind, std::bit_cast<std::uint64_t>(number == 0 ? 0.0 : number));
    }
    case Kind::kArray: {
      std::uint64_t sum = mix(kind, value.as_array().size());
      if (depth == kHashDepth) return sum;
      for (const Value& element : value.as_array()) sum = mix(sum, hash(element, text_by_size, depth + 1, budget));
      return sum;
    }
    case Kind::kObject: {
      // Members come in any order, so their hashes are added.
      std::uint64_t sum = 0;
      for (const auto& [key, member] : value.as_object()) {
        if (member.is(Kind::kUndefined) || !budget.spend(1 + key.size() / 16)) continue;
        const std::uint64_t key_hash = std::hash<std::string_view>{}(key);
        sum += depth == kHashDepth ? key_hash : mix(key_hash, hash(member, text_by_size, depth + 1, budget));
      }
      return mix(kind, sum);
    }
    default: return mix(kind, 0);
  }
}

}  // namespace

std::string_view text_of(const Value& value) {
  return value.is(Kind::kSecret) ? as_text(value.as_secret().utf8.view()) : std::string_view(value.as_string());
}

bool json_equal(const Value& a, const Value& b, WorkBudget& budget) { return equal(a, b, 0, budget); }

std::uint64_t json_hash(const Value& value, bool text_by_size, WorkBudget& budget) {
  return hash(value, text_by_size, 0, budget);
}

}  // namespace strongroom
