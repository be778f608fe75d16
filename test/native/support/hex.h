// Hexadecimal in tests, where vectors are written down in it.
#ifndef STRONGROOM_TEST_SUPPORT_HEX_H_
#define STRONGROOM_TEST_SUPPORT_HEX_H_

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace strongroom::test {

/// The bytes of an even number of hexadecimal digits; throws for any other text.
inline Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw std::invalid_argument("not hexadecimal");
  };
  if (text.size() % 2 != 0) throw std::invalid_argument("not hexadecimal");
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) * 16 + digit(text[i + 1])));
  }
  return bytes;
}

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_HEX_H_
