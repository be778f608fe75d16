#include "service/connection_service.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "service/audited_write.h"
#include "service/request.h"
#include "service/views.h"

namespace strongroom {
namespace {

constexpr std::int64_t kShownAccesses = 50;
constexpr std::int64_t kShownGrants = 500;

Status not_found() { return {Code::kNotFound, "there is no such connection"}; }

/// Whether a caller sees the connections of a provider: an extension those of providers that it registered or declared
/// use of, a tool those it declared, or all if it declared none.
bool sees(const Caller& caller, std::string_view provider_id, std::string_view owner) {
  if (caller.role != Role::kExtension && caller.role != Role::kTool) return true;
  if (caller.uses && std::ranges::find(*caller.uses, provider_id) != caller.uses->end()) return true;
  if (caller.role == Role::kTool) return !caller.uses.has_value();
  return owner == caller.principal_id && owner != kCoreOwner;
}

std::optional<ConnectionScope> scope_of(const Value& request) {
  const Value* scope = request.find("scope");
  if (scope == nullptr) return std::nullopt;
  return scope->as_string() == "workspace" ? ConnectionScope::kWorkspace : ConnectionScope::kUser;
}

/// An object without the members that are undefined.
Value object_of(const Value& request, std::string_view key) {
  Value::Object out;
  if (const Value* object = request.find(key)) {
    for (const auto& [name, member] : object->as_object()) {
      if (!member.is(Value::Kind::kUndefined)) out.emplace_back(name, member);
    }
  }
  return Value(std::move(out));
}

}  // namespace

void ConnectionService::add_handlers(Dispatcher& dispatcher) {
  using Method = void (ConnectionService::*)(const Caller&, const Value&, Completion<Value>);
  const auto add = [&](const char* channel, Method method) {
    dispatcher.handle(channel, [this, method](const Caller& caller, const Value& request, Completion<Value> done) {
      (this->*method)(caller, request, std::move(done));
    });
  };
  add("connections.list", &ConnectionService::list);
  add("connections.get", &ConnectionService::get);
  add("connections.resolve", &ConnectionService::resolve);
  add("connections.create", &ConnectionService::create);
  add("connections.update", &ConnectionService::update);
  add("connections.setSecret", &ConnectionService::set_secret);
  add("connections.clearSecret", &ConnectionService::clear_secret);
  add("connections.delete", &ConnectionService::remove);
  dispatcher.handle("connections.usage", [this](const Caller&, const Value& request, Completion<Value> done) {
    usage(request, std::move(done));
  });
}

void ConnectionService::list(const Caller& caller, const Value& request, Completion<Value> done) {
  ConnectionFilter filter;
  filter.provider_id = text_of(request, "providerId");
  filter.scope = scope_of(request);
  filter.workspace_id = text_of(request, "workspaceId");
  filter.search = text_of(request, "search");
  filter.cursor = text_of(request, "cursor");
  filter.limit = integer_of(request, "limit", filter.limit);
  parts_.store.readers().submit([this, caller, filter, done = std::move(done)](const Status& closed,
                                                                               Database* database) mutable {
    if (!closed.ok()) return done(closed);
    std::map<std::string, std::optional<Provider>> providers;
    const auto provider_of = [&](const std::string& id) -> const Provider* {
      auto found = providers.find(id);
      if (found == providers.end()) {
        Result<Provider> provider = parts_.providers.get(*database, id);
        found = providers.emplace(id, provider.ok() ? std::optional(*std::move(provider)) : std::nullopt).first;
      }
      return found->second ? &*found->second : nullptr;
    };
    const bool restricted = caller.role == Role::kExtension || (caller.role == Role::kTool && caller.uses.has_value());
    if (restricted) {
      filter.visible_providers.emplace();
      const Result<std::vector<Provider>> all = parts_.providers.list(*database);
      if (!all.ok()) return done(all.status());
      for (const Provider& provider : *all) {
        if (sees(caller, provider.id, provider.owner)) filter.visible_providers->push_back(provider.id);
      }
    }
    const Result<ConnectionPage> page = parts_.connections.list(*database, filter);
    if (!page.ok()) return done(page.status());
    std::map<std::string, std::optional<std::string>> overrides;  // by provider
    const auto override_of = [&](const std::string& provider_id) {
      const auto [place, is_new] = overrides.emplace(provider_id, std::nullopt);
      if (is_new) {
        const Result<ConnectionInfo> used = parts_.connections.resolve(*database, provider_id, filter.workspace_id);
        if (used.ok() && used->scope == ConnectionScope::kWorkspace) place->second = used->id;
      }
      return place->second;
    };
    Value::Array items;
    items.reserve(page->items.size());
    for (const ConnectionInfo& connection : page->items) {
      Value item = view(connection, provider_of(connection.provider_id));
      if (filter.workspace_id && connection.scope == ConnectionScope::kUser) {
        if (const auto by = override_of(connection.provider_id)) item.as_object().emplace_back("overriddenBy", *by);
      }
      items.push_back(std::move(item));
    }
    Value::Object answer{{"items", Value(std::move(items))}};
    if (page->next_cursor) answer.emplace_back("nextCursor", *page->next_cursor);
    if (page->damaged > 0) answer.emplace_back("damaged", page->damaged);
    done(Value(std::move(answer)));
  });
}

Result<Value> ConnectionService::visible(Database& database, const Caller& caller, const ConnectionInfo& connection) {
  const Result<Provider> provider = parts_.providers.get(database, connection.provider_id);
  if (!sees(caller, connection.provider_id, provider.ok() ? provider->owner : std::string())) return not_found();
  return view(connection, provider.ok() ? &*provider : nullptr);
}

void ConnectionService::get(const Caller& caller, const Value& request, Completion<Value> done) {
  parts_.store.readers().submit([this, caller, id = request.find("id")->as_string(), done = std::move(done)](
                                    const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<ConnectionInfo> connection = parts_.connections.get(*database, id);
    done(connection.ok() ? visible(*database, caller, *connection) : Result<Value>(connection.status()));
  });
}

void ConnectionService::resolve(const Caller& caller, const Value& request, Completion<Value> done) {
  parts_.store.readers().submit([this, caller, provider_id = request.find("providerId")->as_string(),
                                 workspace_id = text_of(request, "workspaceId"),
                                 done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<ConnectionInfo> connection = parts_.connections.resolve(*database, provider_id, workspace_id);
    done(connection.ok() ? visible(*database, caller, *connection) : Result<Value>(connection.status()));
  });
}

void ConnectionService::write(const Caller& caller, AuditDraft draft, Work work, std::string change,
                              Completion<Value> done) {
  parts_.keys.with_keys(KeyService::Want::kUse, caller,
                        [this, draft = std::move(draft), work = std::move(work), change = std::move(change),
                         done = std::move(done)](Result<KeyService::Keys> got) {
                          if (!got.ok()) {
                            return audit_failed_attempt(parts_.store.committer(), parts_.audit, draft, got.status(),
                                                        [done, why = got.status()](const Status&) { done(why); });
                          }
                          audited_write<Found>(
                              parts_.store.committer(), parts_.audit, draft,
                              [this, work, keys = *got](Database& database, AuditDraft& entry) -> Result<Found> {
                                SR_RETURN_IF_ERROR(still_unlocked(parts_.keys, keys));
                                Result<Found> found = work(database, *keys);
                                if (found.ok()) entry.connection_id = found->connection.id;
                                if (found.ok() && !found->changed) entry.action.clear();
                                return found;
                              },
                              [this, change, done](Result<Found> found) {
                                if (!found.ok()) return done(found.status());
                                if (found->changed) {
                                  parts_.emit(changed_event("connection", found->connection.id, change));
                                }
                                done(view(found->connection, &found->provider));
                              });
                        });
}

Result<Provider> ConnectionService::provider_of(Database& database, std::string_view connection_id) {
  SR_ASSIGN_OR_RETURN(const ConnectionInfo connection, parts_.connections.get(database, connection_id));
  return parts_.providers.get(database, connection.provider_id);
}

void ConnectionService::create(const Caller& caller, const Value& request, Completion<Value> done) {
  ConnectionDraft draft;
  draft.provider_id = request.find("providerId")->as_string();
  draft.scope = scope_of(request).value_or(ConnectionScope::kUser);
  draft.workspace_id = text_of(request, "workspaceId");
  draft.display_name = request.find("displayName")->as_string();
  draft.fields = object_of(request, "fields");
  // Copies of a Value share its secrets, which so live as long as the job and no longer.
  draft.secrets = object_of(request, "secrets");
  draft.shown_terms = text_of(request, "termsDigest");
  AuditDraft entry = draft_of(caller, "connection.create");
  entry.detail = draft.provider_id;
  write(
      caller, std::move(entry),
      [this, draft = std::move(draft)](Database& database, const KeySet& keys) -> Result<Found> {
        SR_ASSIGN_OR_RETURN(Provider provider, parts_.providers.get(database, draft.provider_id));
        if (!provider.registered) return Status(Code::kNotFound, "the provider is not registered at present");
        SR_ASSIGN_OR_RETURN(ConnectionInfo connection, parts_.connections.create(database, provider, draft, keys));
        return Found{std::move(connection), std::move(provider)};
      },
      "created", std::move(done));
}

void ConnectionService::update(const Caller& caller, const Value& request, Completion<Value> done) {
  const std::string id = request.find("id")->as_string();
  ConnectionChange change;
  change.display_name = text_of(request, "displayName");
  if (request.find("fields") != nullptr) change.fields = object_of(request, "fields");
  change.revision = integer_of(request, "revision", 0);
  change.shown_terms = text_of(request, "termsDigest");
  AuditDraft entry = draft_of(caller, "connection.update");
  entry.connection_id = id;
  write(
      caller, std::move(entry),
      [this, id, change = std::move(change)](Database& database, const KeySet& keys) -> Result<Found> {
        SR_ASSIGN_OR_RETURN(Provider provider, provider_of(database, id));
        SR_ASSIGN_OR_RETURN(ConnectionInfo connection, parts_.connections.update(database, provider, id, change, keys));
        const bool changed = connection.revision != change.revision;
        return Found{std::move(connection), std::move(provider), changed};
      },
      "updated", std::move(done));
}

void ConnectionService::set_secret(const Caller& caller, const Value& request, Completion<Value> done) {
  const std::string id = request.find("id")->as_string();
  const std::string field = request.find("field")->as_string();
  AuditDraft entry = draft_of(caller, "connection.secret.set");
  entry.connection_id = id;
  entry.field = field;
  parts_.access.drop_handles(id, field);
  write(
      caller, std::move(entry),
      [this, id, field, value = *request.find("value"), shown_terms = text_of(request, "termsDigest")](
          Database& database, const KeySet& keys) -> Result<Found> {
        SR_ASSIGN_OR_RETURN(Provider provider, provider_of(database, id));
        SR_ASSIGN_OR_RETURN(ConnectionInfo connection,
                            parts_.connections.set_secret(database, provider, id, field, value, keys, shown_terms));
        return Found{std::move(connection), std::move(provider)};
      },
      "updated", std::move(done));
}

void ConnectionService::clear_secret(const Caller& caller, const Value& request, Completion<Value> done) {
  const std::string id = request.find("id")->as_string();
  const std::string field = request.find("field")->as_string();
  AuditDraft entry = draft_of(caller, "connection.secret.clear");
  entry.connection_id = id;
  entry.field = field;
  parts_.access.drop_handles(id, field);
  write(
      caller, std::move(entry),
      [this, id, field](Database& database, const KeySet& keys) -> Result<Found> {
        SR_ASSIGN_OR_RETURN(Provider provider, provider_of(database, id));
        SR_ASSIGN_OR_RETURN(ConnectionInfo connection,
                            parts_.connections.clear_secret(database, provider, id, field, keys));
        return Found{std::move(connection), std::move(provider)};
      },
      "updated", std::move(done));
}

void ConnectionService::remove(const Caller& caller, const Value& request, Completion<Value> done) {
  const std::string id = request.find("id")->as_string();
  AuditDraft entry = draft_of(caller, "connection.delete");
  entry.connection_id = id;
  parts_.access.drop_handles(id);
  audited_write<Value>(
      parts_.store.committer(), parts_.audit, std::move(entry),
      [this, id](Database& database, AuditDraft&) -> Result<Value> {
        SR_RETURN_IF_ERROR(parts_.connections.remove(database, id));
        return Value(Value::Object());
      },
      [this, id, done = std::move(done)](Result<Value> result) {
        if (result.ok()) {
          parts_.access.connection_deleted(id);
          parts_.emit(changed_event("connection", id, "deleted"));
        }
        done(std::move(result));
      });
}

void ConnectionService::usage(const Value& request, Completion<Value> done) {
  parts_.store.readers().submit(
      [this, id = request.find("id")->as_string(), done = std::move(done)](const Status& closed, Database* database) {
        if (!closed.ok()) return done(closed);
        const auto read = [&]() -> Result<Value> {
          SR_ASSIGN_OR_RETURN(const Transaction snapshot, Transaction::begin(*database, Transaction::Mode::kRead));
          SR_ASSIGN_OR_RETURN(const ConnectionInfo connection, parts_.connections.get(*database, id));
          GrantFilter of_connection;
          of_connection.connection_id = id;
          of_connection.once = true;
          of_connection.limit = kShownGrants;
          SR_ASSIGN_OR_RETURN(const GrantPage grants, parts_.grants.list(*database, of_connection));
          SR_ASSIGN_OR_RETURN(const std::vector<Silence> silences, parts_.cooldown.list(*database, id));
          AuditFilter about;
          about.connection_id = id;
          about.limit = kShownAccesses;
          SR_ASSIGN_OR_RETURN(const AuditPage entries, parts_.audit.list(*database, about));
          Value::Array granted;
          for (const Grant& grant : grants.items) granted.push_back(view(grant));
          Value::Array silenced;
          for (const Silence& silence : silences) silenced.push_back(view(silence));
          Value::Array accesses;
          for (const AuditEntry& entry : entries.items) {
            const Value whole = view(entry);
            Value::Object shown;
            for (const char* member : {"at", "role", "principalId", "action", "field", "reason", "outcome", "code"}) {
              const Value* value = whole.find(member);
              shown.emplace_back(member, value == nullptr ? Value() : *value);
            }
            accesses.emplace_back(std::move(shown));
          }
          return Value(Value::Object{
              {"grants", Value(std::move(granted))},
              {"silenced", Value(std::move(silenced))},
              {"accesses", Value(std::move(accesses))},
              {"lastUsedAt", connection.last_used_at ? Value(format_time(*connection.last_used_at)) : Value()}});
        };
        done(read());
      });
}

}  // namespace strongroom
