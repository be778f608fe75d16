// Messages: the first byte chooses a channel, the second a role, the rest is the payload. Whatever comes, there is one
// answer, and a handler is reached only by a role that may and a payload that fits.
#include <array>
#include <optional>
#include <string_view>

#include "base/value.h"
#include "check.h"
#include "service/contracts_embedded.h"
#include "service/dispatcher.h"

using strongroom::Caller;
using strongroom::Code;
using strongroom::Dispatcher;
using strongroom::Result;
using strongroom::Role;
using strongroom::Value;

namespace {

/// A handler that answers with what it got: the way out then has hostile values to check too.
Dispatcher make_dispatcher() {
  Dispatcher dispatcher = std::move(Dispatcher::create()).value();
  for (const auto& contract : strongroom::embedded_contracts()) {
    dispatcher.handle(contract.channel, [](const Caller& caller, const Value& request, auto done) {
      FUZZ_CHECK(caller.role == Role::kCore || caller.role == Role::kSettings);
      FUZZ_CHECK(request.is(Value::Kind::kObject));
      done(request);
    });
  }
  return dispatcher;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Dispatcher dispatcher = make_dispatcher();  // compiled once for the run
  if (size < 2) return 0;
  const auto contracts = strongroom::embedded_contracts();
  constexpr std::array kRoles{Role::kCore, Role::kSettings, Role::kExtension, Role::kTool};
  const auto payload =
      strongroom::parse_json({reinterpret_cast<const char*>(data) + 2, size - 2}, strongroom::kMessageLimits);
  if (!payload.ok()) return 0;
  std::optional<Result<Value>> answer;
  dispatcher.dispatch({kRoles[data[1] % kRoles.size()], "fuzzer"}, contracts[data[0] % contracts.size()].channel,
                      *payload, [&](Result<Value> value) {
                        FUZZ_CHECK(!answer.has_value());
                        answer = std::move(value);
                      });
  FUZZ_CHECK(answer.has_value());
  return 0;
}
