#include "access/consent_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace strongroom {
namespace {

Status too_many() {
  return {Code::kLimitExceeded, "too many requests wait for an answer; wait until some of them have one"};
}

}  // namespace

Result<ConsentQueue::Joined> ConsentQueue::join(PendingRequest request, ConsentWaiter waiter) {
  const std::lock_guard lock(mutex_);
  std::size_t of_principal = 0;
  std::size_t of_connection = 0;
  for (TakenRequest& place : places_) {
    if (place.request.subject.same_question(request.subject)) {
      if (place.waiters.size() >= kMaxWaiters) return too_many();
      place.waiters.push_back(std::move(waiter));
      return Joined{place.request, false};
    }
    if (place.request.subject.principal != request.subject.principal) continue;
    ++of_principal;
    if (place.request.subject.connection_id == request.subject.connection_id) ++of_connection;
  }
  const std::size_t places = of_principal == 0 ? kMaxPending : kMaxPending - kKeptForFirst;
  if (places_.size() >= places || of_principal >= kMaxPendingOfPrincipal || of_connection >= kMaxPendingOfConnection) {
    return too_many();
  }
  places_.push_back({std::move(request), {}});
  places_.back().waiters.push_back(std::move(waiter));
  return Joined{places_.back().request, true};
}

std::vector<ConsentQueue::Listed> ConsentQueue::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Listed> listed;
  listed.reserve(places_.size());
  for (const TakenRequest& place : places_) listed.push_back({place.request, place.waiters.size()});
  return listed;
}

std::optional<TakenRequest> ConsentQueue::take(std::string_view id) {
  std::vector<TakenRequest> taken = take_if([id](const PendingRequest& request) { return request.id == id; });
  if (taken.empty()) return std::nullopt;
  return std::move(taken.front());
}

std::vector<TakenRequest> ConsentQueue::take_connection(std::string_view connection_id) {
  return take_if([&](const PendingRequest& request) { return request.subject.connection_id == connection_id; });
}

std::vector<TakenRequest> ConsentQueue::take_of(const Principal& principal, std::string_view connection_id) {
  return take_if([&](const PendingRequest& request) {
    return request.subject.principal == principal && request.subject.connection_id == connection_id;
  });
}

std::vector<TakenRequest> ConsentQueue::take_outdated(const AccessSubject& subject, const Digest256& terms) {
  return take_if(
      [&](const PendingRequest& request) { return request.subject.same_question(subject) && request.terms != terms; });
}

std::vector<TakenRequest> ConsentQueue::take_all() {
  return take_if([](const PendingRequest&) { return true; });
}

std::vector<ConsentQueue::Gone> ConsentQueue::take_gone() {
  const std::lock_guard lock(mutex_);
  std::vector<Gone> gone;
  for (auto place = places_.begin(); place != places_.end();) {
    const auto first = std::stable_partition(place->waiters.begin(), place->waiters.end(),
                                             [](const ConsentWaiter& waiter) { return !waiter.gone.stop_requested(); });
    if (first == place->waiters.end()) {
      ++place;
      continue;
    }
    TakenRequest taken{place->request, {}};
    std::move(first, place->waiters.end(), std::back_inserter(taken.waiters));
    place->waiters.erase(first, place->waiters.end());
    gone.push_back({std::move(taken), place->waiters.empty()});
    place = gone.back().over ? places_.erase(place) : std::next(place);
  }
  return gone;
}

void ConsentQueue::put_back(TakenRequest taken) {
  const std::lock_guard lock(mutex_);
  for (TakenRequest& place : places_) {
    if (place.request.subject.same_question(taken.request.subject)) {
      std::ranges::move(taken.waiters, std::back_inserter(place.waiters));
      return;
    }
  }
  places_.push_front(std::move(taken));
}

std::vector<TakenRequest> ConsentQueue::take_if(const std::function<bool(const PendingRequest&)>& condition) {
  const std::lock_guard lock(mutex_);
  std::vector<TakenRequest> taken;
  for (auto place = places_.begin(); place != places_.end();) {
    if (condition(place->request)) {
      taken.push_back(std::move(*place));
      place = places_.erase(place);
    } else {
      ++place;
    }
  }
  return taken;
}

}  // namespace strongroom
