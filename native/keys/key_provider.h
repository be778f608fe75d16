// Where the key of a key slot is kept: the OS keyring or a file. A slot key wraps the vault key (vault_keys.h,
// doc/formats.md) and never encrypts anything else.
//
// Promised by every provider: a key is either there whole or not at all; nothing that exists is ever overwritten,
// and nothing is deleted but an item that remove() is told of. A failed, cancelled or refused call changes nothing.
//
// Threads: any thread, several at a time. The calls block (D-Bus, fsync, a person at a prompt), so never call them
// from the JavaScript thread or the committer.
#ifndef STRONGROOM_KEYS_KEY_PROVIDER_H_
#define STRONGROOM_KEYS_KEY_PROVIDER_H_

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secure_heap.h"

namespace strongroom {

inline constexpr std::size_t kSlotKeySize = 32;

/// The detail of KEYRING_UNAVAILABLE where there is a keyring that has not answered in time.
inline constexpr const char* kNoAnswer = "no-answer";

/// Ends a blocking call from another thread: request_stop() on the source makes the call return CANCELLED (detail
/// "cancelled") promptly. An open prompt is withdrawn where the keyring can do that; an answer to one that stays on the
/// screen (gnome-keyring) only unlocks the keyring.
using CancelToken = std::stop_token;

/// Whether a person may be asked something.
struct Interaction {
  bool may_prompt = false;
};

/// The slot whose key is meant.
struct SlotRef {
  std::string store_id;
  std::string slot_id;
  std::string app_id;    // reverse-DNS
  std::string app_name;  // for people: the keyring's own tools show it
};

/// What a provider says about itself without asking a person and without reading any key.
struct ProviderProbe {
  bool available = false;  // it could create or load a key now, or after a prompt
  bool locked = false;     // available, but a prompt stands between (a locked collection)
  std::string code;        // why not: "no-session-bus", "no-secret-service", …; empty when available
  std::string message;     // one sentence for a person, for `doctor`
  Status insecure = {};    // INSECURE_PERMISSIONS if create() and load() would refuse what is there for that
};

class KeyProvider {
 public:
  virtual ~KeyProvider() = default;

  /// "os-keyring", "master-key-file": the name in options, in the slot's row and in status().
  virtual std::string_view kind() const = 0;

  /// Never prompts, and answers within 10 seconds even if a service hangs.
  virtual ProviderProbe probe() = 0;

  /// Makes the key of a new slot (32 random bytes), stores it durably, reads it back and returns what was read.
  /// A provider with one key for its place (master-key-file) returns the key that is there already.
  virtual Result<SecureBuffer> create(const SlotRef& slot, Interaction interaction, CancelToken cancel) = 0;

  /// The key of `slot`: 32 bytes. Errors, by code and detail:
  ///   KEYRING_UNAVAILABLE  "no-session-bus", "no-secret-service", "no-libsecret", "no-default-collection",
  ///                        "not-built": there is no keyring to ask; "no-answer": it hangs
  ///   KEYRING_LOCKED       "locked": a person would have to unlock it, and may not or cannot be asked
  ///   CANCELLED            "prompt-dismissed" by the person, "cancelled" through `cancel`
  ///   KEY_MISSING          the provider answers and has no such key
  ///   CORRUPT              there is something, but it is not a key
  ///   INSECURE_PERMISSIONS others than the owner could have read or replaced it
  virtual Result<SecureBuffer> load(const SlotRef& slot, Interaction interaction, CancelToken cancel) = 0;

  /// Drops the key that create() just made for `slot`, when another process made the store's first slot sooner.
  /// Never prompts. A key that a place has once for all (master-key-file) is kept.
  /// Where a service is slow, it waits until `cancel` says otherwise; with a token that nobody can stop, as probe()
  /// does.
  virtual Status remove(const SlotRef& slot, CancelToken cancel) = 0;
};

/// The providers of `names`, in that order. INVALID_REQUEST for an empty list, an unknown name or one that stands
/// twice. A name that is known but has no provider on this platform gets one whose probe says so.
/// `dir` is the store's directory, for master-key-file.
Result<std::vector<std::unique_ptr<KeyProvider>>> make_key_providers(const std::vector<std::string>& names,
                                                                     const std::string& dir,
                                                                     std::shared_ptr<SecureHeap> heap);

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_KEY_PROVIDER_H_
