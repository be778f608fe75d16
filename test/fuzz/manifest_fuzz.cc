// A manifest from a stranger, and what is done with it: it is refused with places, or it comes back from what is stored
// as it was, and a connection's fields are judged by it. Neither may hang or overflow.
#include <string>
#include <string_view>

#include "base/value.h"
#include "check.h"
#include "connections/connection_store.h"
#include "connections/icon.h"
#include "connections/provider.h"

using strongroom::Code;
using strongroom::Provider;
using strongroom::Value;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.starts_with("data:")) {
    const auto status = strongroom::check_icon(input, "/icon");
    FUZZ_CHECK(status.ok() || (status.code() == Code::kInvalidRequest && status.issues().size() == 1));
    return 0;
  }
  const std::size_t split = input.find('\0');
  const auto manifest = strongroom::parse_json(input.substr(0, split), {});
  if (!manifest.ok()) return 0;
  const auto provider = strongroom::parse_manifest(*manifest);
  if (!provider.ok()) {
    const Code code = provider.status().code();
    FUZZ_CHECK(code == Code::kInvalidRequest || code == Code::kInvalidSchema || code == Code::kLimitExceeded);
    FUZZ_CHECK(code == Code::kLimitExceeded || !provider.status().issues().empty());
    return 0;
  }
  const std::string stored = strongroom::to_json(strongroom::manifest_of(*provider));
  const auto read = strongroom::parse_json(stored, {});
  FUZZ_CHECK(read.ok());
  const auto again = strongroom::parse_manifest(*read);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(strongroom::to_json(strongroom::manifest_of(*again)) == stored);
  FUZZ_CHECK(strongroom::provider_terms(*again) == strongroom::provider_terms(*provider));
  if (provider->auth) FUZZ_CHECK(provider->is_secret(provider->auth->field));

  if (split == std::string_view::npos) return 0;
  const auto fields = strongroom::parse_json(input.substr(split + 1), {});
  if (!fields.ok() || !fields->is(Value::Kind::kObject)) return 0;
  strongroom::ConnectionInfo connection;
  connection.fields = *fields;
  for (const auto& issue : strongroom::attention_of(connection, *provider)) {
    FUZZ_CHECK(issue.path.starts_with("/fields") || issue.path.starts_with("/secrets/"));
  }
  return 0;
}
