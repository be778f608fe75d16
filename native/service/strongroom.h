// The facade of the core: one open store, with everything that works on it.
//
// Two faces, kept apart. `dispatch` serves messages along the path of the dispatcher and cannot reach a plaintext.
// `access_secret`, `redeem` and the effects give plaintexts, to in-process callers only; no transport is ever handed
// them.
//
// Threads: every function may be called from any thread. Answers come on threads of the core (or before the call
// returns, for what fails at once), each exactly once, also when the store is closed meanwhile (CLOSED or CANCELLED).
// Nothing here blocks the caller on the disk or the keyring, except open and close.
#ifndef STRONGROOM_SERVICE_STRONGROOM_H_
#define STRONGROOM_SERVICE_STRONGROOM_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "service/caller.h"
#include "service/dispatcher.h"
#include "service/effects.h"
#include "service/options.h"

namespace strongroom {

enum class SecretAccess : std::uint8_t;  // service/secret_service.h
class AuditExportStream;                 // service/audit_service.h

class Strongroom {
 public:
  /// Called on threads of the core with an event of the contracts (metadata only).
  using EventSink = std::function<void(const Value& event)>;
  using Done = std::function<void(Status)>;

  struct Stats {
    std::uint64_t commits;
    std::uint64_t jobs;
  };

  /// Opens or creates the store. Blocks on the disk, never on a keyring. Without an effect sink nobody does what only
  /// the host language can do: such requests end with TIMEOUT.
  static Result<std::unique_ptr<Strongroom>> open(StrongroomOptions options, std::shared_ptr<SecureHeap> heap,
                                                  EventSink sink, Effects::Sink effects = nullptr);
  ~Strongroom();  // closes
  Strongroom(const Strongroom&) = delete;
  Strongroom& operator=(const Strongroom&) = delete;

  /// Finishes what was accepted, cancels a prompt, wipes the keys. Blocks until no thread of the core is left; later
  /// calls answer CLOSED. Not from a completion.
  void close();
  /// The beginning of close(), which does not wait: what comes from now on is answered CLOSED.
  void begin_close();

  /// The state, from memory and one small read: fast enough for the JavaScript thread.
  Result<Value> status() const;
  Stats stats() const;

  const Dispatcher& dispatcher() const;
  /// One message, along the path of the dispatcher. One of an extension or a tool that was refused too often is turned
  /// away before anything is looked at: LIMIT_EXCEEDED ("too-many-refusals"), see access/refusal_limit.h.
  /// `ticket`: a number for withdraw(), used once; 0 for none.
  void dispatch(const Caller& caller, std::string_view channel, const Value& payload, Completion<Value> done,
                std::uint64_t ticket = 0);
  /// Who sent the message with this ticket has gone: if it waits for a person, it ends with CANCELLED, which is no
  /// denial. Nothing if it was answered.
  void withdraw(std::uint64_t ticket);

  /// Whether `caller` may see a connection, for a transport that is to tell it of a change. It is no message of the
  /// caller's: the limit on refusals neither stops nor counts it.
  void sees(const Caller& caller, const std::string& connection_id, Completion<bool> done) const;

  /// The plaintext of a secret (UTF-8), after its audit entry was committed. `reason` is 1 to 500 code points.
  void access_secret(SecretAccess access, std::string id, std::string reason, Completion<SecureBuffer> done);

  /// The secret that a handle stands for (UTF-8), after the audit entry of its use was committed, and what it belongs
  /// to:
  /// `{connectionId, providerId, auth}`. HANDLE_INVALID. `reason` is 1 to 500 code points.
  struct RedeemedHandle {
    SecureBuffer plaintext;
    Value info;
  };
  /// `for_program`: INVALID_REQUEST, and no use, unless the provider's auth is one for programs (env or stdin).
  void redeem(const std::string& handle, std::string reason, bool for_program, Completion<RedeemedHandle> done);

  /// The outcome of an effect that the sink was given; dropped if nobody waits for it any more.
  void settle(EffectId id, Result<EffectOutcome> outcome);
  /// Whether the host language shows consent prompts (the effect "consent").
  void set_prompting(bool prompting);
  /// Whether the host language has a test of its own (the effect "test") for a provider.
  void set_tester(const std::string& provider_id, bool present);

  /// Gets the key, with a prompt where there is one; makes it for a new store. Answers once the entry of it is durable;
  /// if that cannot be written, the store stays locked.
  void unlock(Done done);
  /// Drops the keys; they are not fetched again until unlock().
  void lock();
  /// Applies the retention settings. Answers with the number of entries removed.
  void prune(Completion<std::int64_t> done);

  /// The audit log as text, "jsonl" or "csv", pulled piece by piece. Valid until close(), after which it answers
  /// CLOSED.
  Result<std::shared_ptr<AuditExportStream>> export_audit(std::string_view format);

 private:
  class Impl;
  explicit Strongroom(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SERVICE_STRONGROOM_H_
