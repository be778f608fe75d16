#include "service/views.h"

#include <optional>
#include <string>

#include "base/clock.h"

namespace strongroom {
namespace {

Value text_or_null(const std::optional<std::string>& text) { return text ? Value(*text) : Value(); }

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
      {"lastAccessedAt", info.last_accessed_at ? Value(format_time(*info.last_accessed_at)) : Value()},
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

Value changed_event(std::string_view entity, std::string_view id, std::string_view change) {
  return Value(Value::Object{{"type", "changed"}, {"entity", entity}, {"id", id}, {"change", change}});
}

}  // namespace strongroom
