// Secrets: what the channels secrets.* do, and the two in-process ways to a plaintext.
#ifndef STRONGROOM_SERVICE_SECRET_SERVICE_H_
#define STRONGROOM_SERVICE_SECRET_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "audit/audit_log.h"
#include "base/secure_heap.h"
#include "secrets/secret_store.h"
#include "service/dispatcher.h"
#include "service/key_service.h"
#include "storage/store.h"

namespace strongroom {

/// Which of the two ways a plaintext leaves; the audit log tells them apart.
enum class SecretAccess : std::uint8_t { kUse, kReveal };

/// Threads: every function may be called from any thread. Everything given to the constructor outlives the service.
class SecretService {
 public:
  SecretService(Store& store, SecretStore& secrets, const AuditLog& audit, KeyService& keys,
                std::shared_ptr<SecureHeap> heap, std::function<void(const Value&)> emit);

  void add_handlers(Dispatcher& dispatcher);

  /// See Strongroom::access_secret.
  void access(SecretAccess access, std::string id, std::string reason, Completion<SecureBuffer> done);

 private:
  void list(const Value& request, Completion<Value> done);
  void get(const Value& request, Completion<Value> done);
  void create(const Caller& caller, const Value& request, Completion<Value> done);
  void update(const Caller& caller, const Value& request, Completion<Value> done);
  void replace(const Caller& caller, const Value& request, Completion<Value> done);
  void remove(const Caller& caller, const Value& request, Completion<Value> done);

  struct Written {
    SecretInfo info;
    bool changed = true;
  };
  using Work = std::function<Result<Written>(Database&, const KeySet*)>;
  /// Runs `work` with its entry in one job and emits `change` after the commit; neither where nothing changed. `keys`
  /// is null for work without keys.
  void write(AuditDraft draft, KeyService::Keys keys, Work work, std::string change, Completion<Value> done);
  /// The same, once the keys are there; an attempt that fails for want of them is recorded.
  void write_with_keys(const Caller& caller, AuditDraft draft, Work work, std::string change, Completion<Value> done);
  void refuse(AuditDraft draft, Status failure, std::function<void(Status)> then);

  Store& store_;
  SecretStore& secrets_;
  const AuditLog& audit_;
  KeyService& keys_;
  std::shared_ptr<SecureHeap> heap_;
  std::function<void(const Value&)> emit_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_SECRET_SERVICE_H_
