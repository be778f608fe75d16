// The keys that records are protected with, while a store is unlocked: for each generation of the vault key the
// subkeys derived from it (doc/formats.md). Immutable and shared: whoever holds a KeySet keeps its keys in memory, so
// holders let go of it as soon as their work is done.
#ifndef STRONGROOM_KEYS_SUBKEYS_H_
#define STRONGROOM_KEYS_SUBKEYS_H_

#include <cassert>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/secure_heap.h"

namespace strongroom {

/// The subkeys of one generation, 32 bytes each.
struct Subkeys {
  std::uint32_t generation = 0;
  SecureBuffer secret;      // AES-256-GCM of secret records
  SecureBuffer audit_seal;  // HMAC-SHA-256 of audit seals and checkpoints
  SecureBuffer record_mac;  // HMAC-SHA-256 of other records
};

/// Threads: immutable; any thread.
class KeySet {
 public:
  /// `generations` has an element of generation `active`.
  KeySet(std::vector<Subkeys> generations, std::uint32_t active)
      : generations_(std::move(generations)), active_generation_(active) {
    assert(of(active) != nullptr);
  }

  /// The generation that new records are protected with.
  std::uint32_t active_generation() const { return active_generation_; }
  const Subkeys& active() const { return *of(active_generation_); }

  /// The subkeys of `generation`; null if this set has none.
  const Subkeys* of(std::uint32_t generation) const {
    for (const Subkeys& subkeys : generations_) {
      if (subkeys.generation == generation) return &subkeys;
    }
    return nullptr;
  }

 private:
  std::vector<Subkeys> generations_;
  std::uint32_t active_generation_;
};

/// Gives the keys at this moment; null while the store is locked. Any thread; must not block.
using KeySource = std::function<std::shared_ptr<const KeySet>()>;

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_SUBKEYS_H_
