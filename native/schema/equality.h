// JSON equality and hashing of Values, with their work counted so that a hostile value cannot make them run away.
#ifndef STRONGROOM_SCHEMA_EQUALITY_H_
#define STRONGROOM_SCHEMA_EQUALITY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/value.h"

namespace strongroom {

/// How much may still be done. Once exhausted, answers are meaningless and the caller gives up.
class WorkBudget {
 public:
  explicit WorkBudget(std::uint64_t steps) : left_(steps) {}
  bool spend(std::uint64_t steps) {
    if (steps > left_) {
      left_ = 0;
      exhausted_ = true;
      return false;
    }
    left_ -= steps;
    return true;
  }
  bool exhausted() const { return exhausted_; }
  void exhaust() { exhausted_ = true; }

 private:
  std::uint64_t left_;
  bool exhausted_ = false;
};

inline constexpr std::size_t kMaxEqualityDepth = 256;

/// The text of a string or a secret, where it lies. `value` is one of the two.
std::string_view text_of(const Value& value);
inline bool is_text(const Value& value) { return value.is(Value::Kind::kString) || value.is(Value::Kind::kSecret); }

/// Equality of JSON: numbers by value, members in any order. undefined equals nothing, as a member it is absent. A
/// secret equals a string of the same bytes. Spends at most about the size of both; deeper than kMaxEqualityDepth
/// exhausts the budget.
bool json_equal(const Value& a, const Value& b, WorkBudget& budget);

/// Equal values have equal hashes. With `text_by_size`, texts are hashed by their size alone, so that no trace of a
/// secret's bytes is left in whatever memory keeps the hash.
std::uint64_t json_hash(const Value& value, bool text_by_size, WorkBudget& budget);

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_EQUALITY_H_
