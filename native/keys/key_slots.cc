#include "keys/key_slots.h"

#include <algorithm>
#include <optional>

#include "crypto/aead.h"
#include "crypto/random.h"
#include "storage/database.h"

namespace strongroom {
namespace {

Bytes associated_data(std::string_view store_id, const KeySlot& slot) {
  Bytes out;
  append(out, as_bytes("strongroom/slot/v1"));
  append_lp(out, as_bytes(store_id));
  append_lp(out, as_bytes(slot.id));
  append_u32(out, slot.generation);
  return out;
}

Status corrupt(const std::string& slot_id) {
  return Status(Code::kCorrupt, "the key slot " + slot_id +
                                    " does not open: its row was changed, or its key is not the one it was made with")
      .with_detail("slot-does-not-open");
}

/// The name of a kind, as messages give it: of letters, digits and "-", and beginning with a letter.
bool is_kind(std::string_view kind) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return !kind.empty() && kind.size() <= 64 && letter(kind[0]) &&
         std::ranges::all_of(kind, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

Status wrap_vault_key(std::string_view store_id, ByteView slot_key, ByteView vault_key, KeySlot& slot) {
  slot.nonce.resize(kAeadNonceSize);
  slot.wrapped.resize(vault_key.size() + kAeadTagSize);
  SR_RETURN_IF_ERROR(fill_random(slot.nonce));
  return aead_seal(slot_key, slot.nonce, associated_data(store_id, slot), vault_key, slot.wrapped);
}

Result<SecureBuffer> unwrap_vault_key(std::string_view store_id, ByteView slot_key, const KeySlot& slot,
                                      const std::shared_ptr<SecureHeap>& heap) {
  if (slot_key.size() != kAeadKeySize || slot.nonce.size() != kAeadNonceSize ||
      slot.wrapped.size() != kVaultKeySize + kAeadTagSize) {
    return corrupt(slot.id);
  }
  SR_ASSIGN_OR_RETURN(SecureBuffer vault_key, heap->allocate(kVaultKeySize));
  const Status opened =
      aead_open(slot_key, slot.nonce, associated_data(store_id, slot), slot.wrapped, vault_key.bytes());
  if (opened.code() == Code::kCorrupt) return corrupt(slot.id);
  SR_RETURN_IF_ERROR(opened);
  return vault_key;
}

Result<std::vector<KeySlot>> read_key_slots(Database& database) {
  Statement rows = database.prepare(
      "SELECT id, kind, provider, generation, nonce, wrapped, created_at FROM key_slots "
      "ORDER BY generation DESC, created_at, id");
  std::vector<KeySlot> slots;
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool row, rows.step());
    if (!row) return slots;
    KeySlot slot;
    slot.id = rows.text(0);
    slot.kind = rows.text(1);
    slot.provider = rows.text(2);
    const std::int64_t generation = rows.integer(3);
    if (generation < 1 || generation > 0xFFFFFFFFLL || !is_kind(slot.kind)) return corrupt(slot.id);
    slot.generation = static_cast<std::uint32_t>(generation);
    const ByteView nonce = rows.blob(4);
    slot.nonce.assign(nonce.begin(), nonce.end());
    const ByteView wrapped = rows.blob(5);
    slot.wrapped.assign(wrapped.begin(), wrapped.end());
    slot.created_at_ms = rows.integer(6);
    slots.push_back(std::move(slot));
  }
}

Status check_never_keyed(Database& database) {
  Statement traces = database.prepare(
      "SELECT EXISTS (SELECT 1 FROM secret_values) OR EXISTS (SELECT 1 FROM audit_seal) "
      "OR EXISTS (SELECT 1 FROM audit_checkpoint) OR EXISTS (SELECT 1 FROM audit WHERE action = 'key.create')");
  SR_ASSIGN_OR_RETURN(const bool found, traces.step());
  if (!found || traces.integer(0) == 0) return {};
  return Status(Code::kKeyMissing,
                "the store had a key, and its key slots are gone: put the database back from a backup")
      .with_detail("slots-missing");
}

Status insert_first_key_slot(Database& database, const KeySlot& slot) {
  Statement insert = database.prepare(
      "INSERT INTO key_slots (id, kind, provider, generation, nonce, wrapped, created_at) "
      "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM key_slots)");
  insert.bind_all(std::string_view(slot.id), std::string_view(slot.kind), std::string_view(slot.provider),
                  static_cast<std::int64_t>(slot.generation), ByteView(slot.nonce), ByteView(slot.wrapped),
                  slot.created_at_ms);
  SR_RETURN_IF_ERROR(insert.run());
  if (database.changes() == 1) return {};
  // A job may run twice (storage/committer.h): finding its own row is success.
  Statement own = database.prepare("SELECT 1 FROM key_slots WHERE id = ?1");
  own.bind_all(std::string_view(slot.id));
  SR_ASSIGN_OR_RETURN(const bool found, own.step());
  if (!found) return {Code::kAlreadyExists, "the store has a key slot already"};
  return {};
}

}  // namespace strongroom
