#include "keys/vault_keys.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "crypto/hash.h"
#include "crypto/random.h"

namespace strongroom {
namespace {

constexpr std::uint32_t kFirstGeneration = 1;

Status cancelled() { return Status(Code::kCancelled, "the unlock was cancelled").with_detail("cancelled"); }

Result<SecureBuffer> derive(ByteView vault_key, std::string_view store_id, std::string_view info,
                            const std::shared_ptr<SecureHeap>& heap) {
  SR_ASSIGN_OR_RETURN(SecureBuffer key, heap->allocate(32));
  SR_RETURN_IF_ERROR(hkdf_sha256(vault_key, as_bytes(store_id), as_bytes(info), key.bytes()));
  return key;
}

Result<Subkeys> derive_subkeys(ByteView vault_key, std::uint32_t generation, std::string_view store_id,
                               const std::shared_ptr<SecureHeap>& heap) {
  Subkeys subkeys;
  subkeys.generation = generation;
  SR_ASSIGN_OR_RETURN(subkeys.secret, derive(vault_key, store_id, "strongroom/v1/secret", heap));
  SR_ASSIGN_OR_RETURN(subkeys.audit_seal, derive(vault_key, store_id, "strongroom/v1/audit-seal", heap));
  SR_ASSIGN_OR_RETURN(subkeys.record_mac, derive(vault_key, store_id, "strongroom/v1/record-mac", heap));
  return subkeys;
}

/// One run of load_or_create, shared by the threads that asked for it meanwhile.
struct Attempt {
  bool may_prompt = false;
  std::stop_source stop;
  std::optional<Result<Unlocked>> result;  // set when it has ended
};

}  // namespace

std::string_view key_state_name(KeyState state) {
  switch (state) {
    case KeyState::kLocked: return "locked";
    case KeyState::kUnlocked: return "unlocked";
    case KeyState::kKeyMissing: return "key-missing";
  }
  return "locked";
}

struct VaultKeys::Impl {
  explicit Impl(Options given) : options(std::move(given)) {}

  const Options options;
  mutable std::mutex mutex;
  std::condition_variable_any changed;  // an attempt ended
  std::optional<Unlocked> unlocked;
  bool key_missing = false;
  std::shared_ptr<Attempt> running;

  SlotRef ref(const std::string& slot_id) const {
    return {options.store_id, slot_id, options.app_id, options.app_name};
  }

  Result<Unlocked> load_or_create(Interaction interaction, const CancelToken& cancel) const {
    SR_ASSIGN_OR_RETURN(const std::vector<KeySlot> slots, options.read_slots());
    if (cancel.stop_requested()) return cancelled();
    return slots.empty() ? create(interaction, cancel) : load(slots, interaction, cancel);
  }

  /// The subkeys of the vault key.
  Result<Unlocked> load(const std::vector<KeySlot>& slots, Interaction interaction, const CancelToken& cancel) const {
    // Nothing of this version makes a second generation, and nothing would vouch for one: whoever can write to the
    // file could put a vault key of his own beside the store's, and everything new would be encrypted for him.
    for (const KeySlot& slot : slots) {
      if (slot.generation != kFirstGeneration) {
        return Status(Code::kCorrupt, "the key slot " + slot.id + " is of a generation that this store never had")
            .with_detail("slot-generation");
      }
    }
    const KeySlot* used = nullptr;
    SR_ASSIGN_OR_RETURN(const SecureBuffer vault_key, open_slot(slots, interaction, cancel, used));
    return unlocked_with(vault_key.view(), *used, false);
  }

  Result<Unlocked> unlocked_with(ByteView vault_key, const KeySlot& slot, bool created) const {
    std::vector<Subkeys> subkeys(1);
    SR_ASSIGN_OR_RETURN(subkeys[0], derive_subkeys(vault_key, slot.generation, options.store_id, options.heap));
    return Unlocked{std::make_shared<const KeySet>(std::move(subkeys), slot.generation), slot.kind, slot.id, created,
                    false};
  }

  /// The vault key, from the first of the slots that opens, in the order of the providers. If none does, the failure
  /// of the first: that is the provider the app prefers. A person's refusal ends it at once.
  Result<SecureBuffer> open_slot(const std::vector<KeySlot>& slots, Interaction interaction, const CancelToken& cancel,
                                 const KeySlot*& used) const {
    std::optional<Status> failure;
    for (const std::unique_ptr<KeyProvider>& provider : options.providers) {
      for (const KeySlot& slot : slots) {
        if (slot.kind != provider->kind()) continue;
        const Result<SecureBuffer> slot_key = provider->load(ref(slot.id), interaction, cancel);
        Result<SecureBuffer> vault_key = slot_key.ok()
                                             ? unwrap_vault_key(options.store_id, slot_key->view(), slot, options.heap)
                                             : Result<SecureBuffer>(slot_key.status());
        if (vault_key.ok()) {
          used = &slot;
          return vault_key;
        }
        if (vault_key.status().code() == Code::kCancelled) return vault_key;
        if (!failure) failure = vault_key.status();
      }
    }
    if (failure) return *failure;
    std::string kinds;
    for (const KeySlot& slot : slots) kinds += (kinds.empty() ? "" : ", ") + slot.kind;
    return Status(Code::kKeyringUnavailable,
                  "the store's key is kept by " + kinds + ", which is not among the configured key providers")
        .with_detail("slot-kind-not-configured");
  }

  Result<Unlocked> create(Interaction interaction, const CancelToken& cancel) const {
    std::string reasons;
    std::string detail;
    for (const std::unique_ptr<KeyProvider>& provider : options.providers) {
      const ProviderProbe probe = provider->probe();
      if (cancel.stop_requested()) return cancelled();
      if (probe.available) return create_with(*provider, interaction, cancel);
      // A keyring that is slow today is there tomorrow: the store's key would lie elsewhere for good.
      if (probe.code == kNoAnswer) return Status(Code::kKeyringUnavailable, probe.message).with_detail(probe.code);
      reasons += (reasons.empty() ? "" : "; ") + std::string(provider->kind()) + ": " + probe.message;
      if (detail.empty()) detail = probe.code;
    }
    return Status(Code::kKeyringUnavailable, "no key provider is available (" + reasons + ")").with_detail(detail);
  }

  Result<Unlocked> create_with(KeyProvider& provider, Interaction interaction, const CancelToken& cancel) const {
    std::array<std::uint8_t, 10> random{};
    SR_RETURN_IF_ERROR(fill_random(random));
    KeySlot slot;
    slot.kind = provider.kind();
    slot.created_at_ms = options.clock->now_ms();
    slot.id = make_id("slt_", slot.created_at_ms, random);
    SR_ASSIGN_OR_RETURN(const SecureBuffer slot_key, provider.create(ref(slot.id), interaction, cancel));
    Result<Unlocked> made = prepare_first_slot(slot, slot_key.view());
    if (made.ok() && cancel.stop_requested()) made = cancelled();
    if (!made.ok()) {
      (void)provider.remove(ref(slot.id), {});  // an item that cannot be removed does no harm: it protects nothing
      return made;
    }
    // The last step: once the slot is written, nothing may fail any more.
    const Status written = options.write_slot(
        slot, *made->keys, [&slot](Database& database) { return insert_first_key_slot(database, slot); });
    if (written.ok()) return made;
    // A commit that failed may still have reached the disk, so only a database that was read decides whether the
    // key of `slot` is of no use.
    if (written.code() != Code::kAlreadyExists) return written;
    SR_ASSIGN_OR_RETURN(const std::vector<KeySlot> slots, options.read_slots());
    if (slots.empty()) return written;
    if (std::ranges::none_of(slots, [&slot](const KeySlot& other) { return other.id == slot.id; })) {
      (void)provider.remove(ref(slot.id), cancel);
    }
    return load(slots, interaction, cancel);
  }

  /// Wraps a new vault key into `slot`, and derives its subkeys.
  Result<Unlocked> prepare_first_slot(KeySlot& slot, ByteView slot_key) const {
    SR_ASSIGN_OR_RETURN(SecureBuffer vault_key, options.heap->allocate(kVaultKeySize));
    SR_RETURN_IF_ERROR(fill_random(vault_key.bytes()));
    SR_RETURN_IF_ERROR(wrap_vault_key(options.store_id, slot_key, vault_key.view(), slot));
    return unlocked_with(vault_key.view(), slot, true);
  }

  /// Whether a caller that waited for `attempt` has to try on its own: it ended for want of a right or by a
  /// cancellation that this caller does not share.
  static bool must_try_itself(const Attempt& attempt, const Status& failure, Interaction interaction) {
    if (failure.code() == Code::kCancelled && failure.detail() == "cancelled") return true;
    return interaction.may_prompt && !attempt.may_prompt;
  }
};

VaultKeys::VaultKeys(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

VaultKeys::~VaultKeys() = default;

std::shared_ptr<const KeySet> VaultKeys::current() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->unlocked ? impl_->unlocked->keys : nullptr;
}

KeyState VaultKeys::state() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  if (impl_->unlocked) return KeyState::kUnlocked;
  return impl_->key_missing ? KeyState::kKeyMissing : KeyState::kLocked;
}

std::string VaultKeys::provider_kind() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->unlocked ? impl_->unlocked->kind : std::string();
}

const std::vector<std::unique_ptr<KeyProvider>>& VaultKeys::providers() const { return impl_->options.providers; }

Result<Unlocked> VaultKeys::unlock(Interaction interaction, CancelToken cancel) {
  std::unique_lock<std::mutex> lock(impl_->mutex);
  while (true) {
    if (cancel.stop_requested()) return cancelled();
    if (impl_->unlocked) return *impl_->unlocked;
    if (impl_->running == nullptr) break;
    const std::shared_ptr<Attempt> attempt = impl_->running;
    if (!impl_->changed.wait(lock, cancel, [&] { return attempt->result.has_value(); })) return cancelled();
    const Result<Unlocked>& result = *attempt->result;
    if (result.ok()) {
      Unlocked shared = *result;
      shared.created = shared.changed = false;
      return shared;
    }
    if (attempt->stop.stop_requested() || !Impl::must_try_itself(*attempt, result.status(), interaction)) {
      return result.status();
    }
  }
  const auto attempt = std::make_shared<Attempt>();
  attempt->may_prompt = interaction.may_prompt;
  impl_->running = attempt;
  lock.unlock();
  Result<Unlocked> result = [&] {
    // Two may end it: whoever asked, and lock().
    std::stop_source either;
    const std::stop_callback from_caller(cancel, [&either] { either.request_stop(); });
    const std::stop_callback from_lock(attempt->stop.get_token(), [&either] { either.request_stop(); });
    return impl_->load_or_create(interaction, either.get_token());
  }();
  lock.lock();
  impl_->running.reset();
  // lock() came meanwhile: what was asked last holds, and keys that arrive late are dropped.
  if (attempt->stop.stop_requested()) result = cancelled();
  if (result.ok()) {
    result->changed = true;
    impl_->unlocked = *result;
    impl_->unlocked->created = impl_->unlocked->changed = false;
  }
  impl_->key_missing = !result.ok() && result.status().code() == Code::kKeyMissing;
  attempt->result = result;
  impl_->changed.notify_all();
  return result;
}

void VaultKeys::lock() {
  std::optional<Unlocked> dropped;  // wiped after the mutex is free
  std::shared_ptr<Attempt> attempt;
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    dropped = std::exchange(impl_->unlocked, std::nullopt);
    attempt = impl_->running;
  }
  if (attempt != nullptr) attempt->stop.request_stop();
}

bool VaultKeys::drop(const KeySet& keys) {
  std::optional<Unlocked> dropped;  // wiped after the mutex is free
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  if (!impl_->unlocked || impl_->unlocked->keys.get() != &keys) return false;
  dropped = std::exchange(impl_->unlocked, std::nullopt);
  return true;
}

}  // namespace strongroom
