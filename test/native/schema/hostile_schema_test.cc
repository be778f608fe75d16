// Schemas and values made to hurt: each is refused or answered, quickly.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "schema/schema.h"

namespace strongroom {
namespace {

using std::chrono::seconds;

class Hostile : public testing::Test {
 protected:
  void TearDown() override { EXPECT_LT(std::chrono::steady_clock::now() - start_, seconds(30)); }

  static std::string refusal(const Value& schema) {
    auto result = Schema::compile(schema);
    return result.ok() ? "" : result.status().issues().at(0).code;
  }
  static std::string first_problem(const Schema& schema, const Value& value) {
    std::vector<Issue> issues;
    const bool valid = schema.validate(value, &issues);
    EXPECT_EQ(schema.validate(value), valid);
    return valid ? "" : issues.at(0).code;
  }
  static Schema compile(std::string_view text) {
    auto schema = Schema::compile(*parse_json(text, {}));
    EXPECT_TRUE(schema.ok()) << schema.status().message();
    return schema.ok() ? *schema : *Schema::compile(Value(true));
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Value nested(const char* keyword, int depth) {
  Value schema(true);
  for (int i = 0; i < depth; ++i) {
    Value::Object outer;
    outer.emplace_back(keyword, std::move(schema));
    schema = Value(std::move(outer));
  }
  return schema;
}

/// [inner], without copying what is inside.
Value wrapped(Value inner) {
  Value::Array array;
  array.push_back(std::move(inner));
  return Value(std::move(array));
}

TEST_F(Hostile, DeepSchemasAreRefused) {
  EXPECT_EQ(refusal(nested("not", 60)), "");
  EXPECT_EQ(refusal(nested("not", 65)), "too_large");
  EXPECT_EQ(refusal(nested("items", 5000)), "too_large");
  EXPECT_EQ(refusal(nested("default", 5000)), "too_large");
}

TEST_F(Hostile, LargeSchemasAreRefused) {
  EXPECT_EQ(refusal(Value(Value::Object{{"allOf", Value::Array(19000, Value(true))}})), "");
  EXPECT_EQ(refusal(Value(Value::Object{{"allOf", Value::Array(20001, Value(true))}})), "too_large");
  EXPECT_EQ(refusal(Value(Value::Object{{"default", Value::Array(300000, Value(true))}})), "too_large");
  EXPECT_EQ(refusal(Value(Value::Object{{"enum", Value::Array(20001, Value(true))}})), "too_large");
}

TEST_F(Hostile, LongChainsOfReferencesAreFollowedOnce) {
  Value::Object defs;
  for (int i = 0; i < 9000; ++i) {
    defs.emplace_back("d" + std::to_string(i), Value::Object{{"$ref", "#/$defs/d" + std::to_string(i + 1)}});
  }
  defs.emplace_back("d9000", Value::Object{{"type", "null"}});
  auto schema = Schema::compile(Value(Value::Object{{"$defs", defs}, {"$ref", "#/$defs/d0"}}));
  ASSERT_TRUE(schema.ok()) << schema.status().message();
  EXPECT_EQ(first_problem(*schema, Value()), "");
  EXPECT_EQ(first_problem(*schema, Value(1)), "type");
}

TEST_F(Hostile, NestedApplicationsAreBounded) {
  Value::Object defs;
  for (int i = 0; i < 5000; ++i) {
    defs.emplace_back("d" + std::to_string(i),
                      Value::Object{{"$ref", "#/$defs/d" + std::to_string(i + 1)}, {"minimum", 0}});
  }
  defs.emplace_back("d5000", Value(true));
  auto schema = Schema::compile(Value(Value::Object{{"$defs", defs}, {"$ref", "#/$defs/d0"}}));
  ASSERT_TRUE(schema.ok()) << schema.status().message();
  EXPECT_EQ(first_problem(*schema, Value(1)), "too_costly");
}

TEST_F(Hostile, ALoopThroughManyReferencesIsFound) {
  Value::Object defs;
  for (int i = 0; i < 9000; ++i) {
    const std::string next = "#/$defs/d" + std::to_string((i + 1) % 9000);
    defs.emplace_back("d" + std::to_string(i), Value::Object{{"anyOf", Value::Array{Value::Object{{"$ref", next}}}}});
  }
  EXPECT_EQ(refusal(Value(Value::Object{{"$defs", defs}})), "endless_ref");
}

TEST_F(Hostile, ExponentialCombinationsRunOutOfWork) {
  std::string defs;
  for (int i = 0; i < 40; ++i) {
    const std::string next = R"({"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"}";
    defs += "\"d" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]},";
  }
  const Schema schema = compile("{\"$defs\":{" + defs + R"("d40":{"type":"null"}},"$ref":"#/$defs/d0"})");
  EXPECT_EQ(first_problem(schema, Value()), "");
  EXPECT_EQ(first_problem(schema, Value(1)), "too_costly");
  const Schema negated = compile("{\"$defs\":{" + defs + R"("d40":{"type":"null"}},"not":{"$ref":"#/$defs/d0"}})");
  EXPECT_EQ(first_problem(negated, Value(1)), "too_costly") << "work that ran out is no proof";
}

TEST_F(Hostile, DeepValuesAreBounded) {
  const Schema recursive = compile(R"({"items":{"$ref":"#"}})");
  Value deep;
  for (int i = 0; i < 3000; ++i) deep = wrapped(std::move(deep));
  EXPECT_EQ(first_problem(recursive, deep), "too_costly");
  EXPECT_EQ(first_problem(compile(R"({"uniqueItems":true})"), Value(Value::Array{deep, deep})), "too_costly");
  EXPECT_EQ(first_problem(compile(R"({"const":[[[]]]})"), deep), "const");
}

TEST_F(Hostile, UniqueItemsIsNotQuadratic) {
  const Schema schema = compile(R"({"uniqueItems":true})");
  Value::Array array;
  for (int i = 0; i < 100000; ++i) array.emplace_back("key" + std::to_string(i));
  EXPECT_EQ(first_problem(schema, Value(array)), "");
  array.push_back(array.front());
  EXPECT_EQ(first_problem(schema, Value(array)), "unique_items");
  // Nine levels down hashing stops looking: all of these share a hash.
  Value::Array same_hash;
  for (int i = 0; i < 20000; ++i) {
    Value inner(i);
    for (int depth = 0; depth < 12; ++depth) inner = wrapped(std::move(inner));
    same_hash.push_back(std::move(inner));
  }
  EXPECT_EQ(first_problem(schema, Value(std::move(same_hash))), "too_costly");
}

TEST_F(Hostile, ManyKeysAndManyRulesRunOutOfWork) {
  Value::Array required;
  Value::Object object;
  for (int i = 0; i < 20000; ++i) {
    required.emplace_back("r" + std::to_string(i));
    object.emplace_back("r" + std::to_string(19999 - i), 1);
  }
  auto schema = Schema::compile(Value(Value::Object{{"required", required}}));
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(first_problem(*schema, Value(object)), "too_costly");
}

TEST_F(Hostile, WriteOnlyGuidesOfTangledSchemasEnd) {
  // Each key leads to another combination of the schemas: up to 2^20 different places.
  Value::Object defs;
  Value::Array all;
  for (int i = 0; i < 20; ++i) {
    const auto ref = [](int to) { return Value(Value::Object{{"$ref", "#/$defs/d" + std::to_string(to % 20)}}); };
    Value::Object properties{{"a", ref(i + 1)}};
    properties.emplace_back(
        "b", i % 3 == 0 ? ref(0) : Value(Value::Object{{"anyOf", Value::Array{ref(i + 1), ref(i * 7)}}}));
    if (i == 19) properties.emplace_back("c", Value::Object{{"writeOnly", true}});
    defs.emplace_back("d" + std::to_string(i), Value::Object{{"properties", properties}});
  }
  const auto schema = Schema::compile(Value(Value::Object{{"$defs", defs}, {"$ref", "#/$defs/d0"}}));
  EXPECT_TRUE(schema.ok() || schema.status().issues()[0].code == "too_large");
  Value::Object wide;
  for (int i = 0; i < 15000; ++i) wide.emplace_back("k" + std::to_string(i), Value::Object{{"writeOnly", true}});
  EXPECT_EQ(refusal(Value(Value::Object{{"properties", wide}})), "");
}

}  // namespace
}  // namespace strongroom
