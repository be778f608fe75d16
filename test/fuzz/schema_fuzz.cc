// A schema from a stranger, and a value from another: `<schema> NUL <value>`. Neither may hang or overflow, and asking
// for the issues does not change the verdict.
#include <string_view>
#include <vector>

#include "base/value.h"
#include "check.h"
#include "schema/schema.h"

using strongroom::Issue;
using strongroom::Schema;
using strongroom::SchemaOptions;
using strongroom::Value;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t split = input.find('\0');
  const auto schema_json = strongroom::parse_json(input.substr(0, split), {});
  if (!schema_json.ok()) return 0;
  SchemaOptions options;
  options.limits.work = 100000;  // a fuzzer has better things to do than to wait for the default bound
  const auto schema = Schema::compile(*schema_json, options);
  if (!schema.ok()) {
    FUZZ_CHECK(schema.status().code() == strongroom::Code::kInvalidSchema && !schema.status().issues().empty());
    return 0;
  }
  const auto value = split == std::string_view::npos ? strongroom::Result<Value>(Value())
                                                     : strongroom::parse_json(input.substr(split + 1), {});
  if (!value.ok()) return 0;
  std::vector<Issue> issues;
  const bool valid = schema->validate(*value, &issues);
  FUZZ_CHECK(valid == issues.empty());
  FUZZ_CHECK(valid == schema->validate(*value));
  return 0;
}
