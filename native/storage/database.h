// One SQLite connection and its prepared statements, as RAII objects with Status errors.
//
// How SQLite's results become codes:
//   SQLITE_FULL                                 STORE_FULL
//   SQLITE_READONLY*, CANTOPEN for writing      STORE_READ_ONLY
//   SQLITE_BUSY*, SQLITE_LOCKED*                BUSY, after the busy timeout alone
//   SQLITE_CORRUPT*, SQLITE_NOTADB              CORRUPT
//   SQLITE_INTERRUPT                            CANCELLED
//   a UNIQUE or PRIMARY KEY constraint          ALREADY_EXISTS, detail "<table>.<column>"
//   any other constraint                        INTERNAL, detail "constraint"
//   the rest                                    INTERNAL, with SQLite's extended code in the message
// A message never has bound values in it.
//
// Threads: a Database and its Statements belong to one thread at a time; only interrupt() may come from another.
#ifndef STRONGROOM_STORAGE_DATABASE_H_
#define STRONGROOM_STORAGE_DATABASE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace strongroom {

class Database;

/// A prepared statement, leased from its Database's cache; reset, cleared of its bindings and given back when it goes
/// out of scope. Parameters count from 1, columns from 0. A failure to prepare or to bind is kept and returned by the
/// first step(), so that callers check once. Must not outlive its Database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  /// Values are copied.
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, ByteView blob);
  Statement& bind(int parameter, std::nullopt_t);
  template <class T>
  Statement& bind(int parameter, const std::optional<T>& value) {
    return value ? bind(parameter, *value) : bind(parameter, std::nullopt);
  }
  /// Binds the parameters 1, 2, ...
  template <class... T>
  Statement& bind_all(const T&... values) {
    int parameter = 0;
    (bind(++parameter, values), ...);
    return *this;
  }

  /// Goes to the next row: true if there is one, false at the end.
  Result<bool> step();
  /// Runs a statement to its end, ignoring rows.
  Status run();

  // The present row. A text or blob view lives until the next step.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  ByteView blob(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  friend class Database;
  struct Cached;
  Statement(Database* database, Cached* cached, Status failure);

  Database* database_;
  Cached* cached_;  // null if preparing failed
  Status failure_;
};

struct DatabaseOptions {
  std::string path;
  bool read_only = false;
  /// For a file that nobody can write, where SQLite cannot make the files it shares among connections: read without
  /// any locks. Implies read_only.
  bool immutable = false;
  /// How long a statement waits for other connections' locks before it fails with BUSY.
  std::chrono::milliseconds busy_timeout{15000};
  /// Name of the SQLite VFS to use; empty for the default one.
  std::string vfs;
};

class Database {
 public:
  /// Opens an existing file (it is never created here) with foreign keys on, triggers and views off, untrusted schema,
  /// defensive mode, cell size checks and temporary tables in memory. Closing it does not write to the file.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);

  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// The statement for `sql` (exactly one). Prepared once and cached by its text: `sql` is to be a constant, with
  /// values bound, never built in.
  Statement prepare(std::string_view sql);
  /// Runs each of the statements in `sql`, uncached.
  Status execute(std::string_view sql);

  /// Whether a transaction is open. SQLite rolls one back by itself after some errors (disk full, I/O error).
  bool in_transaction() const;
  /// Rows changed by the latest INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  bool read_only() const;
  /// Whether the file is no longer the one at its path: what is written to it would be lost with the last connection.
  /// After watch_log() the same of the write-ahead log, which is there for as long as a connection is. It goes if
  /// somebody removes it, or if another copy of SQLite in this process (another library's) has had the database open:
  /// by closing it, that dropped our locks (POSIX locks belong to the process), and the next process took itself for
  /// the last.
  bool moved() const;
  void watch_log();

  /// Lets the close of the last connection move the write-ahead log into the database.
  Status allow_checkpoint_on_close();

  /// Makes the statement that is running fail with CANCELLED. Any thread.
  void interrupt();

 private:
  friend class Statement;
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

/// BEGIN now, and ROLLBACK when it goes out of scope without commit().
class Transaction {
 public:
  enum class Mode : std::uint8_t { kRead, kWrite };  // BEGIN DEFERRED, BEGIN IMMEDIATE

  /// STORE_READ_ONLY for kWrite on a connection for reading, or on a file that has `moved()`.
  static Result<Transaction> begin(Database& database, Mode mode);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// COMMIT. After a failure the transaction is rolled back.
  Status commit();

 private:
  explicit Transaction(Database* database) : database_(database) {}
  Database* database_;  // null once it has ended
};

/// What `PRAGMA integrity_check` and `foreign_key_check` find, one line for each problem; empty for a sound file.
Result<std::vector<std::string>> integrity_check(Database& database);

}  // namespace strongroom

#endif  // STRONGROOM_STORAGE_DATABASE_H_
