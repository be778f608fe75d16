// Any text: parse_json refuses it or gives a value that is within the limits and survives being written and read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const strongroom::Result<strongroom::Value> value = strongroom::parse_json(text, {});
  if (!value.ok()) return 0;
  const std::string written = strongroom::to_json(*value);
  const strongroom::Result<strongroom::Value> again = strongroom::parse_json(written, {});
  if (!again.ok() || strongroom::to_json(*again) != written) std::abort();
  return 0;
}
