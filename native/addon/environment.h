// What the addon keeps for one JavaScript environment (the main thread, or a worker): instance data, no globals. It
// comes into being with the addon's load in that environment and is torn down by its cleanup hook: work in flight is
// finished or cancelled, every thread is joined, every key wiped, and no promise is touched any more.
#ifndef STRONGROOM_ADDON_ENVIRONMENT_H_
#define STRONGROOM_ADDON_ENVIRONMENT_H_

#include <napi.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "addon/completion_queue.h"
#include "addon/task_threads.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "service/strongroom.h"

namespace strongroom::addon {

/// The core's Value, where Napi::ObjectWrap has a member of that name.
using Message = strongroom::Value;

class Environment {
 public:
  /// Makes the environment's data; nullptr with an exception pending if the engine refuses.
  static Environment* create(Napi::Env env);
  static Environment& of(Napi::Env env);

  const std::shared_ptr<CompletionQueue>& queue() const { return queue_; }
  const std::shared_ptr<SecureHeap>& heap() const { return heap_; }
  TaskThreads& tasks() { return tasks_; }

  /// A store to close with the environment.
  void remember(const std::shared_ptr<Strongroom>& core);

  // JavaScript functions that hear of events. Kept here and named by a number, because a reference may be made, used
  // and dropped on the JavaScript thread alone, while events come from any.
  using Listener = std::uint64_t;
  Listener add_listener(Napi::Function function);
  /// `event` may be nullptr: the engine had no memory for it.
  void call_listener(Listener listener, napi_value event);
  void remove_listener(Listener listener);

  /// `new constructor()` with a C++ argument, which the constructor gets through constructed_with(). Called from
  /// JavaScript instead, a constructor gets null and an exception is pending.
  /// Gives nullptr, with an exception pending, if the engine refuses.
  template <class T>
  napi_value construct(const Napi::FunctionReference& constructor, const T& argument) {
    argument_ = &argument;
    napi_value object = nullptr;
    napi_new_instance(env_, constructor.Value(), 0, nullptr, &object);
    argument_ = nullptr;
    return object;
  }
  template <class T>
  const T* constructed_with() {
    const void* argument = std::exchange(argument_, nullptr);
    if (argument == nullptr) Napi::TypeError::New(env_, "Illegal constructor").ThrowAsJavaScriptException();
    return static_cast<const T*>(argument);
  }

  Napi::FunctionReference room_class;
  Napi::FunctionReference export_class;
  Napi::FunctionReference schema_class;

 private:
  static void tear_down(void* data);

  Napi::Env env_ = nullptr;
  const void* argument_ = nullptr;  // for the time of one construct()
  std::map<Listener, Napi::FunctionReference> listeners_;
  Listener last_listener_ = 0;
  std::shared_ptr<CompletionQueue> queue_;
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  TaskThreads tasks_;
  std::vector<std::weak_ptr<Strongroom>> cores_;
};

/// One answer on its way: a promise of an envelope, settled from any thread. Copyable, so that it fits a
/// std::function; settled exactly once.
class Answer {
 public:
  /// JavaScript thread: makes the promise and keeps the event loop alive until it is settled.
  explicit Answer(Napi::Env env);

  /// In the call that made the answer.
  Napi::Value promise() const { return {env_, promise_}; }

  using MakeValue = std::function<napi_value(napi_env)>;
  /// Any thread. `make` runs on the JavaScript thread.
  void resolve(MakeValue make) const;
  void resolve(Value value) const;
  void reject(Status status) const;

 private:
  std::shared_ptr<CompletionQueue> queue_;
  napi_env env_;
  napi_deferred deferred_ = nullptr;
  napi_value promise_ = nullptr;
};

}  // namespace strongroom::addon

#endif  // STRONGROOM_ADDON_ENVIRONMENT_H_
