#include "keys/secret_service_client.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace strongroom {
namespace {

constexpr const char* kService = "org.freedesktop.secrets";
constexpr const char* kServicePath = "/org/freedesktop/secrets";
constexpr const char* kServiceInterface = "org.freedesktop.Secret.Service";
constexpr const char* kCollectionInterface = "org.freedesktop.Secret.Collection";
constexpr const char* kItemInterface = "org.freedesktop.Secret.Item";
constexpr const char* kPromptInterface = "org.freedesktop.Secret.Prompt";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";
constexpr const char* kBus = "org.freedesktop.DBus";
constexpr const char* kBusPath = "/org/freedesktop/DBus";
constexpr const char* kGnomeKeyring = "org.gnome.keyring";
constexpr const char* kGnomePrompter = "org.gnome.keyring.SystemPrompter";
constexpr std::string_view kNoPath = "/";  // the specification's "none"

constexpr std::chrono::seconds kConnectLimit{10};
constexpr int kCallTimeoutMs = 25000;  // D-Bus's own default
constexpr int kDismissTimeoutMs = 2000;

Status unavailable(std::string detail, std::string message) {
  return Status(Code::kKeyringUnavailable, std::move(message)).with_detail(std::move(detail));
}

Status locked() {
  return Status(Code::kKeyringLocked, "the keyring is locked; unlock it, or allow a prompt that can be shown")
      .with_detail("locked");
}

Status dismissed() {
  return Status(Code::kCancelled, "the keyring's prompt was dismissed").with_detail("prompt-dismissed");
}

/// G_VARIANT_TYPE would call into GLib; a type string is its own GVariantType.
const GVariantType* type(const char* text) { return reinterpret_cast<const GVariantType*>(text); }

void use_constructor_of_proxy(gpointer service_class, gpointer data) {
  const auto& api = *static_cast<const LibsecretApi*>(data);
  const auto* proxy_class = static_cast<const GObjectClass*>(api.g_type_class_peek(api.g_dbus_proxy_get_type()));
  static_cast<GObjectClass*>(service_class)->constructor = proxy_class->constructor;
}

/// Registers `name`, a subclass of SecretService whose constructor is the one that SecretService itself inherits.
GType register_service_on_connection(const LibsecretApi& api, const char* name) {
  if (const GType known = api.g_type_from_name(name); known != 0) return known;  // from before this copy was unloaded
  GTypeQuery parent{};
  api.g_type_query(api.secret_service_get_type(), &parent);
  GTypeInfo info{};
  info.class_size = static_cast<guint16>(parent.class_size);
  info.instance_size = static_cast<guint16>(parent.instance_size);
  info.class_init = use_constructor_of_proxy;
  info.class_data = &api;
  const GType made = api.g_type_register_static(parent.type, name, &info, GTypeFlags{});
  api.g_type_class_ref(made);  // for good
  return made;
}

/// SecretService, but on a connection that is given: SecretService's own constructor insists on the process's shared
/// session bus. Types live as long as the process, and the class is made at once and kept, so that nothing of it points
/// into this library later. Each copy of this library has its own type, named by where the copy lies, because two that
/// looked for a common name at the same time could both find it free; threads of one copy wait for the first.
GType service_on_connection(const LibsecretApi& api) {
  static const GType type = [&api] {
    static const char marker = 0;
    const auto here = reinterpret_cast<std::uintptr_t>(&marker);
    return register_service_on_connection(api, ("StrongroomSecretService" + std::to_string(here)).c_str());
  }();
  return type;
}

/// Cancels after a time, unless it is destroyed before.
class Watchdog {
 public:
  Watchdog(const LibsecretApi& api, GCancellable* cancellable, std::chrono::milliseconds limit)
      : thread_([this, &api, cancellable, limit](const std::stop_token& stop) {
          std::unique_lock<std::mutex> lock(mutex_);
          if (wake_.wait_for(lock, stop, limit, [&] { return stop.stop_requested(); })) return;
          fired_ = true;
          lock.unlock();
          api.g_cancellable_cancel(cancellable);
        }) {}

  bool fired() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return fired_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  bool fired_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace

struct SecretServiceClient::Impl {
  Impl(std::shared_ptr<const LibsecretApi> library, CancelToken token)
      : api(std::move(library)), cancel(std::move(token)) {
    context = api->own(api->g_main_context_new());
    api->g_main_context_push_thread_default(context.get());
    cancellable = api->own(api->g_cancellable_new());
    on_cancel.emplace(cancel, Cancel{this});
  }

  ~Impl() {
    on_cancel.reset();
    watchdog.reset();
    service.reset();
    if (connection != nullptr) {
      if (closed_handler != 0) api->g_signal_handler_disconnect(connection.get(), closed_handler);
      (void)api->g_dbus_connection_close_sync(connection.get(), nullptr, nullptr);
    }
    connection.reset();
    // What the objects left to be delivered; it holds references.
    while (api->g_main_context_iteration(context.get(), FALSE) != FALSE) {
    }
    api->g_main_context_pop_thread_default(context.get());
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  struct Cancel {
    Impl* impl;
    void operator()() const {
      impl->api->g_cancellable_cancel(impl->cancellable.get());
      impl->api->g_main_context_wakeup(impl->context.get());
    }
  };

  std::shared_ptr<const LibsecretApi> api;
  CancelToken cancel;
  GPtr<GMainContext> context;  // signals for this conversation arrive here, whatever else the thread does
  GPtr<GCancellable> cancellable;
  std::optional<std::stop_callback<Cancel>> on_cancel;
  std::optional<Watchdog> watchdog;
  GPtr<GDBusConnection> connection;
  gulong closed_handler = 0;
  bool closed = false;
  std::string owner;  // the service's unique name: every call goes to the one that was found
  bool is_gnome_keyring = false;
  GPtr<SecretService> service;  // made when a secret is to be carried

  /// What a failed call means. Takes over `error`. The text of a remote error is not repeated: it is not ours.
  Status failure(GError* error) const {
    const GPtr<GError> owned = api->own(error);
    if (cancel.stop_requested()) {
      return Status(Code::kCancelled, "the call to the keyring was cancelled").with_detail("cancelled");
    }
    if (watchdog && watchdog->fired()) return unavailable(kNoAnswer, "the keyring does not answer");
    if (owned == nullptr) return Status(Code::kInternal, "the keyring call failed").with_detail("keyring-error");
    std::string name;
    if (gchar* remote = api->g_dbus_error_get_remote_error(owned.get()); remote != nullptr) {
      name = remote;
      api->g_free(remote);
    }
    if (name == "org.freedesktop.Secret.Error.IsLocked") return locked();
    if (name == "org.freedesktop.Secret.Error.NoSuchObject" || name == "org.freedesktop.DBus.Error.UnknownObject") {
      return {Code::kKeyMissing, "the keyring has no such item any more"};
    }
    if (name == "org.freedesktop.DBus.Error.ServiceUnknown" || name == "org.freedesktop.DBus.Error.NameHasNoOwner" ||
        name.starts_with("org.freedesktop.DBus.Error.Spawn.") || name == "org.freedesktop.DBus.Error.AccessDenied" ||
        name == "org.freedesktop.DBus.Error.Disconnected") {
      return unavailable("no-secret-service", "no Secret Service answers on the session bus (" + name + ")");
    }
    if (name == "org.freedesktop.DBus.Error.NoReply" || name == "org.freedesktop.DBus.Error.Timeout" ||
        name == "org.freedesktop.DBus.Error.TimedOut" || is_io_error(*owned, G_IO_ERROR_TIMED_OUT)) {
      // The bus sends NoReply also for a peer that is gone.
      return unavailable(kNoAnswer, "the keyring does not answer");
    }
    if (is_io_error(*owned, G_IO_ERROR_CLOSED)) return unavailable("no-session-bus", "the session bus is gone");
    return Status(Code::kInternal, "the keyring refused a call" + (name.empty() ? name : " (" + name + ")"))
        .with_detail("keyring-error");
  }

  bool is_io_error(const GError& error, int code) const {
    return error.domain == api->g_io_error_quark() && error.code == code;
  }

  /// Takes over `parameters` (floating).
  Result<GPtr<GVariant>> call(const char* destination, const char* path, const char* interface, const char* method,
                              GVariant* parameters, const char* reply) {
    GError* error = nullptr;
    GVariant* result = api->g_dbus_connection_call_sync(connection.get(), destination, path, interface, method,
                                                        parameters, type(reply), G_DBUS_CALL_FLAGS_NONE, kCallTimeoutMs,
                                                        cancellable.get(), &error);
    if (result == nullptr) return failure(error);
    return api->own(result);
  }

  Result<GPtr<GVariant>> call_service(const char* method, GVariant* parameters, const char* reply) {
    return call(owner.c_str(), kServicePath, kServiceInterface, method, parameters, reply);
  }

  Result<GPtr<GVariant>> call_bus(const char* method, GVariant* parameters, const char* reply) {
    return call(kBus, kBusPath, kBus, method, parameters, reply);
  }

  GPtr<GVariant> child(const GPtr<GVariant>& container, gsize index) const {
    return api->own(api->g_variant_get_child_value(container.get(), index));
  }

  std::string text(const GPtr<GVariant>& value) const { return api->g_variant_get_string(value.get(), nullptr); }

  std::vector<std::string> texts(const GPtr<GVariant>& array) const {
    std::vector<std::string> out;
    const gsize size = api->g_variant_n_children(array.get());
    for (gsize i = 0; i < size; ++i) out.push_back(text(child(array, i)));
    return out;
  }

  bool has_owner(const char* name) {
    const auto reply = call_bus("NameHasOwner", api->g_variant_new("(s)", name), "(b)");
    return reply.ok() && api->g_variant_get_boolean(child(*reply, 0).get()) != FALSE;
  }

  Result<std::string> owner_of(const char* name) {
    SR_ASSIGN_OR_RETURN(const GPtr<GVariant> reply, call_bus("GetNameOwner", api->g_variant_new("(s)", name), "(s)"));
    return text(child(reply, 0));
  }

  GVariant* attributes_variant(const ItemAttributes& attributes) const {
    GVariantBuilder builder;
    api->g_variant_builder_init(&builder, type("a{ss}"));
    for (const auto& [key, value] : attributes) {
      api->g_variant_builder_add(&builder, "{ss}", key.c_str(), value.c_str());
    }
    return api->g_variant_builder_end(&builder);
  }

  /// libsecret's own object, on our connection, with an encrypted session open.
  Status open_secret_session() {
    if (service == nullptr) {
      GError* error = nullptr;
      constexpr int kFlags = G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS |
                             G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START;
      void* made = api->g_initable_new(service_on_connection(*api), cancellable.get(), &error, "g-flags", kFlags,
                                       "g-connection", connection.get(), "g-name", owner.c_str(), "g-object-path",
                                       kServicePath, "g-interface-name", kServiceInterface, nullptr);
      if (made == nullptr) return failure(error);
      service = api->own(static_cast<SecretService*>(made));
    }
    GError* error = nullptr;
    if (api->secret_service_ensure_session_sync(service.get(), cancellable.get(), &error) == FALSE) {
      return failure(error);
    }
    return {};
  }

  /// What a prompt's signals left.
  struct PromptEnd {
    Impl* impl;
    bool done = false;          // Completed came
    bool dismissed = true;      // its first value
    bool service_gone = false;  // it cannot come any more
    GPtr<GVariant> value;       // its second value
  };

  static void on_completed(GDBusConnection* /*connection*/, const gchar* /*sender*/, const gchar* /*path*/,
                           const gchar* /*interface*/, const gchar* /*signal*/, GVariant* parameters, gpointer data) {
    auto& end = *static_cast<PromptEnd*>(data);
    const LibsecretApi& api = *end.impl->api;
    if (std::string_view(api.g_variant_get_type_string(parameters)) != "(bv)") return;
    const GPtr<GVariant> flag = api.own(api.g_variant_get_child_value(parameters, 0));
    const GPtr<GVariant> boxed = api.own(api.g_variant_get_child_value(parameters, 1));
    end.dismissed = api.g_variant_get_boolean(flag.get()) != FALSE;
    end.value = api.own(api.g_variant_get_variant(boxed.get()));
    end.done = true;
  }

  static void on_owner_changed(GDBusConnection* /*connection*/, const gchar* /*sender*/, const gchar* /*path*/,
                               const gchar* /*interface*/, const gchar* /*signal*/, GVariant* /*parameters*/,
                               gpointer data) {
    // The only change of a unique name's owner is its end.
    static_cast<PromptEnd*>(data)->service_gone = true;
  }

  static void on_closed(GDBusConnection* /*connection*/, gboolean /*remote*/, GError* /*error*/, gpointer data) {
    static_cast<Impl*>(data)->closed = true;
  }

  bool can_prompt() {
    if (!is_gnome_keyring) return true;
    if (has_owner(kGnomePrompter)) return true;
    // One that cannot open a display ends at once, and the bus says so.
    return call_bus("StartServiceByName", api->g_variant_new("(su)", kGnomePrompter, 0U), "(u)").ok();
  }

  /// Shows the prompt and waits for the person; the value the prompt gives.
  Result<GPtr<GVariant>> run_prompt(const std::string& path, Interaction interaction) {
    if (!interaction.may_prompt || !can_prompt()) {
      call_dismiss(path);
      if (cancel.stop_requested()) return failure(nullptr);
      return locked();
    }
    PromptEnd end{this, false, true, false, nullptr};
    const guint completed = api->g_dbus_connection_signal_subscribe(
        connection.get(), owner.c_str(), kPromptInterface, "Completed", path.c_str(), nullptr, G_DBUS_SIGNAL_FLAGS_NONE,
        on_completed, &end, nullptr);
    const guint gone = api->g_dbus_connection_signal_subscribe(connection.get(), kBus, kBus, "NameOwnerChanged",
                                                               kBusPath, owner.c_str(), G_DBUS_SIGNAL_FLAGS_NONE,
                                                               on_owner_changed, &end, nullptr);
    auto shown = call(owner.c_str(), path.c_str(), kPromptInterface, "Prompt", api->g_variant_new("(s)", ""), "()");
    while (shown.ok() && !end.done && !end.service_gone && !closed && !cancel.stop_requested()) {
      api->g_main_context_iteration(context.get(), TRUE);
    }
    api->g_dbus_connection_signal_unsubscribe(connection.get(), completed);
    api->g_dbus_connection_signal_unsubscribe(connection.get(), gone);
    if (!end.done && (!shown.ok() || cancel.stop_requested())) {
      call_dismiss(path);
      return cancel.stop_requested() ? failure(nullptr) : shown.status();
    }
    if (closed) return unavailable("no-session-bus", "the session bus went away while the keyring's prompt was open");
    if (!end.done) {
      return unavailable("no-secret-service", "the keyring went away while its prompt was open");
    }
    if (!end.dismissed) return std::move(end.value);
    // A prompter that died under the prompt is no decision of the person.
    return is_gnome_keyring && !has_owner(kGnomePrompter) ? locked() : dismissed();
  }

  /// Takes a prompt down, also when everything else has been cancelled. Whether it works makes no difference to us.
  /// Not with gnome-keyring: its daemon (42.1) aborts on a Dismiss while it unlocks, and an abandoned dialog that
  /// stays until somebody closes it does less harm than a keyring that is gone for every program.
  void call_dismiss(const std::string& path) {
    if (is_gnome_keyring) return;
    GVariant* reply = api->g_dbus_connection_call_sync(connection.get(), owner.c_str(), path.c_str(), kPromptInterface,
                                                       "Dismiss", nullptr, type("()"), G_DBUS_CALL_FLAGS_NONE,
                                                       kDismissTimeoutMs, nullptr, nullptr);
    if (reply != nullptr) api->g_variant_unref(reply);
  }

  /// For replies of (object path, prompt path): the object, by way of the prompt if there is one.
  Result<std::string> object_or_prompt(const GPtr<GVariant>& reply, Interaction interaction) {
    std::string object = text(child(reply, 0));
    const std::string prompt = text(child(reply, 1));
    if (prompt == kNoPath) return object;
    SR_ASSIGN_OR_RETURN(const GPtr<GVariant> value, run_prompt(prompt, interaction));
    if (std::string_view(api->g_variant_get_type_string(value.get())) != "o") {
      return Status(Code::kInternal, "the keyring's prompt gave no object").with_detail("keyring-error");
    }
    return text(value);
  }

  /// gnome-keyring (42.1) makes a note of each new caller in an idle handler of its main loop, and the caller's first
  /// message may overtake that: it is then answered as if there were no collection, or the method did not exist. So the
  /// first one asks for what does not depend on the caller; once that is answered, the note is made before the next.
  /// If it fails, so will what follows.
  void introduce() {
    (void)call(owner.c_str(), kServicePath, kProperties, "Get",
               api->g_variant_new("(ss)", kServiceInterface, "Collections"), "(v)");
  }

  Status start(const std::string& address, std::optional<std::chrono::milliseconds> limit) {
    watchdog.emplace(*api, cancellable.get(), limit.value_or(kConnectLimit));
    GError* error = nullptr;
    constexpr auto kFlags = static_cast<GDBusConnectionFlags>(G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                              G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION);
    connection = api->own(
        api->g_dbus_connection_new_for_address_sync(address.c_str(), kFlags, nullptr, cancellable.get(), &error));
    if (connection == nullptr) {
      const Status status = failure(error);
      if (status.code() == Code::kCancelled || status.detail() == kNoAnswer) return status;
      return unavailable("no-session-bus", "no session bus answers at " + address);
    }
    api->g_dbus_connection_set_exit_on_close(connection.get(), FALSE);
    closed_handler = api->g_signal_connect_data(connection.get(), "closed", reinterpret_cast<GCallback>(on_closed),
                                                this, nullptr, GConnectFlags{});
    // The owner first: a service that runs but cannot be started by name is as good.
    Result<std::string> found = owner_of(kService);
    if (!found.ok()) {
      if (found.status().detail() != "no-secret-service") return found.status();
      SR_RETURN_IF_ERROR(call_bus("StartServiceByName", api->g_variant_new("(su)", kService, 0U), "(u)").status());
      found = owner_of(kService);
      if (!found.ok()) return found.status();
    }
    owner = *found;
    const Result<std::string> gnome = owner_of(kGnomeKeyring);
    is_gnome_keyring = gnome.ok() && *gnome == owner;
    if (is_gnome_keyring) introduce();
    if (cancel.stop_requested()) return failure(nullptr);
    if (watchdog->fired()) return failure(nullptr);
    if (!limit) watchdog.reset();
    return {};
  }
};

SecretServiceClient::SecretServiceClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

SecretServiceClient::~SecretServiceClient() = default;

Result<std::unique_ptr<SecretServiceClient>> SecretServiceClient::connect(
    std::shared_ptr<const LibsecretApi> api, const std::string& address, CancelToken cancel,
    std::optional<std::chrono::milliseconds> limit) {
  auto impl = std::make_unique<Impl>(std::move(api), std::move(cancel));
  SR_RETURN_IF_ERROR(impl->start(address, limit));
  return std::unique_ptr<SecretServiceClient>(new SecretServiceClient(std::move(impl)));
}

Result<SecretServiceClient::Found> SecretServiceClient::search(const ItemAttributes& attributes) {
  SR_ASSIGN_OR_RETURN(
      const GPtr<GVariant> reply,
      impl_->call_service("SearchItems", impl_->api->g_variant_new("(@a{ss})", impl_->attributes_variant(attributes)),
                          "(aoao)"));
  return Found{impl_->texts(impl_->child(reply, 0)), impl_->texts(impl_->child(reply, 1))};
}

Result<std::string> SecretServiceClient::default_collection() {
  SR_ASSIGN_OR_RETURN(const GPtr<GVariant> reply,
                      impl_->call_service("ReadAlias", impl_->api->g_variant_new("(s)", "default"), "(o)"));
  const std::string path = impl_->text(impl_->child(reply, 0));
  return path == kNoPath ? std::string() : path;
}

Result<bool> SecretServiceClient::is_locked(const std::string& collection) {
  SR_ASSIGN_OR_RETURN(const GPtr<GVariant> reply,
                      impl_->call(impl_->owner.c_str(), collection.c_str(), kProperties, "Get",
                                  impl_->api->g_variant_new("(ss)", kCollectionInterface, "Locked"), "(v)"));
  const GPtr<GVariant> value = impl_->api->own(impl_->api->g_variant_get_variant(impl_->child(reply, 0).get()));
  if (std::string_view(impl_->api->g_variant_get_type_string(value.get())) != "b") {
    return Status(Code::kInternal, "the keyring gave a property of the wrong type").with_detail("keyring-error");
  }
  return impl_->api->g_variant_get_boolean(value.get()) != FALSE;
}

bool SecretServiceClient::can_prompt() { return impl_->can_prompt(); }

Status SecretServiceClient::unlock(const std::vector<std::string>& paths, Interaction interaction) {
  GVariantBuilder builder;
  impl_->api->g_variant_builder_init(&builder, type("ao"));
  for (const std::string& path : paths) impl_->api->g_variant_builder_add(&builder, "o", path.c_str());
  SR_ASSIGN_OR_RETURN(
      const GPtr<GVariant> reply,
      impl_->call_service("Unlock", impl_->api->g_variant_new("(@ao)", impl_->api->g_variant_builder_end(&builder)),
                          "(aoo)"));
  const std::string prompt = impl_->text(impl_->child(reply, 1));
  if (prompt == kNoPath) return {};
  return impl_->run_prompt(prompt, interaction).status();
}

Result<std::string> SecretServiceClient::create_default_collection(const std::string& label) {
  GVariantBuilder properties;
  impl_->api->g_variant_builder_init(&properties, type("a{sv}"));
  impl_->api->g_variant_builder_add(&properties, "{sv}", "org.freedesktop.Secret.Collection.Label",
                                    impl_->api->g_variant_new("s", label.c_str()));
  SR_ASSIGN_OR_RETURN(
      const GPtr<GVariant> reply,
      impl_->call_service(
          "CreateCollection",
          impl_->api->g_variant_new("(@a{sv}s)", impl_->api->g_variant_builder_end(&properties), "default"), "(oo)"));
  return impl_->object_or_prompt(reply, Interaction{true});
}

Result<std::string> SecretServiceClient::create_item(const std::string& collection, const std::string& label,
                                                     const ItemAttributes& attributes, ByteView secret,
                                                     Interaction interaction) {
  SR_RETURN_IF_ERROR(impl_->open_secret_session());
  const LibsecretApi& api = *impl_->api;
  const GPtr<SecretValue> value = api.own(api.secret_value_new(reinterpret_cast<const gchar*>(secret.data()),
                                                               static_cast<gssize>(secret.size()), "text/plain"));
  GVariant* sealed = api.secret_service_encode_dbus_secret(impl_->service.get(), value.get());
  if (sealed == nullptr) return Status(Code::kInternal, "libsecret could not encrypt for the keyring");
  GVariantBuilder properties;
  api.g_variant_builder_init(&properties, type("a{sv}"));
  api.g_variant_builder_add(&properties, "{sv}", "org.freedesktop.Secret.Item.Label",
                            api.g_variant_new("s", label.c_str()));
  api.g_variant_builder_add(&properties, "{sv}", "org.freedesktop.Secret.Item.Attributes",
                            impl_->attributes_variant(attributes));
  SR_ASSIGN_OR_RETURN(
      const GPtr<GVariant> reply,
      impl_->call(impl_->owner.c_str(), collection.c_str(), kCollectionInterface, "CreateItem",
                  api.g_variant_new("(@a{sv}@(oayays)b)", api.g_variant_builder_end(&properties), sealed, FALSE),
                  "(oo)"));
  return impl_->object_or_prompt(reply, interaction);
}

Status SecretServiceClient::delete_item(const std::string& item) {
  SR_ASSIGN_OR_RETURN(const GPtr<GVariant> reply,
                      impl_->call(impl_->owner.c_str(), item.c_str(), kItemInterface, "Delete", nullptr, "(o)"));
  const std::string prompt = impl_->text(impl_->child(reply, 0));
  if (prompt == kNoPath) return {};
  return impl_->run_prompt(prompt, Interaction{false}).status();
}

Result<SecureBuffer> SecretServiceClient::read_base64(const std::string& item, std::size_t most, SecureHeap& heap) {
  SR_RETURN_IF_ERROR(impl_->open_secret_session());
  const LibsecretApi& api = *impl_->api;
  SR_ASSIGN_OR_RETURN(
      const GPtr<GVariant> reply,
      impl_->call(impl_->owner.c_str(), item.c_str(), kItemInterface, "GetSecret",
                  api.g_variant_new("(o)", api.secret_service_get_session_dbus_path(impl_->service.get())),
                  "((oayays))"));
  const GPtr<GVariant> sealed = impl_->child(reply, 0);
  const GPtr<SecretValue> value = api.own(api.secret_service_decode_dbus_secret(impl_->service.get(), sealed.get()));
  const Status corrupt(Code::kCorrupt, "the keyring's item is not a key of this store");
  if (value == nullptr) return corrupt;
  gsize size = 0;
  const gchar* text = api.secret_value_get(value.get(), &size);
  if (size > base64_encoded_size(most)) return corrupt;
  SR_ASSIGN_OR_RETURN(SecureBuffer bytes, heap.allocate(base64_decoded_max(size)));
  const std::optional<std::size_t> decoded = decode_base64({text, size}, bytes.bytes());
  if (!decoded) return corrupt;
  bytes.shrink(*decoded);
  return bytes;
}

}  // namespace strongroom
