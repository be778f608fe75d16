// A schema and a value by someone who means harm, as one line of JSON each. Compiling and validating end, whatever they
// say; the short answer and the one with issues agree; and a secret is judged as the string it is.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "schema/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return 0;
  const strongroom::Result<strongroom::Value> source = strongroom::parse_json(text.substr(0, line), {});
  if (!source.ok()) return 0;
  const strongroom::Result<strongroom::Schema> schema = strongroom::Schema::compile(*source);
  if (!schema.ok()) {
    if (schema.status().issues().empty()) std::abort();  // a refusal names the place
    return 0;
  }
  const strongroom::Result<strongroom::Value> value = strongroom::parse_json(text.substr(line + 1), {});
  if (!value.ok()) return 0;
  std::vector<strongroom::Issue> issues;
  const bool valid = schema->validate(*value, &issues);
  if (valid != issues.empty() || issues.size() > strongroom::SchemaLimits{}.issues) std::abort();
  if (valid != schema->validate(*value)) std::abort();
  return 0;
}
