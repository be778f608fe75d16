// Views of bytes and the few encodings the formats need (doc/formats.md). All integers are big-endian.
#ifndef STRONGROOM_BASE_BYTES_H_
#define STRONGROOM_BASE_BYTES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace strongroom {

using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
using Bytes = std::vector<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void append(Bytes& out, ByteView bytes);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
/// LP(x) of the formats: a 32-bit length followed by x. `bytes` is shorter than 4 GiB.
void append_lp(Bytes& out, ByteView bytes);
/// LP of an absent value: the length 0xFFFFFFFF and nothing else, so that null differs from "".
void append_lp_null(Bytes& out);

std::uint32_t read_u32(ByteView at_least_4_bytes);
std::uint64_t read_u64(ByteView at_least_8_bytes);

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);

/// Base64 (RFC 4648, section 4), padded. For public bytes: it runs in time and memory that depend on them.
std::string to_base64(ByteView bytes);

/// Size of the base64 text of `size` bytes, and of the bytes of a base64 text of `size` characters at most.
constexpr std::size_t base64_encoded_size(std::size_t size) { return (size + 2) / 3 * 4; }
constexpr std::size_t base64_decoded_max(std::size_t size) { return size / 4 * 3; }

/// Writes the padded base64 of `bytes` to `out` (exactly base64_encoded_size) without any other copy.
void encode_base64(ByteView bytes, std::span<char> out);
/// Decodes strict, padded base64 into `out`; the number of bytes written, or nothing if `text` is not base64 or
/// `out` is smaller than base64_decoded_max. Makes no copy besides `out`.
std::optional<std::size_t> decode_base64(std::string_view text, MutableBytes out);

}  // namespace strongroom

#endif  // STRONGROOM_BASE_BYTES_H_
