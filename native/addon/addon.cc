// The N-API face of the core. Every answer is an envelope, so no exception crosses in either direction.
#include <napi.h>

#include "addon/environment.h"
#include "addon/marshal.h"
#include "addon/room.h"
#include "addon/schema_object.h"
#include "service/doctor.h"
#include "service/options.h"

namespace strongroom::addon {
namespace {

/// `diagnose(options)`: a promise of an envelope with the report.
Napi::Value diagnose_store(const Napi::CallbackInfo& info) {
  const Answer answer(info.Env());
  Environment& environment = Environment::of(info.Env());
  const Result<Value> value = from_js(info.Env(), info[0], nullptr, kMessageLimits, nullptr);
  const Result<StrongroomOptions> options =
      value.ok() ? parse_options(*value) : Result<StrongroomOptions>(value.status());
  if (!options.ok()) {
    answer.reject(options.status());
    return answer.promise();
  }
  const bool started = environment.tasks().run([answer, options = *options, heap = environment.heap()] {
    Result<Value> report = diagnose(options, heap);
    report.ok() ? answer.resolve(std::move(report).value()) : answer.reject(report.status());
  });
  if (!started) answer.reject(Status(Code::kInternal, "the system has no thread to look with"));
  return answer.promise();
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  Environment* const environment = Environment::create(env);
  if (environment == nullptr) return exports;  // the exception is pending
  environment->room_class = Napi::Persistent(Room::define(env));
  environment->export_class = Napi::Persistent(AuditExportObject::define(env));
  environment->schema_class = Napi::Persistent(SchemaObject::define(env));
  exports.Set("version", Napi::String::New(env, STRONGROOM_VERSION));
  exports.Set("open", Napi::Function::New<open_room>(env, "open"));
  exports.Set("diagnose", Napi::Function::New<diagnose_store>(env, "diagnose"));
  exports.Set("compileSchema", Napi::Function::New<compile_schema>(env, "compileSchema"));
  return exports;
}

}  // namespace
}  // namespace strongroom::addon

using strongroom::addon::init;  // the macro wants a plain name
NODE_API_MODULE(strongroom, init)
