#include "schema/ecma_regex.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/unicode.h"

namespace strongroom {
namespace {

constexpr std::size_t kMaxGroupDepth = 100;
constexpr std::uint32_t kMaxRepeat = 65535;  // PCRE2's
constexpr std::uint32_t kEndless = 0xFFFFFFFFU;

// ECMAScript's \s and \S as ranges: PCRE2's own differ in U+00A0, U+FEFF and others unless UCP is on, which would
// change \d and \w too.
constexpr std::string_view kSpace =
    R"(\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNotSpace =
    R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e})"
    R"(\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";

using NamePair = std::pair<std::string_view, std::string_view>;

constexpr std::array<NamePair, 38> kCategories = {{
    {"Cased_Letter", "L&"},
    {"Close_Punctuation", "Pe"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Uppercase_Letter", "Lu"},
}};

constexpr std::array<std::string_view, 37> kShortCategories = {
    "C",  "Cc", "Cf", "Cn", "Co", "Cs", "L",  "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M",  "Mc", "Me", "Mn", "N", "Nd",
    "Nl", "No", "P",  "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S",  "Sc", "Sk", "Sm", "So", "Z",  "Zl", "Zp"};

constexpr std::array<std::string_view, 22> kBinaryProperties = {"ASCII",
                                                                "ASCII_Hex_Digit",
                                                                "Alphabetic",
                                                                "Any",
                                                                "Bidi_Control",
                                                                "Dash",
                                                                "Diacritic",
                                                                "Emoji",
                                                                "Emoji_Component",
                                                                "Emoji_Modifier",
                                                                "Emoji_Modifier_Base",
                                                                "Emoji_Presentation",
                                                                "Extended_Pictographic",
                                                                "Hex_Digit",
                                                                "ID_Continue",
                                                                "ID_Start",
                                                                "Ideographic",
                                                                "Lowercase",
                                                                "Uppercase",
                                                                "White_Space",
                                                                "XID_Continue",
                                                                "XID_Start"};

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_syntax_character(char32_t c) {
  return c < 0x80 && std::string_view("^$\\.*+?()[]{}|/").find(static_cast<char>(c)) != std::string_view::npos;
}

class Translator {
 public:
  Translator(std::string_view source, const std::vector<std::string_view>* known_names, std::size_t known_groups)
      : source_(source), known_names_(known_names), known_groups_(known_groups) {}

  /// Once to count and name the groups (known_names == nullptr), once more to resolve references to them.
  bool run() {
    if (!disjunction(0)) return false;
    if (!done()) return fail("an unmatched )");
    result.linear = linear_ && ended_ && is_greedy_safe();
    if (!result.linear) result.steps.clear();
    return true;
  }

  EcmaRegex result;
  std::vector<std::string_view> names;  // "" for a group without a name

 private:
  struct Atom {
    bool is_set = false;  // \d, \p{..}: may not end a range
    char32_t point = 0;
    std::string text;
  };

  bool fail(std::string problem, EcmaRegex::Verdict verdict = EcmaRegex::Verdict::kInvalid) {
    if (result.verdict == EcmaRegex::Verdict::kOk) {
      result.verdict = verdict;
      result.problem = std::move(problem) + " at byte " + std::to_string(at_);
    }
    return false;
  }

  bool done() const { return at_ >= source_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  bool looking_at(std::string_view text) const { return source_.substr(at_, text.size()) == text; }
  bool take(std::string_view text) {
    if (!looking_at(text)) return false;
    at_ += text.size();
    return true;
  }
  char32_t take_point() {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(source_[i])); };
    const std::uint32_t lead = byte(at_);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) point = (point << 6) | (byte(at_ + i) & 0x3FU);
    at_ += size;
    return point;
  }

  static void emit_point(std::string& out, char32_t point) {
    if (is_alnum(point)) {
      out += static_cast<char>(point);
      return;
    }
    std::array<char, 8> hex{};
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), static_cast<std::uint32_t>(point), 16).ptr;
    out += "\\x{";
    out.append(hex.data(), end);
    out += '}';
  }

  bool disjunction(std::size_t depth) {
    if (depth > kMaxGroupDepth) return fail("groups nested too deeply", EcmaRegex::Verdict::kUnsupported);
    for (;;) {
      while (!done() && peek() != '|' && peek() != ')') {
        if (!term(depth)) return false;
      }
      if (done() || peek() == ')') return true;
      at_ += 1;
      result.pcre += '|';
      linear_ = false;
    }
  }

  bool group(std::size_t depth, std::string_view open) {
    linear_ = false;
    result.pcre += open;
    if (!disjunction(depth + 1)) return false;
    if (!take(")")) return fail("an unclosed group");
    result.pcre += ')';
    return true;
  }

  bool lookaround(std::size_t depth, std::string_view open) {
    result.costly_step = true;
    if (!group(depth, open)) return false;
    return is_quantifier() ? fail("a lookaround cannot be repeated") : true;
  }

  bool is_quantifier() const {
    const char c = peek();
    return !done() && (c == '*' || c == '+' || c == '?' || c == '{');
  }

  bool term(std::size_t depth) {
    const bool first = terms_++ == 0;
    if (ended_ || first != (peek() == '^')) linear_ = false;
    if (take("^")) return assertion("^");
    if (take("$")) {
      ended_ = true;
      return assertion("\\z");
    }
    step_ = AsciiStep();
    is_step_ = false;
    if (looking_at("\\b") || looking_at("\\B")) linear_ = false;
    if (take("\\b")) return assertion("\\b");
    if (take("\\B")) return assertion("\\B");
    if (take("(?=")) return lookaround(depth, "(?=");
    if (take("(?!")) return lookaround(depth, "(?!");
    if (take("(?<=")) return lookaround(depth, "(?<=");
    if (take("(?<!")) return lookaround(depth, "(?<!");
    if (!atom(depth) || !quantifier()) return false;
    linear_ = linear_ && is_step_;
    if (linear_) result.steps.push_back(step_);
    return true;
  }

  /// Each step that may take more or fewer has nothing in common with what may come next.
  bool is_greedy_safe() const {
    const std::vector<AsciiStep>& steps = result.steps;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].min == steps[i].max) continue;
      for (std::size_t k = i + 1; k < steps.size(); ++k) {
        if ((steps[i].low & steps[k].low) != 0 || (steps[i].high & steps[k].high) != 0) return false;
        if (steps[k].min > 0) break;
      }
    }
    return true;
  }

  bool assertion(std::string_view text) {
    result.pcre += text;
    return is_quantifier() ? fail("nothing to repeat") : true;
  }

  bool atom(std::size_t depth) {
    if (take("(?:")) return group(depth, "(?:");
    if (take("(?<")) {
      std::string_view name;
      if (!group_name(name)) return false;
      if (has(names, name)) return fail("a group name used twice");
      names.push_back(name);
      return group(depth, "(");
    }
    if (looking_at("(?")) return fail("an unknown kind of group");
    if (take("(")) {
      names.emplace_back();
      return group(depth, "(");
    }
    if (take(".")) {
      result.pcre += R"([^\x{a}\x{d}\x{2028}\x{2029}])";
      return true;
    }
    if (take("[")) return character_class();
    if (take("\\")) return atom_escape();
    const char c = peek();
    if (c == '*' || c == '+' || c == '?') return fail("nothing to repeat");
    if (c == '{' || c == '}' || c == ']') return fail(std::string("a lone ") + c);
    const char32_t point = take_point();
    emit_point(result.pcre, point);
    is_step_ = add_range(point, point);
    return true;
  }

  /// Adds to the step; false if that cannot be.
  bool add_range(char32_t first, char32_t last) {
    if (last >= 0x80) return false;
    for (char32_t point = first; point <= last; ++point) step_.add(point);
    return true;
  }
  bool add_set(const Atom& atom) {
    if (atom.text != "\\d" && atom.text != "\\w") return false;
    add_range('0', '9');
    return atom.text == "\\d" || (add_range('a', 'z') && add_range('A', 'Z') && add_range('_', '_'));
  }

  bool number(std::uint32_t& out) {
    if (!is_digit(peek())) return false;
    std::uint64_t value = 0;
    while (is_digit(peek())) {
      value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(peek() - '0'), 0xFFFFFFFFU);
      at_ += 1;
    }
    out = static_cast<std::uint32_t>(value);
    return true;
  }

  bool quantifier() {
    if (!is_quantifier()) return true;
    const char c = peek();
    at_ += 1;
    if (c == '{') {
      std::uint32_t low = 0;
      if (!number(low)) return fail("a lone {");
      std::uint32_t high = low;
      bool open = false;
      const bool comma = take(",");
      if (comma && !number(high)) open = true;
      if (!take("}")) return fail("a lone {");
      if (!open && high < low) return fail("a repeat whose bounds are out of order");
      if (low > kMaxRepeat || (!open && high > kMaxRepeat)) {
        return fail("a repeat of more than 65535", EcmaRegex::Verdict::kUnsupported);
      }
      result.pcre += '{' + std::to_string(low);
      if (comma) result.pcre += ',';
      if (comma && !open) result.pcre += std::to_string(high);
      result.pcre += '}';
      step_.min = low;
      step_.max = open ? kEndless : high;
    } else {
      result.pcre += c;
      step_.min = c == '+' ? 1 : 0;
      step_.max = c == '?' ? 1 : kEndless;
    }
    if (take("?")) result.pcre += '?';
    return is_quantifier() ? fail("nothing to repeat") : true;
  }

  bool group_name(std::string_view& name) {
    const std::size_t start = at_;
    while (!done() && peek() != '>') {
      const auto c = static_cast<unsigned char>(peek());
      const bool letter = is_alnum(c) || c == '_' || c == '$' || c >= 0x80;
      if (!letter || (at_ == start && is_digit(peek()))) return fail("a group name that is no identifier");
      at_ += 1;
    }
    name = source_.substr(start, at_ - start);
    if (name.empty() || !take(">")) return fail("an unclosed group name");
    return true;
  }

  void back_reference(std::size_t group) {
    result.costly_step = true;
    result.pcre += "\\g{" + std::to_string(group) + '}';
  }

  bool atom_escape() {
    if (take("k")) {
      std::string_view name;
      if (!take("<")) return fail("\\k without a name");
      if (!group_name(name)) return false;
      if (known_names_ == nullptr) return true;
      const auto found = std::find(known_names_->begin(), known_names_->end(), name);
      if (found == known_names_->end()) return fail("a reference to a group that does not exist");
      back_reference(static_cast<std::size_t>(found - known_names_->begin()) + 1);
      return true;
    }
    if (peek() >= '1' && peek() <= '9') {
      std::uint32_t group = 0;
      number(group);
      if (known_names_ == nullptr) return true;
      if (group > known_groups_) return fail("a reference to a group that does not exist");
      back_reference(group);
      return true;
    }
    Atom atom;
    if (!escape(atom, false)) return false;
    if (atom.is_set) {
      const bool one = atom.text.size() == 2 || atom.text[1] == 'p' || atom.text[1] == 'P';
      result.pcre += one ? atom.text : '[' + atom.text + ']';
      is_step_ = add_set(atom);
    } else {
      emit_point(result.pcre, atom.point);
      is_step_ = add_range(atom.point, atom.point);
    }
    return true;
  }

  std::optional<std::uint32_t> hex(std::size_t digits) {
    const std::string_view text = source_.substr(std::min(at_, source_.size()), digits);
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (text.size() != digits || error != std::errc() || end != text.data() + digits) return std::nullopt;
    at_ += digits;
    return value;
  }

  bool unicode_escape(char32_t& point) {
    if (take("{")) {
      const std::size_t close = source_.find('}', at_);
      if (close == std::string_view::npos || close == at_) return fail("a wrong \\u escape");
      std::uint64_t value = 0;
      for (; at_ < close; ++at_) {
        const char c = peek();
        const bool is_hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!is_hex) return fail("a wrong \\u escape");
        value = value * 16 + static_cast<std::uint64_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        if (value > 0x10FFFF) return fail("a \\u escape beyond U+10FFFF");
      }
      at_ += 1;
      point = static_cast<char32_t>(value);
    } else {
      const auto unit = hex(4);
      if (!unit) return fail("a wrong \\u escape");
      point = *unit;
      if (point >= 0xD800 && point <= 0xDBFF && looking_at("\\u")) {
        const std::size_t before = at_;
        at_ += 2;
        const auto low = hex(4);
        if (low && *low >= 0xDC00 && *low <= 0xDFFF) {
          point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
        } else {
          at_ = before;
        }
      }
    }
    // No well-formed text has one, so the pattern could never mean what its author thinks.
    if (point >= 0xD800 && point <= 0xDFFF) return fail("a lone surrogate", EcmaRegex::Verdict::kUnsupported);
    return true;
  }

  bool property(Atom& atom, bool negated) {
    if (!take("{")) return fail("a \\p without a property");
    const std::size_t close = source_.find('}', at_);
    if (close == std::string_view::npos) return fail("an unclosed \\p{");
    const std::string_view body = source_.substr(at_, close - at_);
    std::string name;
    const std::size_t equals = body.find('=');
    const std::string_view key = equals == std::string_view::npos ? std::string_view() : body.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? body : body.substr(equals + 1);
    const bool word = std::all_of(value.begin(), value.end(),
                                  [](char c) { return is_alnum(static_cast<unsigned char>(c)) || c == '_'; });
    if (!word || value.empty()) return fail("an unknown Unicode property");
    if (key == "Script" || key == "sc") {
      name = "sc:" + std::string(value);
    } else if (key == "Script_Extensions" || key == "scx") {
      name = "scx:" + std::string(value);
    } else if (key.empty() || key == "General_Category" || key == "gc") {
      const auto* category = std::find_if(kCategories.begin(), kCategories.end(),
                                          [&](const NamePair& pair) { return pair.first == value; });
      if (category != kCategories.end()) {
        name = category->second;
      } else if (value == "LC") {
        name = "L&";
      } else if (value == "Zs" || has(kShortCategories, value)) {
        name = value;
      } else if (value == "Unassigned") {
        name = "Cn";
      } else if (key.empty() && value == "Assigned") {
        name = "Cn";
        negated = !negated;
      } else if (key.empty() && has(kBinaryProperties, value)) {
        name = value;
      }
    }
    if (name.empty()) return fail("an unknown or unsupported Unicode property", EcmaRegex::Verdict::kUnsupported);
    at_ = close + 1;
    atom.is_set = true;
    atom.text = std::string(negated ? "\\P{" : "\\p{") + name + '}';
    return true;
  }

  /// What follows a backslash, up to what atoms and classes share.
  bool escape(Atom& atom, bool in_class) {
    if (done()) return fail("a backslash at the end");
    const char32_t c = take_point();
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
        atom.is_set = true;
        atom.text = {'\\', static_cast<char>(c)};
        return true;
      case 's':
        atom.is_set = true;
        atom.text = kSpace;
        return true;
      case 'S':
        atom.is_set = true;
        atom.text = kNotSpace;
        return true;
      case 'p': return property(atom, false);
      case 'P': return property(atom, true);
      case 't': atom.point = '\t'; return true;
      case 'n': atom.point = '\n'; return true;
      case 'v': atom.point = '\v'; return true;
      case 'f': atom.point = '\f'; return true;
      case 'r': atom.point = '\r'; return true;
      case '0':
        if (is_digit(peek())) return fail("an octal escape");
        atom.point = 0;
        return true;
      case 'c': {
        const char letter = peek();
        if (!((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))) return fail("a wrong \\c escape");
        at_ += 1;
        atom.point = static_cast<char32_t>(letter) % 32;
        return true;
      }
      case 'x': {
        const auto value = hex(2);
        if (!value) return fail("a wrong \\x escape");
        atom.point = *value;
        return true;
      }
      case 'u': return unicode_escape(atom.point);
      default: break;
    }
    if (in_class && c == 'b') {
      atom.point = '\b';
      return true;
    }
    if (!is_syntax_character(c) && !(in_class && c == '-')) return fail("an unknown escape");
    atom.point = c;
    return true;
  }

  bool class_atom(Atom& atom) {
    if (done()) return fail("an unclosed [");
    if (take("\\")) return escape(atom, true);
    atom.point = take_point();
    return true;
  }

  bool character_class() {
    const bool negated = take("^");
    if (take("]")) {
      result.pcre += negated ? R"([\x{0}-\x{10ffff}])" : "(?:(?!))";
      return true;
    }
    result.pcre += negated ? "[^" : "[";
    bool ascii = !negated;
    while (!take("]")) {
      Atom low;
      if (!class_atom(low)) return false;
      if (peek() == '-' && peek(1) != ']' && at_ + 1 < source_.size()) {
        at_ += 1;
        Atom high;
        if (!class_atom(high)) return false;
        if (low.is_set || high.is_set) return fail("a range that does not run between two characters");
        if (high.point < low.point) return fail("a range out of order");
        emit_point(result.pcre, low.point);
        result.pcre += '-';
        emit_point(result.pcre, high.point);
        ascii = ascii && add_range(low.point, high.point);
      } else if (low.is_set) {
        result.pcre += low.text;
        ascii = ascii && add_set(low);
      } else {
        emit_point(result.pcre, low.point);
        ascii = ascii && add_range(low.point, low.point);
      }
    }
    result.pcre += ']';
    is_step_ = ascii;
    return true;
  }

  std::string_view source_;
  const std::vector<std::string_view>* known_names_;
  std::size_t known_groups_;
  std::size_t at_ = 0;
  std::size_t terms_ = 0;
  bool linear_ = true;
  bool ended_ = false;
  bool is_step_ = false;  // the atom just read is a set of ASCII characters: step_
  AsciiStep step_;
};

}  // namespace

bool matches_steps(const std::vector<AsciiStep>& steps, std::string_view text) {
  std::size_t at = 0;
  for (const AsciiStep& step : steps) {
    const std::size_t end = text.size() - at > step.max ? at + step.max : text.size();
    const std::size_t start = at;
    while (at < end && step.has(static_cast<std::uint8_t>(text[at]))) ++at;
    if (at - start < step.min) return false;
  }
  return at == text.size();
}

EcmaRegex translate_ecma_regex(std::string_view source, std::size_t max_length) {
  EcmaRegex refused;
  if (source.size() > max_length) {
    refused.verdict = EcmaRegex::Verdict::kUnsupported;
    refused.problem = "longer than " + std::to_string(max_length) + " bytes";
    return refused;
  }
  if (!count_code_points(source)) {
    refused.verdict = EcmaRegex::Verdict::kInvalid;
    refused.problem = "not well-formed UTF-8";
    return refused;
  }
  Translator first(source, nullptr, 0);
  if (!first.run()) return std::move(first.result);
  Translator second(source, &first.names, first.names.size());
  second.run();
  return std::move(second.result);
}

}  // namespace strongroom
