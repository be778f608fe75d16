// Patterns mean what ECMAScript says and never run away.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "schema/ecma_regex.h"
#include "schema/schema.h"

namespace strongroom {
namespace {

enum class Verdict { kMatch, kNoMatch, kTooCostly, kInvalid, kUnsupported };

/// What `pattern` says about `text`.
Verdict match(const std::string& pattern, const std::string& text) {
  auto schema = Schema::compile(Value(Value::Object{{"pattern", pattern}}));
  if (!schema.ok()) {
    EXPECT_EQ(schema.status().issues().at(0).path, "/pattern");
    const std::string& code = schema.status().issues().at(0).code;
    EXPECT_TRUE(code == "invalid_pattern" || code == "unsupported_pattern") << code;
    return code == "invalid_pattern" ? Verdict::kInvalid : Verdict::kUnsupported;
  }
  std::vector<Issue> issues;
  if (schema->validate(Value(text), &issues)) return Verdict::kMatch;
  EXPECT_EQ(issues.size(), 1U);
  return issues.at(0).code == "pattern_too_costly" ? Verdict::kTooCostly : Verdict::kNoMatch;
}

struct Case {
  const char* pattern;
  std::string text;
  Verdict verdict;
};

void expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    EXPECT_EQ(static_cast<int>(match(one.pattern, one.text)), static_cast<int>(one.verdict))
        << one.pattern << " on " << one.text.substr(0, 40);
  }
}

TEST(Pattern, SearchesAnywhere) {
  expect({{"b", "abc", Verdict::kMatch},
          {"^b", "abc", Verdict::kNoMatch},
          {"^abc$", "abc", Verdict::kMatch},
          {"c$", "abc\n", Verdict::kNoMatch},
          {"", "", Verdict::kMatch},
          {"^$", "", Verdict::kMatch},
          {"a|^z", "ya", Verdict::kMatch}});
}

TEST(Pattern, ClassesAreEcmascripts) {
  expect({{"^\\d$", "7", Verdict::kMatch},
          {"^\\d$", "\u0667", Verdict::kNoMatch},
          {"^\\w$", "_", Verdict::kMatch},
          {"^\\w$", "é", Verdict::kNoMatch},
          {"^\\W$", "é", Verdict::kMatch},
          {"^\\s+$", "\t\v\f \u00a0\ufeff\u2003\u2028", Verdict::kMatch},
          {"^\\s$", "\u180e", Verdict::kNoMatch},
          {"^\\s$", "\u0085", Verdict::kNoMatch},
          {"^\\S$", "\u00a0", Verdict::kNoMatch},
          {"^[\\S]$", "😀", Verdict::kMatch},
          {"^[^\\s]$", "\ufeff", Verdict::kNoMatch},
          {"^.$", "😀", Verdict::kMatch},
          {"^.$", "\u2028", Verdict::kNoMatch},
          {"^.$", "\r", Verdict::kNoMatch},
          {"^[^]$", "\n", Verdict::kMatch},
          {"[]", "a", Verdict::kNoMatch},
          {"^[]*$", "", Verdict::kMatch},
          {"^[[:alpha:]$", ":", Verdict::kMatch},
          {"^[a\\-z]+$", "a-z", Verdict::kMatch},
          {"^[a-]+$", "a-", Verdict::kMatch},
          {"^[\\b]$", "\b", Verdict::kMatch},
          {"\\bfoo\\b", "a foo b", Verdict::kMatch},
          {"\\bfoo\\b", "éfooé", Verdict::kMatch}});
}

TEST(Pattern, EscapesAndProperties) {
  expect({{"^\\u0061\\x62\\u{1F600}\\uD83D\\uDE00$", "ab😀😀", Verdict::kMatch},
          {"^\\cJ\\0$", std::string("\n\0", 2), Verdict::kMatch},
          {"^\\/\\.\\^$", "/.^", Verdict::kMatch},
          {"^\\p{L}+$", "éß水", Verdict::kMatch},
          {"^\\p{Letter}+$", "é1", Verdict::kNoMatch},
          {"^\\p{Lu}$", "É", Verdict::kMatch},
          {"^\\p{gc=Nd}$", "\u0667", Verdict::kMatch},
          {"^\\p{Script=Greek}+$", "αβγ", Verdict::kMatch},
          {"^\\p{scx=Greek}+$", "αβγ", Verdict::kMatch},
          {"^[\\p{L}\\p{N}-]+$", "é-7", Verdict::kMatch},
          {"^\\P{L}$", "1", Verdict::kMatch},
          {"^\\p{Emoji_Presentation}$", "😀", Verdict::kMatch},
          {"^\\p{Any}$", "\n", Verdict::kMatch},
          {"^\\p{ASCII}+$", "é", Verdict::kNoMatch},
          {"^\\p{Assigned}$", "a", Verdict::kMatch},
          {"\\p{Greek}", "α", Verdict::kUnsupported},
          {"\\p{Script=Nowhere}", "", Verdict::kUnsupported},
          {"\\uD83D", "", Verdict::kUnsupported}});
}

TEST(Pattern, GroupsReferencesAndLookaround) {
  expect({{"^(a)\\1$", "aa", Verdict::kMatch},
          {"^(?<q>['\"]).*\\k<q>$", "'x'", Verdict::kMatch},
          {"^(?<q>['\"]).*\\k<q>$", "'x\"", Verdict::kNoMatch},
          {"^\\k<q>(?<q>a)$", "a", Verdict::kMatch},
          {"^(?:(a)|b)\\1$", "b", Verdict::kMatch},
          {"^(?=.*\\d)(?!.*x)", "a1", Verdict::kMatch},
          {"^(?=.*\\d)(?!.*x)", "a1x", Verdict::kNoMatch},
          {"(?<=\\$)\\d+$", "$42", Verdict::kMatch},
          {"(?<!\\$)42", "$42", Verdict::kNoMatch},
          {"^a{2,3}?$", "aaa", Verdict::kMatch},
          {"^(a|ab)(c|bcd)(d*)$", "abcd", Verdict::kMatch},
          {"(?<=a+)b", "ab", Verdict::kUnsupported}});
}

TEST(Pattern, LinearPatternsAreKnownAndMeanTheSame) {
  const auto linear = [](const char* pattern) { return translate_ecma_regex(pattern, 1000).linear; };
  const std::vector<const char*> patterns = {"^$",        "^a$",      "^ab?c$",          "^[A-Z][A-Z0-9_]{0,3}$",
                                             "^\\d{2,}$", "^a*b+c?$", "^\\w+-\\d{1,2}$", "^[a-c]{2}x*$",
                                             "^a??b$",    "^[]a]?b$"};
  const std::string alphabet = "abcxA0_-";
  for (const char* pattern : patterns) {
    EXPECT_EQ(linear(pattern), std::string(pattern) != "^[]a]?b$") << pattern;
    // The same in a group goes through PCRE2.
    const std::string grouped = "^(?:" + std::string(pattern) + ")$";
    if (!linear(pattern)) continue;
    ASSERT_FALSE(linear(grouped.c_str()));
    const auto one = Schema::compile(Value(Value::Object{{"pattern", pattern}}));
    const auto other = Schema::compile(Value(Value::Object{{"pattern", grouped}}));
    ASSERT_TRUE(one.ok() && other.ok()) << grouped;
    std::vector<std::string> texts = {"", "é", "aé", "a\n"};
    for (std::size_t i = 0; i < texts.size() && texts.size() < 5000; ++i) {
      for (const char c : alphabet) texts.push_back(texts[i] + c);
    }
    for (const std::string& text : texts) {
      EXPECT_EQ(one->validate(Value(text)), other->validate(Value(text))) << pattern << " on " << text;
    }
  }
  for (const char* pattern : {"a", "^a", "a$", "^a|b$", "^a*a$", "^a?b?[ac]$", "^(a)$", "^[^a]$", "^.$", "^é$", "^a$b",
                              "^\\s$", "^\\ba$", "^^a$"}) {
    EXPECT_FALSE(linear(pattern)) << pattern;
  }
}

TEST(Pattern, RefusesWhatEcmascriptRefuses) {
  for (const char* pattern : {"(",
                              ")",
                              "[a",
                              "a**",
                              "a++",
                              "a?+",
                              "*a",
                              "a{2}{3}",
                              "{1}",
                              "a{",
                              "a{,5}",
                              "a{3,2}",
                              "}",
                              "]",
                              "\\",
                              "\\a",
                              "\\Z",
                              "\\z",
                              "\\A",
                              "\\G",
                              "\\Q",
                              "\\K",
                              "\\C",
                              "\\R",
                              "\\X",
                              "\\h",
                              "\\N",
                              "\\01",
                              "\\1",
                              "(a)\\2",
                              "\\k<a>",
                              "(?<a>x)(?<a>y)",
                              "(?<1>x)",
                              "(?<>x)",
                              "(?P<a>x)",
                              "(?'a'x)",
                              "(?>a)",
                              "(?|a)",
                              "(?R)",
                              "(?1)",
                              "(?&a)",
                              "(?C1)",
                              "(?i)a",
                              "(?i:a)",
                              "(?#c)",
                              "(?(1)a)",
                              "(*ACCEPT)",
                              "(*UTF)a",
                              "(*LIMIT_MATCH=9)a",
                              "^*",
                              "\\b+",
                              "(?=a)*",
                              "(?<=a)?",
                              "[\\d-z]",
                              "[z-a]",
                              "[\\B]",
                              "\\u{110000}",
                              "\\u{}",
                              "\\u12",
                              "\\x1",
                              "\\c1",
                              "\\p{L",
                              "\\pL",
                              "\\-",
                              "\xff"}) {
    EXPECT_EQ(static_cast<int>(match(pattern, "")), static_cast<int>(Verdict::kInvalid)) << pattern;
  }
}

TEST(Pattern, BoundsSizeAndNesting) {
  expect({{"a{65536}", "", Verdict::kUnsupported}, {"(?:(?:a{900}){900}){900}", "", Verdict::kUnsupported}});
  EXPECT_EQ(static_cast<int>(match(std::string(5000, 'a'), "")), static_cast<int>(Verdict::kUnsupported));
  EXPECT_EQ(static_cast<int>(match(std::string(500, '(') + std::string(500, ')'), "")),
            static_cast<int>(Verdict::kUnsupported));
  Value::Array many(1001, Value(Value::Object{{"pattern", "a"}}));
  const auto schema = Schema::compile(Value(Value::Object{{"allOf", many}}));
  ASSERT_FALSE(schema.ok());
  EXPECT_EQ(schema.status().issues()[0].code, "too_large");
}

TEST(Pattern, OrdinaryPatternsOnLongTextStayWithinTheLimit) {
  const std::string letters(10000, 'a');
  expect({{"^[a-z]+$", letters, Verdict::kMatch},
          {"^[a-z]+$", letters + "1", Verdict::kNoMatch},
          {"^(?:a|b)*$", letters, Verdict::kMatch},
          {"^(?:a|b)*$", letters + "1", Verdict::kNoMatch},
          {"^([a-z0-9]+)(-[a-z0-9]+)*$", letters + "-b", Verdict::kMatch},
          {"^.*x.*$", letters + "x", Verdict::kMatch},
          {"[0-9]", letters, Verdict::kNoMatch},
          {"a?b", letters, Verdict::kNoMatch},
          {"(foo|bar)+baz", letters, Verdict::kNoMatch},
          {"[A-Z]", std::string(1000000, 'a'), Verdict::kNoMatch},
          {"^\\S+@\\S+$", letters + "@" + letters, Verdict::kMatch}});
}

TEST(Pattern, HostilePatternsEndQuickly) {
  const std::vector<Case> cases = {{"(a+)+$", std::string(40, 'a') + "!", Verdict::kTooCostly},
                                   {"^(a+)+$", std::string(40, 'a') + "!", Verdict::kTooCostly},
                                   {"^(a|aa)+$", std::string(60, 'a') + "!", Verdict::kTooCostly},
                                   {"^(a|a?)+$", std::string(40, 'a') + "!", Verdict::kTooCostly},
                                   {"^(.*a){20}$", std::string(60, 'a') + "!", Verdict::kTooCostly},
                                   {"^([a-zA-Z]+)*$", std::string(9000, 'a') + "!", Verdict::kTooCostly},
                                   {"(x+x+)+[yz]", std::string(100000, 'x'), Verdict::kTooCostly},
                                   {"[a-z]+\\d", std::string(500000, 'a'), Verdict::kTooCostly},
                                   {"a{0,400}[bc]", std::string(500000, 'a'), Verdict::kTooCostly},
                                   {"(?=[^]*)\\d", std::string(500000, 'a'), Verdict::kTooCostly},
                                   {"^(a*)*\\1*b", std::string(8000, 'a'), Verdict::kTooCostly},
                                   {"(?:(?:a?){50}){20}[bc]", std::string(5000, 'a'), Verdict::kTooCostly},
                                   {"^(?:(?:a|b)*)*c", std::string(200000, 'a'), Verdict::kTooCostly}};
  for (const Case& one : cases) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(static_cast<int>(match(one.pattern, one.text)), static_cast<int>(one.verdict)) << one.pattern;
    const auto elapsed = std::chrono::steady_clock::now() - start;
    EXPECT_LT(elapsed, std::chrono::seconds(20)) << one.pattern;
  }
}

TEST(Pattern, ACostlyMatchIsNeverTakenForAMismatch) {
  const std::string text = std::string(40, 'a') + "!";
  for (const char* schema :
       {R"({"not":{"pattern":"^(a+)+$"}})", R"({"anyOf":[{"pattern":"^(a+)+$"},true]})",
        R"({"if":{"pattern":"^(a+)+$"},"else":true})", R"({"oneOf":[{"pattern":"^(a+)+$"},true]})"}) {
    auto compiled = Schema::compile(*parse_json(schema, {}));
    ASSERT_TRUE(compiled.ok()) << schema;
    std::vector<Issue> issues;
    EXPECT_FALSE(compiled->validate(Value(text), &issues)) << schema;
    ASSERT_EQ(issues.size(), 1U) << schema;
    EXPECT_EQ(issues[0].code, "pattern_too_costly") << schema;
    EXPECT_FALSE(compiled->validate(Value(text))) << schema;
  }
  auto names = Schema::compile(*parse_json(R"({"patternProperties":{"^(a+)+$":true}})", {}));
  std::vector<Issue> issues;
  EXPECT_FALSE(names->validate(Value(Value::Object{{text, 1}}), &issues));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "pattern_too_costly");
}

TEST(Pattern, ManyCostlyMatchesShareOneBudget) {
  auto schema = Schema::compile(*parse_json(R"({"items":{"pattern":"^(a+)+$|!"}})", {}));
  ASSERT_TRUE(schema.ok());
  Value::Array array(10000, Value(std::string(13, 'a') + "!"));
  std::vector<Issue> issues;
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(schema->validate(Value(std::move(array)), &issues));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, "too_costly");
}

}  // namespace
}  // namespace strongroom
