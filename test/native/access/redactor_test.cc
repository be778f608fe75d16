#include "access/redactor.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <functional>

#include "base/unicode.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using test::make_canary;

const std::shared_ptr<SecureHeap> heap = SecureHeap::create();

/// A secret of every kind of character that some encoding writes in another way, and a canary to tell it by.
std::string special_canary() { return make_canary(12) + " /+=&<>\"'\\%~\u00e9\u20ac\U0001F511\t?" + make_canary(12); }

Redactor redactor_for(std::string_view secret, std::string_view credential = "") {
  return Redactor::create(as_bytes(secret), as_bytes(credential), *heap).value();
}

std::string base64(std::string_view text) { return to_base64(as_bytes(text)); }

std::string base64url(std::string_view text) {
  std::string out = base64(text);
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (out.ends_with('=')) out.pop_back();
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string format(const char* pattern, unsigned value) {
  char out[32];
  std::snprintf(out, sizeof out, pattern, value);
  return out;
}

/// UTF-16 units of well-formed UTF-8.
std::u16string utf16(std::string_view text) {
  std::u16string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    at += size;
    if (point >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10));
      point = 0xDC00 + ((point - 0x10000) & 0x3FF);
    }
    out += static_cast<char16_t>(point);
  }
  return out;
}

std::string bytes_of(const std::u16string& units, bool big_endian) {
  std::string out;
  for (const char16_t unit : units) {
    const char low = static_cast<char>(unit & 0xFF);
    const char high = static_cast<char>(unit >> 8);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  }
  return out;
}

/// Each byte for which `escapes` says so is written by `pattern`.
std::string each_byte(std::string_view text, const char* pattern, const std::function<bool(unsigned char)>& escapes) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += escapes(byte) ? format(pattern, byte) : std::string(1, c);
  }
  return out;
}

bool all(unsigned char /*byte*/) { return true; }
bool not_alphanumeric(unsigned char byte) { return byte >= 0x80 || std::isalnum(byte) == 0; }

std::string each_unit(std::string_view text, const char* pattern) {
  std::string out;
  for (const char16_t unit : utf16(text)) out += format(pattern, unit);
  return out;
}

std::string json(std::string_view text, bool slash, const char* unicode) {
  std::string out;
  for (const char16_t unit : utf16(text)) {
    if (unit == '"' || unit == '\\' || (slash && unit == '/')) {
      out += '\\';
      out += static_cast<char>(unit);
    } else if (unit == '\t') {
      out += "\\t";
    } else if (unit >= 0x20 && unit < 0x7F && unit != '<' && unit != '>' && unit != '&') {
      out += static_cast<char>(unit);
    } else {
      out += format(unicode, unit);
    }
  }
  return out;
}

std::string html(std::string_view text, bool numbers, const char* number) {
  std::string out;
  for (const char c : text) {
    if (std::strchr("&<>\"'", c) == nullptr) {
      out += c;
    } else if (numbers) {
      out += format(number, static_cast<unsigned char>(c));
    } else {
      out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : "&#39;";
    }
  }
  return out;
}

std::string form(std::string_view text) {
  std::string out = each_byte(text, "%%%02X", [](unsigned char byte) { return not_alphanumeric(byte) && byte != ' '; });
  for (char& c : out) c = c == ' ' ? '+' : c;
  return out;
}

std::string in_lines(std::string text, std::size_t width, const char* end) {
  std::string out;
  for (; text.size() > width; text.erase(0, width)) out += text.substr(0, width) + end;
  return out + text;
}

/// Every spelling of `secret` that a service may answer with, by name.
std::vector<std::pair<std::string, std::string>> spellings(const std::string& secret) {
  std::vector<std::pair<std::string, std::string>> out{
      {"UTF-8", secret},
      {"UTF-16LE", bytes_of(utf16(secret), false)},
      {"UTF-16BE", bytes_of(utf16(secret), true)},
      {"percent, upper case", each_byte(secret, "%%%02X", not_alphanumeric)},
      {"percent, lower case", each_byte(secret, "%%%02x", not_alphanumeric)},
      {"percent, every byte", each_byte(secret, "%%%02x", all)},
      {"percent, twice", each_byte(each_byte(secret, "%%%02X", not_alphanumeric), "%%%02X", not_alphanumeric)},
      {"percent, UTF-16", each_unit(secret, "%%u%04X")},
      {"form", form(secret)},
      {"JSON", json(secret, false, "\\u%04x")},
      {"JSON, slashes, upper case", json(secret, true, "\\u%04X")},
      {"JSON, every character", each_unit(secret, "\\u%04x")},
      {"JSON in JSON", json(json(secret, true, "\\u%04x"), true, "\\u%04x")},
      {"JSON of percent", json(each_byte(secret, "%%%02x", not_alphanumeric), true, "\\u%04x")},
      {"JavaScript bytes", each_byte(secret, "\\x%02x", not_alphanumeric)},
      {"HTML, names", html(secret, false, "")},
      {"HTML, decimal", html(secret, true, "&#%u;")},
      {"HTML, decimal with zeros", html(secret, true, "&#%04u;")},
      {"HTML, hexadecimal", html(secret, true, "&#x%x;")},
      {"HTML, every ASCII character", each_byte(secret, "&#x%X;", [](unsigned char byte) { return byte < 0x80; })},
      {"hexadecimal", to_hex(as_bytes(secret))},
      {"hexadecimal, upper case", upper(to_hex(as_bytes(secret)))},
      {"hexadecimal of UTF-16", to_hex(as_bytes(bytes_of(utf16(secret), false)))},
      {"base64 of UTF-16", base64(bytes_of(utf16(secret), false))},
      {"base64 in lines", in_lines(base64(secret), 16, "\r\n")},
      {"base64 in indented lines", in_lines(base64(secret), 16, "\n    ")},
      {"base64 in lines of JSON", in_lines(base64(secret), 16, "\\n")},
      {"base64 in JSON with slashes", json(base64(secret), true, "\\u%04x")},
      {"base64, percent", each_byte(base64(secret), "%%%02X", not_alphanumeric)},
  };
  for (const std::string& before : std::vector<std::string>{"", "a", "ab"}) {
    for (const std::string& after : std::vector<std::string>{"", "y", "yz"}) {
      const std::string where =
          " at offset " + std::to_string(before.size()) + " before " + std::to_string(after.size());
      out.emplace_back("base64" + where, base64(before + secret + after));
      out.emplace_back("base64url" + where, base64url(before + secret + after));
    }
  }
  return out;
}

TEST(Redactor, FindsEverySpellingAtEveryPlaceOfTheText) {
  for (const std::string& secret : {make_canary(), special_canary()}) {
    const Redactor redactor = redactor_for(secret);
    for (const auto& [name, echo] : spellings(secret)) {
      for (const std::string& before : std::vector<std::string>{"", "<p>", "..,.", "\xE2\x82\xAC"}) {
        for (const std::string& after : std::vector<std::string>{"", "</p>", "\xE2\x82\xAC"}) {
          const auto [clean, found] = redactor.redact(as_bytes(before + echo + after));
          EXPECT_TRUE(found) << name;
          const std::string text(as_text(clean));
          EXPECT_TRUE(text.starts_with(before) && text.ends_with(after)) << name << ": " << text;
          EXPECT_NE(text.find("[redacted]"), std::string::npos) << name << ": " << text;
          // Beside the marker stands what is the neighbours', in base64 with its padding, and no digit of the secret.
          const std::size_t neighbours = name.starts_with("base64") ? 6 : 0;
          EXPECT_LE(text.size(), before.size() + after.size() + std::strlen("[redacted]") + neighbours)
              << name << ": " << text;
        }
      }
    }
  }
}

TEST(Redactor, FindsEveryNameThatHtmlHasForACharacterOfAscii) {
  const std::string canary = make_canary();
  const std::vector<std::pair<char, std::vector<std::string>>> names = {
      {'\t', {"Tab;"}},
      {'\n', {"NewLine;"}},
      {'!', {"excl;"}},
      {'"', {"quot;", "QUOT;", "quot", "QUOT"}},
      {'#', {"num;"}},
      {'$', {"dollar;"}},
      {'%', {"percnt;"}},
      {'&', {"amp;", "AMP;", "amp", "AMP"}},
      {'\'', {"apos;"}},
      {'(', {"lpar;"}},
      {')', {"rpar;"}},
      {'*', {"ast;", "midast;"}},
      {'+', {"plus;"}},
      {',', {"comma;"}},
      {'.', {"period;"}},
      {'/', {"sol;"}},
      {':', {"colon;"}},
      {';', {"semi;"}},
      {'<', {"lt;", "LT;", "lt", "LT"}},
      {'=', {"equals;"}},
      {'>', {"gt;", "GT;", "gt", "GT"}},
      {'?', {"quest;"}},
      {'@', {"commat;"}},
      {'[', {"lsqb;", "lbrack;"}},
      {'\\', {"bsol;"}},
      {']', {"rsqb;", "rbrack;"}},
      {'^', {"Hat;"}},
      {'_', {"lowbar;", "UnderBar;"}},
      {'`', {"grave;", "DiacriticalGrave;"}},
      {'{', {"lcub;", "lbrace;"}},
      {'|', {"verbar;", "vert;", "VerticalLine;"}},
      {'}', {"rcub;", "rbrace;"}},
  };
  for (const auto& [character, all] : names) {
    for (const std::string& name : all) {
      const Redactor redactor = redactor_for(canary + character + canary);
      EXPECT_EQ(redactor.redact("<" + canary + "&" + name + canary + ">"), "<[redacted]>") << name;
    }
  }
}

TEST(Redactor, FindsDigitsBehindOthersOfTheirAlphabet) {
  const std::string secret = make_canary();
  const Redactor redactor = redactor_for(secret);
  for (const std::string& before : std::vector<std::string>{"", "f", "fe", "fee", "feed"}) {
    EXPECT_EQ(redactor.redact(before + to_hex(as_bytes(secret)) + "f"), before + "[redacted]f");
    EXPECT_EQ(redactor.redact(before + base64url(secret) + "."), before + "[redacted].");
  }
}

TEST(Redactor, FindsTextOfIso88591) {
  const std::string secret = "caf\u00e9-" + make_canary();
  const std::string sent = "caf\xE9-" + secret.substr(6);
  EXPECT_EQ(redactor_for(secret).redact("x " + sent), "x [redacted]");
  EXPECT_EQ(redactor_for(secret).redact("x caf%E9-" + secret.substr(6)), "x [redacted]");
}

TEST(Redactor, FindsTheCredential) {
  const std::string secret = make_canary();
  const std::string token = base64("user:" + secret);
  const Redactor redactor = redactor_for(secret, "Basic " + token);
  EXPECT_EQ(redactor.redact("you sent Basic " + token + "."), "you sent Basic [redacted].");
  EXPECT_EQ(redactor.redact("you sent " + to_hex(as_bytes(token))), "you sent [redacted]");
  EXPECT_EQ(redactor.redact(each_byte(token, "%%%02x", not_alphanumeric)), "[redacted]");
  EXPECT_EQ(redactor_for(secret, "Bearer " + secret).redact("Bearer " + secret), "Bearer [redacted]");
  EXPECT_EQ(redactor_for("a&", "key=a%26").redact("/?key=a%26"), "/?[redacted]");
  // Also that of a secret which is too short to be looked for in base64.
  EXPECT_EQ(redactor_for("!", "Basic " + base64("user:!")).redact(base64("user:!")), "[redacted]");
  // What is no echo stays, in particular the scheme.
  EXPECT_EQ(redactor_for("two words", "two words").redact("words, Basic and Bearer"), "words, Basic and Bearer");
}

TEST(Redactor, LeavesATextWithoutAnEchoAsItIs) {
  const Redactor redactor = redactor_for(special_canary());
  for (const std::string& text :
       {std::string(), std::string("{\"a\":\"%41\\u0041&amp;+\"}"), std::string("\xFF\x00\x80", 3),
        base64(make_canary()), std::string("%"), std::string("%4"), std::string("\\"), std::string("\\u"),
        std::string("\\ud83d"), std::string("\\ud83d\\u0041"), std::string("&#"), std::string("&#x"),
        std::string("&#99999999999;"), std::string("\\u{"), std::string("&")}) {
    const auto [clean, found] = redactor.redact(as_bytes(text));
    EXPECT_FALSE(found);
    EXPECT_EQ(as_text(clean), text);
  }
}

TEST(Redactor, CountsEchoesThatOverlapOrTouchAsOne) {
  EXPECT_EQ(redactor_for("abab").redact("xabababy"), "x[redacted]y");
  EXPECT_EQ(redactor_for("aaaa").redact("aaaaaaa"), "[redacted]");
  EXPECT_EQ(redactor_for("aaaa").redact("aaa aaaa aaa"), "aaa [redacted] aaa");
  EXPECT_EQ(redactor_for("secret").redact("secretsecret"), "[redacted]");
  EXPECT_EQ(redactor_for("abcd").redact(std::string("abcd\0\0abcd\0abc", 14)),
            std::string("[redacted]\0\0[redacted]\0abc", 26));
  EXPECT_EQ(redactor_for("%41A").redact("-%41A-%41%41A-"), "-[redacted]-%41[redacted]-");
}

TEST(Redactor, LooksForAShortSecretAsItStandsAlone) {
  for (const std::string& secret : std::vector<std::string>{"k", "k7", "k7\n"}) {
    const Redactor redactor = redactor_for(secret);
    EXPECT_EQ(redactor.redact("<" + secret + ">"), "<[redacted]>");
    const std::string elsewhere = to_hex(as_bytes(secret)) + " " + each_byte(secret, "%%%02x", all);
    EXPECT_EQ(redactor.redact(elsewhere), elsewhere);
  }
  EXPECT_EQ(redactor_for("k7Zq").redact(to_hex(as_bytes("k7Zq")) + " %6b7Zq " + base64("k7Zq")),
            "[redacted] [redacted] [redacted]==");
}

TEST(Redactor, NeverFindsNothing) {
  EXPECT_EQ(redactor_for("").redact("some text"), "some text");
  EXPECT_EQ(redactor_for("", "Basic ").redact("Basic "), "Basic ");
}

TEST(Redactor, KeepsUtf8WellFormed) {
  // In ISO 8859-1 the secret ends in the middle of the euro sign's neighbour U+9xxx; in UTF-16 it begins inside of one.
  const std::string secret = "key\u00e9";
  for (const std::string& body : {std::string("key\u9999!"), std::string("\u00e9 key\u9000")}) {
    const auto [clean, found] = redactor_for(secret).redact(as_bytes(body));
    EXPECT_TRUE(found);
    EXPECT_TRUE(count_code_points(as_text(clean))) << as_text(clean);
  }
  EXPECT_EQ(redactor_for("\u00acabc").redact(std::string("<\u20ac\0a\0b\0c\0>", 12)), "<[redacted]>");
  // What is not well-formed loses the echo alone.
  EXPECT_EQ(redactor_for(secret).redact("\xFFkey\xE9\x80"), "\xFF[redacted]\x80");
}

TEST(Redactor, FindsBytesThatAreNoText) {
  const std::string secret("\xFF\xFE\x00\x01\x80", 5);
  EXPECT_EQ(redactor_for(secret).redact("a" + secret + "b " + to_hex(as_bytes(secret))), "a[redacted]b [redacted]");
}

TEST(Redactor, IsRefusedWithoutSecureMemory) {
  const std::string secret = make_canary();
  const auto full = SecureHeap::create(1);
  EXPECT_EQ(Redactor::create(as_bytes(secret), {}, *full).status().code(), Code::kLimitExceeded);
}

/// In seconds.
double time_of(const Redactor& redactor, const std::string& body) {
  const auto start = std::chrono::steady_clock::now();
  (void)redactor.redact(as_bytes(body));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

TEST(Redactor, TakesLinearTimeForTheWorstOfTexts) {
  constexpr std::size_t kSize = 1U << 17;
  const std::string periodic(5000, 'a');
  const std::string as(kSize, 'a');
  std::string escapes;
  while (escapes.size() < kSize) escapes += "%61&#97;\\u0061+%2561";
  // Found nowhere, and found at every place. Work that grows with the square of the text, 7e10 steps, would take
  // minutes.
  for (const std::string& secret : {periodic + "b", periodic, std::string("a")}) {
    const Redactor redactor = redactor_for(secret);
    for (const std::string& body : {as, escapes, std::string(kSize, '&'), in_lines(as, 76, "\n")})
      EXPECT_LT(time_of(redactor, body), 20.0);
  }
  EXPECT_EQ(redactor_for(periodic).redact(as), "[redacted]");
}

}  // namespace
}  // namespace strongroom
