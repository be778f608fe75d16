// Identifiers: a prefix and 26 characters of Crockford base32 of a UUIDv7 (RFC 9562, section 5.7), so that ids
// sort by the time they were made, to the millisecond.
#ifndef STRONGROOM_BASE_IDS_H_
#define STRONGROOM_BASE_IDS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace strongroom {

inline constexpr std::size_t kIdTextSize = 26;

/// The id of `now_ms` (0 to 2^48 - 1) with 74 of the 80 random bits given; `prefix` is "sec_" and so on.
/// Randomness comes from the caller, as base knows no generator.
std::string make_id(std::string_view prefix, std::int64_t now_ms, const std::array<std::uint8_t, 10>& random);

/// The id that follows `last`, an id of the same prefix, by `step` + 1: for ids of one millisecond that are to sort by
/// the order in which they were made. Empty if that would be another millisecond.
std::string id_after(std::string_view prefix, std::string_view last, std::uint32_t step);

/// Whether `text` is `prefix` followed by 26 upper-case Crockford digits of a 128-bit number.
bool is_id(std::string_view prefix, std::string_view text);

}  // namespace strongroom

#endif  // STRONGROOM_BASE_IDS_H_
