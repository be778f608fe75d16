// The Unicode questions that messages raise: lengths in the contracts are code points, and text that is not
// well-formed is refused rather than repaired.
#ifndef STRONGROOM_BASE_UNICODE_H_
#define STRONGROOM_BASE_UNICODE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace strongroom {

/// The number of code points of well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms), or
/// nothing if `text` is not well-formed.
std::optional<std::size_t> count_code_points(std::string_view text);

/// Whether `text` is well-formed and has `least` to `most` code points.
bool has_length(std::string_view text, std::size_t least, std::size_t most);

/// The first `most` code points of well-formed UTF-8.
std::string_view first_code_points(std::string_view text, std::size_t most);

struct Utf8Size {
  std::size_t bytes;
  std::size_t code_points;
};

/// What `text` needs in UTF-8, or nothing if it has a lone surrogate.
std::optional<Utf8Size> measure_utf16(std::span<const char16_t> text);

/// Writes well-formed UTF-16 as UTF-8 into `out`, which has exactly measure_utf16(text)->bytes. Makes no other copy,
/// so that it serves secrets too.
void write_utf8(std::span<const char16_t> text, std::span<char> out);

}  // namespace strongroom

#endif  // STRONGROOM_BASE_UNICODE_H_
