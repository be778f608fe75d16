// The place of a provider that this platform's build does not have: the macOS Keychain and Windows DPAPI, both of
// which will be `os-keyring` there. It is found by name, says what it is, and refuses.
#ifndef STRONGROOM_KEYS_NOT_BUILT_PROVIDER_H_
#define STRONGROOM_KEYS_NOT_BUILT_PROVIDER_H_

#include <string>
#include <utility>

#include "keys/key_provider.h"

namespace strongroom {

class NotBuiltProvider : public KeyProvider {
 public:
  /// `keyring` is its name for people: "the macOS Keychain".
  NotBuiltProvider(std::string kind, std::string keyring) : kind_(std::move(kind)), keyring_(std::move(keyring)) {}

  std::string_view kind() const override { return kind_; }
  /// Never available: "not-built".
  ProviderProbe probe() override {
    return {.available = false, .locked = false, .code = "not-built", .message = refusal().message()};
  }
  Result<SecureBuffer> create(const SlotRef& /*slot*/, Interaction /*interaction*/, CancelToken /*cancel*/) override {
    return refusal();
  }
  Result<SecureBuffer> load(const SlotRef& /*slot*/, Interaction /*interaction*/, CancelToken /*cancel*/) override {
    return refusal();
  }
  Status remove(const SlotRef& /*slot*/, CancelToken /*cancel*/) override { return refusal(); }

 private:
  Status refusal() const {
    return Status(Code::kKeyringUnavailable, keyring_ + " is not built on this platform").with_detail("not-built");
  }

  std::string kind_;
  std::string keyring_;
};

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_NOT_BUILT_PROVIDER_H_
