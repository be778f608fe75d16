// The values of `format` that are asserted. Each check is one pass over the text without allocation (save regex).
#ifndef STRONGROOM_SCHEMA_FORMAT_H_
#define STRONGROOM_SCHEMA_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace strongroom {

enum class Format : std::uint8_t {
  kNone,
  kDateTime,             // RFC 3339; a leap second only at 23:59:60 UTC
  kDate,                 // RFC 3339 full-date
  kTime,                 // RFC 3339 full-time, with its offset
  kDuration,             // RFC 3339 appendix A
  kEmail,                // RFC 5321 mailbox: dot-atom or quoted local part; a domain name or an address literal
  kHostname,             // RFC 1123; ASCII, at most 253 characters
  kIpv4,                 // dotted quad without leading zeros
  kIpv6,                 // RFC 4291, without zone
  kUri,                  // RFC 3986, absolute
  kUriReference,         // RFC 3986
  kIri,                  // RFC 3987 (any non-ASCII character is allowed)
  kIriReference,         // the same
  kUriTemplate,          // RFC 6570: braces balanced, expressions well formed
  kUuid,                 // RFC 4122 text, any version
  kRegex,                // what `pattern` accepts as ECMAScript
  kJsonPointer,          // RFC 6901
  kRelativeJsonPointer,  // draft-bhutton-relative-json-pointer-00
};

/// The format called `name`, or nothing if it is not supported.
std::optional<Format> format_from_name(std::string_view name);

/// For messages: "a date and time (RFC 3339)".
std::string_view describe_format(Format format);

/// Whether `text` has the format.
bool matches_format(Format format, std::string_view text);

}  // namespace strongroom

#endif  // STRONGROOM_SCHEMA_FORMAT_H_
