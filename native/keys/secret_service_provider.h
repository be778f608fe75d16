// The provider `os-keyring` on Linux: each slot key is an item of the Secret Service (GNOME Keyring, KWallet,
// KeePassXC, …) in its default collection.
//
//   schema      org.strongroom.KeySlot            (attribute xdg:schema)
//   attributes  application = the app's id, store = the store's id, slot = the slot's id
//   label       "<app name> – Strongroom key"
//   secret      base64 of the 32 bytes
//
// An item is found by `store` and `slot` alone, so that one put back with another tool serves as well. Whether there
// is a service is asked of the session bus, never guessed from the desktop's name. The bus is the one of
// DBUS_SESSION_BUS_ADDRESS, or else of $XDG_RUNTIME_DIR/bus; none is ever launched.
//
// What a locked keyring means: an item that is found locked, or not found while the default collection is locked
// (services may not search inside one), is a matter of unlocking first; only what is not found in an unlocked keyring
// is KEY_MISSING.
#ifndef STRONGROOM_KEYS_SECRET_SERVICE_PROVIDER_H_
#define STRONGROOM_KEYS_SECRET_SERVICE_PROVIDER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "keys/key_provider.h"

namespace strongroom {

inline constexpr std::string_view kOsKeyringKind = "os-keyring";

struct LibsecretApi;
class SecretServiceClient;

class SecretServiceProvider : public KeyProvider {
 public:
  struct Options {
    std::string bus_address;  // a D-Bus address; empty if the environment names none
    std::string bus_socket;   // a socket to use where there is no address, if it exists
    std::string library = "libsecret-1.so.0";
    std::chrono::milliseconds probe_limit{5000};  // a service that has not answered by then does not answer
  };

  /// The options that the process's environment gives. Reads the environment, so call it where nothing changes that.
  static Options from_environment();

  SecretServiceProvider(Options options, std::shared_ptr<SecureHeap> heap);
  ~SecretServiceProvider() override;

  std::string_view kind() const override { return kOsKeyringKind; }
  /// Available if a service answers and has a default collection or could ask the person for one. Asking starts a
  /// service that the bus can start.
  ProviderProbe probe() override;
  Result<SecureBuffer> create(const SlotRef& slot, Interaction interaction, CancelToken cancel) override;
  Result<SecureBuffer> load(const SlotRef& slot, Interaction interaction, CancelToken cancel) override;
  Status remove(const SlotRef& slot, CancelToken cancel) override;

 private:
  Result<std::unique_ptr<SecretServiceClient>> connect(CancelToken cancel, bool limited);

  Options options_;
  std::shared_ptr<SecureHeap> heap_;
  std::mutex mutex_;
  std::shared_ptr<const LibsecretApi> api_;  // under mutex_
};

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_SECRET_SERVICE_PROVIDER_H_
