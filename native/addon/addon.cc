// The N-API face of the core.
#include <napi.h>

namespace {

Napi::Value version(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), STRONGROOM_VERSION); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("version", Napi::Function::New(env, version, "version"));
  return exports;
}

}  // namespace

NODE_API_MODULE(strongroom, init)
