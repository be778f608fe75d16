// A store: a directory (0700) with one SQLite database, strongroom.db (0600), and the threads that write and read it.
//
// Several processes may have one store open; every write is a BEGIN IMMEDIATE transaction that waits for the others.
#ifndef STRONGROOM_STORAGE_STORE_H_
#define STRONGROOM_STORAGE_STORE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "storage/committer.h"
#include "storage/readers.h"

namespace strongroom {

/// What a completed write has survived: kFull a power cut (fsync at each commit), kNormal a crash of the process, but
/// the last commits before a power cut may be lost (the database stays sound).
enum class Durability : std::uint8_t { kFull, kNormal };

struct StoreOptions {
  std::string dir;
  /// Reverse-DNS name of the app; recorded in a new store, compared with an existing one. Empty, for whatever app the
  /// store belongs to, only where none is created.
  std::string app_id;
  /// NOT_FOUND instead of a new store.
  bool existing = false;
  Durability durability = Durability::kFull;
  std::shared_ptr<const Clock> clock;  // null: the system's
  std::chrono::milliseconds busy_timeout{15000};
  std::size_t reader_threads = 2;
  std::size_t max_batch = 512;

  /// Opens an existing store for reading alone; every write fails with STORE_READ_ONLY. A store whose file or directory
  /// cannot be written is opened so by itself.
  bool read_only = false;

  // For tests: a disk that is full at so many pages (0: no limit), and a VFS that fails.
  std::int64_t max_page_count = 0;
  std::string vfs;
};

/// Name of the database in the store's directory.
inline constexpr std::string_view kDatabaseName = "strongroom.db";

/// `text` as one word of a shell command, for messages that name one.
std::string shell_word(const std::string& text);

/// Whether `path` exists as a regular file (or, with `directory`, a directory) that belongs to the effective user and
/// is closed to group and others. INSECURE_PERMISSIONS, with the path and the command that mends it, if it exists
/// otherwise; NOT_FOUND if it does not exist. Symbolic links are not followed.
Status check_private(const std::string& path, bool directory);

/// Threads: every function may be called from any thread.
class Store {
 public:
  /// Opens the store in `options.dir`, creating the directory (and its parents, 0700) and the database if they do not
  /// exist. Neither keys nor keyring are touched.
  ///   INSECURE_PERMISSIONS  the directory or a file of the store is open to others, not ours or not a regular file
  ///   NEWER_SCHEMA          written by a newer version; nothing is touched
  ///   CORRUPT               no SQLite database, or one of another application; nothing is touched
  ///   INVALID_REQUEST       no dir or app_id, or the store belongs to another app_id (detail "app-id")
  ///   NOT_FOUND             read_only and there is none
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options);

  ~Store();  // as close()
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const std::string& dir() const;
  const std::string& app_id() const;
  /// "str_" and 26 characters, drawn when the store was created; part of every key and associated data.
  const std::string& store_id() const;
  int schema_version() const;
  /// Whether this process can read only, and why: the text is for a notice, empty if it can write.
  const std::string& read_only_reason() const;
  const Clock& clock() const;

  Committer& committer();
  Readers& readers();

  /// Completes what is queued, ends the threads and closes the files. May be called again; not from a job. Everything
  /// submitted later gets CLOSED.
  void close();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_STORAGE_STORE_H_
