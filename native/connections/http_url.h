// The one reading of a URL by which the core decides where a credential may go. It is stricter than browsers on
// purpose: what two parsers could read in two ways is refused, and the caller sends the request to the text that
// `to_string` gives, never to the text that came in.
//
// Accepted (RFC 3986, ASCII): https://host[:port][/path][?query], and http:// where the caller allows it. Refused: user
// names and passwords, fragments, backslashes, control characters, spaces, non-ASCII (an IDN is written as xn--),
// percent escapes or underscores in the host, a host that ends in a dot, numbers that are no dotted-quad address of
// four decimal parts (WHATWG reads 127.1, 0x7f.1 and 2130706433 as addresses), an empty host, a port of 0 or above
// 65535.
#ifndef STRONGROOM_CONNECTIONS_HTTP_URL_H_
#define STRONGROOM_CONNECTIONS_HTTP_URL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace strongroom {

struct HttpUrl {
  bool https = true;
  std::string host;        // lower case; an IPv6 address is in brackets and in its canonical form (RFC 5952)
  std::uint16_t port = 0;  // never 0
  std::string path;        // begins with "/", dot segments removed (RFC 3986, section 5.2.4), "%2e" counted as a dot
  std::optional<std::string> query;  // without "?"

  /// "https://host" or "https://host:port" where the port is not the scheme's own.
  std::string origin() const;
  /// origin, path and query.
  std::string to_string() const;
  /// Whether the host is an address or name of this machine: localhost and below, 127.0.0.0/8, ::1, ::ffff:127.…,
  /// 0.0.0.0, ::.
  bool is_loopback() const;
};

/// INVALID_REQUEST with one issue at `path` that says what is wrong.
Result<HttpUrl> parse_http_url(std::string_view text, std::string_view path);

/// An origin of a manifest: as a URL, without a path, query or "/" at its end; http:// for a loopback host only. The
/// normalised origin.
Result<std::string> parse_origin(std::string_view text, std::string_view path);

}  // namespace strongroom

#endif  // STRONGROOM_CONNECTIONS_HTTP_URL_H_
