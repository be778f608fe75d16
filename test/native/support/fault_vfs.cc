#include "support/fault_vfs.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "base/bytes.h"

namespace strongroom::test {
namespace {

constexpr std::size_t kSector = 512;

struct DiskFile {
  Bytes current;
  Bytes durable;
};

}  // namespace

struct FaultVfs::Impl {
  /// Counts one operation; the result code if it is to fail.
  int next_operation() {
    const std::lock_guard lock(mutex);
    ++operations;
    if (fail_at == 0 || operations < fail_at) return SQLITE_OK;
    if (operations > fail_at && then == Then::kRecovers) return SQLITE_OK;
    fired = true;
    return fault == Fault::kFull ? SQLITE_FULL : SQLITE_IOERR;
  }

  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;
  std::string name;

  mutable std::mutex mutex;
  std::int64_t operations = 0;
  std::int64_t fail_at = 0;
  Fault fault = Fault::kIoError;
  Then then = Then::kRecovers;
  bool fired = false;
  std::map<std::string, DiskFile> disk;
};

namespace {

struct FaultFile {
  sqlite3_file base;
  FaultVfs::Impl* impl;
  sqlite3_file* real;
  const char* name;  // null for temporary files
};

FaultFile* self(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real; }
FaultVfs::Impl* impl_of(sqlite3_vfs* vfs) { return static_cast<FaultVfs::Impl*>(vfs->pAppData); }

int close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }
int read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  return real(file)->pMethods->xRead(real(file), out, size, at);
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  if (const int code = self(file)->impl->next_operation(); code != SQLITE_OK) {
    return code == SQLITE_IOERR ? SQLITE_IOERR_WRITE : code;
  }
  const int code = real(file)->pMethods->xWrite(real(file), data, size, at);
  if (code == SQLITE_OK && self(file)->name != nullptr) {
    const std::lock_guard lock(self(file)->impl->mutex);
    Bytes& current = self(file)->impl->disk[self(file)->name].current;
    const auto end = static_cast<std::size_t>(at + size);
    if (current.size() < end) current.resize(end);
    std::memcpy(current.data() + at, data, static_cast<std::size_t>(size));
  }
  return code;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = self(file)->impl->next_operation(); code != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
  const int code = real(file)->pMethods->xTruncate(real(file), size);
  if (code == SQLITE_OK && self(file)->name != nullptr) {
    const std::lock_guard lock(self(file)->impl->mutex);
    self(file)->impl->disk[self(file)->name].current.resize(static_cast<std::size_t>(size));
  }
  return code;
}

int sync(sqlite3_file* file, int /*flags*/) {
  if (const int code = self(file)->impl->next_operation(); code != SQLITE_OK) {
    return code == SQLITE_IOERR ? SQLITE_IOERR_FSYNC : code;
  }
  // What is durable here is kept by this VFS; the machine's own disk need not be waited for.
  if (self(file)->name != nullptr) {
    const std::lock_guard lock(self(file)->impl->mutex);
    DiskFile& disk = self(file)->impl->disk[self(file)->name];
    disk.durable = disk.current;
  }
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_lock(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int file_control(sqlite3_file* file, int op, void* arg) {
  return real(file)->pMethods->xFileControl(real(file), op, arg);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
// Nothing is promised, in particular no atomic or ordered writes.
int characteristics(sqlite3_file*) { return 0; }
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

constexpr sqlite3_io_methods kMethods = {
    2,         close,      read,         write,       truncate,        sync,    file_size, lock,
    unlock,    check_lock, file_control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,    nullptr};

int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs::Impl* impl = impl_of(vfs);
  FaultFile* fault = self(file);
  fault->base.pMethods = nullptr;
  fault->impl = impl;
  fault->name = name;
  fault->real = reinterpret_cast<sqlite3_file*>(fault + 1);
  const int code = impl->real->xOpen(impl->real, name, fault->real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  fault->base.pMethods = &kMethods;
  if (name != nullptr) {
    const std::lock_guard guard(impl->mutex);
    if (const auto [entry, added] = impl->disk.try_emplace(name); added) {
      // What is there when a file is opened for the first time has been there for long.
      Bytes content(std::filesystem::file_size(name));
      std::ifstream(name, std::ios::binary)
          .read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(content.size()));
      entry->second = DiskFile{content, content};
    }
  }
  return code;
}

int remove(sqlite3_vfs* vfs, const char* name, int /*sync_directory*/) {
  FaultVfs::Impl* impl = impl_of(vfs);
  if (const int code = impl->next_operation(); code != SQLITE_OK) return SQLITE_IOERR_DELETE;
  const int code = impl->real->xDelete(impl->real, name, 0);
  const std::lock_guard guard(impl->mutex);
  if (code == SQLITE_OK) impl->disk.erase(name);
  return code;
}

}  // namespace

FaultVfs::FaultVfs() : impl_(std::make_unique<Impl>()) {
  static std::atomic<int> count = 0;
  impl_->name = "strongroom-fault-" + std::to_string(++count);
  impl_->real = sqlite3_vfs_find(nullptr);
  sqlite3_vfs& vfs = impl_->vfs;
  vfs = *impl_->real;  // times, randomness and paths as they are; those functions use no state of the VFS
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + impl_->real->szOsFile;
  vfs.zName = impl_->name.c_str();
  vfs.pNext = nullptr;
  vfs.pAppData = impl_.get();
  vfs.xOpen = open;
  vfs.xDelete = remove;
  sqlite3_vfs_register(&vfs, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&impl_->vfs); }

const std::string& FaultVfs::name() const { return impl_->name; }

void FaultVfs::fail_at(std::int64_t operation, Fault fault, Then then) {
  const std::lock_guard guard(impl_->mutex);
  impl_->operations = 0;
  impl_->fail_at = operation;
  impl_->fault = fault;
  impl_->then = then;
  impl_->fired = false;
}

void FaultVfs::heal() { fail_at(0, Fault::kIoError, Then::kRecovers); }

std::int64_t FaultVfs::operations() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->operations;
}

bool FaultVfs::fired() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->fired;
}

void FaultVfs::power_cut(const std::string& from_dir, const std::string& to_dir, Unsynced unsynced,
                         std::mt19937& random) const {
  std::filesystem::create_directory(to_dir);
  ::chmod(to_dir.c_str(), 0700);
  const std::lock_guard guard(impl_->mutex);
  for (const auto& [name, file] : impl_->disk) {
    if (!name.starts_with(from_dir + "/")) continue;
    Bytes content = unsynced == Unsynced::kLost ? file.durable : file.current;
    if (unsynced == Unsynced::kSomeSectors) {
      for (std::size_t at = 0; at < content.size(); at += kSector) {
        if (random() % 2 == 0) continue;
        for (std::size_t i = at; i < std::min(at + kSector, content.size()); ++i) {
          content[i] = i < file.durable.size() ? file.durable[i] : 0;
        }
      }
    }
    const std::string path = to_dir + name.substr(from_dir.size());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    ::chmod(path.c_str(), 0600);
  }
}

}  // namespace strongroom::test
