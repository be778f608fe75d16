// The vault key of one open store: created once, unlocked on demand, held in memory as subkeys until lock().
//
// Opening a store touches no provider; the first use of a secret calls unlock(). No provider call happens inside a
// database transaction: slots are read first, the provider is asked without a transaction, and only the finished
// slot of a new store is written, in one job that another process may have won.
//
// Nothing is changed, deleted or created when an unlock fails: the key put back, the keyring unlocked or the file's
// mode corrected makes the next unlock work, without reopening the store.
//
// Threads: current(), state(), provider_kind(), lock() and drop() never block on a provider and may be called from any
// thread. unlock() blocks until the person has answered, so it runs on a thread of its own.
#ifndef STRONGROOM_KEYS_VAULT_KEYS_H_
#define STRONGROOM_KEYS_VAULT_KEYS_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secure_heap.h"
#include "keys/key_provider.h"
#include "keys/key_slots.h"
#include "keys/subkeys.h"

namespace strongroom {

enum class KeyState : std::uint8_t { kLocked, kUnlocked, kKeyMissing };

/// "locked", "unlocked", "key-missing".
std::string_view key_state_name(KeyState state);

/// What an unlock did. `keys` is never null.
struct Unlocked {
  std::shared_ptr<const KeySet> keys;
  std::string kind;      // the provider that gave the key of the newest generation
  std::string slot_id;   // the slot it opened
  bool created = false;  // this call made the store's first slot (audit: key.create; for master-key-file, the notice)
  bool changed = false;  // this call went from locked to unlocked (audit: key.unlock); false if it was unlocked before
};

class VaultKeys {
 public:
  /// Reads the slots on a reader connection. Called on the thread of unlock().
  using ReadSlots = std::function<Result<std::vector<KeySlot>>()>;
  /// Runs `insert` as (part of) one job of the committer, waits for its commit and returns the outcome:
  /// `insert`'s own Status if it failed, the commit's otherwise. `keys` are those the slot gives; whoever supplies
  /// this adds the audit entry of key.create and the first seal to the same job. Called on the thread of unlock(), at
  /// most once per unlock().
  using WriteSlot =
      std::function<Status(const KeySlot& slot, const KeySet& keys, std::function<Status(Database&)> insert)>;

  struct Options {
    std::string store_id;
    std::string app_id;
    std::string app_name;
    std::vector<std::unique_ptr<KeyProvider>> providers;  // in order of preference
    std::shared_ptr<SecureHeap> heap;
    std::shared_ptr<const Clock> clock;
    ReadSlots read_slots;
    WriteSlot write_slot;
  };

  explicit VaultKeys(Options options);
  ~VaultKeys();  // waits for no one: no unlock() may be running
  VaultKeys(const VaultKeys&) = delete;
  VaultKeys& operator=(const VaultKeys&) = delete;

  /// The subkeys, or null while locked. A holder keeps them alive past lock(): hold them for one job only.
  std::shared_ptr<const KeySet> current() const;
  KeyState state() const;
  /// The kind of the provider that unlocked the store; "" while locked.
  std::string provider_kind() const;
  /// The providers, in order, for `doctor` and status().
  const std::vector<std::unique_ptr<KeyProvider>>& providers() const;

  /// Unlocks the store, or returns at once if it is unlocked. A store without slots gets its first one from the
  /// first provider whose probe says it is available. Calls at the same time share one attempt, each keeping its
  /// own right to prompt and its own cancellation. Errors: those of KeyProvider::load, and
  ///   KEYRING_UNAVAILABLE  for a new store: no provider is available; the detail is the first one's, the message
  ///                        gives the reason of each
  ///   KEYRING_UNAVAILABLE  "slot-kind-not-configured": the store's slots are of kinds that are not in `providers`
  ///   CORRUPT              "slot-does-not-open": the slot's row was changed, or its key replaced by another;
  ///                        "slot-generation": a slot of a generation that no version so far has made
  ///   CANCELLED            "cancelled" also when lock() was called meanwhile
  /// and whatever reading or writing the slots gave.
  Result<Unlocked> unlock(Interaction interaction, CancelToken cancel = {});

  /// Drops the keys (wiped when the last job that holds them ends) and cancels an unlock under way.
  void lock();

  /// Drops the keys if they are still `keys`, and nothing else; whether it did.
  bool drop(const KeySet& keys);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_VAULT_KEYS_H_
