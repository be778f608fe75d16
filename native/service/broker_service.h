// Using a connection without showing its secret: the channels broker.fetch and connections.test.
//
// Both are checked, authorised and written to the audit log before the host language gets to work, and written down
// again with what came of it. Of the answer nothing is let through that repeats the secret, and to a page nothing at
// all.
#ifndef STRONGROOM_SERVICE_BROKER_SERVICE_H_
#define STRONGROOM_SERVICE_BROKER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "access/broker_policy.h"
#include "service/access_service.h"
#include "service/dispatcher.h"
#include "service/effects.h"
#include "service/key_service.h"
#include "service/provider_service.h"
#include "storage/store.h"

namespace strongroom {

/// Threads: every function may be called from any thread. Everything given to the constructor outlives the service.
class BrokerService {
 public:
  struct Parts {
    Store& store;
    ProviderStore& providers;
    ConnectionStore& connections;
    SecretStore& secrets;
    const AuditLog& audit;
    KeyService& keys;
    AccessService& access;
    ProviderService& provider_service;
    Effects& effects;
    std::shared_ptr<SecureHeap> heap;
    std::function<void(const Value&)> emit;
  };
  explicit BrokerService(Parts parts) : parts_(std::move(parts)) {}

  void add_handlers(Dispatcher& dispatcher);

 private:
  /// What is sent, and what is kept to look at the answer with.
  struct Plan {
    Value request;
    std::shared_ptr<const SecureBuffer> credential;
    std::shared_ptr<const Redactor> redactor;
    std::string what;  // for the log: method, origin and path
  };
  /// A test of a connection: by a request, or by the host language with every secret of the connection.
  struct TestPlan {
    std::string kind;  // of the effect
    Value request;
    std::vector<std::pair<std::string, std::shared_ptr<const SecureBuffer>>> secrets;
    std::vector<std::shared_ptr<const Redactor>> redactors;
    std::int64_t started_at = 0;  // Clock::monotonic_ms
  };

  void fetch(const Caller& caller, const Value& request, Completion<Value> done);
  Result<Plan> plan(const Provider& provider, const ConnectionInfo& connection, std::string_view field, ByteView secret,
                    const Value& request);
  void test(const Caller& caller, const std::string& id, Completion<Value> done);
  Result<TestPlan> plan_test(Database& database, const std::string& id, const KeySet& keys);

  Parts parts_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_BROKER_SERVICE_H_
