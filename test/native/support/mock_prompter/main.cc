// The person at gnome-keyring's prompt: GCR's mock prompter (libgcr-base-3, as gnome-keyring's own tests use it), told
// by lines on standard input what to do with the prompts to come. Prints its name on the bus, then "ok" for each line:
//   answer <password>   dismiss   away (a prompt stays open for a minute)   wait, wait-closed (until one is open, or
//   none)
// It also owns the well-known name of a prompter, which is how one is found to be there.
#include <dlfcn.h>
#include <gio/gio.h>

#include <cstdio>
#include <iostream>
#include <string>

namespace {

void* library() {
  static void* const handle = dlopen("libgcr-base-3.so.1", RTLD_NOW);
  if (handle == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(1);
  }
  return handle;
}

template <class Function>
Function* find(const char* name) {
  return reinterpret_cast<Function*>(dlsym(library(), name));
}

}  // namespace

int main() {
  const auto start = find<const gchar*()>("gcr_mock_prompter_start");
  const auto is_prompting = find<gboolean()>("gcr_mock_prompter_is_prompting");
  const auto set_delay = find<void(guint)>("gcr_mock_prompter_set_delay_msec");
  const auto expect_ok = find<void(const gchar*, const gchar*, ...)>("gcr_mock_prompter_expect_password_ok");
  const auto expect_cancel = find<void()>("gcr_mock_prompter_expect_password_cancel");
  const gchar* name = start();
  set_delay(0);
  GDBusConnection* bus = g_bus_get_sync(G_BUS_TYPE_SESSION, nullptr, nullptr);
  GVariant* reply =
      g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                  "RequestName", g_variant_new("(su)", "org.gnome.keyring.SystemPrompter", 0U), nullptr,
                                  G_DBUS_CALL_FLAGS_NONE, -1, nullptr, nullptr);
  if (reply == nullptr) return 1;
  g_variant_unref(reply);
  std::cout << name << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.starts_with("answer ")) {
      set_delay(0);
      expect_ok(line.c_str() + 7, nullptr);
    } else if (line == "dismiss") {
      set_delay(0);
      expect_cancel();
    } else if (line == "away") {
      set_delay(60000);
      expect_cancel();
    } else if (line == "wait") {
      while (is_prompting() == FALSE) g_usleep(1000);  // the mock has no event to wait for
    } else {
      return 2;
    }
    std::cout << "ok" << std::endl;
  }
  return 0;
}
