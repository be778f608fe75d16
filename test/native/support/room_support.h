// An open store for tests of the service layer: its key in a file, a clock that stands still, and messages sent along
// the path of the dispatcher, with the test in the place of the host language.
#ifndef STRONGROOM_TEST_SUPPORT_ROOM_SUPPORT_H_
#define STRONGROOM_TEST_SUPPORT_ROOM_SUPPORT_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/strongroom.h"
#include "support/store_support.h"
#include "support/temp_dir.h"

namespace strongroom::test {

/// A string as the marshaller makes one where a contract says writeOnly.
Value secret_value(const std::shared_ptr<SecureHeap>& heap, std::string_view text);

/// JSON text as a value; fails the test if it is none.
Value json(std::string_view text);

/// An answer that may still be on its way.
class Pending {
 public:
  bool ready() const;
  /// Waits for it.
  Result<Value> get() const;

 private:
  friend class TestRoom;
  struct State {
    mutable std::mutex mutex;
    mutable std::condition_variable wake;
    std::optional<Result<Value>> answer;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class TestRoom {
 public:
  explicit TestRoom(StrongroomOptions options = {});

  /// Closes the store and opens it again.
  void restart();
  Strongroom& core() { return *core_; }
  FakeClock& clock() { return *clock_; }
  const std::shared_ptr<SecureHeap>& heap() const { return heap_; }
  std::string dir() const { return dir_ / "store"; }

  Pending start(const Caller& caller, std::string_view channel, const Value& payload);
  Result<Value> call(const Caller& caller, std::string_view channel, const Value& payload);
  /// As the app itself; fails the test if it is refused.
  Value must(std::string_view channel, const Value& payload);
  /// The plaintext of a handle, or the name of the error code.
  std::string redeem(const std::string& handle);

  /// Effects go to this function; without one they wait. Called on threads of the core.
  void on_effect(std::function<void(const Effect&)> sink);
  /// Waits until `condition` holds, looking at each event and answer.
  void wait(const std::function<bool()>& condition);
  /// How many events of a type ("consent", …) there have been, and the latest of them.
  std::size_t count(const std::string& type) const;
  Value last(const std::string& type) const;

  /// Registers a provider with two secret fields, "token" and "other", and an origin, and gives its id.
  std::string register_provider(const std::string& id = "acme.api", const std::string& more = R"(,"version":"1")");
  /// A connection to it with these secrets; its id.
  std::string connect(const std::string& token, const std::string& other, const std::string& provider = "acme.api");

 private:
  void open();
  void notify();

  TempDir dir_;
  StrongroomOptions options_;
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::uint64_t happenings_ = 0;  // events, answers and effects so far; guarded by mutex_
  std::map<std::string, std::pair<std::size_t, Value>> events_;  // number and latest, by type; guarded by mutex_
  std::function<void(const Effect&)> effect_sink_;               // guarded by mutex_
  std::unique_ptr<Strongroom> core_;                             // last: it is closed before what it calls goes
};

inline const Caller kCoreCaller{Role::kCore, "core"};
inline const Caller kSettingsCaller{Role::kSettings, "settings"};

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_ROOM_SUPPORT_H_
