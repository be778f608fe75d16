#include "access/handle_table.h"

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/secure_heap.h"
#include "crypto/random.h"

namespace strongroom {
namespace {

constexpr std::string_view kHandlePrefix = "hdl_";

/// base64url without padding (RFC 4648, section 5).
std::string handle_text(ByteView random) {
  std::string text = to_base64(random);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return std::string(kHandlePrefix) + text;
}

Status cleared() { return {Code::kHandleInvalid, "the store was locked before the handle was given"}; }

}  // namespace

std::uint64_t HandleTable::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

Result<std::shared_ptr<HandleTable::Reserved>> HandleTable::reserve(const Principal& principal, std::uint64_t epoch,
                                                                    std::int64_t now) {
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_) return cleared();
  const auto full = [&] {
    return handles_.size() + reserved_ >= kMaxHandles || held_[principal] >= kMaxHandlesOfPrincipal;
  };
  if (full()) {
    std::erase_if(handles_, [&](const auto& entry) {
      if (entry.second.expires_at > now) return false;
      --held_[entry.second.principal];
      return true;
    });
    if (full()) return Status(Code::kLimitExceeded, "too many handles are out; release those that are not needed");
  }
  std::shared_ptr<Reserved> reserved(new Reserved(*this, principal, epoch));
  ++held_[principal];
  ++reserved_;
  return reserved;
}

Result<std::string> HandleTable::issue(HandleBinding binding, Reserved& reserved) {
  std::array<std::uint8_t, 32> random{};
  SR_RETURN_IF_ERROR(fill_random(random));
  std::string handle = handle_text(random);
  wipe(random);
  const std::lock_guard lock(mutex_);
  if (reserved.epoch_ != epoch_ || !reserved.open_) return cleared();
  reserved.open_ = false;
  --reserved_;
  handles_.emplace(sha256(as_bytes(handle)), std::move(binding));
  return handle;
}

void HandleTable::give_up(Reserved& reserved) {
  const std::lock_guard lock(mutex_);
  if (reserved.epoch_ != epoch_ || !reserved.open_) return;
  --reserved_;
  --held_[reserved.principal_];
}

std::optional<HandleBinding> HandleTable::find(std::string_view handle, std::int64_t now) const {
  const Digest256 hash = sha256(as_bytes(handle));
  const std::lock_guard lock(mutex_);
  const auto found = handles_.find(hash);
  if (found == handles_.end() || found->second.expires_at <= now) return std::nullopt;
  return found->second;
}

std::optional<HandleBinding> HandleTable::take(std::string_view handle, std::int64_t now) {
  const Digest256 hash = sha256(as_bytes(handle));
  const std::lock_guard lock(mutex_);
  const auto found = handles_.find(hash);
  if (found == handles_.end()) return std::nullopt;
  HandleBinding binding = std::move(found->second);
  handles_.erase(found);
  --held_[binding.principal];
  if (binding.expires_at <= now) return std::nullopt;
  return binding;
}

std::shared_ptr<Lease> HandleTable::lease(const HandleBinding& binding, std::uint64_t epoch,
                                          std::function<void()> on_revoked) {
  auto lease = std::make_shared<Lease>();
  lease->binding_ = binding;
  lease->on_revoked_ = std::move(on_revoked);
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_) {
    lease->revoked_ = true;
    return lease;
  }
  std::erase_if(leases_, [](const std::weak_ptr<Lease>& known) { return known.expired(); });
  leases_.push_back(lease);
  return lease;
}

void HandleTable::drop_grant(std::string_view grant_id) {
  drop_if([&](const HandleBinding& binding) { return binding.grant_id == grant_id; });
}

void HandleTable::drop_connection(std::string_view connection_id, const std::optional<std::string>& field) {
  drop_if([&](const HandleBinding& binding) {
    return binding.connection_id == connection_id && (!field || binding.field == *field);
  });
}

std::vector<std::string> HandleTable::clear() {
  std::vector<std::string> once;
  std::vector<std::shared_ptr<Lease>> leases;
  {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    for (const auto& [hash, binding] : handles_) {
      if (binding.once) once.push_back(binding.grant_id);
    }
    handles_.clear();
    held_.clear();
    reserved_ = 0;
    leases = leases_if([](const HandleBinding&) { return true; });
  }
  revoke(leases);
  return once;
}

std::size_t HandleTable::size() const {
  const std::lock_guard lock(mutex_);
  return handles_.size();
}

void HandleTable::drop_if(const std::function<bool(const HandleBinding&)>& condition) {
  std::vector<std::shared_ptr<Lease>> leases;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(handles_, [&](const auto& entry) {
      if (!condition(entry.second)) return false;
      --held_[entry.second.principal];
      return true;
    });
    leases = leases_if(condition);
  }
  revoke(leases);
}

/// Under the mutex.
std::vector<std::shared_ptr<Lease>> HandleTable::leases_if(const std::function<bool(const HandleBinding&)>& condition) {
  std::vector<std::shared_ptr<Lease>> found;
  for (const std::weak_ptr<Lease>& known : leases_) {
    std::shared_ptr<Lease> lease = known.lock();
    if (lease != nullptr && condition(lease->binding_)) found.push_back(std::move(lease));
  }
  return found;
}

/// Outside of the mutex: what is told may come back here.
void HandleTable::revoke(const std::vector<std::shared_ptr<Lease>>& leases) {
  for (const std::shared_ptr<Lease>& lease : leases) {
    if (!lease->revoked_.exchange(true) && lease->on_revoked_) lease->on_revoked_();
  }
}

}  // namespace strongroom
