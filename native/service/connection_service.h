// Connections: the channels connections.*, but for connections.test (broker_service.h).
#ifndef STRONGROOM_SERVICE_CONNECTION_SERVICE_H_
#define STRONGROOM_SERVICE_CONNECTION_SERVICE_H_

#include <functional>
#include <string>

#include "access/cooldown.h"
#include "access/grant_store.h"
#include "audit/audit_log.h"
#include "connections/connection_store.h"
#include "connections/provider_store.h"
#include "service/access_service.h"
#include "service/dispatcher.h"
#include "service/key_service.h"
#include "storage/store.h"

namespace strongroom {

/// Threads: every function may be called from any thread. Everything given to the constructor outlives the service.
class ConnectionService {
 public:
  struct Parts {
    Store& store;
    ProviderStore& providers;
    ConnectionStore& connections;
    GrantStore& grants;
    Cooldown& cooldown;
    const AuditLog& audit;
    KeyService& keys;
    AccessService& access;
    std::function<void(const Value&)> emit;
  };
  explicit ConnectionService(Parts parts) : parts_(std::move(parts)) {}

  void add_handlers(Dispatcher& dispatcher);

 private:
  void list(const Caller& caller, const Value& request, Completion<Value> done);
  void get(const Caller& caller, const Value& request, Completion<Value> done);
  void resolve(const Caller& caller, const Value& request, Completion<Value> done);
  void create(const Caller& caller, const Value& request, Completion<Value> done);
  void update(const Caller& caller, const Value& request, Completion<Value> done);
  void set_secret(const Caller& caller, const Value& request, Completion<Value> done);
  void clear_secret(const Caller& caller, const Value& request, Completion<Value> done);
  void remove(const Caller& caller, const Value& request, Completion<Value> done);
  void usage(const Value& request, Completion<Value> done);

  struct Found {
    ConnectionInfo connection;
    Provider provider;
    bool changed = true;
  };
  using Work = std::function<Result<Found>(Database&, const KeySet&)>;
  /// Runs `work`, once the keys are there, with its entry in one job, and emits `change` after the commit; neither
  /// where nothing changed.
  void write(const Caller& caller, AuditDraft draft, Work work, std::string change, Completion<Value> done);
  /// A connection with its provider, for a write.
  Result<Provider> provider_of(Database& database, std::string_view connection_id);
  /// The view of what was read on `database`, if `caller` may see it; NOT_FOUND otherwise.
  Result<Value> visible(Database& database, const Caller& caller, const ConnectionInfo& connection);

  Parts parts_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_CONNECTION_SERVICE_H_
