#include "base/ids.h"

#include <algorithm>

namespace strongroom {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

}  // namespace

std::string make_id(std::string_view prefix, std::int64_t now_ms, const std::array<std::uint8_t, 10>& random) {
  std::array<std::uint8_t, 16> uuid{};
  for (std::size_t i = 0; i < 6; ++i) uuid[i] = static_cast<std::uint8_t>(now_ms >> (40 - 8 * i));
  std::ranges::copy(random, uuid.begin() + 6);
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | 0x70U);  // version 7
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);  // variant of RFC 9562
  // 128 bits are 26 digits of 5 bits; the first digit holds the top 3.
  std::string id(prefix);
  id.reserve(prefix.size() + kIdTextSize);
  const auto bit = [&](int at) { return at < 0 ? 0U : (uuid[static_cast<std::size_t>(at) / 8] >> (7 - at % 8)) & 1U; };
  for (int digit = 0; digit < static_cast<int>(kIdTextSize); ++digit) {
    unsigned value = 0;
    for (int k = 0; k < 5; ++k) value = (value << 1) | bit(digit * 5 + k - 2);
    id += kCrockford[value];
  }
  return id;
}

std::string id_after(std::string_view prefix, std::string_view last, std::uint32_t step) {
  if (!is_id(prefix, last)) return {};
  // The last 12 digits: 60 of the 62 random bits that a UUID ends with.
  constexpr std::size_t kDigits = 12;
  std::string id(last);
  std::uint64_t number = 0;
  for (const char digit : last.substr(last.size() - kDigits)) number = number << 5 | kCrockford.find(digit);
  number += std::uint64_t{step} + 1;
  if (number >> (5 * kDigits) != 0) return {};
  for (std::size_t i = 0; i < kDigits; ++i) id[id.size() - 1 - i] = kCrockford[number >> (5 * i) & 31U];
  return id;
}

bool is_id(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + kIdTextSize || !text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return text[0] <= '7' &&
         std::ranges::all_of(text, [](char c) { return kCrockford.find(c) != std::string_view::npos; });
}

}  // namespace strongroom
