// What each keyword means, over JSON and over the values JSON does not have.
#include "schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <thread>

#include "crypto/random.h"

namespace strongroom {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

Value json(std::string_view text) {
  auto value = parse_json(text, {64U << 20, 1000, 1U << 20});
  EXPECT_TRUE(value.ok()) << text << ": " << value.status().message();
  return value.ok() ? *std::move(value) : Value();
}

/// A value given as it is or as its JSON text.
struct Given {
  Given(Value given) : value(std::move(given)) {}        // NOLINT(google-explicit-constructor)
  Given(const char* text) : value(json(text)) {}         // NOLINT(google-explicit-constructor)
  Given(const std::string& text) : value(json(text)) {}  // NOLINT(google-explicit-constructor)
  Value value;
};

Schema compiled(const Given& schema, const SchemaOptions& options = {}) {
  auto result = Schema::compile(schema.value, options);
  EXPECT_TRUE(result.ok()) << to_json(schema.value).substr(0, 500) << ": " << result.status().message();
  return result.ok() ? *result : *Schema::compile(Value(true));
}

/// A schema given compiled or as its JSON text.
struct GivenSchema {
  GivenSchema(Schema given) : schema(std::move(given)) {}           // NOLINT(google-explicit-constructor)
  GivenSchema(const char* text) : schema(compiled(text)) {}         // NOLINT(google-explicit-constructor)
  GivenSchema(const std::string& text) : schema(compiled(text)) {}  // NOLINT(google-explicit-constructor)
  Schema schema;
};

bool accepts(const GivenSchema& given, const Given& value) {
  std::vector<Issue> issues;
  const bool valid = given.schema.validate(value.value, &issues);
  EXPECT_EQ(valid, issues.empty());
  EXPECT_EQ(given.schema.validate(value.value), valid) << "collecting issues changes the verdict";
  return valid;
}

/// "path code" of every issue.
std::vector<std::string> problems(const GivenSchema& given, const Given& value) {
  std::vector<Issue> issues;
  const bool valid = given.schema.validate(value.value, &issues);
  EXPECT_EQ(valid, issues.empty());
  std::vector<std::string> found;
  for (const Issue& issue : issues) found.push_back(issue.path + ' ' + issue.code);
  return found;
}

std::vector<std::string> refusals(const Given& schema, const SchemaOptions& options = {}) {
  auto result = Schema::compile(schema.value, options);
  std::vector<std::string> found;
  if (result.ok()) return found;
  EXPECT_EQ(result.status().code(), Code::kInvalidSchema);
  for (const Issue& issue : result.status().issues()) found.push_back(issue.path + ' ' + issue.code);
  return found;
}

/// Random lower-case hexadecimal that nothing else contains.
std::string random_hex(std::size_t bytes) {
  Bytes random(bytes);
  EXPECT_TRUE(fill_random(random).ok());
  return to_hex(random);
}

Value secret(std::string_view text) {
  static const auto heap = SecureHeap::create();
  auto buffer = heap->copy(as_bytes(text));
  EXPECT_TRUE(buffer.ok());
  std::size_t points = 0;
  for (const char c : text) points += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return Value::secret({std::move(*buffer), points});
}

const Value kUndefined = Value::undefined();

TEST(Type, EachTypeTakesItsOwnValues) {
  const std::vector<std::pair<std::string, std::string>> samples = {
      {"null", "null"},   {"boolean", "true"}, {"integer", "7"}, {"number", "7.5"},
      {"string", "\"\""}, {"array", "[]"},     {"object", "{}"}};
  for (const auto& [type, own] : samples) {
    for (const auto& [other, value] : samples) {
      const bool expected = type == other || (type == "number" && other == "integer");
      EXPECT_EQ(accepts(R"({"type":")" + type + "\"}", value), expected) << type << ' ' << value;
    }
  }
  EXPECT_TRUE(accepts(R"({"type":["string","null"]})", "null"));
  EXPECT_FALSE(accepts(R"({"type":["string","null"]})", "1"));
}

TEST(Type, AFloatWithoutFractionIsAnInteger) {
  EXPECT_TRUE(accepts(R"({"type":"integer"})", "1.0"));
  EXPECT_TRUE(accepts(R"({"type":"integer"})", "1e300"));
  EXPECT_TRUE(accepts(R"({"type":"integer"})", Value(-0.0)));
  EXPECT_FALSE(accepts(R"({"type":"integer"})", "1.5"));
  EXPECT_TRUE(accepts(R"({"type":"integer"})", "9007199254740993"));
}

TEST(Type, NanAndInfinitiesAreNoNumbers) {
  for (const double number : {std::nan(""), std::numeric_limits<double>::infinity(), -HUGE_VAL}) {
    EXPECT_FALSE(accepts(R"({"type":"number"})", Value(number)));
    EXPECT_FALSE(accepts(R"({"type":"integer"})", Value(number)));
    EXPECT_FALSE(accepts(R"({"enum":[1]})", Value(number)));
    EXPECT_TRUE(accepts("{}", Value(number)));
  }
}

TEST(Undefined, HasNoType) {
  EXPECT_FALSE(accepts(R"({"type":["null","boolean","number","string","array","object"]})", kUndefined));
  EXPECT_FALSE(accepts(R"({"const":null})", kUndefined));
  EXPECT_EQ(problems(compiled(R"({"items":{"type":"null"}})"), Value(Value::Array{Value(), kUndefined})),
            std::vector<std::string>{"/1 type"});
}

TEST(Undefined, AKnownKeyWithUndefinedIsAbsent) {
  const Schema schema = compiled(R"({"properties":{"a":{"type":"string"},"b":{}},"additionalProperties":false,
      "propertyNames":{"maxLength":1},"minProperties":0,"maxProperties":1})");
  EXPECT_TRUE(accepts(schema, Value(Value::Object{{"a", kUndefined}, {"b", 1}})));
  const Schema required = compiled(R"({"properties":{"a":{}},"required":["a","z"]})");
  EXPECT_THAT(problems(required, Value(Value::Object{{"a", kUndefined}, {"z", kUndefined}})),
              ElementsAre("/a required", "/z required"));
  const Schema dependent = compiled(R"({"dependentRequired":{"a":["b"]},"dependentSchemas":{"c":false}})");
  EXPECT_TRUE(accepts(dependent, Value(Value::Object{{"a", kUndefined}, {"c", kUndefined}})));
  EXPECT_FALSE(accepts(dependent, Value(Value::Object{{"a", 1}, {"b", kUndefined}})));
  EXPECT_FALSE(accepts(R"({"minProperties":1})", Value(Value::Object{{"a", kUndefined}})));
}

TEST(Undefined, AnUnknownKeyWithUndefinedIsStillUnknown) {
  const Value value(Value::Object{{"x", kUndefined}});
  EXPECT_THAT(problems(compiled(R"({"additionalProperties":false})"), value), ElementsAre("/x additional_property"));
  EXPECT_THAT(problems(compiled(R"({"propertyNames":{"const":"y"}})"), value), ElementsAre("/x property_name"));
  EXPECT_THAT(problems(compiled(R"({"patternProperties":{"^x":{"type":"string"}}})"), value), ElementsAre("/x type"));
  EXPECT_THAT(problems(compiled(R"({"additionalProperties":{"type":"string"}})"), value), ElementsAre("/x type"));
}

TEST(Secret, IsAStringToEveryKeyword) {
  const std::string canary = random_hex(12) + "ünï";
  const std::size_t points = 27;
  const auto length = [](std::size_t count) { return std::to_string(count); };
  EXPECT_TRUE(accepts(R"({"type":"string"})", secret(canary)));
  EXPECT_FALSE(accepts(R"({"type":"object"})", secret(canary)));
  EXPECT_TRUE(accepts("{\"maxLength\":" + length(points) + ",\"minLength\":" + length(points) + "}", secret(canary)));
  EXPECT_FALSE(accepts("{\"maxLength\":" + length(points - 1) + "}", secret(canary)));
  EXPECT_FALSE(accepts("{\"minLength\":" + length(points + 1) + "}", secret(canary)));
  EXPECT_TRUE(accepts(R"({"pattern":"^[0-9a-f]{24}ünï$"})", secret(canary)));
  EXPECT_FALSE(accepts(R"({"pattern":"^[g-z]"})", secret(canary)));
  EXPECT_TRUE(accepts("{\"const\":\"" + canary + "\"}", secret(canary)));
  EXPECT_TRUE(accepts("{\"enum\":[\"a\",\"" + canary + "\"]}", secret(canary)));
  EXPECT_TRUE(accepts("{\"enum\":[1,2,3,4,5,6,7,8,9,\"" + canary + "\"]}", secret(canary)));
  EXPECT_FALSE(accepts(R"({"const":"other"})", secret(canary)));
  EXPECT_FALSE(accepts(R"({"uniqueItems":true})", Value(Value::Array{secret(canary), canary})));
  Value::Array many(20, Value());
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = secret(canary + std::to_string(i));
  EXPECT_TRUE(accepts(R"({"uniqueItems":true})", Value(many)));
  many[3] = canary + "17";
  EXPECT_FALSE(accepts(R"({"uniqueItems":true})", Value(many)));
  EXPECT_TRUE(accepts(R"({"format":"uuid"})", secret("01234567-89ab-cdef-0123-456789abcdef")));
  EXPECT_FALSE(accepts(R"({"format":"uuid"})", secret(canary)));
  EXPECT_TRUE(accepts(R"({"minLength":0,"pattern":"^$"})", secret("")));
}

TEST(Messages, NeverRepeatAStringOfTheValue) {
  const std::string canary = random_hex(16);
  const Schema schema = compiled(R"({"type":"object","additionalProperties":{"anyOf":[{"maxLength":1},{"type":"null"}]},
      "properties":{"a":{"const":"x"},"b":{"enum":["x"]},"c":{"pattern":"^x$"},"d":{"format":"uri"},"e":{"maxLength":2},
      "f":{"minLength":99},"g":{"not":{"type":"string"}},"h":{"oneOf":[{"type":"string"},{"minLength":1}]},
      "i":{"type":"null"},"j":false,"k":{"uniqueItems":true},"l":{"contains":{"type":"null"}}}})");
  Value::Object object;
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "other"}) object.emplace_back(key, canary);
  object.emplace_back("k", Value::Array{canary, canary});
  object.emplace_back("l", Value::Array{canary});
  for (const bool as_secret : {false, true}) {
    Value value{object};
    if (as_secret) {
      for (auto& [key, member] : value.as_object()) {
        if (member.is(Value::Kind::kString)) member = secret(canary);
      }
    }
    std::vector<Issue> issues;
    EXPECT_FALSE(schema.validate(value, &issues));
    EXPECT_EQ(issues.size(), 13U);
    for (const Issue& issue : issues) {
      EXPECT_THAT(issue.path + issue.code + issue.message, Not(HasSubstr(canary)));
      EXPECT_FALSE(issue.message.empty());
    }
  }
}

TEST(Messages, CutLongKeys) {
  std::string key;
  for (int i = 0; i < 1000; ++i) key += "é";
  std::vector<Issue> issues;
  EXPECT_FALSE(compiled(R"({"additionalProperties":false})").validate(Value(Value::Object{{key, 1}}), &issues));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_LT(issues[0].message.size(), 200U);
  EXPECT_LT(issues[0].path.size(), 300U);
  EXPECT_THAT(issues[0].message, HasSubstr("…"));
  EXPECT_TRUE(parse_json('"' + issues[0].path + '"', {}).ok()) << "the cut goes through a character";
}

TEST(Messages, SayWhatIsAllowed) {
  std::vector<Issue> issues;
  compiled(R"({"properties":{"a":{"maxLength":100},"b":{"minimum":0.5},"c":{"type":["string","null"]}}})")
      .validate(Value(Value::Object{{"a", std::string(101, 'x')}, {"b", 0}, {"c", 1}}), &issues);
  ASSERT_EQ(issues.size(), 3U);
  EXPECT_EQ(issues[0].message, "must be at most 100 characters");
  EXPECT_EQ(issues[1].message, "must be at least 0.5");
  EXPECT_EQ(issues[2].message, "must be a string or null");
}

TEST(Numbers, BoundsAndMultiples) {
  EXPECT_TRUE(accepts(R"({"minimum":1,"maximum":3})", "1"));
  EXPECT_THAT(problems(R"({"minimum":1})", "0.99"), ElementsAre(" minimum"));
  EXPECT_THAT(problems(R"({"maximum":3})", "3.01"), ElementsAre(" maximum"));
  EXPECT_THAT(problems(R"({"exclusiveMinimum":1})", "1"), ElementsAre(" exclusive_minimum"));
  EXPECT_THAT(problems(R"({"exclusiveMaximum":1})", "1"), ElementsAre(" exclusive_maximum"));
  EXPECT_TRUE(accepts(R"({"minimum":1})", "\"text\""));
  for (const auto& [value, step, expected] :
       std::vector<std::tuple<const char*, const char*, bool>>{{"0.3", "0.1", true},
                                                               {"0.0075", "0.0001", true},
                                                               {"0.00751", "0.0001", false},
                                                               {"19.99", "0.01", true},
                                                               {"1e308", "0.5", true},
                                                               {"1e308", "3", false},
                                                               {"7", "2", false},
                                                               {"-4", "2", true},
                                                               {"0", "0.7", true},
                                                               {"4.5", "1.5", true},
                                                               {"1e-8", "1e-9", true},
                                                               {"1e-9", "1e-8", false},
                                                               {"9007199254740994", "2", true}}) {
    EXPECT_EQ(accepts("{\"multipleOf\":" + std::string(step) + "}", value), expected) << value << " of " << step;
  }
}

TEST(Strings, LengthsAreCodePoints) {
  EXPECT_TRUE(accepts(R"({"maxLength":1})", R"("😀")"));
  EXPECT_TRUE(accepts(R"({"minLength":2})", R"("😀😀")"));
  EXPECT_FALSE(accepts(R"({"minLength":2})", R"("😀")"));
  EXPECT_FALSE(accepts(R"({"minLength":9007199254740991})", R"("x")"));
  for (int size = 0; size < 12; ++size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += i % 2 == 0 ? "a" : "é";
    const std::string exact = std::to_string(size);
    EXPECT_TRUE(accepts("{\"minLength\":" + exact + ",\"maxLength\":" + exact + "}", Value(text)));
    EXPECT_FALSE(accepts("{\"minLength\":" + std::to_string(size + 1) + "}", Value(text)));
    EXPECT_FALSE(accepts("{\"maxLength\":" + exact + "}", Value(text + "😀")));
  }
}

TEST(Values, WhatIsAllowedIsNamedWhereItIsShort) {
  const auto message = [](const std::string& schema, const std::string& value) {
    std::vector<Issue> issues;
    compiled(schema).validate(json(value), &issues);
    return issues.empty() ? std::string() : issues.front().message;
  };
  EXPECT_EQ(message(R"({"enum":["bearer","basic",1,null]})", R"("canary")"),
            R"(must be one of "bearer", "basic", 1, null)");
  const std::string unnamed = "must be one of the allowed values";
  EXPECT_EQ(message(R"({"enum":["a",["b"]]})", R"("canary")"), unnamed);
  EXPECT_EQ(message(R"({"enum":[1,2,3,4,5,6,7,8,9]})", R"("canary")"), unnamed);
  EXPECT_EQ(message(R"({"enum":[")" + std::string(200, 'a') + R"("]})", R"("canary")"), unnamed);
}

TEST(Values, ConstAndEnumCompareAsJson) {
  EXPECT_TRUE(accepts(R"({"const":{"a":1,"b":[null]}})", R"({"b":[null],"a":1.0})"));
  EXPECT_FALSE(accepts(R"({"const":false})", "0"));
  EXPECT_TRUE(accepts(R"({"const":0})", Value(-0.0)));
  EXPECT_FALSE(accepts(R"({"const":[1,2]})", "[2,1]"));
  EXPECT_TRUE(accepts(compiled(R"({"const":{"a":1}})"), Value(Value::Object{{"a", 1}, {"b", kUndefined}})));
  EXPECT_THAT(problems(R"({"enum":["a","b"]})", R"("c")"), ElementsAre(" enum"));
  std::string many = R"({"enum":[)";
  for (int i = 0; i < 5000; ++i) many += "\"v" + std::to_string(i) + "\"," + std::to_string(i) + ",";
  const Schema schema = compiled(many + R"({"a":[1,{"b":2}]}]})");
  EXPECT_TRUE(accepts(schema, Value("v4999")));
  EXPECT_TRUE(accepts(schema, Value(4999)));
  EXPECT_TRUE(accepts(schema, json(R"({"a":[1,{"b":2}]})")));
  EXPECT_FALSE(accepts(schema, Value("v5000")));
  EXPECT_FALSE(accepts(schema, Value(4999.5)));
}

TEST(Arrays, ItemsPrefixAndRest) {
  const auto* tuple = R"({"prefixItems":[{"type":"string"},{"type":"number"}],"items":false})";
  EXPECT_TRUE(accepts(tuple, R"(["a",1])"));
  EXPECT_TRUE(accepts(tuple, R"(["a"])"));
  EXPECT_THAT(problems(tuple, R"([1,"a",true,false])"), ElementsAre("/0 type", "/1 type", "/2 additional_items"));
  EXPECT_THAT(problems(R"({"items":{"type":"null"}})", "[null,1]"), ElementsAre("/1 type"));
  EXPECT_THAT(problems(R"({"minItems":1,"maxItems":2})", "[]"), ElementsAre(" min_items"));
  EXPECT_THAT(problems(R"({"minItems":1,"maxItems":2})", "[1,2,3]"), ElementsAre(" max_items"));
}

TEST(Arrays, ContainsCounts) {
  EXPECT_THAT(problems(R"({"contains":{"type":"null"}})", "[1]"), ElementsAre(" contains"));
  EXPECT_TRUE(accepts(R"({"contains":{"type":"null"},"minContains":0})", "[]"));
  EXPECT_THAT(problems(R"({"contains":{"type":"null"},"minContains":2})", "[null]"), ElementsAre(" min_contains"));
  EXPECT_THAT(problems(R"({"contains":{"type":"null"},"maxContains":1})", "[null,null]"), ElementsAre(" max_contains"));
  EXPECT_TRUE(accepts(R"({"minContains":5})", "[]"));
}

TEST(Arrays, UniqueItems) {
  EXPECT_THAT(problems(R"({"uniqueItems":true})", "[1,2,1.0]"), ElementsAre(" unique_items"));
  EXPECT_TRUE(accepts(R"({"uniqueItems":true})", R"([1,true,"1",[1],{"a":1},null,0,false])"));
  EXPECT_FALSE(accepts(R"({"uniqueItems":true})", R"([{"a":1,"b":2},{"b":2,"a":1}])"));
  EXPECT_FALSE(accepts(R"({"uniqueItems":true})", R"([1,2,3,4,5,6,7,8,9,10,{"a":1,"b":[2]},11,{"b":[2],"a":1}])"));
  EXPECT_TRUE(accepts(R"({"uniqueItems":false})", "[1,1]"));
}

TEST(Objects, PropertiesPatternsAndTheRest) {
  const auto* schema = R"({"properties":{"id":{"type":"integer"}},"patternProperties":{"^x-":{"type":"string"}},
      "additionalProperties":{"type":"boolean"},"required":["id"]})";
  EXPECT_TRUE(accepts(schema, R"({"id":1,"x-a":"b","other":true})"));
  EXPECT_THAT(problems(schema, R"({"x-a":1,"other":1})"),
              UnorderedElementsAre("/x-a type", "/other type", "/id required"));
  EXPECT_THAT(problems(R"({"additionalProperties":false})", R"({"a/b~c":1})"),
              ElementsAre("/a~1b~0c additional_property"));
  EXPECT_THAT(problems(R"({"minProperties":2})", R"({"a":1})"), ElementsAre(" min_properties"));
  EXPECT_THAT(problems(R"({"maxProperties":1})", R"({"a":1,"b":2})"), ElementsAre(" max_properties"));
  EXPECT_TRUE(accepts(R"({"properties":{"__proto__":{"type":"string"}},"additionalProperties":false})",
                      R"({"__proto__":"x"})"));
  EXPECT_FALSE(accepts(R"({"additionalProperties":false})", R"({"__proto__":"x"})"));
  EXPECT_FALSE(accepts(R"({"required":["toString"]})", "{}"));
}

TEST(Objects, OrderOfKeysDoesNotMatter) {
  const auto* schema = R"({"properties":{"a":{"const":1},"b":{"const":2},"c":{"const":3}},"required":["a","b","c"],
                           "additionalProperties":false})";
  for (const char* value : {R"({"a":1,"b":2,"c":3})", R"({"c":3,"b":2,"a":1})", R"({"b":2,"c":3,"a":1})"}) {
    EXPECT_TRUE(accepts(schema, value)) << value;
  }
}

TEST(Objects, MoreThan64RequiredKeys) {
  std::string properties;
  std::string required;
  Value::Object object;
  for (int i = 0; i < 150; ++i) {
    const std::string key = "k" + std::to_string(i);
    properties += (i > 0 ? ",\"" : "\"") + key + "\":{\"type\":\"number\"}";
    required += (i > 0 ? ",\"" : "\"") + key + "\"";
    object.emplace_back(key, i);
  }
  const Schema schema = compiled("{\"properties\":{" + properties + "},\"required\":[" + required + "]}");
  EXPECT_TRUE(accepts(schema, Value(object)));
  for (const std::size_t gone : {std::size_t{0}, std::size_t{63}, std::size_t{64}, std::size_t{149}}) {
    Value::Object without = object;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(gone));
    EXPECT_THAT(problems(schema, Value(without)), ElementsAre("/k" + std::to_string(gone) + " required"));
  }
}

TEST(Objects, NamesAndDependents) {
  EXPECT_THAT(problems(R"({"propertyNames":{"pattern":"^[a-z]+$"}})", R"({"a":1,"B":2})"),
              ElementsAre("/B property_name"));
  EXPECT_THAT(problems(R"({"propertyNames":{"enum":["a"]}})", R"({"b":2})"), ElementsAre("/b property_name"));
  EXPECT_THAT(problems(R"({"propertyNames":false})", R"({"b":2})"), ElementsAre("/b property_name"));
  EXPECT_FALSE(accepts(R"({"propertyNames":{"type":"number"}})", R"({"b":2})"));
  EXPECT_THAT(problems(R"({"dependentRequired":{"a":["b","c"]}})", R"({"a":1,"b":1})"),
              ElementsAre("/c dependent_required"));
  EXPECT_THAT(problems(R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"({"a":1})"), ElementsAre("/b required"));
}

TEST(Logic, Combinations) {
  EXPECT_THAT(problems(R"({"allOf":[{"minimum":2},{"multipleOf":2}]})", "1"), ElementsAre(" minimum", " multiple_of"));
  EXPECT_TRUE(accepts(R"({"anyOf":[{"type":"string"},{"minimum":2}]})", "2"));
  EXPECT_THAT(problems(R"({"anyOf":[{"minimum":3},{"multipleOf":2}]})", "1"), ElementsAre(" any_of"));
  EXPECT_THAT(problems(R"({"oneOf":[{"minimum":1},{"maximum":2}]})", "1"), ElementsAre(" one_of"));
  EXPECT_THAT(problems(R"({"not":{"type":"string"}})", R"("a")"), ElementsAre(" not"));
  const auto* conditional = R"({"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}})";
  EXPECT_THAT(problems(conditional, R"("a")"), ElementsAre(" min_length"));
  EXPECT_THAT(problems(conditional, "1"), ElementsAre(" minimum"));
  EXPECT_TRUE(accepts(R"({"then":false,"else":false})", "1"));
  EXPECT_THAT(problems("false", "1"), ElementsAre(" false_schema"));
}

TEST(Logic, TheOnlyBranchThatCanBeMeantSaysWhatIsWrong) {
  EXPECT_THAT(problems(R"({"anyOf":[{"type":"string","maxLength":1},{"type":"null"}]})", R"("long")"),
              ElementsAre(" max_length"));
  const auto* tagged = R"({"oneOf":[
      {"type":"object","properties":{"ok":{"const":true},"value":{"type":"number"}},"required":["ok","value"]},
      {"type":"object","properties":{"ok":{"const":false},"error":{"type":"string"}},"required":["ok","error"]}]})";
  EXPECT_THAT(problems(tagged, R"({"ok":false})"), ElementsAre("/error required"));
  EXPECT_THAT(problems(tagged, R"({"ok":true,"value":"1"})"), ElementsAre("/value type"));
  EXPECT_THAT(problems(tagged, R"({})"), ElementsAre(" one_of"));
}

TEST(Ref, PointersAnchorsAndRecursion) {
  const auto* tree = R"({"$defs":{"node":{"$anchor":"node","type":"object","properties":{"next":{"$ref":"#node"},
      "value":{"type":"integer"}},"additionalProperties":false}},"$ref":"#/$defs/node"})";
  EXPECT_TRUE(accepts(tree, R"({"value":1,"next":{"next":{"value":2}}})"));
  EXPECT_THAT(problems(tree, R"({"next":{"next":{"value":"2"}}})"), ElementsAre("/next/next/value type"));
  EXPECT_FALSE(accepts(R"({"$defs":{"a/b~c d":{"type":"null"}},"$ref":"#/$defs/a~1b~0c%20d"})", "1"));
  EXPECT_TRUE(accepts(R"({"$id":"https://example.org/s","$defs":{"n":{"type":"null"}},
                          "$ref":"https://example.org/s#/$defs/n"})",
                      "null"));
  EXPECT_THAT(problems(R"({"$defs":{"a":{"type":"string"}},"properties":{"x":{"$ref":"#/$defs/a","maxLength":1}}})",
                       R"({"x":"ab"})"),
              ElementsAre("/x max_length"))
      << "in 2020-12 the neighbours of $ref apply";
  EXPECT_FALSE(accepts(R"({"prefixItems":[{"type":"null"},{"$ref":"#/prefixItems/0"}]})", "[null,1]"));
}

TEST(Ref, RefusedWhereItCannotWork) {
  EXPECT_THAT(refusals(R"({"$ref":"#/$defs/none"})"), ElementsAre("/$ref unresolved_ref"));
  EXPECT_THAT(refusals(R"({"$ref":"#none"})"), ElementsAre("/$ref unresolved_ref"));
  EXPECT_THAT(refusals(R"({"$ref":"https://example.org/x"})"), ElementsAre("/$ref remote_ref"));
  EXPECT_THAT(refusals(R"({"$ref":"other.json#/a"})"), ElementsAre("/$ref remote_ref"));
  EXPECT_THAT(refusals(R"({"default":{"type":"null"},"$ref":"#/default"})"), ElementsAre("/$ref unresolved_ref"));
  EXPECT_THAT(refusals(R"({"$ref":"#"})"), ElementsAre("/$ref endless_ref"));
  EXPECT_THAT(refusals(R"({"anyOf":[{"type":"null"},{"$ref":"#"}]})"), ElementsAre("/anyOf/1/$ref endless_ref"));
  EXPECT_THAT(refusals(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"not":{"$ref":"#/$defs/a"}}}})").size(), 1U);
  EXPECT_THAT(refusals(R"({"dependentSchemas":{"a":{"$ref":"#"}}})"),
              ElementsAre("/dependentSchemas/a/$ref endless_ref"));
  EXPECT_THAT(refusals(R"({"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}})"),
              ElementsAre("/$defs/b/$anchor duplicate_anchor"));
}

TEST(Compile, RefusesWhatItDoesNotKnowWithThePlace) {
  EXPECT_THAT(refusals(R"({"properties":{"a":{"maxLenght":3}}})"),
              ElementsAre("/properties/a/maxLenght unknown_keyword"));
  EXPECT_THAT(refusals(R"({"x-note":1})"), ElementsAre("/x-note unknown_keyword"));
  for (const char* keyword :
       {"$dynamicRef", "$dynamicAnchor", "unevaluatedItems", "unevaluatedProperties", "$vocabulary", "$recursiveRef"}) {
    EXPECT_THAT(refusals(std::string("{\"") + keyword + "\":false}"),
                ElementsAre(std::string("/") + keyword + " unsupported_keyword"));
  }
  for (const char* keyword : {"dependencies", "additionalItems"}) {
    EXPECT_THAT(refusals(std::string("{\"") + keyword + "\":{}}"),
                ElementsAre(std::string("/") + keyword + " unknown_keyword"));
  }
  EXPECT_THAT(refusals(R"({"format":"colour"})"), ElementsAre("/format unknown_format"));
  EXPECT_THAT(refusals(R"({"$schema":"http://json-schema.org/draft-04/schema#"})"),
              ElementsAre("/$schema unsupported_dialect"));
  EXPECT_THAT(refusals(R"({"properties":{"a":{"$id":"https://example.org/b"}}})"),
              ElementsAre("/properties/a/$id unsupported_keyword"));
  EXPECT_THAT(refusals("1"), ElementsAre(" not_a_schema"));
  EXPECT_THAT(refusals(R"({"items":[true]})"), ElementsAre("/items invalid_keyword"));
}

TEST(Compile, RefusesKeywordsOfTheWrongShape) {
  for (const char* schema : {R"({"type":"text"})",
                             R"({"type":[]})",
                             R"({"enum":[]})",
                             R"({"enum":1})",
                             R"({"multipleOf":0})",
                             R"({"minimum":"1"})",
                             R"({"minLength":-1})",
                             R"({"maxLength":1.5})",
                             R"({"pattern":1})",
                             R"({"format":1})",
                             R"({"uniqueItems":1})",
                             R"({"prefixItems":[]})",
                             R"({"properties":[]})",
                             R"({"required":"a"})",
                             R"({"allOf":[]})",
                             R"({"anyOf":{}})",
                             R"({"$ref":1})",
                             R"({"$anchor":"1a"})",
                             R"({"$defs":[]})",
                             R"({"title":1})",
                             R"({"examples":1})",
                             R"({"writeOnly":"yes"})",
                             R"({"readOnly":1})",
                             R"({"$comment":1})",
                             R"({"contentEncoding":1})",
                             R"({"dependentRequired":[]})",
                             R"({"minProperties":null})",
                             R"({"$id":1})",
                             R"({"$schema":1})"}) {
    const auto found = refusals(schema);
    ASSERT_EQ(found.size(), 1U) << schema;
    EXPECT_THAT(found[0], HasSubstr(" invalid_keyword")) << schema;
  }
  EXPECT_THAT(refusals(R"({"not":1})"), ElementsAre("/not not_a_schema"));
  EXPECT_THAT(refusals(R"({"required":["a","a"]})"), ElementsAre("/required invalid_keyword"));
  EXPECT_THAT(refusals(R"({"type":["null","null"]})"), ElementsAre("/type/1 invalid_keyword"));
  EXPECT_THAT(refusals(Value(Value::Object{{"const", secret("x")}})), ElementsAre(" not_a_schema"));
  EXPECT_THAT(refusals(Value(Value::Object{{"minimum", std::nan("")}})), ElementsAre(" not_a_schema"));
}

TEST(Compile, TellsEveryProblemUpToTheLimit) {
  EXPECT_THAT(
      refusals(R"({"typ":1,"properties":{"a":{"pattern":"("}},"format":"x"})"),
      UnorderedElementsAre("/typ unknown_keyword", "/properties/a/pattern invalid_pattern", "/format unknown_format"));
  Value::Object many;
  for (int i = 0; i < 1000; ++i) many.emplace_back("bad" + std::to_string(i), 1);
  EXPECT_EQ(refusals(Value(many)).size(), SchemaLimits().issues);
}

TEST(Compile, TakesAnnotations) {
  EXPECT_TRUE(accepts(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://example.org/a#",
      "title":"t","description":"d","default":{"unknown":1},"examples":[{"maxLenght":1}],"deprecated":true,
      "readOnly":true,"writeOnly":false,"$comment":"c","contentEncoding":"base64","contentMediaType":"text/plain",
      "contentSchema":{"type":"string"}})",
                      "1"));
}

TEST(Compile, Draft7BySchemaOrByOption) {
  const auto* tuple = R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"null"}],
      "additionalItems":false,"dependencies":{"a":["b"],"c":{"required":["d"]}},"definitions":{"x":true}})";
  EXPECT_TRUE(accepts(tuple, "[null]"));
  EXPECT_FALSE(accepts(tuple, "[null,null]"));
  EXPECT_THAT(problems(tuple, R"({"a":1,"c":1})"), ElementsAre("/b dependent_required", "/d required"));
  SchemaOptions draft7;
  draft7.dialect = SchemaDialect::kDraft7;
  EXPECT_TRUE(accepts(
      compiled(R"({"definitions":{"a":{"$id":"#a","type":"null"}},"$ref":"#a","type":"string"})", draft7), Value()));
  EXPECT_EQ(refusals(json(R"({"prefixItems":[true]})"), draft7),
            std::vector<std::string>{"/prefixItems unknown_keyword"});
}

TEST(Issues, AreListedUpToTheLimit) {
  Value::Array many(1000, Value(1));
  SchemaOptions options;
  options.limits.issues = 10;
  const Schema schema = compiled(R"({"items":{"type":"string"}})", options);
  const auto found = problems(schema, Value(many));
  ASSERT_EQ(found.size(), 10U);
  EXPECT_EQ(found.front(), "/0 type");
  EXPECT_EQ(found.back(), " too_many_issues");
  std::vector<Issue> earlier(3);
  EXPECT_FALSE(schema.validate(Value(many), &earlier));
  EXPECT_EQ(earlier.size(), 13U) << "issues are appended";
}

TEST(Schema, IsSharedBetweenThreads) {
  const Schema schema = compiled(R"({"items":{"pattern":"^(a|b)+c$","type":"string"},"uniqueItems":true})");
  Value::Array array;
  for (int i = 1; i < 30; ++i) array.emplace_back(std::string(static_cast<std::size_t>(i), 'a') + "c");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([schema, array] {
      Value mine(array);
      for (int i = 0; i < 200; ++i) EXPECT_TRUE(schema.validate(mine));
      mine.as_array().emplace_back("ad");
      EXPECT_FALSE(schema.validate(mine));
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(WriteOnly, NothingMarkedNoGuide) {
  EXPECT_EQ(compiled(R"({"properties":{"a":{"writeOnly":false}}})").write_only(), nullptr);
}

TEST(WriteOnly, FollowsTheValue) {
  const Schema schema = compiled(R"({"type":"object","properties":{"name":{"type":"string"},
      "value":{"type":"string","writeOnly":true},"list":{"items":{"$ref":"#/$defs/secret"}},
      "tuple":{"prefixItems":[true,{"writeOnly":true}]}},"$defs":{"secret":{"writeOnly":true}}})");
  const WriteOnlyGuide* guide = schema.write_only();
  ASSERT_NE(guide, nullptr);
  EXPECT_FALSE(guide->here());
  EXPECT_EQ(guide->member("name"), nullptr);
  EXPECT_EQ(guide->member("unknown"), nullptr);
  EXPECT_EQ(guide->element(0), nullptr);
  ASSERT_NE(guide->member("value"), nullptr);
  EXPECT_TRUE(guide->member("value")->here());
  EXPECT_FALSE(guide->member("list")->here());
  EXPECT_TRUE(guide->member("list")->element(7)->here());
  EXPECT_EQ(guide->member("tuple")->element(0), nullptr);
  EXPECT_TRUE(guide->member("tuple")->element(1)->here());
}

TEST(WriteOnly, SeesThroughCombinations) {
  const Schema schema = compiled(R"({"allOf":[{"properties":{"a":{"type":"string"}}},
      {"if":{"required":["kind"]},"then":{"properties":{"a":{"writeOnly":true}}}}],
      "oneOf":[{"additionalProperties":{"anyOf":[{"type":"null"},{"writeOnly":true}]}}],
      "not":{"properties":{"n":{"writeOnly":true}}}})");
  EXPECT_TRUE(schema.write_only()->member("a")->here());
  EXPECT_TRUE(schema.write_only()->member("whatever")->here());
  EXPECT_EQ(compiled(R"({"not":{"writeOnly":true}})").write_only(), nullptr);
  const Schema patterns = compiled(R"({"properties":{"a":{},"b":{}},"patternProperties":{"^a":{"writeOnly":true}},
                                       "additionalProperties":false})");
  EXPECT_TRUE(patterns.write_only()->member("b")->here()) << "a pattern counts for every key";
}

TEST(WriteOnly, CoversWhatLiesInside) {
  const Schema schema = compiled(R"({"properties":{"o":{"type":"object","writeOnly":true,"properties":{"x":{}}}}})");
  EXPECT_TRUE(schema.write_only()->member("o")->member("x")->here());
  EXPECT_TRUE(schema.write_only()->member("o")->element(3)->member("y")->here());
}

TEST(WriteOnly, RecursionEnds) {
  const Schema schema = compiled(R"({"properties":{"next":{"$ref":"#"},"key":{"writeOnly":true}}})");
  const WriteOnlyGuide* guide = schema.write_only();
  for (int i = 0; i < 100; ++i) guide = guide->member("next");
  EXPECT_TRUE(guide->member("key")->here());
  EXPECT_EQ(compiled(R"({"properties":{"next":{"$ref":"#"}},"$defs":{"unused":{"writeOnly":true}}})").write_only(),
            nullptr);
}

}  // namespace
}  // namespace strongroom
