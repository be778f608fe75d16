#include "native_validation.h"

#include <algorithm>
#include <utility>

#include "service/contracts_embedded.h"

namespace strongroom::bench {

Result<ValidationBench> ValidationBench::create(std::string_view messages) {
  SR_ASSIGN_OR_RETURN(const Value value, parse_json(messages, MessageLimits{.bytes = 64U << 20, .values = 1000000}));
  ValidationBench bench;
  for (const auto& [name, requests] : value.as_object()) {
    const auto contract = std::ranges::find(embedded_contracts(), name, &EmbeddedContract::channel);
    if (contract == embedded_contracts().end()) return Status(Code::kUnknownChannel, "no such channel: " + name);
    SR_ASSIGN_OR_RETURN(const Value json, parse_json(contract->request, MessageLimits{.depth = 64}));
    SR_ASSIGN_OR_RETURN(Schema schema, Schema::compile(json));
    bench.channels_.emplace(name, Channel{std::move(schema), requests.as_array()});
  }
  return bench;
}

Status ValidationBench::run(std::string_view channel, std::size_t count) const {
  const auto found = channels_.find(channel);
  if (found == channels_.end()) return {Code::kUnknownChannel, "no messages for this channel"};
  const std::vector<Value>& requests = found->second.requests;
  std::vector<Issue> issues;
  std::size_t next = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!found->second.schema.validate(requests[next], &issues)) return {Code::kInvalidRequest, "a request is refused"};
    if (++next == requests.size()) next = 0;
  }
  return {};
}

}  // namespace strongroom::bench
