#include "service/strongroom.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "access/access_control.h"
#include "access/refusal_limit.h"
#include "audit/audit_log.h"
#include "connections/connection_store.h"
#include "connections/provider_store.h"
#include "secrets/sqlite_secret_store.h"
#include "service/access_service.h"
#include "service/audit_service.h"
#include "service/audited_write.h"
#include "service/broker_service.h"
#include "service/connection_service.h"
#include "service/key_service.h"
#include "service/provider_service.h"
#include "service/secret_service.h"
#include "service/views.h"
#include "storage/store.h"

namespace strongroom {
namespace {

/// How far the newest entry may lie back for old ones to be pruned unasked.
constexpr std::int64_t kPlausibleGapMs = 30LL * 24 * 60 * 60 * 1000;

Status store_closed() { return {Code::kClosed, "the store has been closed"}; }

/// An export that gives no more pieces once the store is being closed.
class ExportUntilClose : public AuditExportStream {
 public:
  ExportUntilClose(std::shared_ptr<AuditExportStream> pieces, const std::atomic<bool>& closing)
      : pieces_(std::move(pieces)), closing_(closing) {}

  void next(Completion<std::string> done) override {
    if (closing_) return done(store_closed());
    pieces_->next(std::move(done));
  }

 private:
  std::shared_ptr<AuditExportStream> pieces_;
  const std::atomic<bool>& closing_;
};

}  // namespace

/// The parts, in the order in which they stand on each other.
class Strongroom::Impl {
 public:
  Impl(StrongroomOptions the_options, EventSink the_sink, Effects::Sink the_effects)
      : options(std::move(the_options)), sink(std::move(the_sink)), effect_sink(std::move(the_effects)) {}

  StrongroomOptions options;
  EventSink sink;
  Effects::Sink effect_sink;
  std::optional<Dispatcher> dispatcher;
  std::unique_ptr<Store> store;
  std::unique_ptr<KeyService> keys;
  std::shared_ptr<AuditLog> audit;
  std::unique_ptr<SqliteSecretStore> secrets;
  std::unique_ptr<ProviderStore> providers;
  std::unique_ptr<ConnectionStore> connections;
  std::unique_ptr<GrantStore> grants;
  std::unique_ptr<Cooldown> cooldown;
  std::unique_ptr<RefusalLimit> refusals;
  std::unique_ptr<AccessControl> access_control;
  std::unique_ptr<Timers> timers;
  std::unique_ptr<Effects> effects;
  std::unique_ptr<SecretService> secret_service;
  std::unique_ptr<ProviderService> provider_service;
  std::unique_ptr<AccessService> access_service;
  std::unique_ptr<ConnectionService> connection_service;
  std::unique_ptr<BrokerService> broker_service;
  std::unique_ptr<AuditService> audit_service;
  std::atomic<bool> closing = false;
  std::once_flag closed;
  std::mutex tickets_mutex;
  std::map<std::uint64_t, std::stop_source> tickets;  // of messages without an answer; guarded by tickets_mutex
  std::optional<std::int64_t> newest_entry_at;        // when the store was opened, ms

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
        PruneLimits{.retention_days = options.retention_days, .max_entries = options.max_entries}, sink);
    start_access(heap);
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

  /// Connections, consent and the broker.
  void start_access(const std::shared_ptr<SecureHeap>& heap) {
    timers = std::make_unique<Timers>();
    effects = std::make_unique<Effects>(
        *timers, effect_sink ? effect_sink : [](const Effect&) {});
    providers = std::make_unique<ProviderStore>(store->clock());
    connections = std::make_unique<ConnectionStore>(store->store_id(), store->clock(), *secrets);
    grants = std::make_unique<GrantStore>(store->store_id(), store->clock());
    cooldown = std::make_unique<Cooldown>(store->clock());
    refusals = std::make_unique<RefusalLimit>(store->clock());
    access_control = std::make_unique<AccessControl>(AccessControl::Parts{.providers = *providers,
                                                                          .connections = *connections,
                                                                          .secrets = *secrets,
                                                                          .grants = *grants,
                                                                          .cooldown = *cooldown,
                                                                          .clock = store->clock()});
    provider_service = std::make_unique<ProviderService>(*store, *providers, *audit, sink);
    access_service = std::make_unique<AccessService>(
        AccessService::Parts{.store = *store,
                             .audit = *audit,
                             .keys = *keys,
                             .control = *access_control,
                             .grants = *grants,
                             .cooldown = *cooldown,
                             .timers = *timers,
                             .effects = *effects,
                             .heap = heap,
                             .emit = sink},
        AccessOptions{.consent_timeout = std::chrono::milliseconds(options.consent_timeout_ms),
                      .handle_ttl = std::chrono::milliseconds(options.handle_ttl_ms)});
    connection_service = std::make_unique<ConnectionService>(ConnectionService::Parts{.store = *store,
                                                                                      .providers = *providers,
                                                                                      .connections = *connections,
                                                                                      .grants = *grants,
                                                                                      .cooldown = *cooldown,
                                                                                      .audit = *audit,
                                                                                      .keys = *keys,
                                                                                      .access = *access_service,
                                                                                      .emit = sink});
    broker_service = std::make_unique<BrokerService>(BrokerService::Parts{.store = *store,
                                                                          .providers = *providers,
                                                                          .connections = *connections,
                                                                          .secrets = *secrets,
                                                                          .audit = *audit,
                                                                          .keys = *keys,
                                                                          .access = *access_service,
                                                                          .provider_service = *provider_service,
                                                                          .effects = *effects,
                                                                          .heap = heap,
                                                                          .emit = sink});
    provider_service->add_handlers(*dispatcher);
    access_service->add_handlers(*dispatcher);
    connection_service->add_handlers(*dispatcher);
    broker_service->add_handlers(*dispatcher);
  }

  /// The one way of every message. What extensions and tools send passes the limit on refusals before anything is
  /// looked at.
  void dispatch(const Caller& caller, std::string_view channel, const Value& payload, Completion<Value> done) {
    if (closing) return done(store_closed());
    if (caller.role != Role::kExtension && caller.role != Role::kTool) {
      return dispatcher->dispatch(caller, channel, payload, std::move(done));
    }
    const Principal principal{std::string(role_name(caller.role)), caller.principal_id};
    if (const auto turned_away = refusals->turned_away(principal)) {
      return turn_away(caller, *turned_away, std::move(done));
    }
    dispatcher->dispatch(caller, channel, payload, [this, principal, done = std::move(done)](Result<Value> answer) {
      // Before it is told: it may send the next one at once.
      if (is_refusal(answer.status().code())) refusals->refused(principal);
      done(std::move(answer));
    });
  }

  void dispatch(Caller caller, std::string_view channel, const Value& payload, Completion<Value> done,
                std::uint64_t ticket) {
    {
      const std::lock_guard lock(tickets_mutex);
      caller.gone = tickets[ticket].get_token();
    }
    dispatch(caller, channel, payload, [this, ticket, done = std::move(done)](Result<Value> answer) {
      {
        const std::lock_guard lock(tickets_mutex);
        tickets.erase(ticket);
      }
      done(std::move(answer));
    });
  }

  void withdraw(std::uint64_t ticket) {
    {
      const std::lock_guard lock(tickets_mutex);
      const auto found = tickets.find(ticket);
      if (found == tickets.end()) return;
      found->second.request_stop();
    }
    access_service->end_gone();
  }

  void turn_away(const Caller& caller, const RefusalLimit::TurnedAway& turned_away, Completion<Value> done) {
    const Status why = Status(Code::kLimitExceeded, "too many requests were refused; the next one is heard in " +
                                                        std::to_string((turned_away.wait_ms + 999) / 1000) + " s")
                           .with_detail("too-many-refusals");
    if (!turned_away.first) return done(why);
    // One entry says where the log stops being complete. It is about all that is sent, so it does not look at what.
    AuditDraft draft = draft_of(caller, "access.request");
    draft.outcome = AuditOutcome::kDenied;
    draft.code = std::string(code_name(why.code()));
    draft.detail = why.detail();
    WriteJob job;
    job.work = [this, draft = std::move(draft)](Database& database) { return audit->append(database, draft); };
    // Nothing was given out, so this is the answer even if it could not be written down.
    job.done = [why, done = std::move(done)](const Status&) { done(why); };
    store->committer().submit(std::move(job));
  }

  void lock() {
    keys->lock();
    access_service->drop_all(keys->dropped());
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
    if (closing) return store_closed();
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
    closing = true;
    std::call_once(closed, [this] {
      const Status why = store_closed();
      keys->close();  // no prompt is left open; who waited for the key is answered
      access_service->drop_all(why);
      effects->close();
      timers->close();
      store->close();                 // what was accepted is written and answered
      access_service->drop_all(why);  // who came to wait while that was done
      effects->close();
      keys->wipe();
    });
  }
};

Strongroom::Strongroom(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Strongroom::~Strongroom() { close(); }

Result<std::unique_ptr<Strongroom>> Strongroom::open(StrongroomOptions options, std::shared_ptr<SecureHeap> heap,
                                                     EventSink sink, Effects::Sink effects) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(sink), std::move(effects));
  SR_RETURN_IF_ERROR(impl->start(heap));
  return std::unique_ptr<Strongroom>(new Strongroom(std::move(impl)));
}

void Strongroom::close() { impl_->close(); }

void Strongroom::begin_close() { impl_->closing = true; }

Result<Value> Strongroom::status() const { return impl_->status(); }

Strongroom::Stats Strongroom::stats() const {
  const CommitterStats stats = impl_->store->committer().stats();
  return {stats.commits, stats.jobs};
}

const Dispatcher& Strongroom::dispatcher() const { return *impl_->dispatcher; }

void Strongroom::dispatch(const Caller& caller, std::string_view channel, const Value& payload, Completion<Value> done,
                          std::uint64_t ticket) {
  if (ticket == 0) return impl_->dispatch(caller, channel, payload, std::move(done));
  impl_->dispatch(caller, channel, payload, std::move(done), ticket);
}

void Strongroom::withdraw(std::uint64_t ticket) { impl_->withdraw(ticket); }

void Strongroom::sees(const Caller& caller, const std::string& connection_id, Completion<bool> done) const {
  impl_->dispatcher->dispatch(caller, "connections.get", Value(Value::Object{{"id", connection_id}}),
                              [done = std::move(done)](const Result<Value>& connection) {
                                if (connection.ok()) return done(true);
                                const Status& why = connection.status();
                                done(why.code() == Code::kNotFound ? Result<bool>(false) : Result<bool>(why));
                              });
}

void Strongroom::access_secret(SecretAccess access, std::string id, std::string reason, Completion<SecureBuffer> done) {
  if (impl_->closing) return done(store_closed());
  impl_->secret_service->access(access, std::move(id), std::move(reason), std::move(done));
}

void Strongroom::unlock(Done done) {
  if (impl_->closing) return done(store_closed());
  impl_->keys->with_keys(KeyService::Want::kUnlock, {Role::kCore, "core"},
                         [done = std::move(done)](const Result<KeyService::Keys>& keys) { done(keys.status()); });
}

void Strongroom::lock() { impl_->lock(); }

void Strongroom::redeem(const std::string& handle, std::string reason, bool for_program,
                        Completion<RedeemedHandle> done) {
  if (impl_->closing) return done(store_closed());
  impl_->access_service->redeem(handle, std::move(reason), for_program,
                                [done = std::move(done)](Result<AccessService::Plaintext> redeemed) {
                                  if (!redeemed.ok()) return done(redeemed.status());
                                  done(RedeemedHandle{std::move(redeemed->value), std::move(redeemed->info)});
                                });
}

void Strongroom::settle(EffectId id, Result<EffectOutcome> outcome) { impl_->effects->settle(id, std::move(outcome)); }

void Strongroom::set_prompting(bool prompting) { impl_->access_service->set_prompting(prompting); }

void Strongroom::set_tester(const std::string& provider_id, bool present) {
  impl_->provider_service->set_tester(provider_id, present);
}

void Strongroom::prune(Completion<std::int64_t> done) {
  if (impl_->closing) return done(store_closed());
  impl_->audit_service->prune({Role::kCore, "core"}, std::move(done));
}

Result<std::shared_ptr<AuditExportStream>> Strongroom::export_audit(std::string_view format) {
  SR_ASSIGN_OR_RETURN(std::shared_ptr<AuditExportStream> pieces, impl_->audit_service->export_audit(format));
  return std::shared_ptr<AuditExportStream>(std::make_shared<ExportUntilClose>(std::move(pieces), impl_->closing));
}

}  // namespace strongroom
