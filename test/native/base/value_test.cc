#include "base/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace strongroom {
namespace {

constexpr MessageLimits kLimits;

std::string again(const std::string& json) {
  const Result<Value> value = parse_json(json, kLimits);
  return value.ok() ? to_json(*value) : "(" + value.status().message() + ")";
}

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Json, ComesBackAsItWasGiven) {
  for (const char* json : {"null", "true", "false", "0", "-1", "1.5", "\"\"", "\"a\"", "[]", "{}", "[1,[2,[]],{}]",
                           "{\"b\":1,\"a\":[true,null],\"\":{\"x\":\"y\"}}", "\"é€😀\"", "9007199254740991"}) {
    EXPECT_EQ(again(json), json);
  }
  EXPECT_EQ(again(" [ 1 , 2 ] "), "[1,2]");
  EXPECT_EQ(again("\"\\u00e9\\ud83d\\ude00\\n\\u0000\""), "\"é😀\\n\\u0000\"");
}

TEST(Json, WhatIsNotJsonIsRefused) {
  for (const std::string& json : std::vector<std::string>{"",
                                                          " ",
                                                          "nul",
                                                          "undefined",
                                                          "NaN",
                                                          "Infinity",
                                                          "-Infinity",
                                                          "01",
                                                          "+1",
                                                          "1.",
                                                          ".5",
                                                          "1e",
                                                          "0x1",
                                                          "'a'",
                                                          "\"a",
                                                          "\"\n\"",
                                                          "\"\\x\"",
                                                          "\"\\ud800\"",
                                                          "\"\\udc00\"",
                                                          "\"\\ud800\\u0041\"",
                                                          "\"\xFF\"",
                                                          "\"\xED\xA0\x80\"",
                                                          "[1,]",
                                                          "[1",
                                                          "[,1]",
                                                          "{\"a\"}",
                                                          "{\"a\":}",
                                                          "{\"a\":1,}",
                                                          "{a:1}",
                                                          "{1:1}",
                                                          "1 2",
                                                          "[] []",
                                                          "// c\n1",
                                                          "1 /* c */",
                                                          "1e999",
                                                          "-1e999",
                                                          std::string("1\0", 2),
                                                          std::string("\0", 1)}) {
    const Result<Value> value = parse_json(json, kLimits);
    EXPECT_EQ(value.status().code(), Code::kInvalidRequest) << json;
  }
}

TEST(Json, ErrorNamesThePlaceAndNotTheText) {
  const Status status = parse_json("{\"value\": \"hunter2\" x}", kLimits).status();
  EXPECT_NE(status.message().find("byte"), std::string::npos);
  EXPECT_EQ(status.message().find("hunter2"), std::string::npos);
}

TEST(Json, RepeatedKeysAreRefusedOnEveryLevel) {
  EXPECT_EQ(parse_json("{\"a\":1,\"a\":1}", kLimits).status().code(), Code::kInvalidRequest);
  EXPECT_EQ(parse_json("[{\"b\":{\"a\":1,\"\\u0061\":2}}]", kLimits).status().code(), Code::kInvalidRequest);
  EXPECT_TRUE(parse_json("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", kLimits).ok());
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](std::size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  EXPECT_TRUE(parse_json(nested(32), kLimits).ok());
  EXPECT_EQ(parse_json(nested(33), kLimits).status().code(), Code::kLimitExceeded);
  EXPECT_EQ(parse_json(repeated("{\"a\":", 33) + "1" + repeated("}", 33), kLimits).status().code(),
            Code::kLimitExceeded);
  // Never by recursion: this would overflow the stack.
  EXPECT_EQ(parse_json(repeated("[", 500000), kLimits).status().code(), Code::kLimitExceeded);
}

TEST(Json, NumberOfValuesIsLimited) {
  const auto array = [](std::size_t elements) { return "[0" + repeated(",0", elements - 1) + "]"; };
  EXPECT_TRUE(parse_json(array(9999), kLimits).ok());
  EXPECT_EQ(parse_json(array(10000), kLimits).status().code(), Code::kLimitExceeded);
}

TEST(Json, SizeIsLimited) {
  const auto string = [](std::size_t size) { return "\"" + std::string(size, 'x') + "\""; };
  const std::size_t room = kLimits.bytes - 8;
  EXPECT_TRUE(parse_json(string(room), kLimits).ok());
  EXPECT_EQ(parse_json(string(room + 1), kLimits).status().code(), Code::kLimitExceeded);
  EXPECT_EQ(parse_json("{" + string(kLimits.bytes) + ":1}", kLimits).status().code(), Code::kLimitExceeded);
}

TEST(Json, NumbersBeyondDoublesPrecisionBecomeTheNearestDouble) {
  EXPECT_EQ(parse_json("9007199254740993", kLimits)->as_number(), 9007199254740992.0);
  EXPECT_EQ(parse_json("18446744073709551616", kLimits)->as_number(), 18446744073709551616.0);
  EXPECT_EQ(parse_json("-9223372036854775809", kLimits)->as_number(), -9223372036854775808.0);
  EXPECT_TRUE(std::signbit(parse_json("-0.0", kLimits)->as_number()));
}

TEST(Json, TextThatIsNotUtf8IsStillWrittenAsJson) { EXPECT_EQ(to_json(Value("a\xFFz")), "\"a\xEF\xBF\xBDz\""); }

TEST(Value, SecretIsWrittenAsNullAndSeenFromOutside) {
  const auto heap = SecureHeap::create();
  const Value secret = Value::secret({heap->copy(as_bytes("hunter2")).value(), 7});
  Value::Object object;
  object.emplace_back("name", "key");
  object.emplace_back("value", secret);
  const Value value(Value::Array{Value(std::move(object))});
  EXPECT_EQ(to_json(value), "[{\"name\":\"key\",\"value\":null}]");
  EXPECT_TRUE(value.contains_secret());
  EXPECT_FALSE(parse_json("[{\"value\":null}]", kLimits)->contains_secret());
  EXPECT_EQ(as_text(value.as_array()[0].find("value")->as_secret().utf8.view()), "hunter2");
}

TEST(Value, UndefinedMemberIsThereButNotFoundNorWritten) {
  Value::Object object;
  object.emplace_back("a", Value::undefined());
  object.emplace_back("b", 1);
  const Value value(std::move(object));
  EXPECT_EQ(value.as_object().size(), 2U);
  EXPECT_EQ(value.find("a"), nullptr);
  ASSERT_NE(value.find("b"), nullptr);
  EXPECT_EQ(value.find("c"), nullptr);
  EXPECT_EQ(Value(1).find("a"), nullptr);
  EXPECT_EQ(to_json(value), "{\"b\":1}");
}

TEST(Value, NumbersAreWrittenAsJavaScriptDoes) {
  EXPECT_EQ(to_json(Value(5.0)), "5");
  EXPECT_EQ(to_json(Value(-5.0)), "-5");
  EXPECT_EQ(to_json(Value(0.1)), "0.1");
  EXPECT_EQ(to_json(Value(-0.0)), "0");
  EXPECT_EQ(to_json(Value(9007199254740991.0)), "9007199254740991");
  EXPECT_EQ(to_json(Value(std::nan(""))), "null");
  EXPECT_EQ(to_json(Value(HUGE_VAL)), "null");
}

TEST(Value, KindsAreThoseOfTheirConstructors) {
  EXPECT_EQ(Value().kind(), Value::Kind::kNull);
  EXPECT_EQ(Value(nullptr).kind(), Value::Kind::kNull);
  EXPECT_EQ(Value::undefined().kind(), Value::Kind::kUndefined);
  EXPECT_EQ(Value(true).kind(), Value::Kind::kBool);
  EXPECT_EQ(Value(1).kind(), Value::Kind::kNumber);
  EXPECT_EQ(Value("text").kind(), Value::Kind::kString);
  EXPECT_EQ(Value(Value::Array{}).kind(), Value::Kind::kArray);
  EXPECT_EQ(Value(Value::Object{}).kind(), Value::Kind::kObject);
}

TEST(Pointer, EscapesWhatRfc6901Says) {
  EXPECT_EQ(pointer_child("", "a"), "/a");
  EXPECT_EQ(pointer_child("/a", "b/c~d"), "/a/b~1c~0d");
  EXPECT_EQ(pointer_child("/a", std::size_t{12}), "/a/12");
  EXPECT_EQ(pointer_child("", ""), "/");
}

}  // namespace
}  // namespace strongroom
