#include "base/bytes.h"

#include <cassert>

namespace strongroom {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

template <class T>
void append_integer(Bytes& out, T value) {
  for (int shift = static_cast<int>(sizeof(T) * 8) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

template <class T>
T read_integer(ByteView bytes) {
  assert(bytes.size() >= sizeof(T));
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | bytes[i]);
  return value;
}

}  // namespace

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void append_u32(Bytes& out, std::uint32_t value) { append_integer(out, value); }
void append_u64(Bytes& out, std::uint64_t value) { append_integer(out, value); }

void append_lp(Bytes& out, ByteView bytes) {
  assert(bytes.size() < 0xFFFFFFFFU);
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  append(out, bytes);
}

void append_lp_null(Bytes& out) { append_u32(out, 0xFFFFFFFFU); }

std::uint32_t read_u32(ByteView bytes) { return read_integer<std::uint32_t>(bytes); }
std::uint64_t read_u64(ByteView bytes) { return read_integer<std::uint64_t>(bytes); }

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0x0F]);
  }
  return out;
}

std::string to_base64(ByteView bytes) {
  std::string out(base64_encoded_size(bytes.size()), '\0');
  encode_base64(bytes, out);
  return out;
}

void encode_base64(ByteView bytes, std::span<char> out) {
  assert(out.size() == base64_encoded_size(bytes.size()));
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const std::uint32_t group = (static_cast<std::uint32_t>(bytes[i]) << 16) |
                                (left > 1 ? static_cast<std::uint32_t>(bytes[i + 1]) << 8 : 0U) |
                                (left > 2 ? static_cast<std::uint32_t>(bytes[i + 2]) : 0U);
    out[at++] = kBase64[group >> 18];
    out[at++] = kBase64[(group >> 12) & 63U];
    out[at++] = left > 1 ? kBase64[(group >> 6) & 63U] : '=';
    out[at++] = left > 2 ? kBase64[group & 63U] : '=';
  }
}

std::optional<std::size_t> decode_base64(std::string_view text, MutableBytes out) {
  if (text.size() % 4 != 0 || out.size() < base64_decoded_max(text.size())) return std::nullopt;
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    int padding = 0;
    if (last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    std::uint32_t group = 0;
    for (int k = 0; k < 4; ++k) {
      const int digit = k >= 4 - padding ? 0 : base64_digit(text[i + static_cast<std::size_t>(k)]);
      if (digit < 0) return std::nullopt;
      group = (group << 6) | static_cast<std::uint32_t>(digit);
    }
    // Bits that no byte holds are zero in canonical base64; accepting others would give two texts for one value.
    if ((padding == 1 && (group & 0xFFU) != 0) || (padding == 2 && (group & 0xFFFFU) != 0)) return std::nullopt;
    out[written++] = static_cast<std::uint8_t>(group >> 16);
    if (padding < 2) out[written++] = static_cast<std::uint8_t>(group >> 8);
    if (padding < 1) out[written++] = static_cast<std::uint8_t>(group);
  }
  return written;
}

}  // namespace strongroom
