// A valid value costs no heap allocation. Counts the calls of operator new by this thread.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>

#include "schema/schema.h"

namespace {
thread_local std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  allocations += 1;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace strongroom {
namespace {

TEST(Allocation, AValidValueCostsNone) {
  const auto schema = Schema::compile(*parse_json(R"({"type":"object","properties":{
      "name":{"type":"string","minLength":1,"maxLength":100},"kind":{"enum":["api_key","ssh_key"]},
      "value":{"type":"string","maxLength":50,"writeOnly":true},"at":{"format":"date-time"},
      "envKey":{"anyOf":[{"type":"string","pattern":"^[A-Z][A-Z0-9_]{0,99}$"},{"type":"null"}]},
      "size":{"type":"number","multipleOf":0.01},"tags":{"uniqueItems":true,"items":{"$ref":"#/$defs/tag"}},
      "metadata":{"type":"object","maxProperties":32,"propertyNames":{"type":"string","pattern":"^[a-zé-]+$"},
                  "additionalProperties":{"type":"string","maxLength":1000}}},
      "required":["name"],"additionalProperties":false,"$defs":{"tag":{"oneOf":[{"type":"string"},{"type":"null"}]}}})",
                                                  {}));
  ASSERT_TRUE(schema.ok()) << schema.status().message();
  const auto value = parse_json(R"({"name":"a name that is longer than any small string",
      "kind":"api_key","value":"ünïcödé ünïcödé ünïcödé ünïcödé ünïcödé","at":"2024-02-29T12:00:00.000Z",
      "envKey":"A_KEY_THAT_IS_LONGER_THAN_ANY_SMALL_STRING","size":19.99,"tags":["a",null],
      "metadata":{"a-key-that-is-longer-than-any-small-string":"x"}})",
                                {});
  ASSERT_TRUE(value.ok());
  ASSERT_TRUE(schema->validate(*value)) << "also makes the matcher that is kept";
  std::vector<Issue> issues;
  const std::size_t before = allocations;
  EXPECT_TRUE(schema->validate(*value));
  EXPECT_TRUE(schema->validate(*value, &issues));
  EXPECT_EQ(allocations, before);
  const auto wrong = parse_json("{}", {});
  const std::size_t between = allocations;
  EXPECT_FALSE(schema->validate(*wrong));
  EXPECT_EQ(allocations, between) << "an answer without issues needs none either";
  EXPECT_FALSE(schema->validate(*wrong, &issues));
  EXPECT_GT(allocations, between);
}

}  // namespace
}  // namespace strongroom
