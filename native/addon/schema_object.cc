#include "addon/schema_object.h"

#include <utility>
#include <vector>

#include "addon/marshal.h"

namespace strongroom::addon {
namespace {

/// A schema is written by a developer and may be larger than a message; Schema::compile has limits of its own.
constexpr MessageLimits kSchemaLimits{.bytes = 8U << 20, .depth = 64, .values = 200000};

napi_value verdict(napi_env env, bool valid, const std::vector<Issue>& issues) {
  napi_value out = nullptr;
  napi_value flag = nullptr;
  if (napi_create_object(env, &out) != napi_ok || napi_get_boolean(env, valid, &flag) != napi_ok) return nullptr;
  Value::Array list;
  for (const Issue& issue : issues) {
    list.emplace_back(Value::Object{{"path", issue.path}, {"code", issue.code}, {"message", issue.message}});
  }
  napi_set_named_property(env, out, "valid", flag);
  if (const napi_value array = to_js(env, Value(std::move(list)))) napi_set_named_property(env, out, "issues", array);
  return out;
}

}  // namespace

Napi::Function SchemaObject::define(Napi::Env env) {
  return DefineClass(env, "Schema", {InstanceMethod<&SchemaObject::validate>("validate")});
}

SchemaObject::SchemaObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<SchemaObject>(info) {
  if (const auto* schema = Environment::of(info.Env()).constructed_with<Schema>()) schema_ = *schema;
}

Napi::Value SchemaObject::validate(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<Issue> issues;
  // No guide: this is a validator of any value, not the way of a message; nothing is kept.
  const Result<Message> value = from_js(env, info[0], nullptr, kMessageLimits, nullptr);
  if (!value.ok()) return {env, verdict(env, false, value.status().issues())};
  const bool valid = schema_->validate(*value, &issues);
  return {env, verdict(env, valid, issues)};
}

Napi::Value compile_schema(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Result<Value> json = from_js(env, info[0], nullptr, kSchemaLimits, nullptr);
  if (!json.ok()) {
    const Status refused(Code::kInvalidSchema, "the schema is not valid: " + json.status().message());
    return {env, error_envelope(env, Status(refused).with_issues(json.status().issues()))};
  }
  const Result<Schema> schema = Schema::compile(*json);
  if (!schema.ok()) return {env, error_envelope(env, schema.status())};
  Environment& environment = Environment::of(env);
  return {env, ok_envelope(env, environment.construct(environment.schema_class, *schema))};
}

}  // namespace strongroom::addon
