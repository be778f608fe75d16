// ECMAScript regular expressions (the grammar of the `u` flag), read strictly and written again in PCRE2's syntax.
//
// Writing the pattern again, rather than handing it to PCRE2 as it stands, is what makes the two agree: everything
// PCRE2 has and ECMAScript lacks ((*VERBS), recursion, callouts, conditionals, \C, \K, \Q, possessive and atomic
// groups, inline options, POSIX classes) is a syntax error here and cannot be reached, and \s . $ \k<name> \u{...} []
// get ECMAScript's meaning. What still differs: a group inside a repeated group keeps its last capture where ECMAScript
// forgets it before each repetition; a lookbehind needs alternatives of fixed length.
#ifndef STRONGROOM_SCHEMA_ECMA_REGEX_H_
#define STRONGROOM_SCHEMA_ECMA_REGEX_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom {

/// Between `min` and `max` characters of an ASCII set, as two words of bits.
struct AsciiStep {
  std::uint64_t low = 0;   // U+0000 to U+003F
  std::uint64_t high = 0;  // U+0040 to U+007F
  std::uint32_t min = 1;
  std::uint32_t max = 1;

  void add(char32_t point) { (point < 64 ? low : high) |= std::uint64_t{1} << (point % 64); }
  bool has(std::uint8_t byte) const { return byte < 128 && (((byte < 64 ? low : high) >> (byte % 64)) & 1U) != 0; }
};

struct EcmaRegex {
  enum class Verdict { kOk, kInvalid, kUnsupported };
  Verdict verdict = Verdict::kOk;
  std::string problem;       ///< why not, with the byte offset; empty when kOk
  std::string pcre;          ///< the pattern for PCRE2 (UTF, no UCP, PCRE2_MATCH_UNSET_BACKREF)
  bool costly_step = false;  ///< one backtracking step may read the whole subject (lookarounds, backreferences)

  /// Set if the pattern is nothing but ^steps$ and each step can take all it can get without robbing a later one: then
  /// one pass over the text decides.
  bool linear = false;
  std::vector<AsciiStep> steps;
};

/// Reads `source`, well-formed UTF-8 of at most `max_length` bytes, with groups nested at most 100 deep.
EcmaRegex translate_ecma_regex(std::string_view source, std::size_t max_length);

/// Whether `text` matches the steps of a linear pattern.
bool matches_steps(const std::vector<AsciiStep>& steps, std::string_view text);

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_ECMA_REGEX_H_
