#include "schema/format.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "schema/ecma_regex.h"

namespace strongroom {
namespace {

struct FormatName {
  std::string_view name;
  Format format;
  std::string_view description;
};

constexpr std::array<FormatName, 17> kFormats = {{
    {"date-time", Format::kDateTime, "a date and time such as 2024-02-29T12:00:00Z"},
    {"date", Format::kDate, "a date such as 2024-02-29"},
    {"time", Format::kTime, "a time with its offset such as 12:00:00Z"},
    {"duration", Format::kDuration, "a duration such as P1DT12H"},
    {"email", Format::kEmail, "an e-mail address"},
    {"hostname", Format::kHostname, "a host name"},
    {"ipv4", Format::kIpv4, "an IPv4 address"},
    {"ipv6", Format::kIpv6, "an IPv6 address"},
    {"uri", Format::kUri, "an absolute URI"},
    {"uri-reference", Format::kUriReference, "a URI reference"},
    {"iri", Format::kIri, "an absolute IRI"},
    {"iri-reference", Format::kIriReference, "an IRI reference"},
    {"uri-template", Format::kUriTemplate, "a URI template"},
    {"uuid", Format::kUuid, "a UUID"},
    {"regex", Format::kRegex, "an ECMAScript regular expression"},
    {"json-pointer", Format::kJsonPointer, "a JSON pointer"},
    {"relative-json-pointer", Format::kRelativeJsonPointer, "a relative JSON pointer"},
}};

constexpr std::size_t kMaxRegexText = 4096;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

/// A cursor over the text; every take_* moves only on success.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  std::string_view rest() const { return text_.substr(at_); }
  void skip(std::size_t count) { at_ += count; }
  bool take(char c) {
    if (done() || text_[at_] != c) return false;
    at_ += 1;
    return true;
  }
  bool take_either(char a, char b) { return take(a) || take(b); }
  bool take_digits(std::size_t count, int& value) {
    if (text_.size() - at_ < count) return false;
    int sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(text_[at_ + i])) return false;
      sum = sum * 10 + (text_[at_ + i] - '0');
    }
    at_ += count;
    value = sum;
    return true;
  }
  /// One digit or more, whatever their value.
  bool take_number() {
    const std::size_t start = at_;
    while (!done() && is_digit(text_[at_])) at_ += 1;
    return at_ > start;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool read_date(Reader& in) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!in.take_digits(4, year) || !in.take('-') || !in.take_digits(2, month) || !in.take('-') ||
      !in.take_digits(2, day)) {
    return false;
  }
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<std::size_t>(month)] + (month == 2 && leap ? 1 : 0);
}

bool read_time(Reader& in) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!in.take_digits(2, hour) || !in.take(':') || !in.take_digits(2, minute) || !in.take(':') ||
      !in.take_digits(2, second)) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 60) return false;
  if (in.take('.') && !in.take_number()) return false;
  int offset = 0;
  if (!in.take_either('Z', 'z')) {
    const bool minus = in.peek() == '-';
    int offset_hour = 0;
    int offset_minute = 0;
    if (!in.take_either('+', '-') || !in.take_digits(2, offset_hour) || !in.take(':') ||
        !in.take_digits(2, offset_minute) || offset_hour > 23 || offset_minute > 59) {
      return false;
    }
    offset = (offset_hour * 60 + offset_minute) * (minus ? -1 : 1);
  }
  if (second < 60) return true;
  constexpr int kDay = 24 * 60;
  return ((hour * 60 + minute - offset) % kDay + kDay) % kDay == kDay - 1;
}

bool is_date_time(std::string_view text) {
  Reader in(text);
  return read_date(in) && in.take_either('T', 't') && read_time(in) && in.done();
}

bool is_duration(std::string_view text) {
  Reader in(text);
  if (!in.take('P')) return false;
  // Units must follow one another without a gap: P1Y2D is wrong, P1Y2M3D is right. Weeks stand alone.
  const auto read_units = [&in](std::string_view units) {
    std::size_t expected = std::string_view::npos;
    while (is_digit(in.peek())) {
      in.take_number();
      const std::size_t unit = in.done() ? std::string_view::npos : units.find(in.peek());
      if (unit == std::string_view::npos) return false;
      if (expected != std::string_view::npos && unit != expected) return false;
      in.skip(1);
      expected = unit + 1;
    }
    return expected != std::string_view::npos;
  };
  if (text.size() >= 3 && text.back() == 'W') return in.take_number() && in.take('W') && in.done();
  bool any = false;
  if (is_digit(in.peek())) {
    if (!read_units("YMD")) return false;
    any = true;
  }
  if (in.take('T')) {
    if (!read_units("HMS")) return false;
    any = true;
  }
  return any && in.done();
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (label == 0 || text[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    if (!is_alnum(c) && !(c == '-' && label > 0)) return false;
    if (++label > 63) return false;
  }
  return label > 0 && text.back() != '-';
}

bool is_ipv4(std::string_view text) {
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && (at >= text.size() || text[at++] != '.')) return false;
    const std::size_t start = at;
    int value = 0;
    while (at < text.size() && is_digit(text[at]) && at - start < 3) value = value * 10 + (text[at++] - '0');
    if (at == start || value > 255 || (text[start] == '0' && at - start > 1)) return false;
  }
  return at == text.size();
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool gap = false;
  std::size_t at = 0;
  if (text.substr(0, 2) == "::") {
    gap = true;
    at = 2;
    if (at == text.size()) return true;
  }
  for (;;) {
    const std::size_t end = std::min(text.find(':', at), text.size());
    const std::string_view part = text.substr(at, end - at);
    if (end == text.size() && part.find('.') != std::string_view::npos) {
      if (!is_ipv4(part)) return false;
      groups += 2;
    } else {
      if (part.empty() || part.size() > 4 || !std::all_of(part.begin(), part.end(), is_hex)) return false;
      groups += 1;
    }
    if (groups > 8) return false;
    if (end == text.size()) break;
    at = end + 1;
    if (at < text.size() && text[at] == ':') {
      if (gap) return false;
      gap = true;
      at += 1;
      if (at == text.size()) break;
    } else if (at == text.size()) {
      return false;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

constexpr std::string_view kSubDelims = "!$&'()*+,;=";

/// Every character is unreserved, a sub-delimiter, a %-escape or one of `more`.
bool is_uri_text(std::string_view text, std::string_view more, bool iri) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
      continue;
    }
    const bool allowed = is_alnum(c) || is_one_of(c, "-._~") || is_one_of(c, kSubDelims) || is_one_of(c, more) ||
                         (iri && static_cast<unsigned char>(c) >= 0x80);
    if (!allowed) return false;
  }
  return true;
}

bool is_authority(std::string_view text, bool iri) {
  const std::size_t user_end = text.rfind('@');
  if (user_end != std::string_view::npos) {
    if (!is_uri_text(text.substr(0, user_end), ":", iri)) return false;
    text.remove_prefix(user_end + 1);
  }
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view address = text.substr(1, close - 1);
    const std::size_t dot = address.find('.');
    const bool future = address.size() > 3 && (address[0] == 'v' || address[0] == 'V') &&
                        dot != std::string_view::npos && dot > 1 && dot + 1 < address.size() &&
                        std::all_of(address.begin() + 1, address.begin() + static_cast<std::ptrdiff_t>(dot), is_hex) &&
                        address.find('%') == std::string_view::npos && is_uri_text(address.substr(dot + 1), ":", false);
    if (!future && !is_ipv6(address)) return false;
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    if (!is_uri_text(text.substr(0, colon), "", iri)) return false;
    port = text.substr(colon);
  }
  if (!port.empty()) port.remove_prefix(1);
  return std::all_of(port.begin(), port.end(), is_digit);
}

bool is_uri(std::string_view text, bool reference, bool iri) {
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) {
    if (!is_uri_text(text.substr(hash + 1), ":@/?", iri)) return false;
    text = text.substr(0, hash);
  }
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) {
    if (!is_uri_text(text.substr(question + 1), ":@/?", iri)) return false;
    text = text.substr(0, question);
  }
  const std::size_t colon = text.find_first_of(":/");
  bool has_scheme = colon != std::string_view::npos && text[colon] == ':';
  if (has_scheme) {
    const std::string_view scheme = text.substr(0, colon);
    has_scheme = !scheme.empty() && is_alpha(scheme.front()) &&
                 std::all_of(scheme.begin(), scheme.end(), [](char c) { return is_alnum(c) || is_one_of(c, "+-."); });
    if (!has_scheme) return false;  // a relative reference's first segment has no colon
    text.remove_prefix(colon + 1);
  }
  if (!has_scheme && !reference) return false;
  if (text.substr(0, 2) == "//") {
    text.remove_prefix(2);
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (!is_authority(text.substr(0, slash), iri)) return false;
    text.remove_prefix(slash);
  }
  return is_uri_text(text, ":@/", iri);
}

bool is_uri_template(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{') {
      const std::size_t close = text.find('}', i);
      if (close == std::string_view::npos) return false;
      std::string_view body = text.substr(i + 1, close - i - 1);
      if (!body.empty() && is_one_of(body.front(), "+#./;?&=,!@|")) body.remove_prefix(1);
      // variables, comma-separated: name with %-escapes and dots, then :length or *
      while (true) {
        const std::size_t comma = std::min(body.find(','), body.size());
        std::string_view name = body.substr(0, comma);
        if (!name.empty() && name.back() == '*') {
          name.remove_suffix(1);
        } else if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
          const std::string_view length = name.substr(colon + 1);
          if (length.empty() || length.size() > 4 || length.front() == '0' ||
              !std::all_of(length.begin(), length.end(), is_digit)) {
            return false;
          }
          name = name.substr(0, colon);
        }
        if (name.empty() || name.front() == '.' || name.back() == '.') return false;
        for (std::size_t k = 0; k < name.size(); ++k) {
          if (name[k] == '%') {
            if (name.size() - k < 3 || !is_hex(name[k + 1]) || !is_hex(name[k + 2])) return false;
            k += 2;
          } else if (!is_alnum(name[k]) && name[k] != '_' && name[k] != '.') {
            return false;
          }
        }
        if (comma == body.size()) break;
        body.remove_prefix(comma + 1);
      }
      i = close;
    } else if (c == '%') {
      if (text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || is_one_of(c, "\"'<>\\^`|}")) {
      return false;
    }
  }
  return true;
}

bool is_email(std::string_view text) {
  constexpr std::string_view kAtom = "!#$%&'*+-/=?^_`{|}~";
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
      const bool escaped = local[i] == '\\';
      if (escaped && ++i + 1 >= local.size()) return false;
      const auto c = static_cast<unsigned char>(local[i]);
      if (c < 0x20 || c > 0x7E || (c == '"' && !escaped)) return false;
    }
  } else {
    bool dot = true;
    for (const char c : local) {
      if (c == '.' && dot) return false;
      if (c != '.' && !is_alnum(c) && !is_one_of(c, kAtom)) return false;
      dot = c == '.';
    }
    if (dot) return false;
  }
  if (domain.size() > 2 && domain.front() == '[' && domain.back() == ']') {
    const std::string_view address = domain.substr(1, domain.size() - 2);
    return address.substr(0, 5) == "IPv6:" ? is_ipv6(address.substr(5)) : is_ipv4(address);
  }
  return is_hostname(domain);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || !is_one_of(text[i + 1], "01"))) return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  Reader in(text);
  const bool zero = in.peek() == '0';
  if (zero ? !in.take('0') : !in.take_number()) return false;
  if (!in.done() && is_one_of(in.peek(), "+-")) {
    in.skip(1);
    if (in.peek() == '0' || !in.take_number()) return false;
  }
  return in.rest() == "#" || is_json_pointer(in.rest());
}

}  // namespace

std::optional<Format> format_from_name(std::string_view name) {
  for (const FormatName& entry : kFormats) {
    if (entry.name == name) return entry.format;
  }
  return std::nullopt;
}

std::string_view describe_format(Format format) {
  for (const FormatName& entry : kFormats) {
    if (entry.format == format) return entry.description;
  }
  return "in the required format";
}

bool matches_format(Format format, std::string_view text) {
  switch (format) {
    case Format::kNone: return true;
    case Format::kDateTime: return is_date_time(text);
    case Format::kDate: {
      Reader in(text);
      return read_date(in) && in.done();
    }
    case Format::kTime: {
      Reader in(text);
      return read_time(in) && in.done();
    }
    case Format::kDuration: return is_duration(text);
    case Format::kEmail: return is_email(text);
    case Format::kHostname: return is_hostname(text);
    case Format::kIpv4: return is_ipv4(text);
    case Format::kIpv6: return is_ipv6(text);
    case Format::kUri: return is_uri(text, false, false);
    case Format::kUriReference: return is_uri(text, true, false);
    case Format::kIri: return is_uri(text, false, true);
    case Format::kIriReference: return is_uri(text, true, true);
    case Format::kUriTemplate: return is_uri_template(text);
    case Format::kUuid: return is_uuid(text);
    case Format::kRegex: return translate_ecma_regex(text, kMaxRegexText).verdict != EcmaRegex::Verdict::kInvalid;
    case Format::kJsonPointer: return is_json_pointer(text);
    case Format::kRelativeJsonPointer: return is_relative_json_pointer(text);
  }
  return false;
}

}  // namespace strongroom
