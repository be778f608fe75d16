#include "service/doctor.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "audit/audit_log.h"
#include "keys/master_key_file_provider.h"
#include "keys/vault_keys.h"
#include "secrets/sqlite_secret_store.h"
#include "storage/store.h"

namespace strongroom {
namespace {

/// Fewer bytes than this hold too few secrets at a time (base/secure_heap.h).
constexpr rlim_t kUsefulLockLimit = rlim_t{256} * 1024;

class Report {
 public:
  void ok(std::string_view id, std::string_view title, std::string detail) { add(id, title, "ok", std::move(detail)); }
  void warning(std::string_view id, std::string_view title, std::string detail, std::string suggestion) {
    add(id, title, "warning", std::move(detail), std::move(suggestion));
  }
  void problem(std::string_view id, std::string_view title, std::string detail, std::string suggestion) {
    add(id, title, "problem", std::move(detail), std::move(suggestion));
  }

  Value finish(const std::string& dir) && {
    return Value(Value::Object{{"dir", dir}, {"checks", Value(std::move(checks_))}});
  }

 private:
  void add(std::string_view id, std::string_view title, std::string_view status, std::string detail,
           std::string suggestion = "") {
    Value::Object check{{"id", id}, {"title", title}, {"status", status}, {"detail", std::move(detail)}};
    if (!suggestion.empty()) check.emplace_back("suggestion", std::move(suggestion));
    checks_.emplace_back(std::move(check));
  }

  Value::Array checks_;
};

std::string suggestion_for(const Status& status) {
  switch (status.code()) {
    case Code::kNotFound: return "Check the directory; a new store is created when an app first opens it.";
    case Code::kInsecurePermissions: return "Run the command that the message names, as the owner of the files.";
    case Code::kNewerSchema: return "Update the app: the store was written by a newer version of it.";
    case Code::kCorrupt: return "Restore strongroom.db from a backup; keep the damaged file.";
    case Code::kBusy: return "Another process has held the store for long; end it and look again.";
    case Code::kStoreReadOnly: return "Make the directory and the files in it writable for their owner.";
    case Code::kStoreFull: return "Free some space on the disk.";
    case Code::kKeyringUnavailable: return "Log in to a desktop session with a keyring, or list another key provider.";
    case Code::kKeyringLocked: return "Unlock the keyring; nothing is lost.";
    case Code::kKeyMissing: return "Put the key back: restore the keyring item or the file master.key from a backup.";
    default: return "See the message; nothing was changed.";
  }
}

void check_permissions(const std::string& dir, const std::shared_ptr<SecureHeap>& heap, Report& report) {
  const std::string_view title = "Permissions";
  bool sound = true;
  const auto judge = [&](const Status& status) {
    if (status.ok() || status.code() == Code::kNotFound) return;
    report.problem("permissions", title, status.message(), suggestion_for(status));
    sound = false;
  };
  judge(check_private(dir, true));
  const std::string database = dir + "/" + std::string(kDatabaseName);
  for (const std::string& file : {database, database + "-wal", database + "-shm"}) judge(check_private(file, false));
  // Also where it is not the key of this store: it may be that of another day.
  judge(MasterKeyFileProvider(dir, heap).probe().insecure);
  if (sound) report.ok("permissions", title, "The store is closed to other users.");
}

void check_memory(Report& report) {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
  const std::string_view title = "Locked memory";
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= kUsefulLockLimit) {
    report.ok("memory-lock", title, "The process may lock enough memory for secrets.");
  } else {
    report.warning("memory-lock", title,
                   "The process may lock " + std::to_string(limit.rlim_cur) +
                       " bytes of memory; many secrets in use at "
                       "the same time will fail with LIMIT_EXCEEDED.",
                   "Raise the limit (ulimit -l, or memlock in /etc/security/limits.conf).");
  }
}

/// Whether `dir` holds no database: it may be any folder, whose permissions are nobody's mistake.
bool is_no_store(const std::string& dir) {
  struct stat info {};
  const std::string database = dir + "/" + std::string(kDatabaseName);
  return lstat(database.c_str(), &info) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/// What each provider says, and which one a new store would take.
void check_providers(const VaultKeys& keys, bool keyed, Report& report) {
  bool chosen = false;
  for (const std::unique_ptr<KeyProvider>& provider : keys.providers()) {
    const std::string id = "key-provider:" + std::string(provider->kind());
    const std::string title = "Key provider " + std::string(provider->kind());
    const ProviderProbe probe = provider->probe();
    if (!probe.available) {
      report.warning(id, title, "Not available: " + probe.message,
                     "Needed only if the store's key is kept there, or if no other provider is available.");
      continue;
    }
    if (!probe.insecure.ok()) {
      chosen = true;
      report.problem(id, title, "Not usable: " + probe.insecure.message(), suggestion_for(probe.insecure));
      continue;
    }
    std::string detail = probe.message.empty() ? "Available." : "Available: " + probe.message + ".";
    if (probe.locked) detail += " It is locked: the first use of a secret will ask to unlock it.";
    if (!keyed && !chosen) detail += " A new store keeps its key here.";
    chosen = true;
    report.ok(id, title, std::move(detail));
  }
  if (!chosen && !keyed) {
    report.problem("key-provider", "Key providers", "No key provider is available, so no secret can be stored.",
                   "Log in to a desktop session with a keyring, or list the provider master-key-file.");
  }
}

/// The keys if they can be had without a prompt; what stands in the way is reported.
std::shared_ptr<const KeySet> check_key(VaultKeys& keys, const std::vector<KeySlot>& slots, Report& report) {
  const std::string_view title = "Key slots";
  if (slots.empty()) {
    report.ok("key-slots", title, "None yet: the first secret makes one.");
    return nullptr;
  }
  std::string detail;
  for (const KeySlot& slot : slots) {
    detail += (detail.empty() ? "" : ", ") + slot.id + " (" + slot.kind + ", generation " +
              std::to_string(slot.generation) + ", made " + format_time(slot.created_at_ms) + ")";
  }
  const Result<Unlocked> unlocked = keys.unlock(Interaction{.may_prompt = false});
  if (unlocked.ok()) {
    report.ok("key-slots", title, detail + ". The key opens.");
    return unlocked->keys;
  }
  const Status& status = unlocked.status();
  detail += ". The key does not open: " + std::string(code_name(status.code())) + ": " + status.message();
  if (status.code() == Code::kKeyringLocked) {
    report.warning("key-slots", title, std::move(detail), suggestion_for(status));
  } else {
    report.problem("key-slots", title, std::move(detail), suggestion_for(status));
  }
  return nullptr;
}

void check_integrity(Database& database, Report& report) {
  const Result<std::vector<std::string>> problems = integrity_check(database);
  const std::string_view title = "Integrity";
  if (problems.ok() && problems->empty()) {
    report.ok("integrity", title, "The database file is sound.");
  } else {
    report.problem("integrity", title, problems.ok() ? problems->front() : problems.status().message(),
                   suggestion_for(Status(Code::kCorrupt, "")));
  }
}

void check_secrets(SecretStore& secrets, Database& database, Report& report) {
  const std::string_view title = "Secrets";
  std::size_t count = 0;
  std::int64_t damaged = 0;
  for (const std::optional<std::string>& kind :
       {std::optional<std::string>(), std::optional(std::string(kConnectionKind))}) {
    SecretFilter filter{.kind = kind, .cursor = std::nullopt, .limit = 500};
    do {
      const Result<SecretPage> page = secrets.list(database, filter);
      if (!page.ok()) {
        return report.problem("secrets", title, page.status().message(), suggestion_for(page.status()));
      }
      count += page->items.size();
      damaged += page->damaged;
      filter.cursor = page->next_cursor;
    } while (filter.cursor);
  }
  if (damaged == 0) {
    report.ok("secrets", title, std::to_string(count) + " stored; every row can be read.");
  } else {
    report.problem("secrets", title, std::to_string(damaged) + " damaged, " + std::to_string(count) + " readable.",
                   suggestion_for(Status(Code::kCorrupt, "")));
  }
}

void check_audit(const AuditLog& audit, Database& database, const KeySet* keys, Report& report) {
  const std::string_view title = "Audit log";
  const Result<AuditVerdict> verdict = audit.verify(database, keys);
  if (!verdict.ok()) {
    return report.problem("audit", title, verdict.status().message(), suggestion_for(verdict.status()));
  }
  const std::string entries = std::to_string(verdict->entries) + " entries";
  if (verdict->first_bad) {
    report.problem(
        "audit", title,
        entries + "; the first bad one is " + std::to_string(verdict->first_bad->seq) + " (" +
            std::string(problem_name(verdict->first_bad->problem)) + ").",
        "Somebody changed the log, or the disk did. Keep a copy of the file and find out who could write it.");
  } else if (!verdict->seal_checked && verdict->entries > 0) {
    report.warning("audit", title, entries + " in an unbroken chain; the seal could not be checked without the key.",
                   "Make the key available and look again.");
  } else {
    report.ok("audit", title,
              entries + " in an unbroken chain, sealed through " + std::to_string(verdict->sealed_through) + ".");
  }
}

}  // namespace

Result<Value> diagnose(const StrongroomOptions& options, const std::shared_ptr<SecureHeap>& heap) {
  Report report;
  check_memory(report);
  const bool no_store = is_no_store(options.dir);
  if (!no_store) check_permissions(options.dir, heap, report);

  StoreOptions store_options;
  store_options.dir = options.dir;
  store_options.app_id = options.app_id;
  store_options.read_only = true;
  store_options.reader_threads = 1;
  const Result<std::unique_ptr<Store>> opened =
      no_store ? Result<std::unique_ptr<Store>>(Status(Code::kNotFound, "there is no store in " + options.dir))
               : Store::open(store_options);
  Store* const store = opened.ok() ? opened->get() : nullptr;
  const std::string_view title = "Store";
  if (store == nullptr) {
    const std::string detail = std::string(code_name(opened.status().code())) + ": " + opened.status().message();
    report.problem("store", title, detail, suggestion_for(opened.status()));
  } else {
    report.ok("store", title, store->store_id() + ", schema version " + std::to_string(store->schema_version()) + ".");
  }

  std::vector<KeySlot> slots;
  VaultKeys::Options vault;
  vault.store_id = store != nullptr ? store->store_id() : "";
  vault.app_id = store != nullptr ? store->app_id() : options.app_id;
  vault.app_name = options.app_name;
  SR_ASSIGN_OR_RETURN(vault.providers, make_key_providers(options.key_providers, options.dir, heap));
  vault.heap = heap;
  vault.clock = std::make_shared<SystemClock>();
  vault.read_slots = [&slots]() -> Result<std::vector<KeySlot>> { return slots; };
  vault.write_slot = [](const KeySlot&, const KeySet&, const std::function<Status(Database&)>&) {
    return Status(Code::kInternal, "a diagnosis makes no key");
  };
  VaultKeys keys(std::move(vault));

  if (store == nullptr) {
    check_providers(keys, false, report);
    return std::move(report).finish(options.dir);
  }
  SR_RETURN_IF_ERROR(store->readers().read([&](Database& database) -> Status {
    const Result<std::vector<KeySlot>> read = read_key_slots(database);
    if (read.ok()) {
      slots = *read;
    } else {
      report.problem("key-slots", "Key slots", read.status().message(), suggestion_for(read.status()));
    }
    check_providers(keys, !slots.empty(), report);
    const std::shared_ptr<const KeySet> set = read.ok() ? check_key(keys, slots, report) : nullptr;
    check_integrity(database, report);
    SqliteSecretStore secrets(store->store_id(), store->clock());
    check_secrets(secrets, database, report);
    const AuditLog audit(store->store_id(), store->clock(), [] { return nullptr; });
    check_audit(audit, database, set.get(), report);
    return Status();
  }));
  return std::move(report).finish(options.dir);
}

}  // namespace strongroom
