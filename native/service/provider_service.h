// Providers: the channels providers.*, and which of them can be tested.
#ifndef STRONGROOM_SERVICE_PROVIDER_SERVICE_H_
#define STRONGROOM_SERVICE_PROVIDER_SERVICE_H_

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "audit/audit_log.h"
#include "connections/provider_store.h"
#include "service/dispatcher.h"
#include "storage/store.h"

namespace strongroom {

/// Threads: every function may be called from any thread. Everything given to the constructor outlives the service.
class ProviderService {
 public:
  ProviderService(Store& store, ProviderStore& providers, const AuditLog& audit,
                  std::function<void(const Value&)> emit);

  void add_handlers(Dispatcher& dispatcher);

  /// Whether the host language has a test of its own for a provider.
  void set_tester(const std::string& provider_id, bool present);
  bool has_tester(const std::string& provider_id) const;
  /// Whether connections to `provider` can be tested: by that, or by the test of its manifest.
  bool testable(const Provider& provider) const;

 private:
  void list(Completion<Value> done);
  void register_one(const Caller& caller, const Value& manifest, Completion<Value> done);
  void unregister(const Caller& caller, const std::string& id, Completion<Value> done);

  Store& store_;
  ProviderStore& providers_;
  const AuditLog& audit_;
  std::function<void(const Value&)> emit_;
  mutable std::mutex mutex_;
  std::set<std::string> testers_;  // guarded by mutex_
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_PROVIDER_SERVICE_H_
