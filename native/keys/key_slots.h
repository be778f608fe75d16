// Key slots as rows of the table key_slots, and the wrapping of the vault key in them (doc/formats.md, "Vault key,
// slots, subkeys"). Synchronous: inside a job of the committer, or on a reader connection.
#ifndef STRONGROOM_KEYS_KEY_SLOTS_H_
#define STRONGROOM_KEYS_KEY_SLOTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure_heap.h"

namespace strongroom {

class Database;

inline constexpr std::size_t kVaultKeySize = 32;

struct KeySlot {
  std::string id;                  // "slt_" and 26 characters
  std::string kind;                // of the provider that keeps the slot's key
  std::string provider = "{}";     // what that provider needs to find it again, a JSON object
  std::uint32_t generation = 1;    // of the vault key inside
  Bytes nonce;                     // 12 bytes
  Bytes wrapped;                   // 48 bytes: ciphertext and tag
  std::int64_t created_at_ms = 0;  // since 1970
};

/// Fills nonce and wrapped of `slot` (whose id and generation are set) with `vault_key` under `slot_key`.
Status wrap_vault_key(std::string_view store_id, ByteView slot_key, ByteView vault_key, KeySlot& slot);

/// The vault key of `slot`. CORRUPT (detail "slot-does-not-open") if it does not authenticate: the row was changed,
/// or the key is not the one it was made with.
Result<SecureBuffer> unwrap_vault_key(std::string_view store_id, ByteView slot_key, const KeySlot& slot,
                                      const std::shared_ptr<SecureHeap>& heap);

/// All slots, newest generation first, oldest slot first within one. CORRUPT for a row of the wrong shape.
Result<std::vector<KeySlot>> read_key_slots(Database& database);

/// OK if nothing in the database was ever made with a key; KEY_MISSING (detail "slots-missing") otherwise. A store that
/// has lost its slots gets no new key: that would begin a new seal over whatever the audit log has become.
Status check_never_keyed(Database& database);

/// Adds the store's first slot. ALREADY_EXISTS, and nothing changed, if there is a slot: another process was first.
Status insert_first_key_slot(Database& database, const KeySlot& slot);

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_KEY_SLOTS_H_
