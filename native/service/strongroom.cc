#include "service/strongroom.h"

#include <array>
#include <mutex>
#include <optional>
#include <utility>

#include "audit/audit_log.h"
#include "secrets/sqlite_secret_store.h"
#include "service/audit_service.h"
#include "service/key_service.h"
#include "service/secret_service.h"
#include "service/views.h"
#include "storage/store.h"

namespace strongroom {
namespace {

/// How far the newest entry may lie back for old ones to be pruned unasked.
constexpr std::int64_t kPlausibleGapMs = 30LL * 24 * 60 * 60 * 1000;

}  // namespace

/// The parts, in the order in which they stand on each other.
class Strongroom::Impl {
 public:
  Impl(StrongroomOptions the_options, EventSink the_sink)
      : options(std::move(the_options)), sink(std::move(the_sink)) {}

  StrongroomOptions options;
  EventSink sink;
  std::optional<Dispatcher> dispatcher;
  std::unique_ptr<Store> store;
  std::unique_ptr<KeyService> keys;
  std::shared_ptr<AuditLog> audit;
  std::unique_ptr<SqliteSecretStore> secrets;
  std::unique_ptr<SecretService> secret_service;
  std::unique_ptr<AuditService> audit_service;
  std::once_flag closed;
  std::optional<std::int64_t> newest_entry_at;  // when the store was opened, ms

  Status start(const std::shared_ptr<SecureHeap>& heap) {
    SR_ASSIGN_OR_RETURN(dispatcher, Dispatcher::create());
    StoreOptions store_options;
    store_options.dir = options.dir;
    store_options.app_id = options.app_id;
    store_options.existing = options.existing;
    store_options.clock = options.clock;
    store_options.durability = options.full_durability ? Durability::kFull : Durability::kNormal;
    SR_ASSIGN_OR_RETURN(store, Store::open(store_options));
    options.app_id = store->app_id();
    if (options.app_name.empty()) options.app_name = options.app_id;
    SR_ASSIGN_OR_RETURN(keys, KeyService::create(options, *store, heap, [this](KeyState state) { on_state(state); }));
    audit = std::make_shared<AuditLog>(store->store_id(), store->clock(), [this] { return keys->current(); });
    keys->attach(*audit);
    store->committer().add_hook(audit);
    secrets = std::make_unique<SqliteSecretStore>(store->store_id(), store->clock());
    secret_service = std::make_unique<SecretService>(*store, *secrets, *audit, *keys, heap, sink);
    audit_service = std::make_unique<AuditService>(
        *store, *audit, *keys,
        PruneLimits{.retention_days = options.retention_days, .max_entries = options.max_entries});
    secret_service->add_handlers(*dispatcher);
    audit_service->add_handlers(*dispatcher);
    dispatcher->handle("status.get", [this](const Caller&, const Value&, Completion<Value> done) { done(status()); });
    dispatcher->handle("status.unlock", [this](const Caller& caller, const Value&, Completion<Value> done) {
      keys->with_keys(KeyService::Want::kUnlock, caller, [this, done = std::move(done)](Result<KeyService::Keys> got) {
        done(got.ok() ? status() : Result<Value>(got.status()));
      });
    });
    SR_RETURN_IF_ERROR(store->readers().read([this](Database& database) -> Status {
      AuditFilter filter;
      filter.limit = 1;
      SR_ASSIGN_OR_RETURN(const AuditPage newest, audit->list(database, filter));
      if (!newest.items.empty()) newest_entry_at = newest.items.front().at;
      return Status();
    }));
    if (!store->read_only_reason().empty()) keys->add_notice({"store-read-only", store->read_only_reason()});
    return Status();
  }

  void on_state(KeyState state) {
    sink(Value(Value::Object{{"type", "lock"}, {"state", key_state_name(state)}}));
    // Retention needs the key, so the first moment for it is when the key has come. A clock that is far ahead of the
    // log may be wrong, and what is pruned is gone: then it waits for the next time the store is opened.
    const bool clock_is_plausible = !newest_entry_at || store->clock().now_ms() - *newest_entry_at <= kPlausibleGapMs;
    if (state == KeyState::kUnlocked && store->read_only_reason().empty() && clock_is_plausible) {
      audit_service->prune({Role::kCore, "core"}, [this](const Result<std::int64_t>& pruned) {
        if (pruned.ok() || pruned.status().code() == Code::kClosed) return;
        keys->add_notice({"audit-not-pruned", "Old audit entries could not be removed: " + pruned.status().message()});
      });
    }
  }

  Result<Value> status() {
    std::vector<KeySlot> slots;
    SR_RETURN_IF_ERROR(store->readers().read([&](Database& database) -> Status {
      SR_ASSIGN_OR_RETURN(slots, read_key_slots(database));
      return Status();
    }));
    const std::string provider = !keys->provider_kind().empty() ? keys->provider_kind()
                                 : !slots.empty()               ? slots.front().kind
                                                                : std::string();
    Value::Array notices;
    for (const Notice& notice : keys->notices()) {
      notices.emplace_back(Value::Object{{"code", notice.code}, {"message", notice.message}});
    }
    return Value(Value::Object{
        {"state", key_state_name(keys->state())},
        {"keyProvider", provider.empty() ? Value() : Value(provider)},
        {"schemaVersion", store->schema_version()},
        {"storeId", store->store_id()},
        {"appId", options.app_id},
        {"appName", options.app_name},
        {"durability", options.full_durability ? "full" : "normal"},
        {"notices", Value(std::move(notices))},
    });
  }

  void close() {
    std::call_once(closed, [this] {
      keys->close();   // no prompt is left open; who waited for the key is answered
      store->close();  // what was accepted is written and answered
      keys->wipe();
    });
  }
};

Strongroom::Strongroom(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Strongroom::~Strongroom() { close(); }

Result<std::unique_ptr<Strongroom>> Strongroom::open(StrongroomOptions options, std::shared_ptr<SecureHeap> heap,
                                                     EventSink sink) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(sink));
  SR_RETURN_IF_ERROR(impl->start(heap));
  return std::unique_ptr<Strongroom>(new Strongroom(std::move(impl)));
}

void Strongroom::close() { impl_->close(); }

Result<Value> Strongroom::status() const { return impl_->status(); }

Strongroom::Stats Strongroom::stats() const {
  const CommitterStats stats = impl_->store->committer().stats();
  return {stats.commits, stats.jobs};
}

const Dispatcher& Strongroom::dispatcher() const { return *impl_->dispatcher; }

void Strongroom::dispatch(const Caller& caller, std::string_view channel, const Value& payload,
                          Completion<Value> done) {
  impl_->dispatcher->dispatch(caller, channel, payload, std::move(done));
}

void Strongroom::access_secret(SecretAccess access, std::string id, std::string reason, Completion<SecureBuffer> done) {
  impl_->secret_service->access(access, std::move(id), std::move(reason), std::move(done));
}

void Strongroom::unlock(Done done) {
  impl_->keys->with_keys(KeyService::Want::kUnlock, {Role::kCore, "core"},
                         [done = std::move(done)](const Result<KeyService::Keys>& keys) { done(keys.status()); });
}

void Strongroom::lock() { impl_->keys->lock(); }

void Strongroom::prune(Completion<std::int64_t> done) {
  impl_->audit_service->prune({Role::kCore, "core"}, std::move(done));
}

Result<std::shared_ptr<AuditExportStream>> Strongroom::export_audit(std::string_view format) {
  return impl_->audit_service->export_audit(format);
}

}  // namespace strongroom
