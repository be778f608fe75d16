// One conversation with the Secret Service of a session bus: the calls the os-keyring provider makes, with their
// failures told apart. (Specification: freedesktop.org, "Secret Storage Service", 0.2.)
//
// It has a bus connection of its own. The process's shared one (g_bus_get) ends the process when the bus dies, and
// libsecret's shared SecretService keeps a session that a restarted daemon does not know; a conversation that is made
// anew for each call has neither trouble, and a bus or daemon that was restarted is simply found again. Prompts are
// run here rather than by libsecret, so that a prompt happens only where it is allowed and can be cancelled.
//
// Secret bytes pass through libsecret's secure memory and SecureBuffers only; on the bus they are encrypted for the
// session (Diffie-Hellman, AES-128-CBC), unless the service supports no encryption.
//
// Threads: a client lives and dies on one thread. Its calls block and end early, with CANCELLED, when the token says.
#ifndef STRONGROOM_KEYS_SECRET_SERVICE_CLIENT_H_
#define STRONGROOM_KEYS_SECRET_SERVICE_CLIENT_H_

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secure_heap.h"
#include "keys/key_provider.h"
#include "keys/libsecret_api.h"

namespace strongroom {

using ItemAttributes = std::map<std::string, std::string>;

class SecretServiceClient {
 public:
  /// Connects to the bus at `address` and to the Secret Service on it, started by the bus if need be. `limit` is for
  /// the whole life of the client; without one, only what needs no person is limited.
  /// KEYRING_UNAVAILABLE: "no-session-bus", "no-secret-service", "no-answer".
  static Result<std::unique_ptr<SecretServiceClient>> connect(std::shared_ptr<const LibsecretApi> api,
                                                              const std::string& address, CancelToken cancel,
                                                              std::optional<std::chrono::milliseconds> limit);
  ~SecretServiceClient();
  SecretServiceClient(const SecretServiceClient&) = delete;
  SecretServiceClient& operator=(const SecretServiceClient&) = delete;

  // The D-Bus paths of items and collections are plain strings here.
  struct Found {
    std::vector<std::string> unlocked;
    std::vector<std::string> locked;
  };
  Result<Found> search(const ItemAttributes& attributes);

  /// The path of the default collection, "" if there is none.
  Result<std::string> default_collection();
  Result<bool> is_locked(const std::string& collection);

  /// Whether a prompt could be shown. gnome-keyring answers "dismissed by the person" when it finds no prompter, so
  /// for it the bus is asked to start the prompter first.
  bool can_prompt();

  /// Unlocks items or collections, with a prompt if there is no other way.
  /// KEYRING_LOCKED if a prompt is not allowed or cannot be shown; CANCELLED, "prompt-dismissed".
  Status unlock(const std::vector<std::string>& paths, Interaction interaction);
  /// Makes a default collection; the person chooses its password. Errors as unlock().
  Result<std::string> create_default_collection(const std::string& label);
  /// The new item's path. `secret` is text. Errors as unlock().
  Result<std::string> create_item(const std::string& collection, const std::string& label,
                                  const ItemAttributes& attributes, ByteView secret, Interaction interaction);
  Status delete_item(const std::string& item);

  /// The bytes whose base64 is the secret of `item`; CORRUPT if it is no base64 or longer than `most` bytes;
  /// KEYRING_LOCKED, KEY_MISSING.
  Result<SecureBuffer> read_base64(const std::string& item, std::size_t most, SecureHeap& heap);

 private:
  struct Impl;
  explicit SecretServiceClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_SECRET_SERVICE_CLIENT_H_
