#include "service/secret_service.h"

#include <optional>
#include <utility>
#include <variant>

#include "base/ids.h"
#include "base/unicode.h"
#include "service/audited_write.h"
#include "service/request.h"
#include "service/views.h"

namespace strongroom {
namespace {

AuditDraft draft_for(const Caller& caller, const char* action, std::optional<std::string> secret_id = std::nullopt) {
  AuditDraft draft = draft_of(caller, action);
  draft.secret_id = std::move(secret_id);
  return draft;
}

std::optional<Metadata> metadata_of(const Value& request) {
  const Value* value = request.find("metadata");
  if (value == nullptr) return std::nullopt;
  Metadata metadata;
  for (const auto& [key, text] : value->as_object()) {
    if (!text.is(Value::Kind::kUndefined)) metadata.emplace_back(key, text.as_string());
  }
  return metadata;
}

/// A connection's own secrets change with their connection alone: its handles and its record depend on them.
Status not_of_a_connection(const Result<SecretInfo>& info) {
  if (!info.ok() || info->kind != kConnectionKind) return {};
  return {Code::kForbidden, "this secret belongs to a connection; change it there"};
}

}  // namespace

SecretService::SecretService(Store& store, SecretStore& secrets, const AuditLog& audit, KeyService& keys,
                             std::shared_ptr<SecureHeap> heap, std::function<void(const Value&)> emit)
    : store_(store), secrets_(secrets), audit_(audit), keys_(keys), heap_(std::move(heap)), emit_(std::move(emit)) {}

void SecretService::add_handlers(Dispatcher& dispatcher) {
  using Method = void (SecretService::*)(const Caller&, const Value&, Completion<Value>);
  const auto add = [&](const char* channel, Method method) {
    dispatcher.handle(channel, [this, method](const Caller& caller, const Value& request, Completion<Value> done) {
      (this->*method)(caller, request, std::move(done));
    });
  };
  dispatcher.handle("secrets.list", [this](const Caller&, const Value& request, Completion<Value> done) {
    list(request, std::move(done));
  });
  dispatcher.handle("secrets.get", [this](const Caller&, const Value& request, Completion<Value> done) {
    get(request, std::move(done));
  });
  add("secrets.create", &SecretService::create);
  add("secrets.update", &SecretService::update);
  add("secrets.replaceValue", &SecretService::replace);
  add("secrets.delete", &SecretService::remove);
}

void SecretService::list(const Value& request, Completion<Value> done) {
  SecretFilter filter{.kind = text_of(request, "kind"), .cursor = text_of(request, "cursor")};
  filter.limit = integer_of(request, "limit", filter.limit);
  store_.readers().submit([this, filter, done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<SecretPage> page = secrets_.list(*database, filter);
    done(page.ok() ? Result<Value>(view(*page)) : Result<Value>(page.status()));
  });
}

void SecretService::get(const Value& request, Completion<Value> done) {
  store_.readers().submit([this, id = text_of(request, "id"), env_key = text_of(request, "envKey"),
                           done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<SecretInfo> info =
        id ? secrets_.get(*database, *id) : secrets_.get_by_env_key(*database, env_key.value_or(""));
    done(info.ok() ? Result<Value>(view(*info)) : Result<Value>(info.status()));
  });
}

void SecretService::write(AuditDraft draft, KeyService::Keys keys, Work work, std::string change,
                          Completion<Value> done) {
  audited_write<Written>(
      store_.committer(), audit_, std::move(draft),
      [this, keys = std::move(keys), work = std::move(work)](Database& database, AuditDraft& entry) -> Result<Written> {
        if (keys != nullptr) SR_RETURN_IF_ERROR(still_unlocked(keys_, keys));
        Result<Written> written = work(database, keys.get());
        if (written.ok()) entry.secret_id = written->info.id;
        if (written.ok() && !written->changed) entry.action.clear();
        return written;
      },
      [this, change = std::move(change), done = std::move(done)](Result<Written> written) {
        if (!written.ok()) return done(written.status());
        if (written->changed) emit_(changed_event("secret", written->info.id, change));
        done(change == "deleted" ? Value(Value::Object()) : view(written->info));
      });
}

void SecretService::write_with_keys(const Caller& caller, AuditDraft draft, Work work, std::string change,
                                    Completion<Value> done) {
  keys_.with_keys(KeyService::Want::kUse, caller,
                  [this, draft = std::move(draft), work = std::move(work), change = std::move(change),
                   done = std::move(done)](Result<KeyService::Keys> keys) {
                    if (keys.ok()) return write(draft, *keys, work, change, done);
                    refuse(draft, keys.status(), done);
                  });
}

void SecretService::refuse(AuditDraft draft, Status failure, std::function<void(Status)> then) {
  audit_failed_attempt(store_.committer(), audit_, std::move(draft), failure,
                       [failure, then = std::move(then)](const Status&) {
                         // Nothing was given out, so the first failure is the answer even if the entry failed too.
                         then(failure);
                       });
}

void SecretService::create(const Caller& caller, const Value& request, Completion<Value> done) {
  SecretDraft secret;
  secret.name = request.find("name")->as_string();
  secret.kind = request.find("kind")->as_string();
  secret.env_key = text_of(request, "envKey");
  secret.metadata = metadata_of(request).value_or(Metadata());
  write_with_keys(
      caller, draft_for(caller, "secret.create"),
      // A copy of the Value shares the plaintext, which so lives as long as the job and no longer.
      [this, secret = std::move(secret), value = *request.find("value")](Database& database,
                                                                         const KeySet* keys) -> Result<Written> {
        SR_ASSIGN_OR_RETURN(SecretInfo info, secrets_.create(database, secret, value.as_secret().utf8.view(), *keys));
        return Written{std::move(info)};
      },
      "created", std::move(done));
}

void SecretService::update(const Caller& caller, const Value& request, Completion<Value> done) {
  std::string id = request.find("id")->as_string();
  SecretChange change;
  change.name = text_of(request, "name");
  change.kind = text_of(request, "kind");
  change.metadata = metadata_of(request);
  if (const Value* env_key = request.find("envKey")) {
    change.env_key = env_key->is(Value::Kind::kNull) ? std::optional<std::string>() : env_key->as_string();
  }
  if (const Value* revision = request.find("revision")) {
    change.revision = static_cast<std::int64_t>(revision->as_number());
  }
  AuditDraft draft = draft_for(caller, "secret.update", id);
  const bool reseals = change.kind.has_value();  // the kind is part of what authenticates the value
  Work work = [this, id = std::move(id), change = std::move(change)](Database& database,
                                                                     const KeySet* keys) -> Result<Written> {
    const Result<SecretInfo> before = secrets_.get(database, id);
    SR_RETURN_IF_ERROR(not_of_a_connection(before));
    SR_ASSIGN_OR_RETURN(SecretInfo info, secrets_.update(database, id, change, keys, *heap_));
    const bool changed = !before.ok() || info.revision != before->revision;
    return Written{std::move(info), changed};
  };
  if (reseals) return write_with_keys(caller, std::move(draft), std::move(work), "updated", std::move(done));
  write(std::move(draft), nullptr, std::move(work), "updated", std::move(done));
}

void SecretService::replace(const Caller& caller, const Value& request, Completion<Value> done) {
  std::string id = request.find("id")->as_string();
  AuditDraft draft = draft_for(caller, "secret.replace", id);
  write_with_keys(
      caller, std::move(draft),
      [this, id = std::move(id), value = *request.find("value")](Database& database,
                                                                 const KeySet* keys) -> Result<Written> {
        SR_RETURN_IF_ERROR(not_of_a_connection(secrets_.get(database, id)));
        SR_ASSIGN_OR_RETURN(SecretInfo info,
                            secrets_.replace_value(database, id, value.as_secret().utf8.view(), *keys));
        return Written{std::move(info)};
      },
      "updated", std::move(done));
}

void SecretService::remove(const Caller& caller, const Value& request, Completion<Value> done) {
  std::string id = request.find("id")->as_string();
  AuditDraft draft = draft_for(caller, "secret.delete", id);
  write(
      std::move(draft), nullptr,
      [this, id = std::move(id)](Database& database, const KeySet*) -> Result<Written> {
        SR_RETURN_IF_ERROR(not_of_a_connection(secrets_.get(database, id)));
        SR_ASSIGN_OR_RETURN(SecretInfo info, secrets_.remove(database, id));
        return Written{std::move(info)};
      },
      "deleted", std::move(done));
}

void SecretService::access(SecretAccess access, std::string id, std::string reason, Completion<SecureBuffer> done) {
  std::vector<Issue> issues;
  if (!is_id(kSecretIdPrefix, id)) issues.push_back({"/id", "pattern", "must be the id of a secret"});
  if (!has_length(reason, 1, kMaxReason)) issues.push_back(bad_reason());
  if (!issues.empty()) return done(Status::invalid(std::move(issues)));

  const Caller core{Role::kCore, "core"};
  AuditDraft draft = draft_for(core, access == SecretAccess::kUse ? "secret.use" : "secret.reveal", id);
  draft.reason = std::move(reason);
  keys_.with_keys(
      KeyService::Want::kUse, core,
      [this, id = std::move(id), draft = std::move(draft), done = std::move(done)](Result<KeyService::Keys> got) {
        if (!got.ok()) return refuse(draft, got.status(), [done](Status status) { done(std::move(status)); });
        audited_write<SecureBuffer>(
            store_.committer(), audit_, draft,
            [this, id, keys = *got](Database& database, AuditDraft&) -> Result<SecureBuffer> {
              SR_RETURN_IF_ERROR(still_unlocked(keys_, keys));
              SR_ASSIGN_OR_RETURN(SecureBuffer plaintext, secrets_.open_value(database, id, *keys, *heap_));
              SR_RETURN_IF_ERROR(secrets_.touch(database, id, store_.clock().now_ms()));
              return plaintext;
            },
            done);
      });
}

}  // namespace strongroom
