#include "addon/completion_queue.h"

#include <utility>

namespace strongroom::addon {

std::shared_ptr<CompletionQueue> CompletionQueue::create(napi_env env) {
  auto queue = std::make_shared<CompletionQueue>();
  queue->env_ = env;
  napi_value name = nullptr;
  if (napi_create_string_utf8(env, "strongroom", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, queue.get(), on_wake,
                                      &queue->wake_) != napi_ok ||
      napi_unref_threadsafe_function(env, queue->wake_) != napi_ok) {
    return nullptr;
  }
  return queue;
}

void CompletionQueue::begin() {
  if (pending_++ == 0) napi_ref_threadsafe_function(env_, wake_);
}

void CompletionQueue::post_last(Completion completion) { push({std::move(completion), true}); }

void CompletionQueue::post(Completion completion) { push({std::move(completion), false}); }

void CompletionQueue::push(Item item) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  items_.push_back(std::move(item));
  // Called under the lock: close() cannot let Node free the function in between. It only queues, it never blocks.
  if (items_.size() == 1) napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
}

void CompletionQueue::on_wake(napi_env env, napi_value /*callback*/, void* context, void* /*data*/) {
  if (env != nullptr) static_cast<CompletionQueue*>(context)->drain(env);
}

void CompletionQueue::drain(napi_env env) {
  std::vector<Item> items;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    items.swap(items_);
  }
  for (Item& item : items) {
    napi_handle_scope scope = nullptr;
    napi_open_handle_scope(env, &scope);
    item.run(env);
    // A completion throws nothing. What a worker that is being terminated leaves pending would make each call of the
    // next one fail.
    bool pending = false;
    napi_value exception = nullptr;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_get_and_clear_last_exception(env, &exception);
    }
    napi_close_handle_scope(env, scope);
    if (item.ends_operation && --pending_ == 0) napi_unref_threadsafe_function(env_, wake_);
  }
}

void CompletionQueue::close() {
  std::vector<Item> dropped;
  const std::lock_guard<std::mutex> lock(mutex_);
  closed_ = true;
  dropped.swap(items_);
}

}  // namespace strongroom::addon
