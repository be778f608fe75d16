#include "storage/database.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <functional>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>

namespace strongroom {
namespace {

using FileId = std::pair<dev_t, ino_t>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Waits for other connections' locks in short, uneven sleeps. SQLite's own handler backs off to 100 ms, so that a
/// process that was unlucky falls behind the others; here everybody asks equally often.
class BusyWait {
 public:
  explicit BusyWait(std::chrono::milliseconds timeout) : timeout_(timeout), random_(std::random_device{}()) {}

  static int handle(void* self, int tries) { return static_cast<BusyWait*>(self)->wait(tries) ? 1 : 0; }

 private:
  bool wait(int tries) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (tries == 0) deadline_ = now + timeout_;
    if (now >= deadline_) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(300, 1500)(random_)));
    return true;
  }

  std::chrono::milliseconds timeout_;
  SteadyTime deadline_;
  std::minstd_rand random_;
};

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, Finalizer>;

struct Closer {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
};
using ConnectionPtr = std::unique_ptr<sqlite3, Closer>;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

/// "secrets.name" of "UNIQUE constraint failed: secrets.name".
std::string failed_column(std::string_view message) {
  const std::size_t colon = message.find(": ");
  return colon == std::string_view::npos ? std::string() : std::string(message.substr(colon + 2));
}

Status internal(int code) {
  return {Code::kInternal,
          "the database failed: " + std::string(sqlite3_errstr(code)) + " (SQLite code " + std::to_string(code) + ")"};
}

Status full() { return {Code::kStoreFull, "there is no space left for the store"}; }
Status not_writable() { return {Code::kStoreReadOnly, "the store cannot be written"}; }

/// The status of an extended result code. `connection` may be null.
Status to_status(int code, sqlite3* connection) {
  const int system_error = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return {};
    case SQLITE_FULL: return full();
    case SQLITE_READONLY: return not_writable();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: return {Code::kBusy, "the store is locked by another process"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {Code::kCorrupt, "the database is damaged"};
    case SQLITE_INTERRUPT: return {Code::kCancelled, "the operation was cancelled"};
    case SQLITE_TOOBIG: return {Code::kLimitExceeded, "a value is too large for the database"};
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        std::string column = connection != nullptr ? failed_column(sqlite3_errmsg(connection)) : std::string();
        return Status(Code::kAlreadyExists, column + " has this value already").with_detail(column);
      }
      return internal(code).with_detail("constraint");
    case SQLITE_CANTOPEN:
      if (system_error == EACCES || system_error == EROFS || system_error == EPERM) return not_writable();
      return internal(code);
    case SQLITE_IOERR:
      if (code == SQLITE_IOERR_CORRUPTFS)
        return {Code::kCorrupt, "the file system reports that the database is damaged"};
      if (system_error == ENOSPC || system_error == EDQUOT) return full();
      if (system_error == EROFS) return not_writable();
      return internal(code);
    default: return internal(code);
  }
}

/// Which file a path names; nothing if there is none.
std::optional<FileId> file_id(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return FileId(info.st_dev, info.st_ino);
}

/// The path as a file: URI (RFC 3986) that says nobody writes this file.
std::string immutable_uri(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += '%';
      uri += kHex[byte >> 4U];
      uri += kHex[byte & 0xFU];
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

struct Statement::Cached {
  StatementPtr handle;
  bool leased = false;
  bool temporary = false;  // a second lease of the same text at the same time
};

struct Database::Impl {
  explicit Impl(std::chrono::milliseconds timeout) : busy(timeout) {}

  BusyWait busy;
  std::string log_name;            // of the write-ahead log
  std::optional<FileId> log_file;  // see watch_log()
  ConnectionPtr connection;
  std::unordered_map<std::string, std::unique_ptr<Statement::Cached>, TextHash, std::equal_to<>> cache;  // goes first

  Status failure() const { return to_status(sqlite3_extended_errcode(connection.get()), connection.get()); }
};

// --- Statement ---

Statement::Statement(Database* database, Cached* cached, Status failure)
    : database_(database), cached_(cached), failure_(std::move(failure)) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), cached_(std::exchange(other.cached_, nullptr)), failure_(std::move(other.failure_)) {}

Statement::~Statement() {
  if (cached_ == nullptr) return;
  if (cached_->temporary) {
    const std::unique_ptr<Cached> ends_here(cached_);
    return;
  }
  sqlite3_reset(cached_->handle.get());
  sqlite3_clear_bindings(cached_->handle.get());
  cached_->leased = false;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  if (failure_.ok()) failure_ = to_status(sqlite3_bind_int64(cached_->handle.get(), parameter, value), nullptr);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  if (failure_.ok()) {
    // A null pointer would bind NULL, and "" is not NULL.
    failure_ = to_status(sqlite3_bind_text64(cached_->handle.get(), parameter, text.empty() ? "" : text.data(),
                                             text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
                         nullptr);
  }
  return *this;
}

Statement& Statement::bind(int parameter, ByteView blob) {
  if (failure_.ok()) {
    const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
    failure_ =
        to_status(sqlite3_bind_blob64(cached_->handle.get(), parameter, data, blob.size(), SQLITE_TRANSIENT), nullptr);
  }
  return *this;
}

Statement& Statement::bind(int parameter, std::nullopt_t) {
  if (failure_.ok()) failure_ = to_status(sqlite3_bind_null(cached_->handle.get(), parameter), nullptr);
  return *this;
}

Result<bool> Statement::step() {
  if (!failure_.ok()) return failure_;
  switch (sqlite3_step(cached_->handle.get())) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: failure_ = database_->impl_->failure(); return failure_;
  }
}

Status Statement::run() {
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool row, step());
    if (!row) return {};
  }
}

bool Statement::is_null(int column) const { return sqlite3_column_type(cached_->handle.get(), column) == SQLITE_NULL; }

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(cached_->handle.get(), column); }

std::string_view Statement::text(int column) const {
  const unsigned char* data = sqlite3_column_text(cached_->handle.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(cached_->handle.get(), column))};
}

ByteView Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(cached_->handle.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const std::uint8_t*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(cached_->handle.get(), column))};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return std::string(text(column));
}

// --- Database ---

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const DatabaseOptions& options) {
  auto impl = std::make_unique<Impl>(options.busy_timeout);
  impl->log_name = options.path + "-wal";
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only || options.immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.immutable) flags |= SQLITE_OPEN_URI;
  const std::string name = options.immutable ? immutable_uri(options.path) : options.path;
  sqlite3* connection = nullptr;
  const int opened =
      sqlite3_open_v2(name.c_str(), &connection, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
  impl->connection.reset(connection);
  if (opened != SQLITE_OK) return to_status(opened, connection);

  sqlite3_busy_handler(connection, &BusyWait::handle, &impl->busy);
  sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0);
  // A schema that somebody else put into the file runs nothing: no triggers, no views, no functions with effects.
  constexpr std::pair<int, int> kSettings[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},   {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
      {SQLITE_DBCONFIG_ENABLE_VIEW, 0}, {SQLITE_DBCONFIG_DQS_DML, 0},          {SQLITE_DBCONFIG_DQS_DDL, 0},
      {SQLITE_DBCONFIG_ENABLE_FKEY, 1}, {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
  };
  for (const auto& [setting, value] : kSettings) {
    if (const int code = sqlite3_db_config(connection, setting, value, nullptr); code != SQLITE_OK) {
      return to_status(code, connection);
    }
  }
  std::unique_ptr<Database> database(new Database(std::move(impl)));
  SR_RETURN_IF_ERROR(database->execute("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"));
  return database;
}

Status Database::allow_checkpoint_on_close() {
  return to_status(sqlite3_db_config(impl_->connection.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr), nullptr);
}

Statement Database::prepare(std::string_view sql) {
  auto found = impl_->cache.find(sql);
  if (found != impl_->cache.end() && !found->second->leased) {
    found->second->leased = true;
    return {this, found->second.get(), {}};
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(impl_->connection.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return {this, nullptr, to_status(code, impl_->connection.get())};
  auto cached = std::make_unique<Statement::Cached>();
  cached->handle.reset(handle);
  cached->leased = true;
  if (found != impl_->cache.end()) {
    cached->temporary = true;
    return {this, cached.release(), {}};  // owned by the Statement
  }
  Statement::Cached* leased = cached.get();
  impl_->cache.emplace(sql, std::move(cached));
  return {this, leased, {}};
}

Status Database::execute(std::string_view sql) {
  const std::string text(sql);
  const int code = sqlite3_exec(impl_->connection.get(), text.c_str(), nullptr, nullptr, nullptr);
  return to_status(code, impl_->connection.get());
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(impl_->connection.get()) == 0; }
std::int64_t Database::changes() const { return sqlite3_changes64(impl_->connection.get()); }
bool Database::read_only() const { return sqlite3_db_readonly(impl_->connection.get(), "main") == 1; }
bool Database::moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(impl_->connection.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (code == SQLITE_OK && moved != 0) return true;
  return impl_->log_file && file_id(impl_->log_name) != impl_->log_file;
}
void Database::watch_log() { impl_->log_file = file_id(impl_->log_name); }
void Database::interrupt() { sqlite3_interrupt(impl_->connection.get()); }

// --- Transaction ---

Result<Transaction> Transaction::begin(Database& database, Mode mode) {
  // SQLite would let it begin and fail the first write.
  if (mode == Mode::kWrite && database.read_only()) return not_writable();
  if (mode == Mode::kWrite && database.moved()) {
    return Status(Code::kStoreReadOnly,
                  "the database was moved, removed or replaced while it was open; open the store anew");
  }
  SR_RETURN_IF_ERROR(database.prepare(mode == Mode::kWrite ? "BEGIN IMMEDIATE" : "BEGIN").run());
  return Transaction(&database);
}

Transaction::Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ == nullptr || !database_->in_transaction()) return;
  const Status ignored = database_->prepare("ROLLBACK").run();
}

Status Transaction::commit() {
  Status status = database_->in_transaction() ? database_->prepare("COMMIT").run()
                                              : Status(Code::kInternal, "the transaction was rolled back by SQLite");
  if (!status.ok() && database_->in_transaction()) {
    const Status ignored = database_->prepare("ROLLBACK").run();
  }
  database_ = nullptr;
  return status;
}

Result<std::vector<std::string>> integrity_check(Database& database) {
  std::vector<std::string> problems;
  Statement integrity = database.prepare("PRAGMA integrity_check");
  while (true) {
    Result<bool> row = integrity.step();
    if (!row.ok() && row.status().code() == Code::kCorrupt) {
      problems.push_back(row.status().message());
      return problems;
    }
    if (!row.ok()) return row.status();
    if (!*row) break;
    if (integrity.text(0) != "ok") problems.emplace_back(integrity.text(0));
  }
  Statement keys = database.prepare("PRAGMA foreign_key_check");
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool row, keys.step());
    if (!row) return problems;
    problems.push_back("a row of " + std::string(keys.text(0)) + " refers to a row of " + std::string(keys.text(2)) +
                       " that does not exist");
  }
}

}  // namespace strongroom
