#include "connections/http_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace strongroom {
namespace {

constexpr std::size_t kMaxUrl = 8192;
constexpr std::size_t kMaxHost = 253;
constexpr std::size_t kMaxLabel = 63;

using Ipv6 = std::array<std::uint8_t, 16>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// What is wrong with a part of a URL; null if nothing is.
using Fault = const char*;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// A decimal number of at most `most`, without leading zeros.
std::optional<unsigned> decimal(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0') || !std::ranges::all_of(text, is_digit)) {
    return std::nullopt;
  }
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value <= most ? std::optional(value) : std::nullopt;
}

/// Whether WHATWG takes a host with this last label for an IPv4 address.
bool is_number(std::string_view label) {
  if (std::ranges::all_of(label, is_digit)) return true;
  return label.size() >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') &&
         std::ranges::all_of(label.substr(2), is_hex);
}

/// A name or an IPv4 address.
Fault check_name(std::string_view host) {
  if (host.empty()) return "the host is empty";
  if (host.size() > kMaxHost) return "the host is longer than 253 characters";
  if (host.find('%') != std::string_view::npos) return "the host has a percent escape";
  if (host.back() == '.') return "the host ends in a dot";
  const std::vector<std::string_view> labels = split(host, '.');
  for (const std::string_view label : labels) {
    if (label.empty()) return "the host has two dots in a row, or begins with one";
    if (label.size() > kMaxLabel) return "a part of the host is longer than 63 characters";
    if (label.front() == '-' || label.back() == '-') return "a part of the host begins or ends with a hyphen";
    if (!std::ranges::all_of(label, [](char c) { return is_digit(c) || is_letter(c) || c == '-'; })) {
      return "the host may have letters, digits, hyphens and dots only";
    }
  }
  if (is_number(labels.back()) && (labels.size() != 4 || !std::ranges::all_of(labels, [](std::string_view label) {
                                     return decimal(label, 255).has_value();
                                   }))) {
    return "an IPv4 address has four decimal numbers from 0 to 255, without leading zeros";
  }
  return nullptr;
}

std::optional<Ipv6> ipv6_of(std::string_view text) {
  // Hex digits, colons and dots only: no zone. inet_pton needs a terminator.
  if (text.size() > 45 || !std::ranges::all_of(text, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
    return std::nullopt;
  }
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || check_name(text.substr(colon + 1)) != nullptr) return std::nullopt;
  }
  Ipv6 address{};
  if (::inet_pton(AF_INET6, std::string(text).c_str(), address.data()) != 1) return std::nullopt;
  return address;
}

/// RFC 5952, section 4; an embedded IPv4 address is written in hexadecimal too, as browsers do.
std::string ipv6_text(const Ipv6& address) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = address[2 * i] * 256U + address[2 * i + 1];
  std::size_t start = 8;  // of the longest run of two or more zeros, the first of several
  std::size_t length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && groups[end] == 0) ++end;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == start) {
      text += "::";
      i += length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    std::array<char, 4> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), groups[i], 16);
    text.append(digits.data(), end);
  }
  return text;
}

/// RFC 3986: pchar, "/" and, in a query, "?".
Fault check_characters(std::string_view text, bool query) {
  constexpr std::string_view kOthers = "-._~!$&'()*+,;=:@/%";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_digit(c) && !is_letter(c) && kOthers.find(c) == std::string_view::npos && !(query && c == '?')) {
      return "path and query may have the characters of RFC 3986 only; percent-encode the others";
    }
    if (c == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) {
      return "a percent sign is not followed by two hexadecimal digits";
    }
  }
  return nullptr;
}

/// The number of dots that a segment consists of, "%2e" counted as one; 0 if it is something else or has more than two.
int dots(std::string_view segment) {
  int count = 0;
  while (!segment.empty()) {
    if (segment[0] == '.') {
      segment.remove_prefix(1);
    } else if (segment.starts_with("%2e") || segment.starts_with("%2E")) {
      segment.remove_prefix(3);
    } else {
      return 0;
    }
    if (++count > 2) return 0;
  }
  return count;
}

std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const std::vector<std::string_view> segments = split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const int count = dots(segments[i]);
    if (count == 2 && !kept.empty()) kept.pop_back();
    if (count == 0) {
      kept.push_back(segments[i]);
    } else if (i + 1 == segments.size()) {
      kept.push_back("");
    }
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  return out;
}

/// Reads `text` into `url`.
Fault read_url(std::string_view text, HttpUrl& url) {
  if (text.size() > kMaxUrl) return "the URL is longer than 8192 characters";
  for (const char c : text) {
    if (c == '\\') return "the URL has a backslash";
    if (c < 0x21 || c > 0x7e) return "the URL has a space, a control character or one outside of ASCII";
  }
  if (text.find('#') != std::string_view::npos) return "the URL has a fragment";
  const std::size_t colon = text.find("://");
  const std::string scheme = lower(text.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (scheme != "https" && scheme != "http") return "the URL must begin with https://";
  url.https = scheme == "https";
  text.remove_prefix(colon + 3);

  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  text.remove_prefix(authority_end);
  if (authority.find('@') != std::string_view::npos) return "the URL has a user name";
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    const std::optional<Ipv6> address =
        end == std::string_view::npos ? std::nullopt : ipv6_of(authority.substr(1, end - 1));
    if (!address) return "the host is not an IPv6 address, although it is in brackets";
    url.host = "[" + ipv6_text(*address) + "]";
    authority.remove_prefix(end + 1);
    if (!authority.empty() && authority[0] != ':') return "something follows the IPv6 address";
  } else {
    const std::size_t host_end = std::min(authority.find(':'), authority.size());
    if (const Fault fault = check_name(authority.substr(0, host_end))) return fault;
    url.host = lower(authority.substr(0, host_end));
    authority.remove_prefix(host_end);
  }
  url.port = url.https ? 443 : 80;
  if (!authority.empty()) {
    const std::optional<unsigned> port = decimal(authority.substr(1), 65535);
    if (!port || *port == 0) return "the port is not a number from 1 to 65535";
    url.port = static_cast<std::uint16_t>(*port);
  }

  const std::size_t query = text.find('?');
  const std::string_view path = text.substr(0, query);
  if (const Fault fault = check_characters(path, false)) return fault;
  url.path = path.empty() ? "/" : without_dot_segments(path);
  if (query != std::string_view::npos) {
    if (const Fault fault = check_characters(text.substr(query + 1), true)) return fault;
    url.query = text.substr(query + 1);
  }
  return nullptr;
}

Status refuse(std::string_view path, std::string_view what) {
  return Status::invalid({{std::string(path), "url", std::string(what)}});
}

}  // namespace

std::string HttpUrl::origin() const {
  std::string out = (https ? "https://" : "http://") + host;
  if (port != (https ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

std::string HttpUrl::to_string() const { return origin() + path + (query ? "?" + *query : ""); }

bool HttpUrl::is_loopback() const {
  if (host == "localhost" || host.ends_with(".localhost") || host == "0.0.0.0") return true;
  if (!host.starts_with('[')) return host.starts_with("127.") && is_number(split(host, '.').back());
  const std::optional<Ipv6> parsed = ipv6_of(std::string_view(host).substr(1, host.size() - 2));
  if (!parsed) return false;
  const Ipv6& address = *parsed;
  const auto zeros = [&](std::size_t end) {
    return std::all_of(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(end),
                       [](std::uint8_t byte) { return byte == 0; });
  };
  if (zeros(15)) return address[15] <= 1;  // :: and ::1
  const bool mapped = zeros(10) && address[10] == 0xFF && address[11] == 0xFF;
  if (!mapped && !zeros(12)) return false;  // ::ffff:a.b.c.d, and the old ::a.b.c.d
  return address[12] == 127 || (address[12] | address[13] | address[14] | address[15]) == 0;
}

Result<HttpUrl> parse_http_url(std::string_view text, std::string_view path) {
  HttpUrl url;
  if (const Fault fault = read_url(text, url)) return refuse(path, fault);
  return url;
}

Result<std::string> parse_origin(std::string_view text, std::string_view path) {
  HttpUrl url;
  if (const Fault fault = read_url(text, url)) return refuse(path, fault);
  if (text.find_first_of("/?", text.find("://") + 3) != std::string_view::npos) {
    return refuse(path, "an origin has no path and no query: https://host or https://host:port");
  }
  if (!url.https && url.host != "localhost" && url.host != "127.0.0.1" && url.host != "[::1]") {
    return refuse(path, "http:// is for localhost, 127.0.0.1 and [::1] only");
  }
  return url.origin();
}

}  // namespace strongroom
