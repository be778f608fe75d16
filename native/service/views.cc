#include "service/views.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "access/broker_policy.h"
#include "base/clock.h"
#include "connections/connection_store.h"

namespace strongroom {
namespace {

Value time_or_null(const std::optional<std::int64_t>& at) { return at ? Value(format_time(*at)) : Value(); }

Value text_or_null(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }

Value texts(const std::vector<std::string>& all) {
  Value::Array items;
  for (const std::string& text : all) items.emplace_back(text);
  return Value(std::move(items));
}

template <class Page>
Value view_page(const Page& page) {
  Value::Array items;
  items.reserve(page.items.size());
  for (const auto& item : page.items) items.push_back(view(item));
  Value::Object out{{"items", Value(std::move(items))}};
  if (page.next_cursor) out.emplace_back("nextCursor", *page.next_cursor);
  if (page.damaged > 0) out.emplace_back("damaged", page.damaged);
  return Value(std::move(out));
}

}  // namespace

Value view(const SecretInfo& info) {
  Value::Object metadata;
  for (const auto& [key, value] : info.metadata) metadata.emplace_back(key, value);
  return Value(Value::Object{
      {"id", info.id},
      {"name", info.name},
      {"kind", info.kind},
      {"envKey", text_or_null(info.env_key)},
      {"metadata", Value(std::move(metadata))},
      {"hasValue", info.has_value},
      {"version", info.version},
      {"revision", info.revision},
      {"createdAt", format_time(info.created_at)},
      {"updatedAt", format_time(info.updated_at)},
      {"lastAccessedAt", time_or_null(info.last_accessed_at)},
  });
}

Value view(const SecretPage& page) { return view_page(page); }

Value view(const AuditEntry& entry) {
  return Value(Value::Object{
      {"seq", entry.seq},
      {"at", format_time(entry.at)},
      {"role", entry.role},
      {"principalId", text_or_null(entry.principal_id)},
      {"action", entry.action},
      {"connectionId", text_or_null(entry.connection_id)},
      {"secretId", text_or_null(entry.secret_id)},
      {"field", text_or_null(entry.field)},
      {"reason", text_or_null(entry.reason)},
      {"outcome", outcome_name(entry.outcome)},
      {"code", text_or_null(entry.code)},
      {"detail", text_or_null(entry.detail)},
      {"hash", to_hex(entry.hash)},
      {"prevHash", to_hex(entry.prev_hash)},
  });
}

Value view(const AuditPage& page) { return view_page(page); }

Value view(const AuditVerdict& verdict) {
  Value::Object out{
      {"ok", verdict.ok},
      {"entries", verdict.entries},
      {"sealedThrough", verdict.sealed_through},
      {"sealChecked", verdict.seal_checked},
  };
  if (verdict.first_bad) {
    out.emplace_back("firstBad", Value(Value::Object{{"seq", verdict.first_bad->seq},
                                                     {"problem", problem_name(verdict.first_bad->problem)}}));
  }
  return Value(std::move(out));
}

Value view(const Provider& provider, bool testable) {
  Value out = manifest_of(provider);
  Value::Object& members = out.as_object();
  members.emplace_back("owner", provider.owner);
  members.emplace_back("registered", provider.registered);
  members.emplace_back("testable", testable);
  members.emplace_back("registeredAt", format_time(provider.registered_at));
  members.emplace_back("termsDigest", terms_digest(provider));
  return out;
}

Value view(const ConnectionTestResult& result) {
  return Value(Value::Object{{"at", format_time(result.at)},
                             {"ok", result.ok},
                             {"message", result.message},
                             {"durationMs", result.duration_ms}});
}

Value view(const ConnectionInfo& connection, const Provider* provider) {
  constexpr std::size_t kMaxIssues = 64;
  std::map<std::string, Value> secrets;
  if (provider != nullptr) {
    for (const auto& [field, schema] : provider->secrets) {
      secrets.emplace(field, Value(Value::Object{
                                 {"secretRef", Value()}, {"hasValue", false}, {"version", 0}, {"updatedAt", Value()}}));
    }
  }
  for (const auto& [field, secret] : connection.secrets) {
    secrets[field] = Value(Value::Object{{"secretRef", secret.secret_id},
                                         {"hasValue", secret.has_value},
                                         {"version", secret.version},
                                         {"updatedAt", format_time(secret.updated_at)}});
  }
  std::vector<Issue> issues;
  if (provider == nullptr || !provider->registered) {
    issues.push_back({"", "provider_missing", "the provider of this connection is not registered at present"});
  }
  if (provider != nullptr) {
    for (Issue& issue : attention_of(connection, *provider)) issues.push_back(std::move(issue));
  }
  if (issues.size() > kMaxIssues) issues.resize(kMaxIssues);
  Value::Array places;
  for (const Issue& issue : issues) {
    places.emplace_back(Value::Object{{"path", issue.path}, {"code", issue.code}, {"message", issue.message}});
  }
  Value attention;
  if (!places.empty()) {
    attention = Value(Value::Object{{"issues", Value(std::move(places))}});
    if (provider != nullptr) {
      attention.as_object().emplace_back("origins", texts(allowed_origins(*provider, connection)));
    }
  }
  Value::Object members;
  for (auto& [field, secret] : secrets) members.emplace_back(field, std::move(secret));
  Value out(Value::Object{
      {"id", connection.id},
      {"providerId", connection.provider_id},
      {"scope", scope_name(connection.scope)},
      {"workspaceId", text_or_null(connection.workspace_id)},
      {"displayName", connection.display_name},
      {"fields", connection.fields},
      {"secrets", Value(std::move(members))},
      {"revision", connection.revision},
      {"createdAt", format_time(connection.created_at)},
      {"updatedAt", format_time(connection.updated_at)},
      {"lastUsedAt", time_or_null(connection.last_used_at)},
      {"lastTest", connection.last_test ? view(*connection.last_test) : Value()},
      {"needsAttention", std::move(attention)},
  });
  if (provider != nullptr) out.as_object().emplace_back("termsDigest", terms_digest(*provider, connection));
  return out;
}

Value view(const Grant& grant) {
  return Value(Value::Object{{"id", grant.id},
                             {"principalId", grant.principal.id},
                             {"role", grant.principal.role},
                             {"connectionId", grant.connection_id},
                             {"field", grant.field},
                             {"decision", grant.allow ? "allow" : "deny"},
                             {"lifetime", grant.once ? "once" : "always"},
                             {"reason", grant.reason},
                             {"createdAt", format_time(grant.created_at)},
                             {"expiresAt", time_or_null(grant.expires_at)},
                             {"lastUsedAt", time_or_null(grant.last_used_at)}});
}

Value view(const GrantPage& page) { return view_page(page); }

Value view(const Silence& silence) {
  return Value(Value::Object{{"principalId", silence.principal.id},
                             {"role", silence.principal.role},
                             {"connectionId", silence.connection_id},
                             {"since", format_time(silence.since)},
                             {"until", format_time(silence.until)}});
}

Value view_request(const PendingRequest& request, std::size_t count) {
  return Value(Value::Object{{"id", request.id},
                             {"principalId", request.subject.principal.id},
                             {"role", request.subject.principal.role},
                             {"connectionId", request.subject.connection_id},
                             {"connectionName", request.connection_name},
                             {"providerId", request.provider_id},
                             {"providerName", request.provider_name},
                             {"field", request.subject.field},
                             {"fieldTitle", request.field_title},
                             {"reason", request.subject.reason},
                             {"count", static_cast<std::int64_t>(count)},
                             {"authType", request.auth_type ? Value(auth_type_name(*request.auth_type)) : Value()},
                             {"origins", texts(request.origins)},
                             {"createdAt", format_time(request.created_at)},
                             {"expiresAt", format_time(request.expires_at)}});
}

Value changed_event(std::string_view entity, std::string_view id, std::string_view change) {
  return Value(Value::Object{{"type", "changed"}, {"entity", entity}, {"id", id}, {"change", change}});
}

}  // namespace strongroom
