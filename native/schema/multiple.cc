#include "schema/multiple.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace strongroom {
namespace {

/// digits * 10^exponent; at most 17 digits.
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

Decimal to_decimal(double value) {
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), std::fabs(value), std::chars_format::scientific).ptr;
  Decimal decimal;
  const char* at = text.data();
  bool fraction = false;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    decimal.exponent -= fraction ? 1 : 0;
  }
  int exponent = 0;
  if (at != end) {
    at += at[1] == '+' ? 2 : 1;
    std::from_chars(at, end, exponent);
  }
  decimal.exponent += exponent;
  while (decimal.digits != 0 && decimal.digits % 10 == 0) {
    decimal.digits /= 10;
    decimal.exponent += 1;
  }
  return decimal;
}

/// a * b mod m for m < 2^60: by doubling, since there is no portable 128-bit type.
std::uint64_t multiply_mod(std::uint64_t a, std::uint64_t b, std::uint64_t m) {
  std::uint64_t product = 0;
  for (a %= m; b > 0; b >>= 1) {
    if ((b & 1U) != 0) product = (product + a) % m;
    a = (a + a) % m;
  }
  return product;
}

}  // namespace

bool is_multiple_of(double value, double step) {
  constexpr double kExact = 9007199254740992.0;  // 2^53: below it whole doubles are exact
  if (value == std::floor(value) && step == std::floor(step) && std::fabs(value) < kExact && step < kExact) {
    return std::fmod(value, step) == 0;
  }
  const Decimal a = to_decimal(value);
  const Decimal b = to_decimal(step);
  if (a.digits == 0) return true;
  if (a.exponent < b.exponent) return false;  // a has decimal places (without trailing zeros) that b's multiples lack
  // a * 10^(difference) mod b
  std::uint64_t rest = a.digits % b.digits;
  for (int i = a.exponent - b.exponent; i > 0 && rest != 0; --i) rest = multiply_mod(rest, 10, b.digits);
  return rest == 0;
}

}  // namespace strongroom
