// One compiled `pattern`: ECMAScript's meaning, PCRE2's interpreter (no JIT), and a cost that is bounded in advance.
//
// PCRE2's match limit counts the backtracking steps from one starting place, so an unanchored search of a long text
// could take the limit many times over. Here the whole search has one budget: it first runs with a small limit, which
// ordinary patterns stay within, and on reaching it tries each starting place with limits that grow until the budget is
// spent. PCRE2's auto-possessification is off, because a possessive repeat reads text without counting it.
#ifndef STRONGROOM_SCHEMA_PATTERN_H_
#define STRONGROOM_SCHEMA_PATTERN_H_

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "schema/ecma_regex.h"
#include "schema/schema.h"

namespace strongroom {

/// What a match needs besides the pattern; one for each thread that matches at the moment.
class Matcher {
 public:
  explicit Matcher(const SchemaLimits& limits);
  bool ok() const { return data_ != nullptr && context_ != nullptr; }

 private:
  friend class Pattern;
  struct Free {
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  };
  std::unique_ptr<pcre2_match_data, Free> data_;
  std::unique_ptr<pcre2_match_context, Free> context_;
};

/// Keeps a few matchers so that a match allocates nothing. Any number of threads.
class MatcherPool {
 public:
  MatcherPool() = default;
  ~MatcherPool();
  MatcherPool(const MatcherPool&) = delete;
  MatcherPool& operator=(const MatcherPool&) = delete;

  std::unique_ptr<Matcher> take(const SchemaLimits& limits);
  void give_back(std::unique_ptr<Matcher> matcher);

 private:
  std::array<std::atomic<Matcher*>, 8> kept_{};
};

class Pattern {
 public:
  enum class Outcome : std::uint8_t { kMatch, kNoMatch, kTooCostly };

  /// INVALID_SCHEMA, with detail "invalid_pattern" or "unsupported_pattern".
  static Result<Pattern> compile(std::string_view ecma_source, const SchemaLimits& limits);

  /// Whether `text` has a match anywhere. Adds the steps taken (an estimate from above within a small factor) to
  /// `steps`. Text that is not well-formed UTF-8 has no match.
  Outcome search(std::string_view text, MatcherPool& pool, const SchemaLimits& limits, std::uint64_t& steps) const;

  /// Bytes of the compiled pattern.
  std::size_t size() const;

 private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  };
  Pattern() = default;
  Outcome search_slowly(std::string_view text, Matcher& matcher, const SchemaLimits& limits,
                        std::uint64_t& steps) const;

  std::unique_ptr<pcre2_code, Free> code_;
  std::vector<AsciiStep> steps_;
  bool linear_ = false;  // steps_ decide, without PCRE2
  bool anchored_ = false;
  bool costly_step_ = false;
};

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_PATTERN_H_
