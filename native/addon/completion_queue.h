// The way back to JavaScript: core threads post completions, the JavaScript thread of one environment runs them.
//
// One per environment (main thread or worker). Many completions share one wake-up. While operations are pending the
// event loop is kept alive; between them it is not. After close() - the environment is going away - what is posted
// is dropped, unrun, on the thread that posted it.
#ifndef STRONGROOM_ADDON_COMPLETION_QUEUE_H_
#define STRONGROOM_ADDON_COMPLETION_QUEUE_H_

#include <node_api.h>

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace strongroom::addon {

class CompletionQueue {
 public:
  using Completion = std::function<void(napi_env)>;

  /// JavaScript thread. nullptr, with an exception pending, if the engine refuses.
  static std::shared_ptr<CompletionQueue> create(napi_env env);

  /// JavaScript thread: one more operation will end with `post_last`.
  void begin();
  /// Any thread: the completion of an operation that was begun.
  void post_last(Completion completion);
  /// Any thread: something to run that ends no operation (an event).
  void post(Completion completion);

  /// JavaScript thread, once, from the environment's cleanup hook, before Node tears its own half down.
  void close();

 private:
  struct Item {
    Completion run;
    bool ends_operation;
  };

  void push(Item item);
  void drain(napi_env env);
  static void on_wake(napi_env env, napi_value callback, void* context, void* data);

  std::mutex mutex_;
  std::vector<Item> items_;
  bool closed_ = false;
  napi_env env_ = nullptr;                   // JavaScript thread only
  napi_threadsafe_function wake_ = nullptr;  // called under mutex_ while not closed
  std::size_t pending_ = 0;                  // JavaScript thread only
};

}  // namespace strongroom::addon

#endif  // STRONGROOM_ADDON_COMPLETION_QUEUE_H_
