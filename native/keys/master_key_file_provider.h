// The provider `master-key-file`: the 32 bytes of <dir>/master.key are the key of every slot of this kind.
//
// The file is made once and then never changed, replaced or deleted. It appears whole or not at all: the bytes are
// written and synced under a temporary name ("master.key.<16 hex digits>.tmp"), then linked to master.key, which
// fails if that exists, and the directory is synced. So a process that dies on the way leaves
//   - a temporary file that is not master.key: never read, and never removed, because it may belong to a process that
//     is still at work; it holds a key that protects nothing;
//   - a temporary name for master.key's own inode: removed by the next create(), because it is provably a leftover;
//   - master.key without a slot in the database: the next create() returns its key, and the slot is made with that.
//
// It must be a regular file, not a symbolic link, owned by the process's user, with no permission for anybody else
// (0600 or 0400): otherwise INSECURE_PERMISSIONS. Another size than 32 bytes is CORRUPT. Nothing is repaired.
#ifndef STRONGROOM_KEYS_MASTER_KEY_FILE_PROVIDER_H_
#define STRONGROOM_KEYS_MASTER_KEY_FILE_PROVIDER_H_

#include <memory>
#include <string>

#include "keys/key_provider.h"

namespace strongroom {

inline constexpr std::string_view kMasterKeyFileKind = "master-key-file";
inline constexpr std::string_view kMasterKeyFileName = "master.key";

class MasterKeyFileProvider : public KeyProvider {
 public:
  /// `dir` exists when create() or load() is called.
  MasterKeyFileProvider(std::string dir, std::shared_ptr<SecureHeap> heap);

  std::string_view kind() const override { return kMasterKeyFileKind; }
  /// Available if the directory can be written or the file is there, sound or not: create() and load() say precisely
  /// what is wrong with it.
  ProviderProbe probe() override;
  Result<SecureBuffer> create(const SlotRef& slot, Interaction interaction, CancelToken cancel) override;
  Result<SecureBuffer> load(const SlotRef& slot, Interaction interaction, CancelToken cancel) override;
  /// Does nothing: other slots may use the file.
  Status remove(const SlotRef& slot, CancelToken cancel) override;

 private:
  std::string dir_;
  std::string path_;
  std::shared_ptr<SecureHeap> heap_;
};

}  // namespace strongroom

#endif  // STRONGROOM_KEYS_MASTER_KEY_FILE_PROVIDER_H_
