#include "keys/secret_service_provider.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/unicode.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "keys/libsecret_api.h"
#include "keys/secret_service_client.h"

namespace strongroom {
namespace {

constexpr const char* kSchema = "org.strongroom.KeySlot";

/// `addresses` (a D-Bus address list) without transports that would launch a bus.
std::string without_launching(std::string_view addresses) {
  std::string out;
  while (!addresses.empty()) {
    const std::size_t end = std::min(addresses.find(';'), addresses.size());
    const std::string_view address = addresses.substr(0, end);
    if (!address.empty() && !address.starts_with("autolaunch:")) {
      if (!out.empty()) out += ';';
      out += address;
    }
    addresses.remove_prefix(std::min(end + 1, addresses.size()));
  }
  return out;
}

/// A file name as the value of a D-Bus address: everything but a few characters is escaped.
std::string address_of_socket(std::string_view path) {
  std::string out = "unix:path=";
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                       c == '_' || c == '/' || c == '.';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += to_hex(as_bytes({&c, 1}));
    }
  }
  return out;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

ItemAttributes identity_of(const SlotRef& slot) { return {{"store", slot.store_id}, {"slot", slot.slot_id}}; }

Status check(const SlotRef& slot) {
  for (const std::string* text : {&slot.store_id, &slot.slot_id, &slot.app_id, &slot.app_name}) {
    if (!count_code_points(*text) || text->find('\0') != std::string::npos) {
      return {Code::kInvalidRequest, "the names of a key slot have to be well-formed text"};
    }
  }
  return {};
}

Status missing() {
  return {Code::kKeyMissing,
          "the keyring has no key for this store: restore the keyring, or put the item back from a backup"};
}

Status no_default_collection() {
  return Status(Code::kKeyringUnavailable, "the keyring has no default collection to keep the key in")
      .with_detail("no-default-collection");
}

/// The key in the first of `items` that holds one; the first failure if none does.
Result<SecureBuffer> read_first(SecretServiceClient& client, const std::vector<std::string>& items, SecureHeap& heap) {
  std::optional<Status> failure;
  for (const std::string& item : items) {
    Result<SecureBuffer> key = client.read_base64(item, kSlotKeySize, heap);
    if (key.ok() && key->size() == kSlotKeySize) return key;
    const Status status =
        key.ok() ? Status(Code::kCorrupt, "the keyring's item is not a key of this store") : key.status();
    if (status.code() != Code::kCorrupt && status.code() != Code::kKeyMissing) return status;
    if (!failure || status.code() == Code::kCorrupt) failure = status;
  }
  return failure ? *failure : missing();
}

}  // namespace

SecretServiceProvider::Options SecretServiceProvider::from_environment() {
  Options options;
  options.bus_address = environment("DBUS_SESSION_BUS_ADDRESS");
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) options.bus_socket = runtime + "/bus";
  return options;
}

SecretServiceProvider::SecretServiceProvider(Options options, std::shared_ptr<SecureHeap> heap)
    : options_(std::move(options)), heap_(std::move(heap)) {}

SecretServiceProvider::~SecretServiceProvider() = default;

Result<std::unique_ptr<SecretServiceClient>> SecretServiceProvider::connect(CancelToken cancel, bool limited) {
  // The bus first: where there is none, nothing is loaded into the process.
  std::string address = without_launching(options_.bus_address);
  struct stat socket {};
  if (address.empty() && options_.bus_address.empty() && !options_.bus_socket.empty() &&
      stat(options_.bus_socket.c_str(), &socket) == 0) {
    address = address_of_socket(options_.bus_socket);
  }
  if (address.empty()) {
    return Status(Code::kKeyringUnavailable,
                  "there is no session bus (neither DBUS_SESSION_BUS_ADDRESS nor $XDG_RUNTIME_DIR/bus leads to one)")
        .with_detail("no-session-bus");
  }
  std::shared_ptr<const LibsecretApi> api;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (api_ == nullptr) {
      SR_ASSIGN_OR_RETURN(api_, LibsecretApi::load(options_.library));
    }
    api = api_;
  }
  return SecretServiceClient::connect(std::move(api), address, std::move(cancel),
                                      limited ? std::optional(options_.probe_limit) : std::nullopt);
}

ProviderProbe SecretServiceProvider::probe() {
  ProviderProbe probe;
  const Status status = [&]() -> Status {
    SR_ASSIGN_OR_RETURN(const std::unique_ptr<SecretServiceClient> client, connect({}, true));
    SR_ASSIGN_OR_RETURN(const std::string collection, client->default_collection());
    if (collection.empty()) {
      if (!client->can_prompt()) return no_default_collection();
      probe.locked = true;
      probe.message = "the Secret Service answers and has no default collection yet";
      return {};
    }
    SR_ASSIGN_OR_RETURN(probe.locked, client->is_locked(collection));
    probe.message = probe.locked ? "the Secret Service answers; its default collection is locked"
                                 : "the Secret Service answers; its default collection is unlocked";
    return {};
  }();
  probe.available = status.ok();
  if (!status.ok()) {
    probe.code = status.detail().empty() ? "keyring-error" : status.detail();
    probe.message = status.message();
  }
  return probe;
}

Result<SecureBuffer> SecretServiceProvider::create(const SlotRef& slot, Interaction interaction, CancelToken cancel) {
  SR_RETURN_IF_ERROR(check(slot));
  SR_ASSIGN_OR_RETURN(const std::unique_ptr<SecretServiceClient> client, connect(std::move(cancel), false));
  SR_ASSIGN_OR_RETURN(std::string collection, client->default_collection());
  if (collection.empty()) {
    if (!interaction.may_prompt || !client->can_prompt()) return no_default_collection();
    SR_ASSIGN_OR_RETURN(collection, client->create_default_collection("Default keyring"));
  }
  SR_ASSIGN_OR_RETURN(const bool locked, client->is_locked(collection));
  if (locked) SR_RETURN_IF_ERROR(client->unlock({collection}, interaction));

  SR_ASSIGN_OR_RETURN(SecureBuffer key, heap_->allocate(kSlotKeySize));
  SR_RETURN_IF_ERROR(fill_random(key.bytes()));
  SR_ASSIGN_OR_RETURN(SecureBuffer text, heap_->allocate(base64_encoded_size(key.size())));
  encode_base64(key.view(), {reinterpret_cast<char*>(text.bytes().data()), text.size()});
  ItemAttributes attributes = identity_of(slot);
  attributes["application"] = slot.app_id;
  attributes["xdg:schema"] = kSchema;
  SR_ASSIGN_OR_RETURN(const std::string item, client->create_item(collection, slot.app_name + " – Strongroom key",
                                                                  attributes, text.view(), interaction));
  // Nothing may rely on the item before it has been read back.
  Result<SecureBuffer> stored = client->read_base64(item, kSlotKeySize, *heap_);
  if (stored.ok() && equal_in_constant_time(stored->view(), key.view())) return stored;
  (void)client->delete_item(item);
  if (!stored.ok()) return stored;
  return Status(Code::kInternal, "the keyring did not keep what was stored in it").with_detail("keyring-error");
}

Result<SecureBuffer> SecretServiceProvider::load(const SlotRef& slot, Interaction interaction, CancelToken cancel) {
  SR_RETURN_IF_ERROR(check(slot));
  SR_ASSIGN_OR_RETURN(const std::unique_ptr<SecretServiceClient> client, connect(std::move(cancel), false));
  SR_ASSIGN_OR_RETURN(SecretServiceClient::Found found, client->search(identity_of(slot)));
  if (found.unlocked.empty()) {
    std::vector<std::string> to_unlock = found.locked;
    if (to_unlock.empty()) {
      SR_ASSIGN_OR_RETURN(const std::string collection, client->default_collection());
      if (collection.empty()) return missing();
      SR_ASSIGN_OR_RETURN(const bool locked, client->is_locked(collection));
      if (!locked) return missing();
      to_unlock.push_back(collection);
    }
    SR_RETURN_IF_ERROR(client->unlock(to_unlock, interaction));
    SR_ASSIGN_OR_RETURN(found, client->search(identity_of(slot)));
  }
  found.unlocked.insert(found.unlocked.end(), found.locked.begin(), found.locked.end());
  return read_first(*client, found.unlocked, *heap_);
}

Status SecretServiceProvider::remove(const SlotRef& slot, CancelToken cancel) {
  SR_RETURN_IF_ERROR(check(slot));
  const bool limited = !cancel.stop_possible();
  SR_ASSIGN_OR_RETURN(const std::unique_ptr<SecretServiceClient> client, connect(std::move(cancel), limited));
  SR_ASSIGN_OR_RETURN(const SecretServiceClient::Found found, client->search(identity_of(slot)));
  for (const std::string& item : found.unlocked) SR_RETURN_IF_ERROR(client->delete_item(item));
  return {};
}

}  // namespace strongroom
