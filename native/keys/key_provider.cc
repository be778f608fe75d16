#include "keys/key_provider.h"

#include <algorithm>

#include "keys/master_key_file_provider.h"
#include "keys/not_built_provider.h"
#include "keys/secret_service_provider.h"

namespace strongroom {
namespace {

std::unique_ptr<KeyProvider> make_os_keyring([[maybe_unused]] const std::shared_ptr<SecureHeap>& heap) {
#if defined(__APPLE__)
  return std::make_unique<NotBuiltProvider>(std::string(kOsKeyringKind), "the macOS Keychain");
#elif defined(_WIN32)
  return std::make_unique<NotBuiltProvider>(std::string(kOsKeyringKind), "the Windows data protection (DPAPI)");
#else
  return std::make_unique<SecretServiceProvider>(SecretServiceProvider::from_environment(), heap);
#endif
}

}  // namespace

Result<std::vector<std::unique_ptr<KeyProvider>>> make_key_providers(const std::vector<std::string>& names,
                                                                     const std::string& dir,
                                                                     std::shared_ptr<SecureHeap> heap) {
  std::vector<std::unique_ptr<KeyProvider>> providers;
  for (const std::string& name : names) {
    if (std::ranges::count(names, name) > 1) {
      return Status(Code::kInvalidRequest, "the key provider '" + name + "' is named twice");
    }
    if (name == kOsKeyringKind) {
      providers.push_back(make_os_keyring(heap));
    } else if (name == kMasterKeyFileKind) {
      providers.push_back(std::make_unique<MasterKeyFileProvider>(dir, heap));
    } else {
      return Status(Code::kInvalidRequest,
                    "there is no key provider '" + name + "'; there are 'os-keyring' and 'master-key-file'");
    }
  }
  if (providers.empty()) return Status(Code::kInvalidRequest, "at least one key provider has to be named");
  return providers;
}

}  // namespace strongroom
