#include "keys/libsecret_api.h"

#include <dlfcn.h>

namespace strongroom {
namespace {

Status missing(const std::string& what) {
  return Status(Code::kKeyringUnavailable, what + " is missing: install libsecret (Debian and Ubuntu: libsecret-1-0)")
      .with_detail("no-libsecret");
}

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Result<std::shared_ptr<const LibsecretApi>> LibsecretApi::load(const std::string& libsecret) {
  const auto api = std::make_shared<LibsecretApi>();
  void* library = nullptr;  // never closed
  const auto open = [&library](const std::string& name) {
    library = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    return library != nullptr;
  };
#define SR_FIND(name) \
  if (!find(library, #name, api->name)) return missing("the function " #name);
  if (!open(libsecret)) return missing(libsecret);
  SR_LIBSECRET_FUNCTIONS(SR_FIND)
  if (!open("libgio-2.0.so.0")) return missing("libgio-2.0.so.0");
  SR_GIO_FUNCTIONS(SR_FIND)
  if (!open("libgobject-2.0.so.0")) return missing("libgobject-2.0.so.0");
  SR_GOBJECT_FUNCTIONS(SR_FIND)
  if (!open("libglib-2.0.so.0")) return missing("libglib-2.0.so.0");
  SR_GLIB_FUNCTIONS(SR_FIND)
#undef SR_FIND
  return std::shared_ptr<const LibsecretApi>(api);
}

}  // namespace strongroom
