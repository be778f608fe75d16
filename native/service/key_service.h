// The vault key as the services need it: got at first use, on a thread that may wait for a person.
//
// Everyone who needs the key while it is being got shares one attempt and its outcome: however many uses are waiting,
// a person sees one prompt. After lock() the key is not got again until someone unlocks on purpose.
#ifndef STRONGROOM_SERVICE_KEY_SERVICE_H_
#define STRONGROOM_SERVICE_KEY_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "audit/audit_log.h"
#include "base/result.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "keys/vault_keys.h"
#include "service/caller.h"
#include "service/options.h"
#include "storage/store.h"

namespace strongroom {

struct Notice {
  std::string code;
  std::string message;
};

/// Threads: every function may be called from any thread.
class KeyService {
 public:
  using Keys = std::shared_ptr<const KeySet>;
  using Then = std::function<void(Result<Keys>)>;
  /// Told of each change of the state.
  using OnState = std::function<void(KeyState)>;

  /// `store` and `audit` outlive the service; `audit` takes its keys from source(). INVALID_REQUEST for unknown
  /// providers.
  static Result<std::unique_ptr<KeyService>> create(const StrongroomOptions& options, Store& store,
                                                    std::shared_ptr<SecureHeap> heap, OnState on_state);
  ~KeyService();
  KeyService(const KeyService&) = delete;
  KeyService& operator=(const KeyService&) = delete;

  /// To be called once, before the first unlock: the log that key.create and key.unlock are written to.
  void attach(const AuditLog& audit);

  /// Why the key is wanted.
  enum class Want : std::uint8_t {
    kUse,     ///< to use a secret: may prompt, but not after lock()
    kUnlock,  ///< to unlock on purpose: may prompt, and is told once the entry of it is durable
    kLook,    ///< to check a seal: never prompts or makes a key, and fails rather than waits for a prompt that is open
  };

  /// Calls `then` once: at once if the key is there, otherwise from the key thread or, to unlock, the committer's.
  /// Errors as VaultKeys::unlock, and CLOSED; if the entry of an unlock cannot be written, the keys are dropped and the
  /// answer is as in audited_write.h.
  void with_keys(Want want, const Caller& caller, Then then);

  /// The keys at this moment, null while locked. Never blocks.
  Keys current() const;
  KeyState state() const;
  /// The answer to whoever needs keys that were dropped meanwhile: CLOSED once closing has begun, why their entry could
  /// not be written if that was the reason, otherwise KEYRING_LOCKED ("locked-by-app").
  Status dropped() const;
  /// The provider that holds the key; "" before the store has been unlocked once by this process.
  std::string provider_kind() const;
  std::vector<Notice> notices() const;
  void add_notice(Notice notice);

  void lock();

  /// Cancels an attempt under way and ends the thread; keys in memory stay until wipe().
  void close();
  void wipe();

 private:
  struct Impl;
  explicit KeyService(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// dropped() unless `keys` are still those of the service: the keys that an operation was given may have been
/// dropped by lock() while it was queued.
Status still_unlocked(const KeyService& service, const KeyService::Keys& keys);

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_KEY_SERVICE_H_
