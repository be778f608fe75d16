#include "base/unicode.h"

#include <cassert>
#include <cstdint>

namespace strongroom {
namespace {

bool is_high_surrogate(char16_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(char16_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0U) == 0x80U; }

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
  std::size_t count = 0;
  const std::size_t size = text.size();
  for (std::size_t i = 0; i < size; ++count) {
    const auto byte = [&](std::size_t offset) { return static_cast<std::uint8_t>(text[i + offset]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) {
      i += 1;
    } else if (lead >= 0xC2 && lead <= 0xDF) {
      if (i + 2 > size || !is_continuation(byte(1))) return std::nullopt;
      i += 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      if (i + 3 > size || !is_continuation(byte(1)) || !is_continuation(byte(2))) return std::nullopt;
      if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return std::nullopt;
      i += 3;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      if (i + 4 > size || !is_continuation(byte(1)) || !is_continuation(byte(2)) || !is_continuation(byte(3))) {
        return std::nullopt;
      }
      if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return std::nullopt;
      i += 4;
    } else {
      return std::nullopt;
    }
  }
  return count;
}

std::optional<Utf8Size> measure_utf16(std::span<const char16_t> text) {
  Utf8Size size{0, 0};
  for (std::size_t i = 0; i < text.size(); ++i, ++size.code_points) {
    const char16_t unit = text[i];
    if (unit < 0x80) {
      size.bytes += 1;
    } else if (unit < 0x800) {
      size.bytes += 2;
    } else if (is_high_surrogate(unit)) {
      if (i + 1 == text.size() || !is_low_surrogate(text[i + 1])) return std::nullopt;
      size.bytes += 4;
      ++i;
    } else if (is_low_surrogate(unit)) {
      return std::nullopt;
    } else {
      size.bytes += 3;
    }
  }
  return size;
}

bool has_length(std::string_view text, std::size_t least, std::size_t most) {
  const std::optional<std::size_t> length = count_code_points(text);
  return length && *length >= least && *length <= most;
}

std::string_view first_code_points(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) continue;
    if (count++ == most) break;
  }
  return text.substr(0, end);
}

void write_utf8(std::span<const char16_t> text, std::span<char> out) {
  std::size_t at = 0;
  const auto put = [&](std::uint32_t byte) { out[at++] = static_cast<char>(byte); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::uint32_t point = text[i];
    if (is_high_surrogate(text[i])) {
      point = 0x10000U + ((point - 0xD800U) << 10) + (static_cast<std::uint32_t>(text[++i]) - 0xDC00U);
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0U | (point >> 6));
      put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
      put(0xE0U | (point >> 12));
      put(0x80U | ((point >> 6) & 0x3FU));
      put(0x80U | (point & 0x3FU));
    } else {
      put(0xF0U | (point >> 18));
      put(0x80U | ((point >> 12) & 0x3FU));
      put(0x80U | ((point >> 6) & 0x3FU));
      put(0x80U | (point & 0x3FU));
    }
  }
  assert(at == out.size());
}

}  // namespace strongroom
