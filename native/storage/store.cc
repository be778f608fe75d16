#include "storage/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "base/ids.h"
#include "base/unicode.h"
#include "crypto/random.h"
#include "storage/migrations.h"

namespace strongroom {
namespace {

constexpr std::string_view kStoreIdPrefix = "str_";

Status system_failed(const std::string& what, const std::string& path, int error) {
  const std::string text = what + " " + path + ": " + std::strerror(error);
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS: return {Code::kStoreReadOnly, text};
    case ENOSPC:
    case EDQUOT: return {Code::kStoreFull, text};
    case ENOTDIR:
    case ENAMETOOLONG: return Status::invalid({{"/dir", "path", text}});
    default: return {Code::kInternal, text};
  }
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Status create_directories(const std::string& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at != path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    struct stat info {};
    if (::stat(part.c_str(), &info) == 0) continue;  // whether it is a directory shows at the next one
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return system_failed("cannot create", part, errno);
  }
  return {};
}

Status sync_directory(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return system_failed("cannot sync", path, errno);
  return {};
}

/// Creates the empty database file if there is none. The mode is set before SQLite sees it; SQLite gives its -wal and
/// -shm files the same one.
Status create_file(const std::string& path, const std::string& dir) {
  const FileDescriptor file(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return errno == EEXIST ? Status() : system_failed("cannot create", path, errno);
  if (::fchmod(file.get(), 0600) != 0) return system_failed("cannot set the mode of", path, errno);  // umask 0377, say
  return sync_directory(dir);
}

/// Makes the -wal and -shm files writable that SQLite made while the database was not, with its mode of that time: with
/// them the store would stay read-only. By name, since closing a descriptor of our own would drop the locks that
/// another Store of this process holds. Says what cannot be written; nothing if all is well.
std::string mend_logs(const std::string& path) {
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string log = path + suffix;
    if (::access(log.c_str(), R_OK | W_OK) == 0 || errno == ENOENT) continue;
    if (::chmod(log.c_str(), 0600) != 0) return log + " cannot be written: " + std::strerror(errno);
  }
  return {};
}

/// Opening, creating and migrating are done by one process at a time. The lock is the kernel's (flock), so it ends
/// with its holder; where a file system has none, SQLite's own locks remain.
class OpenLock {
 public:
  OpenLock(const std::string& dir, std::chrono::milliseconds timeout)
      : directory_(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (directory_.get() >= 0 && ::flock(directory_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) return;
      if (std::chrono::steady_clock::now() >= deadline) {
        status_ = Status(Code::kBusy, "another process is opening the store");
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  const Status& status() const { return status_; }

 private:
  FileDescriptor directory_;  // closing it unlocks
  Status status_;
};

struct Header {
  bool empty = false;  // created, but its first transaction did not come to its end
  std::uint32_t user_version = 0;
};

/// Looks at the first bytes of the database (https://www.sqlite.org/fileformat.html, section 1.3) without opening it,
/// so that a file that is not for us stays as it is. It reads through SQLite's VFS: closing a descriptor of our own
/// would drop the POSIX locks that another Store of this process holds on the file.
Result<Header> read_header(const std::string& path, const std::string& vfs_name) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(vfs_name.empty() ? nullptr : vfs_name.c_str());
  if (vfs == nullptr) return Status(Code::kInternal, "SQLite has no VFS of this name");
  const auto storage =
      std::make_unique<std::max_align_t[]>(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* file = reinterpret_cast<sqlite3_file*>(storage.get());
  // A VFS reads around the name it is given, where SQLite keeps parameters and the names of the journals.
  const std::unique_ptr<const char, decltype(&sqlite3_free_filename)> name(
      sqlite3_create_filename(path.c_str(), "", "", 0, nullptr), &sqlite3_free_filename);
  if (name == nullptr) return Status(Code::kInternal, "out of memory");
  const int opened = vfs->xOpen(vfs, name.get(), file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, nullptr);
  const auto close = [](sqlite3_file* open) {
    if (open->pMethods != nullptr) open->pMethods->xClose(open);
  };
  if (opened != SQLITE_OK) {
    if (::access(path.c_str(), R_OK) != 0) return system_failed("cannot read", path, errno);
    return Status(Code::kInternal, "cannot read " + path);
  }
  const std::unique_ptr<sqlite3_file, decltype(close)> closer(file, close);

  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) return Status(Code::kInternal, "cannot read " + path);
  if (size == 0) return Header{.empty = true, .user_version = 0};
  std::array<std::uint8_t, 100> bytes{};
  const auto foreign = [&] { return Status(Code::kCorrupt, path + " is not a store of this software, or is damaged"); };
  if (size < static_cast<sqlite3_int64>(bytes.size())) return foreign();
  if (file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0) != SQLITE_OK) {
    return Status(Code::kInternal, "cannot read " + path);
  }
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  const ByteView view(bytes);
  // A crash in the first transaction may leave the first page unwritten; the journal then tells SQLite to undo it.
  const bool unwritten = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
  if (unwritten && ::access((path + "-journal").c_str(), F_OK) == 0) return Header{.empty = true, .user_version = 0};
  if (as_text(view.first(kMagic.size())) != kMagic || read_u32(view.subspan(68)) != kApplicationId) return foreign();
  return Header{.empty = false, .user_version = read_u32(view.subspan(60))};
}

Status check_version(std::int64_t version) {
  if (version <= newest_schema_version()) return {};
  return {Code::kNewerSchema, "the store has schema version " + std::to_string(version) +
                                  " and was written by a newer version of this software, which knows up to version " +
                                  std::to_string(newest_schema_version()) + "; update this software"};
}

Result<std::int64_t> read_integer(Database& database, std::string_view sql) {
  Statement statement = database.prepare(sql);
  SR_ASSIGN_OR_RETURN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<std::string> new_store_id(std::int64_t now) {
  std::array<std::uint8_t, 10> random{};
  SR_RETURN_IF_ERROR(fill_random(random));
  return make_id(kStoreIdPrefix, now, random);
}

}  // namespace

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

Status check_private(const std::string& path, bool directory) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {Code::kNotFound, path + " does not exist"};
    return system_failed("cannot look at", path, errno);
  }
  const auto insecure = [&](const std::string& why) { return Status(Code::kInsecurePermissions, path + " " + why); };
  if (directory ? !S_ISDIR(info.st_mode) : !S_ISREG(info.st_mode)) {
    return insecure(directory ? "is not a directory (a symbolic link is not followed)"
                              : "is not a regular file (a symbolic link is not followed)");
  }
  if (info.st_uid != ::geteuid()) return insecure("belongs to another user");
  if ((info.st_mode & 0077U) != 0) {
    return insecure("is open to other users; close it with: chmod " + std::string(directory ? "700 " : "600 ") +
                    shell_word(path));
  }
  return {};
}

struct Store::Impl {
  std::string dir;
  std::string app_id;
  std::string store_id;
  int schema_version = 0;
  std::string read_only_reason;
  std::shared_ptr<const Clock> clock;
  std::unique_ptr<Readers> readers;
  std::unique_ptr<Committer> committer;

  Result<std::unique_ptr<Database>> open_database(const StoreOptions& options, bool read_only);
  Status prepare_writer(Database& writer, const StoreOptions& options);
  Status check_identity(Database& database, const StoreOptions& options);

  std::string path;
  bool immutable = false;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() { close(); }

const std::string& Store::dir() const { return impl_->dir; }
const std::string& Store::app_id() const { return impl_->app_id; }
const std::string& Store::store_id() const { return impl_->store_id; }
int Store::schema_version() const { return impl_->schema_version; }
const std::string& Store::read_only_reason() const { return impl_->read_only_reason; }
const Clock& Store::clock() const { return *impl_->clock; }
Committer& Store::committer() { return *impl_->committer; }
Readers& Store::readers() { return *impl_->readers; }

void Store::close() {
  // Readers first: the last connection that closes moves the write-ahead log into the database, and they cannot write.
  impl_->readers->close();
  impl_->committer->close();
}

Result<std::unique_ptr<Database>> Store::Impl::open_database(const StoreOptions& options, bool read_only) {
  DatabaseOptions database;
  database.path = path;
  database.read_only = read_only;
  database.immutable = immutable;
  database.busy_timeout = options.busy_timeout;
  database.vfs = options.vfs;
  return Database::open(database);
}

/// Before anything is written. What SQLite sees may be newer than the header of the file: the latest commits are in the
/// write-ahead log.
Status Store::Impl::check_identity(Database& database, const StoreOptions& options) {
  SR_ASSIGN_OR_RETURN(const std::int64_t version, read_integer(database, "PRAGMA user_version"));
  SR_RETURN_IF_ERROR(check_version(version));
  if (version == 0 && !database.read_only()) {
    // No pages: new, or its first transaction was undone just now because it had not come to its end.
    SR_ASSIGN_OR_RETURN(const std::int64_t pages, read_integer(database, "PRAGMA page_count"));
    if (pages == 0) return {};
  }
  SR_ASSIGN_OR_RETURN(const std::int64_t application, read_integer(database, "PRAGMA application_id"));
  if (application != static_cast<std::int64_t>(kApplicationId) || version < 1) {
    return {Code::kCorrupt, path + " is not a store of this software, or is damaged"};
  }
  Statement row = database.prepare("SELECT store_id, app_id FROM store WHERE id = 1");
  SR_ASSIGN_OR_RETURN(const bool found, row.step());
  if (!found || !is_id(kStoreIdPrefix, row.text(0)) || !has_length(row.text(1), 1, 255)) {
    return {Code::kCorrupt, "the store's identity is damaged"};
  }
  schema_version = static_cast<int>(version);
  store_id = row.text(0);
  app_id = row.text(1);
  if (options.app_id.empty() || app_id == options.app_id) return {};
  return Status(Code::kInvalidRequest,
                "the store in " + dir + " belongs to the app " + app_id + ", not to " + options.app_id)
      .with_detail("app-id");
}

Status Store::Impl::prepare_writer(Database& writer, const StoreOptions& options) {
  SR_RETURN_IF_ERROR(check_identity(writer, options));
  SR_RETURN_IF_ERROR(writer.execute(options.durability == Durability::kFull ? "PRAGMA synchronous = FULL"
                                                                            : "PRAGMA synchronous = NORMAL"));
  SR_RETURN_IF_ERROR(writer.execute("PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 16777216;"));
  // A use changes a few pages here and there: they are to be found in memory (16 MiB), and one that is changed again
  // and again is to be moved from the write-ahead log into the database but once (every 4000 pages, 16 MiB).
  SR_RETURN_IF_ERROR(writer.execute("PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;"));
  // The first tables are written before the switch to WAL, so that the header says what the file is from then on.
  SR_RETURN_IF_ERROR(migrate(writer, migrations(), [&](Database& database) -> Status {
    SR_ASSIGN_OR_RETURN(const std::string id, new_store_id(clock->now_ms()));
    return database.prepare("INSERT INTO store (id, store_id, app_id, created_at) VALUES (1, ?, ?, ?)")
        .bind_all(id, options.app_id, clock->now_ms())
        .run();
  }));
  {
    Statement mode = writer.prepare("PRAGMA journal_mode = WAL");
    SR_ASSIGN_OR_RETURN(const bool row, mode.step());
    if (!row || mode.text(0) != "wal") return {Code::kInternal, "the file system cannot keep a write-ahead log"};
  }
  if (options.max_page_count > 0) {
    SR_RETURN_IF_ERROR(writer.execute("PRAGMA max_page_count = " + std::to_string(options.max_page_count)));
  }
  return writer.allow_checkpoint_on_close();
}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  if (options.dir.empty()) return Status::invalid({{"/dir", "required", "the store needs a directory"}});
  const bool may_create = !options.read_only && !options.existing;
  if (options.app_id.empty() && may_create)
    return Status::invalid({{"/appId", "required", "the store needs the id of the app"}});
  auto impl = std::make_unique<Impl>();
  impl->dir = options.dir;
  while (impl->dir.size() > 1 && impl->dir.back() == '/') impl->dir.pop_back();
  impl->path = impl->dir + "/" + std::string(kDatabaseName);
  impl->clock = options.clock ? options.clock : std::make_shared<SystemClock>();

  if (may_create) SR_RETURN_IF_ERROR(create_directories(impl->dir));
  if (const Status status = check_private(impl->dir, true); !status.ok()) {
    if (status.code() != Code::kNotFound) return status;
    return Status(Code::kNotFound, "there is no store in " + impl->dir);
  }
  const OpenLock lock(impl->dir, options.busy_timeout);
  SR_RETURN_IF_ERROR(lock.status());
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const Status status = check_private(impl->path + suffix, false);
    if (!status.ok() && status.code() != Code::kNotFound) return status;
  }

  if (::access(impl->path.c_str(), F_OK) != 0) {
    if (!may_create) return Status(Code::kNotFound, "there is no store in " + impl->dir);
    SR_RETURN_IF_ERROR(create_file(impl->path, impl->dir));
  }
  SR_ASSIGN_OR_RETURN(const Header header, read_header(impl->path, options.vfs));
  SR_RETURN_IF_ERROR(check_version(header.user_version));

  if (options.read_only) {
    impl->read_only_reason = "the store was opened for reading only";
  } else if (::access(impl->path.c_str(), W_OK) != 0) {
    impl->read_only_reason = impl->path + " cannot be written: " + std::strerror(errno);
  } else if (::access(impl->dir.c_str(), W_OK) != 0) {
    impl->read_only_reason = impl->dir + " cannot be written: " + std::strerror(errno);
  } else {
    impl->read_only_reason = mend_logs(impl->path);
  }
  const bool read_only = !impl->read_only_reason.empty();
  if ((read_only || !may_create) && header.empty) return Status(Code::kNotFound, "there is no store in " + impl->dir);

  SR_ASSIGN_OR_RETURN(std::unique_ptr<Database> writer, impl->open_database(options, read_only));
  if (read_only) {
    // SQLite cannot read a database in WAL mode if it can neither find nor make the -shm file. Without a -wal there
    // is nothing in it to miss, and nobody who could write.
    const Result<std::int64_t> readable = read_integer(*writer, "PRAGMA user_version");
    if (!readable.ok() && ::access((impl->path + "-wal").c_str(), F_OK) != 0) {
      impl->immutable = true;
      SR_ASSIGN_OR_RETURN(writer, impl->open_database(options, true));
    }
  } else {
    SR_RETURN_IF_ERROR(impl->prepare_writer(*writer, options));
  }
  SR_RETURN_IF_ERROR(impl->check_identity(*writer, options));
  if (!read_only) writer->watch_log();  // the read just now has made it, if it was not there
  if (impl->schema_version < newest_schema_version()) {
    return Status(Code::kStoreReadOnly, "the store has an older schema and cannot be written to update it");
  }

  std::vector<std::unique_ptr<Database>> readers;
  for (std::size_t i = 0; i < std::max<std::size_t>(options.reader_threads, 1); ++i) {
    SR_ASSIGN_OR_RETURN(std::unique_ptr<Database> reader, impl->open_database(options, true));
    readers.push_back(std::move(reader));
  }
  SR_ASSIGN_OR_RETURN(std::unique_ptr<Database> synchronous, impl->open_database(options, true));
  try {
    impl->readers = std::make_unique<Readers>(std::move(readers), std::move(synchronous));
    impl->committer = std::make_unique<Committer>(std::move(writer), options.max_batch);
  } catch (const std::system_error&) {
    return Status(Code::kInternal, "the system has no threads for the store");
  }
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

}  // namespace strongroom
