#include "addon/environment.h"

#include <utility>

#include "addon/marshal.h"

namespace strongroom::addon {

Environment* Environment::create(Napi::Env env) {
  auto environment = std::make_unique<Environment>();
  environment->env_ = env;
  environment->queue_ = CompletionQueue::create(env);
  if (environment->queue_ == nullptr) return nullptr;
  Environment* const raw = environment.release();
  env.SetInstanceData<Environment>(raw);  // deleted by the engine after the cleanup hooks
  // Added after the queue's own function, so it runs before Node takes that away.
  if (napi_add_env_cleanup_hook(env, tear_down, raw) != napi_ok) return nullptr;
  return raw;
}

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

void Environment::remember(const std::shared_ptr<Strongroom>& core) {
  std::erase_if(cores_, [](const std::weak_ptr<Strongroom>& known) { return known.expired(); });
  cores_.push_back(core);
}

Environment::Listener Environment::add_listener(Napi::Function function) {
  listeners_.emplace(++last_listener_, Napi::Persistent(function));
  return last_listener_;
}

void Environment::call_listener(Listener listener, napi_value event) {
  const auto found = listeners_.find(listener);
  if (found == listeners_.end()) return;
  // Without the C++ wrapper, for which a failure of an engine that is being torn down is a reason to abort. The
  // facade's listener throws nothing.
  napi_value global = nullptr;
  if (event == nullptr || napi_get_global(env_, &global) != napi_ok) return;
  napi_call_function(env_, global, found->second.Value(), 1, &event, nullptr);
}

void Environment::remove_listener(Listener listener) { listeners_.erase(listener); }

void Environment::tear_down(void* data) {
  auto* environment = static_cast<Environment*>(data);
  environment->queue_->close();  // from here on nothing of this environment is called
  for (const std::weak_ptr<Strongroom>& known : environment->cores_) {
    if (const std::shared_ptr<Strongroom> core = known.lock()) core->close();
  }
  environment->tasks_.join();
}

Answer::Answer(Napi::Env env) : queue_(Environment::of(env).queue()), env_(env) {
  queue_->begin();
  napi_create_promise(env, &deferred_, &promise_);
}

void Answer::resolve(MakeValue make) const {
  queue_->post_last([deferred = deferred_, make = std::move(make)](napi_env env) {
    const napi_value value = make(env);
    if (value != nullptr) napi_resolve_deferred(env, deferred, value);
  });
}

void Answer::resolve(Value value) const {
  resolve([value = std::move(value)](napi_env env) { return ok_envelope(env, to_js(env, value)); });
}

void Answer::reject(Status status) const {
  resolve([status = std::move(status)](napi_env env) { return error_envelope(env, status); });
}

}  // namespace strongroom::addon
