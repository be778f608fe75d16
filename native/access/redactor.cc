#include "access/redactor.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>

#include "base/unicode.h"

namespace strongroom {
namespace {

constexpr std::string_view kMarker = "[redacted]";
constexpr std::size_t kLeastEncoded = 4;  // bytes
constexpr int kNesting = 2;               // of escapes

// --- Characters ------------------------------------------------------------------------------------------------------

/// The code point at `at` of well-formed UTF-8; moves `at` behind it.
std::uint32_t next_code_point(ByteView text, std::size_t& at) {
  const std::uint32_t lead = text[at++];
  if (lead < 0x80) return lead;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  std::uint32_t point = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) point = point << 6 | (text[at++] & 0x3FU);
  return point;
}

/// Up to four bytes, so that no escape needs memory of its own.
struct Character {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t size = 0;

  void put(std::uint32_t byte) { bytes[size++] = static_cast<std::uint8_t>(byte); }
};

/// UTF-8 of a code point up to 0x10FFFF.
Character utf8_of(std::uint32_t point) {
  Character out;
  if (point < 0x80) {
    out.put(point);
  } else if (point < 0x800) {
    out.put(0xC0U | point >> 6);
    out.put(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    out.put(0xE0U | point >> 12);
    out.put(0x80U | (point >> 6 & 0x3FU));
    out.put(0x80U | (point & 0x3FU));
  } else {
    out.put(0xF0U | point >> 18);
    out.put(0x80U | (point >> 12 & 0x3FU));
    out.put(0x80U | (point >> 6 & 0x3FU));
    out.put(0x80U | (point & 0x3FU));
  }
  return out;
}

bool is_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDFFF; }

constexpr std::int8_t kNone = -1;
constexpr std::int8_t kBreak = -2;  // of a line, inside base64

/// The values of hexadecimal digits.
constexpr std::array<std::int8_t, 256> kHex = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < 10; ++i) table['0' + i] = static_cast<std::int8_t>(i);
  for (std::size_t i = 0; i < 6; ++i) {
    table['a' + i] = static_cast<std::int8_t>(10 + i);
    table['A' + i] = static_cast<std::int8_t>(10 + i);
  }
  return table;
}();

/// Those of base64 and base64url.
constexpr std::array<std::int8_t, 256> kBase64 = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(kNone);
  for (std::size_t i = 0; i < 26; ++i) {
    table['A' + i] = static_cast<std::int8_t>(i);
    table['a' + i] = static_cast<std::int8_t>(26 + i);
  }
  for (std::size_t i = 0; i < 10; ++i) table['0' + i] = static_cast<std::int8_t>(52 + i);
  table['+'] = table['-'] = 62;
  table['/'] = table['_'] = 63;
  table['\r'] = table['\n'] = kBreak;
  return table;
}();

/// `digits` hexadecimal digits at the start of `text`.
std::optional<std::uint32_t> hex_number(ByteView text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  std::uint32_t number = 0;
  for (const std::uint8_t digit : text.first(digits)) {
    if (kHex[digit] < 0) return std::nullopt;
    number = number << 4 | static_cast<std::uint32_t>(kHex[digit]);
  }
  return number;
}

// --- Escapes ---------------------------------------------------------------------------------------------------------

enum class Escape : std::uint8_t { kPercent, kForm, kBackslash, kReference };
constexpr std::array kEscapes{Escape::kPercent, Escape::kForm, Escape::kBackslash, Escape::kReference};

/// What an escape at the start of a text stands for, and how long it is; 0 if there is none.
struct Escaped {
  Character character;
  std::size_t size = 0;
};

/// Code units in the form `prefix` + 4 hexadecimal digits: one, or a surrogate pair.
Escaped code_units(ByteView text, std::string_view prefix) {
  const std::size_t size = prefix.size() + 4;
  const auto unit_at = [&](std::size_t at) -> std::optional<std::uint32_t> {
    if (text.size() < at + size || as_text(text.subspan(at, prefix.size())) != prefix) return std::nullopt;
    return hex_number(text.subspan(at + prefix.size()), 4);
  };
  const std::optional<std::uint32_t> unit = unit_at(0);
  if (!unit) return {};
  if (!is_surrogate(*unit)) return {utf8_of(*unit), size};
  const std::optional<std::uint32_t> low = unit_at(size);
  if (*unit > 0xDBFF || !low || *low < 0xDC00 || *low > 0xDFFF) return {};
  return {utf8_of(0x10000U + ((*unit - 0xD800U) << 10) + (*low - 0xDC00U)), 2 * size};
}

Escaped percent_escape(ByteView text) {
  if (const auto byte = hex_number(text.subspan(1), 2)) {
    Escaped escaped{{}, 3};
    escaped.character.put(*byte);
    return escaped;
  }
  return code_units(text, "%u");
}

Escaped backslash_escape(ByteView text) {
  if (text.size() < 2) return {};
  const auto plain = [](char character) { return Escaped{utf8_of(static_cast<std::uint8_t>(character)), 2}; };
  switch (text[1]) {
    case 'b': return plain('\b');
    case 'f': return plain('\f');
    case 'n': return plain('\n');
    case 'r': return plain('\r');
    case 't': return plain('\t');
    case 'v': return plain('\v');
    case 'x': {
      // In JavaScript a code point; in Python and C a byte. As for ASCII they are the same, and the secret is looked
      // for in ISO 8859-1 too, the byte serves both.
      const auto byte = hex_number(text.subspan(2), 2);
      if (!byte) return {};
      Escaped escaped{{}, 4};
      escaped.character.put(*byte);
      return escaped;
    }
    case 'u': {
      if (text.size() < 3 || text[2] != '{') return code_units(text, "\\u");
      std::uint32_t point = 0;
      for (std::size_t i = 3; i < std::min<std::size_t>(text.size(), 12); ++i) {
        if (text[i] == '}') return i == 3 ? Escaped{} : Escaped{utf8_of(point), i + 1};
        if (kHex[text[i]] < 0) return {};
        point = point << 4 | static_cast<std::uint32_t>(kHex[text[i]]);
        if (point > 0x10FFFF) return {};
      }
      return {};
    }
    default:
      // Any other character stands for itself: \/ \" \\ \' and so on.
      return text[1] > 0x20 && text[1] < 0x7F ? plain(static_cast<char>(text[1])) : Escaped{};
  }
}

struct Reference {
  std::string_view name;
  char character;
};

/// The named references of HTML that stand for ASCII, in the order of their bytes.
constexpr std::array kReferences{
    Reference{"AMP", '&'},      Reference{"DiacriticalGrave", '`'},
    Reference{"GT", '>'},       Reference{"Hat", '^'},
    Reference{"LT", '<'},       Reference{"NewLine", '\n'},
    Reference{"QUOT", '"'},     Reference{"Tab", '\t'},
    Reference{"UnderBar", '_'}, Reference{"VerticalLine", '|'},
    Reference{"amp", '&'},      Reference{"apos", '\''},
    Reference{"ast", '*'},      Reference{"bsol", '\\'},
    Reference{"colon", ':'},    Reference{"comma", ','},
    Reference{"commat", '@'},   Reference{"dollar", '$'},
    Reference{"equals", '='},   Reference{"excl", '!'},
    Reference{"grave", '`'},    Reference{"gt", '>'},
    Reference{"lbrace", '{'},   Reference{"lbrack", '['},
    Reference{"lcub", '{'},     Reference{"lowbar", '_'},
    Reference{"lpar", '('},     Reference{"lsqb", '['},
    Reference{"lt", '<'},       Reference{"midast", '*'},
    Reference{"num", '#'},      Reference{"percnt", '%'},
    Reference{"period", '.'},   Reference{"plus", '+'},
    Reference{"quest", '?'},    Reference{"quot", '"'},
    Reference{"rbrace", '}'},   Reference{"rbrack", ']'},
    Reference{"rcub", '}'},     Reference{"rpar", ')'},
    Reference{"rsqb", ']'},     Reference{"semi", ';'},
    Reference{"sol", '/'},      Reference{"verbar", '|'},
    Reference{"vert", '|'},
};
static_assert(std::ranges::is_sorted(kReferences, {}, &Reference::name));
constexpr std::size_t kLongestReference =
    std::ranges::max_element(kReferences, {}, [](const Reference& one) { return one.name.size(); })->name.size();

/// Those that browsers read without their semicolon too.
constexpr std::array kBareReferences{Reference{"amp", '&'},  Reference{"AMP", '&'}, Reference{"lt", '<'},
                                     Reference{"LT", '<'},   Reference{"gt", '>'},  Reference{"GT", '>'},
                                     Reference{"quot", '"'}, Reference{"QUOT", '"'}};

/// A named reference, of the text behind its "&". Looked up by its name: a text of nothing but "&" is read as fast as
/// another.
Escaped named_reference(ByteView rest) {
  const auto is_letter = [](std::uint8_t byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); };
  std::size_t size = 0;
  while (size < rest.size() && size <= kLongestReference && is_letter(rest[size])) ++size;
  const std::string_view name = as_text(rest.first(size));
  const auto found = std::ranges::lower_bound(kReferences, name, {}, &Reference::name);
  if (size < rest.size() && rest[size] == ';' && found != kReferences.end() && found->name == name) {
    return {utf8_of(static_cast<std::uint8_t>(found->character)), size + 2};
  }
  for (const auto& [bare, character] : kBareReferences) {
    if (name.starts_with(bare)) return {utf8_of(static_cast<std::uint8_t>(character)), 1 + bare.size()};
  }
  return {};
}

Escaped character_reference(ByteView text) {
  constexpr std::size_t kLongest = 12;  // digits, zeros in front included
  const ByteView rest = text.subspan(1);
  if (rest.empty()) return {};
  if (rest[0] != '#') return named_reference(rest);
  const bool hex = rest.size() > 1 && (rest[1] == 'x' || rest[1] == 'X');
  const std::size_t begin = hex ? 2 : 1;
  std::size_t at = begin;
  std::uint32_t point = 0;
  for (; at < rest.size() && at < begin + kLongest; ++at) {
    const std::int8_t digit = kHex[rest[at]];
    if (digit < 0 || (!hex && digit > 9)) break;
    point = point * (hex ? 16U : 10U) + static_cast<std::uint32_t>(digit);
    if (point > 0x10FFFF) return {};
  }
  if (at == begin || is_surrogate(point)) return {};
  // Browsers read a reference without its semicolon too.
  if (at < rest.size() && rest[at] == ';') ++at;
  return {utf8_of(point), 1 + at};
}

bool begins_escape(Escape kind, std::uint8_t byte) {
  switch (kind) {
    case Escape::kPercent: return byte == '%';
    case Escape::kForm: return byte == '%' || byte == '+';
    case Escape::kBackslash: return byte == '\\';
    case Escape::kReference: return byte == '&';
  }
  return false;
}

Escaped read_escape(Escape kind, ByteView text) {
  switch (kind) {
    case Escape::kPercent: return percent_escape(text);
    case Escape::kForm: return text[0] == '+' ? Escaped{utf8_of(' '), 1} : percent_escape(text);
    case Escape::kBackslash: return backslash_escape(text);
    case Escape::kReference: return character_reference(text);
  }
  return {};
}

// --- Searching -------------------------------------------------------------------------------------------------------

/// Where `part`, which is not empty, stands first; null if nowhere. An empty text has no address that memmem would
/// take.
const std::uint8_t* find_first(ByteView text, ByteView part) {
  if (text.size() < part.size()) return nullptr;
  return static_cast<const std::uint8_t*>(memmem(text.data(), text.size(), part.data(), part.size()));
}

/// Bytes of a part of the text, decoded. Wiped, as they may hold an echo.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { wipe(bytes_); }

  /// Empty, with room for `size` bytes: no growing leaves a copy behind.
  void begin(std::size_t size) {
    wipe(bytes_);
    bytes_.clear();
    if (bytes_.capacity() < size) bytes_ = Bytes();
    bytes_.reserve(size);
  }
  void push(std::uint8_t byte) { bytes_.push_back(byte); }
  ByteView view() const { return bytes_; }

 private:
  Bytes bytes_;
};

/// Half-open, in the text that came in.
struct Range {
  std::size_t begin;
  std::size_t end;
};

/// Where each byte of a decoded text came from; the whole text if empty.
using Origins = std::vector<Range>;

/// Calls `hit` with the place of each occurrence, those that overlap too. Linear: a search by words as far as the first
/// one, then Knuth, Morris and Pratt's.
template <class Hit>
void find_all(ByteView text, ByteView needle, const Hit& hit) {
  const std::uint8_t* const first = find_first(text, needle);
  if (first == nullptr) return;
  std::vector<std::size_t> border(needle.size() + 1, 0);  // of each prefix
  for (std::size_t i = 1, k = 0; i < needle.size(); ++i) {
    while (k > 0 && needle[i] != needle[k]) k = border[k];
    if (needle[i] == needle[k]) ++k;
    border[i + 1] = k;
  }
  std::size_t matched = 0;
  for (auto at = static_cast<std::size_t>(first - text.data()); at < text.size(); ++at) {
    while (matched > 0 && (matched == needle.size() || text[at] != needle[matched])) matched = border[matched];
    if (text[at] == needle[matched]) ++matched;
    if (matched == needle.size()) hit(at + 1 - needle.size());
  }
}

/// One pass over a text and all that it can be read as.
class Scan {
 public:
  Scan(std::span<const Redactor::Needle> needles, bool has_space, bool locate)
      : needles_(needles), has_space_(has_space), locate_(locate) {
    for (const Redactor::Needle& needle : needles) {
      if (needle.encoded) shortest_ = std::min(shortest_, needle.bytes->size());
    }
  }

  void run(ByteView text) { look(text, {}, 0); }

  bool found() const { return found_; }
  std::vector<Range>& ranges() { return ranges_; }

 private:
  /// Whether there is nothing more to learn.
  bool done() const { return found_ && !locate_; }

  Range origin(const Origins& origins, std::size_t begin, std::size_t end) const {
    return origins.empty() ? Range{begin, end} : Range{origins[begin].begin, origins[end - 1].end};
  }

  void look(ByteView text, const Origins& origins, int depth) {
    for (const Redactor::Needle& needle : needles_) {
      if (done()) return;
      if (depth > 0 && !needle.encoded) continue;
      const ByteView bytes = needle.bytes->view();
      const auto hit = [&](std::size_t at) { found(origins, at, at + bytes.size()); };
      if (locate_) {
        find_all(text, bytes, hit);
      } else if (find_first(text, bytes) != nullptr) {
        found_ = true;
      }
    }
    if (shortest_ == std::numeric_limits<std::size_t>::max()) return;
    look_in_digits(text, origins, kHex, 4);
    look_in_digits(text, origins, kBase64, 6);
    if (depth == kNesting) return;
    for (const Escape kind : kEscapes) {
      if (done()) return;
      // Only where a "+" makes a difference: the rest is that of percent escapes.
      if (kind == Escape::kForm && (!has_space_ || std::ranges::find(text, '+') == text.end())) continue;
      look_unescaped(text, origins, kind, depth);
    }
  }

  void look_unescaped(ByteView text, const Origins& origins, Escape kind, int depth) {
    const auto begins = [kind](std::uint8_t byte) { return begins_escape(kind, byte); };
    std::size_t at = static_cast<std::size_t>(std::ranges::find_if(text, begins) - text.begin());
    if (at == text.size()) return;
    Scratch unescaped;
    Origins from;
    bool any = false;
    unescaped.begin(text.size());  // no escape is shorter than what it stands for
    if (locate_) from.reserve(text.size());
    for (at = 0; at < text.size();) {
      Escaped escaped = begins(text[at]) ? read_escape(kind, text.subspan(at)) : Escaped{};
      if (escaped.size == 0) {
        escaped.character.put(text[at]);
        escaped.size = 1;
      } else {
        any = true;
      }
      for (std::size_t i = 0; i < escaped.character.size; ++i) {
        unescaped.push(escaped.character.bytes[i]);
        if (locate_) from.push_back(origin(origins, at, at + escaped.size));
      }
      at += escaped.size;
    }
    if (any) look(unescaped.view(), from, depth + 1);
  }

  /// Looks at each run of digits of `bits` bits that is long enough, from each of the places where a byte may begin.
  void look_in_digits(ByteView text, const Origins& origins, const std::array<std::int8_t, 256>& table,
                      std::size_t bits) {
    const std::size_t least = (shortest_ * 8 + bits - 1) / bits;
    for (std::size_t at = 0; at < text.size() && !done();) {
      if (table[text[at]] < 0) {
        ++at;
        continue;
      }
      // The run ends before the first character that is neither a digit nor part of a line break between digits.
      const std::size_t begin = at;
      std::size_t end = at;
      std::size_t digits = 0;
      while (at < text.size()) {
        if (table[text[at]] >= 0) {
          ++digits;
          end = ++at;
        } else if (table[text[at]] == kBreak) {
          ++at;
          while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;  // indented
        } else {
          break;
        }
      }
      if (digits >= least) look_in_run(text, origins, {begin, end}, table, bits);
    }
  }

  void look_in_run(ByteView text, const Origins& origins, Range run, const std::array<std::int8_t, 256>& table,
                   std::size_t bits) {
    values_.begin(run.end - run.begin);
    places_.clear();
    for (std::size_t at = run.begin; at < run.end; ++at) {
      if (table[text[at]] < 0) continue;
      values_.push(static_cast<std::uint8_t>(table[text[at]]));
      if (locate_) places_.push_back(at);
    }
    const ByteView values = values_.view();
    const std::size_t phases = bits == 4 ? 2 : 4;
    for (std::size_t phase = 0; phase < phases && phase < values.size() && !done(); ++phase) {
      decoded_.begin((values.size() - phase) * bits / 8);
      std::uint32_t pending = 0;
      std::size_t pending_bits = 0;
      for (const std::uint8_t value : values.subspan(phase)) {
        pending = (pending << bits | value) & 0xFFFFU;
        pending_bits += bits;
        if (pending_bits < 8) continue;
        pending_bits -= 8;
        decoded_.push(static_cast<std::uint8_t>(pending >> pending_bits));
      }
      for (const Redactor::Needle& needle : needles_) {
        if (!needle.encoded) continue;
        const ByteView bytes = needle.bytes->view();
        const auto hit = [&](std::size_t at) {
          const std::size_t first = phase + at * 8 / bits;
          const std::size_t last = phase + ((at + bytes.size()) * 8 - 1) / bits;
          found(origins, places_[first], places_[last] + 1);
        };
        if (locate_) {
          find_all(decoded_.view(), bytes, hit);
        } else if (find_first(decoded_.view(), bytes) != nullptr) {
          found_ = true;
          return;
        }
      }
    }
  }

  void found(const Origins& origins, std::size_t begin, std::size_t end) {
    found_ = true;
    const Range range = origin(origins, begin, end);
    // Those of one search come in order: a periodic text would give one for each byte.
    if (!ranges_.empty() && range.begin >= ranges_.back().begin && range.begin <= ranges_.back().end) {
      ranges_.back().end = std::max(ranges_.back().end, range.end);
    } else {
      ranges_.push_back(range);
    }
  }

  std::span<const Redactor::Needle> needles_;
  bool has_space_;
  bool locate_;
  std::size_t shortest_ = std::numeric_limits<std::size_t>::max();  // of those that are looked for in encodings
  bool found_ = false;
  std::vector<Range> ranges_;
  Scratch values_;                   // of the digits of a run
  std::vector<std::size_t> places_;  // and where they stand
  Scratch decoded_;
};

/// Sorted, with those that overlap or touch made one.
std::vector<Range> merged(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::begin);
  std::vector<Range> out;
  for (const Range& range : ranges) {
    if (!out.empty() && range.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

Result<SecureBuffer> utf16_of(ByteView text, bool big_endian, SecureHeap& heap) {
  std::size_t units = 0;
  for (std::size_t at = 0; at < text.size();) units += next_code_point(text, at) < 0x10000 ? 1 : 2;
  SR_ASSIGN_OR_RETURN(SecureBuffer out, heap.allocate(units * 2));
  std::size_t written = 0;
  const auto put = [&](std::uint32_t unit) {
    out.bytes()[written + (big_endian ? 1 : 0)] = static_cast<std::uint8_t>(unit);
    out.bytes()[written + (big_endian ? 0 : 1)] = static_cast<std::uint8_t>(unit >> 8);
    written += 2;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t point = next_code_point(text, at);
    if (point < 0x10000) {
      put(point);
    } else {
      put(0xD800U + ((point - 0x10000U) >> 10));
      put(0xDC00U + ((point - 0x10000U) & 0x3FFU));
    }
  }
  return out;
}

/// ISO 8859-1; empty if it has no form for the text, or the same as UTF-8.
Result<SecureBuffer> latin1_of(ByteView text, SecureHeap& heap) {
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); ++size) {
    if (next_code_point(text, at) > 0xFF) return SecureBuffer();
  }
  if (size == text.size()) return SecureBuffer();
  SR_ASSIGN_OR_RETURN(SecureBuffer out, heap.allocate(size));
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size();) {
    out.bytes()[written++] = static_cast<std::uint8_t>(next_code_point(text, at));
  }
  return out;
}

}  // namespace

Status Redactor::add(Result<SecureBuffer> bytes, bool encoded) {
  SR_RETURN_IF_ERROR(bytes.ok() ? Status() : bytes.status());
  if (bytes->empty()) return Status();
  has_space_ = has_space_ || find_first(bytes->view(), as_bytes(" ")) != nullptr;
  needles_.push_back({std::make_shared<const SecureBuffer>(*std::move(bytes)), encoded});
  return Status();
}

Result<Redactor> Redactor::create(ByteView secret, ByteView credential, SecureHeap& heap) {
  Redactor redactor;
  const bool encoded = secret.size() >= kLeastEncoded;
  SR_RETURN_IF_ERROR(redactor.add(heap.copy(secret), encoded));
  if (encoded && count_code_points(as_text(secret))) {
    SR_RETURN_IF_ERROR(redactor.add(utf16_of(secret, false, heap), true));
    SR_RETURN_IF_ERROR(redactor.add(utf16_of(secret, true, heap), true));
    SR_RETURN_IF_ERROR(redactor.add(latin1_of(secret, heap), true));
  }
  for (const std::string_view scheme : {"Basic ", "Bearer "}) {
    if (as_text(credential).starts_with(scheme)) credential = credential.subspan(scheme.size());
  }
  if (credential.size() >= kLeastEncoded && !(encoded && find_first(credential, secret) != nullptr)) {
    SR_RETURN_IF_ERROR(redactor.add(heap.copy(credential), true));
  }
  return redactor;
}

std::pair<Bytes, bool> Redactor::redact(ByteView bytes) const {
  Scan first(needles_, has_space_, false);
  first.run(bytes);
  if (!first.found()) return {Bytes(bytes.begin(), bytes.end()), false};
  Scan scan(needles_, has_space_, true);
  scan.run(bytes);
  std::vector<Range> ranges = std::move(scan.ranges());
  // UTF-16 and ISO 8859-1 may meet the middle of a character.
  if (count_code_points(as_text(bytes))) {
    const auto inside = [&](std::size_t at) { return at < bytes.size() && (bytes[at] & 0xC0U) == 0x80U; };
    for (Range& range : ranges) {
      while (inside(range.begin)) --range.begin;
      while (inside(range.end)) ++range.end;
    }
  }
  ranges = merged(std::move(ranges));
  Bytes out;
  out.reserve(bytes.size() + ranges.size() * kMarker.size());
  std::size_t at = 0;
  for (const Range& range : ranges) {
    append(out, bytes.subspan(at, range.begin - at));
    append(out, as_bytes(kMarker));
    at = range.end;
  }
  append(out, bytes.subspan(at));
  return {std::move(out), true};
}

std::string Redactor::redact(std::string_view text) const { return std::string(as_text(redact(as_bytes(text)).first)); }

}  // namespace strongroom
