// The audit log as its readers see it: the channels audit.*, export and retention.
#ifndef STRONGROOM_SERVICE_AUDIT_SERVICE_H_
#define STRONGROOM_SERVICE_AUDIT_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "audit/audit_log.h"
#include "service/dispatcher.h"
#include "service/key_service.h"
#include "storage/store.h"

namespace strongroom {

/// A pull-based export of the log. Outlived by the store.
class AuditExportStream {
 public:
  virtual ~AuditExportStream() = default;
  /// The next piece of text (whole lines), empty after the last. One call at a time; `done` on a reader thread.
  virtual void next(Completion<std::string> done) = 0;
};

/// Threads: every function may be called from any thread. Everything given to the constructor outlives the service.
class AuditService {
 public:
  AuditService(Store& store, const AuditLog& audit, KeyService& keys, PruneLimits limits,
               std::function<void(const Value&)> emit);

  void add_handlers(Dispatcher& dispatcher);

  /// See Strongroom.
  void prune(const Caller& caller, Completion<std::int64_t> done);
  Result<std::shared_ptr<AuditExportStream>> export_audit(std::string_view format);

 private:
  void list(const Value& request, Completion<Value> done);
  void verify(const Caller& caller, Completion<Value> done);
  void days(const Value& request, Completion<Value> done);
  void export_page(const Value& request, Completion<Value> done);

  Store& store_;
  const AuditLog& audit_;
  KeyService& keys_;
  PruneLimits limits_;
  std::function<void(const Value&)> emit_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_AUDIT_SERVICE_H_
