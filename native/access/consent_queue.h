// Requests that wait for a person, in memory. Identical questions (principal, connection, field) share one place, and
// so one prompt and one answer. Whoever takes a place out answers those who wait at it.
//
// Threads: every function may be called from any thread; none calls a waiter.
#ifndef STRONGROOM_ACCESS_CONSENT_QUEUE_H_
#define STRONGROOM_ACCESS_CONSENT_QUEUE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "access/access_control.h"
#include "base/result.h"

namespace strongroom {

inline constexpr std::string_view kRequestIdPrefix = "req_";
inline constexpr std::size_t kMaxPending = 100;
/// Places that only a principal takes of whom no question waits: a few who ask for much leave room for the others.
inline constexpr std::size_t kKeptForFirst = 50;
inline constexpr std::size_t kMaxPendingOfPrincipal = 10;
/// About one connection: no more prompts than denials that silence.
inline constexpr std::size_t kMaxPendingOfConnection = 3;
inline constexpr std::size_t kMaxWaiters = 100;

/// A handle that was issued, and until when (wall clock, ms) it is good.
struct IssuedHandle {
  std::string handle;
  bool once = false;
  std::int64_t expires_at = 0;
};

/// One question that waits.
struct PendingRequest {
  std::string id;
  AccessSubject subject;  // with the reason of who asked first
  Digest256 terms{};      // access_terms that are shown
  std::string connection_name;
  std::string provider_id;
  std::string provider_name;
  std::string field_title;
  std::optional<AuthType> auth_type;  // how the field would be given away, if the provider has a use for it
  std::vector<std::string> origins;
  std::int64_t created_at = 0;  // ms
  std::int64_t expires_at = 0;
};

struct ConsentWaiter {
  std::string reason;
  std::function<void(Result<IssuedHandle>)> done;
  std::stop_token gone = {};  // asked to stop when who asked has gone
};

/// A place that was taken out of the queue.
struct TakenRequest {
  PendingRequest request;
  std::vector<ConsentWaiter> waiters;
};

class ConsentQueue {
 public:
  struct Joined {
    PendingRequest request;
    bool is_new = false;
  };
  /// Joins the place of the same question, or takes a new one under `request.id`. LIMIT_EXCEEDED when too many wait.
  Result<Joined> join(PendingRequest request, ConsentWaiter waiter);

  struct Listed {
    PendingRequest request;
    std::size_t count;
  };
  std::vector<Listed> list() const;

  /// Takes a place out; nothing if it is not there (any more).
  std::optional<TakenRequest> take(std::string_view id);
  std::vector<TakenRequest> take_connection(std::string_view connection_id);
  /// Those of one principal about one connection.
  std::vector<TakenRequest> take_of(const Principal& principal, std::string_view connection_id);
  /// The same question under other terms than are shown for it.
  std::vector<TakenRequest> take_outdated(const AccessSubject& subject, const Digest256& terms);
  std::vector<TakenRequest> take_all();
  /// Those who asked and have gone, and their places where nobody else waits.
  struct Gone {
    TakenRequest taken;
    bool over = false;  // the place went with them
  };
  std::vector<Gone> take_gone();
  /// Puts one back whose answer could not be written, unless the same question has a place by now: then it joins that.
  void put_back(TakenRequest taken);

 private:
  std::vector<TakenRequest> take_if(const std::function<bool(const PendingRequest&)>& condition);

  mutable std::mutex mutex_;
  std::list<TakenRequest> places_;
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_CONSENT_QUEUE_H_
