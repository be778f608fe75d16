#include "service/provider_service.h"

#include <utility>

#include "service/audited_write.h"
#include "service/request.h"
#include "service/views.h"

namespace strongroom {
namespace {

/// Who owns what a caller registers.
std::string owner_of(const Caller& caller) {
  return caller.role == Role::kCore ? std::string(kCoreOwner) : caller.principal_id;
}

/// Whether a caller may have to do with a provider of this id at all.
Status may_register(const Caller& caller, std::string_view id) {
  if (caller.role == Role::kCore) return {};
  if (same_publisher(caller.principal_id, id) && caller.principal_id != kCoreOwner) return {};
  return {Code::kForbidden, "an extension registers providers under its own publisher only"};
}

}  // namespace

ProviderService::ProviderService(Store& store, ProviderStore& providers, const AuditLog& audit,
                                 std::function<void(const Value&)> emit)
    : store_(store), providers_(providers), audit_(audit), emit_(std::move(emit)) {}

void ProviderService::add_handlers(Dispatcher& dispatcher) {
  dispatcher.handle("providers.list",
                    [this](const Caller&, const Value&, Completion<Value> done) { list(std::move(done)); });
  dispatcher.handle("providers.register", [this](const Caller& caller, const Value& manifest, Completion<Value> done) {
    register_one(caller, manifest, std::move(done));
  });
  dispatcher.handle("providers.unregister", [this](const Caller& caller, const Value& request, Completion<Value> done) {
    unregister(caller, request.find("id")->as_string(), std::move(done));
  });
}

void ProviderService::set_tester(const std::string& provider_id, bool present) {
  {
    const std::lock_guard lock(mutex_);
    if (present) {
      testers_.insert(provider_id);
    } else {
      testers_.erase(provider_id);
    }
  }
  emit_(changed_event("provider", provider_id, "updated"));
}

bool ProviderService::has_tester(const std::string& provider_id) const {
  const std::lock_guard lock(mutex_);
  return testers_.contains(provider_id);
}

bool ProviderService::testable(const Provider& provider) const {
  return provider.test.has_value() || has_tester(provider.id);
}

void ProviderService::list(Completion<Value> done) {
  store_.readers().submit([this, done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<std::vector<Provider>> providers = providers_.list(*database);
    if (!providers.ok()) return done(providers.status());
    Value::Array items;
    for (const Provider& provider : *providers) items.push_back(view(provider, testable(provider)));
    done(Value(Value::Object{{"items", Value(std::move(items))}}));
  });
}

void ProviderService::register_one(const Caller& caller, const Value& manifest, Completion<Value> done) {
  AuditDraft draft = draft_of(caller, "provider.register");
  draft.detail = manifest.find("id")->as_string();
  const auto refuse = [this, draft, done](const Status& why) {
    audit_failed_attempt(store_.committer(), audit_, draft, why, [done, why](const Status&) { done(why); });
  };
  if (const Status refused = may_register(caller, *draft.detail); !refused.ok()) return refuse(refused);
  // A manifest may take a while to compile: not on the thread of the caller, and not on the committer's.
  store_.readers().submit(
      [this, owner = owner_of(caller), manifest, draft, refuse, done](const Status& closed, Database*) {
        if (!closed.ok()) return done(closed);
        Result<Provider> parsed = parse_manifest(manifest);
        if (!parsed.ok()) return refuse(parsed.status());
        struct Put {
          Provider provider;
          ProviderStore::Registered registered;
        };
        audited_write<Put>(
            store_.committer(), audit_, draft,
            [this, owner, parsed = *std::move(parsed)](Database& database, AuditDraft&) -> Result<Put> {
              Put put{parsed, ProviderStore::Registered::kCreated};
              SR_ASSIGN_OR_RETURN(put.registered, providers_.put(database, put.provider, owner));
              return put;
            },
            [this, done](Result<Put> put) {
              if (!put.ok()) return done(put.status());
              if (put->registered != ProviderStore::Registered::kUnchanged) {
                emit_(changed_event("provider", put->provider.id,
                                    put->registered == ProviderStore::Registered::kCreated ? "created" : "updated"));
              }
              done(view(put->provider, testable(put->provider)));
            });
      });
}

void ProviderService::unregister(const Caller& caller, const std::string& id, Completion<Value> done) {
  AuditDraft draft = draft_of(caller, "provider.unregister");
  draft.detail = id;
  audited_write<Value>(
      store_.committer(), audit_, std::move(draft),
      [this, id, caller](Database& database, AuditDraft&) -> Result<Value> {
        SR_RETURN_IF_ERROR(may_register(caller, id));
        const std::string owner = caller.role == Role::kCore ? std::string() : owner_of(caller);
        SR_RETURN_IF_ERROR(providers_.remove(database, id, owner));
        return Value(Value::Object());
      },
      [this, id, done = std::move(done)](Result<Value> result) {
        if (result.ok()) emit_(changed_event("provider", id, "deleted"));
        done(std::move(result));
      });
}

}  // namespace strongroom
