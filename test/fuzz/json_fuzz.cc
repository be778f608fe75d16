// JSON text: what is accepted is within the limits, and comes back the same from its own text.
#include "base/value.h"
#include "check.h"

using strongroom::MessageLimits;
using strongroom::Value;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MessageLimits limits{.bytes = 1U << 16, .depth = 16, .values = 1000};
  const auto value = strongroom::parse_json({reinterpret_cast<const char*>(data), size}, limits);
  if (!value.ok()) return 0;
  const std::string text = strongroom::to_json(*value);
  const MessageLimits generous{.bytes = 1U << 22, .depth = 16, .values = 1000};
  const auto again = strongroom::parse_json(text, generous);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(strongroom::to_json(*again) == text);
  return 0;
}
