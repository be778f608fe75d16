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
#include <string>
#include <string_view>

namespace strongroom {

struct EcmaRegex {
  enum class Verdict { kOk, kInvalid, kUnsupported };
  Verdict verdict = Verdict::kOk;
  std::string problem;       ///< why not, with the byte offset; empty when kOk
  std::string pcre;          ///< the pattern for PCRE2 (UTF, no UCP, PCRE2_MATCH_UNSET_BACKREF)
  bool costly_step = false;  ///< one backtracking step may read the whole subject (lookarounds, backreferences)
};

/// Reads `source`, well-formed UTF-8 of at most `max_length` bytes, with groups nested at most 100 deep.
EcmaRegex translate_ecma_regex(std::string_view source, std::size_t max_length);

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_ECMA_REGEX_H_
