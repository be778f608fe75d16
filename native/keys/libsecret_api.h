// libsecret and GLib, opened with dlopen at first use: a process where they are absent still loads the core, and only
// the headers are needed to build it. Nothing here is linked.
#ifndef STRONGROOM_KEYS_LIBSECRET_API_H_
#define STRONGROOM_KEYS_LIBSECRET_API_H_

#include <memory>
#include <string>

// libsecret's own word for the functions below it that work on D-Bus paths; they have been stable since 0.18.
#define SECRET_API_SUBJECT_TO_CHANGE
#include <gio/gio.h>
#include <libsecret/secret.h>

#include "base/result.h"

// Each function once, by library: the table's members and the loop that fills them come from these lists.
#define SR_GLIB_FUNCTIONS(X)            \
  X(g_error_free)                       \
  X(g_free)                             \
  X(g_main_context_iteration)           \
  X(g_main_context_new)                 \
  X(g_main_context_pop_thread_default)  \
  X(g_main_context_push_thread_default) \
  X(g_main_context_unref)               \
  X(g_main_context_wakeup)              \
  X(g_variant_builder_add)              \
  X(g_variant_builder_end)              \
  X(g_variant_builder_init)             \
  X(g_variant_get_boolean)              \
  X(g_variant_get_child_value)          \
  X(g_variant_get_string)               \
  X(g_variant_get_type_string)          \
  X(g_variant_get_uint32)               \
  X(g_variant_get_variant)              \
  X(g_variant_n_children)               \
  X(g_variant_new)                      \
  X(g_variant_ref)                      \
  X(g_variant_ref_sink)                 \
  X(g_variant_unref)
#define SR_GOBJECT_FUNCTIONS(X)  \
  X(g_object_unref)              \
  X(g_signal_connect_data)       \
  X(g_signal_handler_disconnect) \
  X(g_type_class_peek)           \
  X(g_type_class_ref)            \
  X(g_type_from_name)            \
  X(g_type_query)                \
  X(g_type_register_static)
#define SR_GIO_FUNCTIONS(X)                 \
  X(g_cancellable_cancel)                   \
  X(g_cancellable_new)                      \
  X(g_dbus_connection_call_sync)            \
  X(g_dbus_connection_close_sync)           \
  X(g_dbus_connection_new_for_address_sync) \
  X(g_dbus_connection_set_exit_on_close)    \
  X(g_dbus_connection_signal_subscribe)     \
  X(g_dbus_connection_signal_unsubscribe)   \
  X(g_dbus_error_get_remote_error)          \
  X(g_dbus_proxy_get_type)                  \
  X(g_initable_new)                         \
  X(g_io_error_quark)
#define SR_LIBSECRET_FUNCTIONS(X)         \
  X(secret_service_decode_dbus_secret)    \
  X(secret_service_encode_dbus_secret)    \
  X(secret_service_ensure_session_sync)   \
  X(secret_service_get_session_dbus_path) \
  X(secret_service_get_type)              \
  X(secret_value_get)                     \
  X(secret_value_new)                     \
  X(secret_value_unref)

namespace strongroom {

/// Threads: immutable once loaded; GLib's functions have their own rules.
struct LibsecretApi {
#define SR_MEMBER(name) decltype(&::name) name = nullptr;
  SR_GLIB_FUNCTIONS(SR_MEMBER)
  SR_GOBJECT_FUNCTIONS(SR_MEMBER)
  SR_GIO_FUNCTIONS(SR_MEMBER)
  SR_LIBSECRET_FUNCTIONS(SR_MEMBER)
#undef SR_MEMBER

  /// Opens `libsecret` ("libsecret-1.so.0") and the GLib libraries beside it. They stay open for the life of the
  /// process: GLib starts threads and registers types, and cannot be unloaded.
  /// KEYRING_UNAVAILABLE, "no-libsecret", if one of them or a function in it is missing.
  static Result<std::shared_ptr<const LibsecretApi>> load(const std::string& libsecret);

  /// Frees any of the objects in use; the deleter of GPtr.
  struct Free {
    const LibsecretApi* api = nullptr;
    void operator()(GVariant* object) const { api->g_variant_unref(object); }
    void operator()(GError* object) const { api->g_error_free(object); }
    void operator()(GMainContext* object) const { api->g_main_context_unref(object); }
    void operator()(SecretValue* object) const { api->secret_value_unref(object); }
    void operator()(GDBusConnection* object) const { api->g_object_unref(object); }
    void operator()(GCancellable* object) const { api->g_object_unref(object); }
    void operator()(SecretService* object) const { api->g_object_unref(object); }
  };

  /// Takes over a reference.
  template <class T>
  std::unique_ptr<T, Free> own(T* object) const {
    return std::unique_ptr<T, Free>(object, Free{this});
  }
};

template <class T>
using GPtr = std::unique_ptr<T, LibsecretApi::Free>;

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_LIBSECRET_API_H_
