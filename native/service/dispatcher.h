// One path for every message: limits -> request schema -> role -> handler -> response schema.
//
// The channel table is the embedded contract (contracts_embedded.h, made from the Zod schemas); handlers are added by
// the services. A dispatcher is complete when every channel of the table has its handler and no handler lacks a
// channel: `complete()` says so, and a test asks.
//
// The dispatcher cannot reach decryption: a handler gets a request and answers with a Value, and a response that
// carried a secret, or that its schema does not describe, is not let out.
#ifndef STRONGROOM_SERVICE_DISPATCHER_H_
#define STRONGROOM_SERVICE_DISPATCHER_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/value.h"
#include "schema/schema.h"
#include "service/caller.h"

namespace strongroom {

/// What every message is held to before anything else is done with it.
inline constexpr MessageLimits kMessageLimits{};

/// Called once with the answer, on any thread of the core or before the call that takes it has returned.
template <class T>
using Completion = std::function<void(Result<T>)>;

class Dispatcher {
 public:
  using Handler = std::function<void(const Caller&, const Value& request, Completion<Value> done)>;

  /// Compiles the embedded contracts. INTERNAL if one does not compile, which a test rules out.
  static Result<Dispatcher> create();

  /// Registers the handler of a channel. Before the first dispatch; one handler a channel.
  void handle(std::string_view channel, Handler handler);

  /// Empty if table and handlers agree; otherwise the channels that stand on one side only.
  std::vector<std::string> unmatched() const;

  /// Where the request of `channel` is writeOnly, for the marshaller; nullptr for nowhere, or for an unknown channel.
  const WriteOnlyGuide* write_only(std::string_view channel) const;

  /// Sends one message along the path. `payload` is within kMessageLimits (from_js and parse_json see to that). Any
  /// thread; `done` is called exactly once.
  void dispatch(const Caller& caller, std::string_view channel, const Value& payload, Completion<Value> done) const;

 private:
  struct Channel {
    std::vector<Role> roles;
    Schema request;
    Schema response;
    Handler handler;
  };

  std::map<std::string, Channel, std::less<>> channels_;
  std::vector<std::string> strays_;  // handlers without a channel
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_DISPATCHER_H_
