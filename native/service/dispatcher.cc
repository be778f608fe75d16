#include "service/dispatcher.h"

#include <algorithm>
#include <utility>

#include "service/contracts_embedded.h"

namespace strongroom {
namespace {

/// The contracts are our own text, not a message: a schema may have more values than a message.
constexpr MessageLimits kContractLimits{.bytes = 16U << 20, .depth = 64, .values = 200000};

Result<Schema> compile(std::string_view channel, std::string_view text) {
  Result<Value> json = parse_json(text, kContractLimits);
  if (!json.ok()) return Status(Code::kInternal, "the contract of " + std::string(channel) + " is not JSON");
  Result<Schema> schema = Schema::compile(*json);
  if (schema.ok()) return schema;
  const std::vector<Issue>& issues = schema.status().issues();
  return Status(Code::kInternal, "the contract of " + std::string(channel) + " does not compile" +
                                     (issues.empty() ? "" : ": " + issues[0].path + ": " + issues[0].message));
}

Result<Value> check_response(std::string_view channel, const Schema& schema, Result<Value> answer) {
  if (!answer.ok()) return answer;
  std::vector<Issue> issues;
  if (answer->contains_secret() || !schema.validate(*answer, &issues)) {
    // The place and the rule, never the value: this is the wall that keeps plaintexts in.
    return Status(Code::kInternal, "the answer of " + std::string(channel) + " does not fit its contract" +
                                       (issues.empty() ? "" : ": " + issues[0].path + ": " + issues[0].message));
  }
  return answer;
}

}  // namespace

Result<Dispatcher> Dispatcher::create() {
  Dispatcher dispatcher;
  for (const EmbeddedContract& contract : embedded_contracts()) {
    SR_ASSIGN_OR_RETURN(Schema request, compile(contract.channel, contract.request));
    SR_ASSIGN_OR_RETURN(Schema response, compile(contract.channel, contract.response));
    std::vector<Role> roles;
    for (const std::string_view name : contract.roles) {
      const std::optional<Role> role = parse_role(name);
      if (!role) return Status(Code::kInternal, "the contract of " + std::string(contract.channel) + " names no role");
      roles.push_back(*role);
    }
    dispatcher.channels_.emplace(std::string(contract.channel),
                                 Channel{std::move(roles), std::move(request), std::move(response), nullptr});
  }
  return dispatcher;
}

void Dispatcher::handle(std::string_view channel, Handler handler) {
  const auto found = channels_.find(channel);
  if (found == channels_.end() || found->second.handler) {
    strays_.emplace_back(channel);
  } else {
    found->second.handler = std::move(handler);
  }
}

std::vector<std::string> Dispatcher::unmatched() const {
  std::vector<std::string> names = strays_;
  for (const auto& [name, channel] : channels_) {
    if (!channel.handler) names.push_back(name);
  }
  return names;
}

const WriteOnlyGuide* Dispatcher::write_only(std::string_view channel) const {
  const auto found = channels_.find(channel);
  return found == channels_.end() ? nullptr : found->second.request.write_only();
}

void Dispatcher::dispatch(const Caller& caller, std::string_view channel, const Value& payload,
                          Completion<Value> done) const {
  const auto found = channels_.find(channel);
  if (found == channels_.end() || !found->second.handler) {
    return done(Status(Code::kUnknownChannel, "there is no such channel"));
  }
  const auto& [name, entry] = *found;
  std::vector<Issue> issues;
  if (!entry.request.validate(payload, &issues)) return done(Status::invalid(std::move(issues)));
  if (caller.role != Role::kCore && std::ranges::find(entry.roles, caller.role) == entry.roles.end()) {
    return done(Status(Code::kForbidden, "the role " + std::string(role_name(caller.role)) + " may not use " + name));
  }
  // The entry outlives the call: channels are never removed, and whoever owns the dispatcher waits for its handlers.
  entry.handler(caller, payload,
                [&name = name, &response = entry.response, done = std::move(done)](Result<Value> answer) {
                  done(check_response(name, response, std::move(answer)));
                });
}

}  // namespace strongroom
