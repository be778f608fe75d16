#include "keys/master_key_file_provider.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "crypto/random.h"
#include "storage/store.h"

namespace strongroom {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

const std::string& file_name() {
  static const std::string name(kMasterKeyFileName);
  return name;
}

/// The Status of a system call that failed to read the key file or its directory.
Status unreadable(const std::string& what, int error) {
  const bool denied = error == EACCES || error == EPERM;
  return {denied ? Code::kInsecurePermissions : Code::kInternal, what + ": " + std::strerror(error)};
}

/// The same for writing.
Status unwritable(const std::string& what, int error) {
  const std::string message = what + ": " + std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT: return {Code::kStoreFull, message};
    case EROFS:
    case EACCES:
    case EPERM: return {Code::kStoreReadOnly, message};
    default: return {Code::kInternal, message};
  }
}

Result<FileDescriptor> open_directory(const std::string& dir) {
  FileDescriptor fd(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return unreadable("the store's directory " + dir + " cannot be opened", errno);
  return fd;
}

/// What `info` says of the key file at `path`.
Status check(const std::string& path, const struct stat& info) {
  const auto insecure = [&](const std::string& why) {
    return Status(Code::kInsecurePermissions, path + " " + why + "; it is not used until that is put right");
  };
  if (!S_ISREG(info.st_mode)) return insecure("is not a regular file");
  if (info.st_uid != geteuid()) return insecure("belongs to another user");
  if ((info.st_mode & 07177U) != 0) {
    return {Code::kInsecurePermissions, path + " is open to other users; close it with: chmod 600 " + shell_word(path)};
  }
  if (info.st_size != static_cast<off_t>(kSlotKeySize)) {
    return {Code::kCorrupt, path + " has " + std::to_string(info.st_size) + " bytes where a key has 32"};
  }
  return {};
}

/// The key in the file, checked on the descriptor that it is read from; KEY_MISSING if there is no file. `path` is
/// where that is, for people.
Result<SecureBuffer> read_key(int dir, const std::string& path, const std::shared_ptr<SecureHeap>& heap) {
  // O_NONBLOCK: opening a FIFO that somebody put there must not hang.
  const FileDescriptor file(openat(dir, file_name().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    if (errno == ENOENT) {
      return Status(Code::kKeyMissing, path + " is missing: put it back from a backup");
    }
    if (errno == ELOOP) {
      return Status(Code::kInsecurePermissions, path + " is a symbolic link; it has to be the file itself");
    }
    if (errno == ENXIO) return Status(Code::kInsecurePermissions, path + " is not a regular file");  // a socket
    return unreadable(path + " cannot be opened", errno);
  }
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return unreadable(path + " cannot be examined", errno);
  SR_RETURN_IF_ERROR(check(path, info));
  SR_ASSIGN_OR_RETURN(SecureBuffer key, heap->allocate(kSlotKeySize));
  std::size_t done = 0;
  while (done < key.size()) {
    const ssize_t size = read(file.get(), key.bytes().data() + done, key.size() - done);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unreadable(path + " cannot be read", errno);
    if (size == 0) return Status(Code::kCorrupt, path + " ended before 32 bytes were read");
    done += static_cast<std::size_t>(size);
  }
  return key;
}

Status write_all(int file, const std::string& path, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t size = write(file, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return unwritable(path + " cannot be written", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
  return {};
}

Result<std::string> temporary_name() {
  std::array<std::uint8_t, 8> random{};
  SR_RETURN_IF_ERROR(fill_random(random));
  return file_name() + "." + to_hex(random) + ".tmp";
}

/// A new key under master.key, if there is still none; the file that is there afterwards may be another process's.
Status make_key(int dir, const std::string& path, const std::shared_ptr<SecureHeap>& heap) {
  SR_ASSIGN_OR_RETURN(SecureBuffer key, heap->allocate(kSlotKeySize));
  SR_RETURN_IF_ERROR(fill_random(key.bytes()));
  SR_ASSIGN_OR_RETURN(const std::string name, temporary_name());
  const FileDescriptor file(
      openat(dir, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.valid()) return unwritable("no file can be made in the store's directory", errno);
  const Status made = [&]() -> Status {
    // The mode again: a umask may have taken the owner's own permissions away.
    if (fchmod(file.get(), S_IRUSR | S_IWUSR) != 0) return unwritable("the key file's mode cannot be set", errno);
    SR_RETURN_IF_ERROR(write_all(file.get(), path, key.view()));
    if (fsync(file.get()) != 0) return unwritable(path + " cannot be synced", errno);
    if (linkat(dir, name.c_str(), dir, file_name().c_str(), 0) != 0 && errno != EEXIST) {
      return unwritable(path + " cannot be put in place", errno);
    }
    return {};
  }();
  unlinkat(dir, name.c_str(), 0);
  return made;
}

/// Removes temporary names of master.key's own inode: what a process leaves that died between link and unlink.
void remove_leftovers(const std::string& dir_path, int dir) {
  struct stat key {};
  if (fstatat(dir, file_name().c_str(), &key, AT_SYMLINK_NOFOLLOW) != 0 || key.st_nlink < 2) return;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(dir_path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    struct stat info {};
    if (name.starts_with(file_name() + ".") && name.ends_with(".tmp") &&
        fstatat(dir, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_dev == key.st_dev &&
        info.st_ino == key.st_ino) {
      unlinkat(dir, name.c_str(), 0);
    }
  }
}

Status cancelled() { return Status(Code::kCancelled, "the call was cancelled").with_detail("cancelled"); }

}  // namespace

MasterKeyFileProvider::MasterKeyFileProvider(std::string dir, std::shared_ptr<SecureHeap> heap)
    : dir_(std::move(dir)), path_(std::filesystem::path(dir_) / file_name()), heap_(std::move(heap)) {}

ProviderProbe MasterKeyFileProvider::probe() {
  ProviderProbe probe;
  const Result<FileDescriptor> dir = open_directory(dir_);
  if (!dir.ok()) {
    // A store that is still to be made makes its directory first.
    probe.available = access(dir_.c_str(), F_OK) != 0 && errno == ENOENT;
    probe.code = probe.available ? "" : "no-directory";
    probe.message = probe.available ? file_name() + " would be made with the store" : dir.status().message();
    return probe;
  }
  struct stat info {};
  if (fstatat(dir->get(), file_name().c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    const Status checked = check(path_, info);
    if (checked.code() == Code::kInsecurePermissions) probe.insecure = checked;
    probe.available = true;
    probe.message = checked.ok() ? file_name() + " is there" : checked.message();
  } else if (faccessat(dir->get(), ".", W_OK | X_OK, AT_EACCESS) == 0) {
    probe.available = true;
    probe.message = file_name() + " would be made in the store's directory";
  } else {
    probe.code = "not-writable";
    probe.message = "the store's directory cannot be written";
  }
  return probe;
}

Result<SecureBuffer> MasterKeyFileProvider::create(const SlotRef& /*slot*/, Interaction /*interaction*/,
                                                   CancelToken cancel) {
  if (cancel.stop_requested()) return cancelled();
  SR_ASSIGN_OR_RETURN(const FileDescriptor dir, open_directory(dir_));
  Result<SecureBuffer> key = read_key(dir.get(), path_, heap_);
  if (!key.ok()) {
    if (key.status().code() != Code::kKeyMissing) return key;
    SR_RETURN_IF_ERROR(make_key(dir.get(), path_, heap_));
    key = read_key(dir.get(), path_, heap_);
    if (!key.ok()) return key;
  }
  remove_leftovers(dir_, dir.get());
  // Also for a file that was there: whoever made it may have died before this.
  if (fsync(dir.get()) != 0) return unwritable("the store's directory cannot be synced", errno);
  return key;
}

Result<SecureBuffer> MasterKeyFileProvider::load(const SlotRef& /*slot*/, Interaction /*interaction*/,
                                                 CancelToken cancel) {
  if (cancel.stop_requested()) return cancelled();
  SR_ASSIGN_OR_RETURN(const FileDescriptor dir, open_directory(dir_));
  return read_key(dir.get(), path_, heap_);
}

Status MasterKeyFileProvider::remove(const SlotRef& /*slot*/, CancelToken /*cancel*/) { return {}; }

}  // namespace strongroom
