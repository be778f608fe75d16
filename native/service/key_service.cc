#include "service/key_service.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "service/audited_write.h"

namespace strongroom {
namespace {

Status closed() { return Status(Code::kClosed, "the store has been closed"); }

Status locked_on_purpose() {
  return Status(Code::kKeyringLocked, "the store was locked; unlock it to use its secrets")
      .with_detail("locked-by-app");
}

AuditDraft key_draft(const Caller& caller, std::string action, std::string detail) {
  AuditDraft draft = draft_of(caller, std::move(action));
  draft.detail = std::move(detail);
  return draft;
}

}  // namespace

struct KeyService::Impl {
  struct Waiter {
    Want want;
    Caller caller;
    Then then;
    std::uint64_t locks;  // how often the store had been locked when this was asked
  };

  Impl(Store& the_store, OnState listener) : store(the_store), on_state(std::move(listener)) {}

  Store& store;
  OnState on_state;
  const AuditLog* audit = nullptr;
  std::unique_ptr<VaultKeys> vault;

  mutable std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<Waiter> waiters;
  Caller attempt_for;      // who the attempt under way is for
  bool prompting = false;  // an attempt that may prompt is under way
  bool locked_by_request = false;
  std::uint64_t locks = 0;  // calls of lock()
  bool is_closed = false;
  std::string provider;
  std::vector<Notice> notices;
  std::stop_source cancel;  // of attempts
  bool looking = false;     // the attempt under way is for those who only look; the key thread's own
  std::jthread thread;

  /// Sees to it that the key thread is there; false if the system has none. Under the mutex.
  bool start_thread() {
    if (thread.joinable()) return true;
    try {
      thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::system_error&) {
      return false;
    }
    return true;
  }

  /// Inserts the first slot, starts sealing and writes key.create, all in one transaction.
  Status write_slot(const KeySlot& slot, const KeySet& keys, const std::function<Status(Database&)>& insert) {
    Caller caller;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      caller = attempt_for;
    }
    return store.committer().run([&](Database& database) -> Status {
      SR_RETURN_IF_ERROR(insert(database));
      SR_RETURN_IF_ERROR(audit->append(database, key_draft(caller, "key.create", slot.kind)));
      return audit->begin_sealing(database, keys);
    });
  }

  void run(const std::stop_token& stop) {
    for (;;) {
      bool may_prompt = false;
      bool wanted = false;
      std::uint64_t locks_before = 0;
      std::vector<Waiter> stale;
      {
        std::unique_lock<std::mutex> lock(mutex);
        if (!wake.wait(lock, stop, [this] { return !waiters.empty(); })) break;
        locks_before = locks;
        stale = take_asked_before(locks_before);
        wanted = !waiters.empty();
        if (wanted) {
          const auto asking = std::ranges::find_if(waiters, [](const Waiter& w) { return w.want != Want::kLook; });
          may_prompt = asking != waiters.end();
          attempt_for = may_prompt ? asking->caller : waiters.front().caller;
          prompting = may_prompt;
        }
      }
      for (const Waiter& waiter : stale) tell_locked(waiter);
      if (!wanted) continue;
      looking = !may_prompt;
      const KeyState before = vault->state();
      const Result<Unlocked> unlocked = vault->unlock(Interaction{may_prompt}, cancel.get_token());
      finish(unlocked, may_prompt, before, locks_before);
    }
    const std::vector<Waiter> left = [this] {
      const std::lock_guard<std::mutex> lock(mutex);
      return std::exchange(waiters, {});
    }();
    for (const Waiter& waiter : left) waiter.then(closed());
  }

  /// Takes those who asked when lock() had been called fewer than `count` times. Under the mutex.
  std::vector<Waiter> take_asked_before(std::uint64_t count) {
    const auto later = std::stable_partition(waiters.begin(), waiters.end(),
                                             [count](const Waiter& waiter) { return waiter.locks < count; });
    std::vector<Waiter> taken(std::make_move_iterator(waiters.begin()), std::make_move_iterator(later));
    waiters.erase(waiters.begin(), later);
    return taken;
  }

  /// Takes everyone, or, after a look that failed, those who only looked: the others may prompt and make the key. Under
  /// the mutex.
  std::vector<Waiter> take_answered(bool everyone) {
    const auto kept = std::stable_partition(waiters.begin(), waiters.end(), [everyone](const Waiter& waiter) {
      return everyone || waiter.want == Want::kLook;
    });
    std::vector<Waiter> taken(std::make_move_iterator(waiters.begin()), std::make_move_iterator(kept));
    waiters.erase(waiters.begin(), kept);
    return taken;
  }

  /// The answer to those whom lock() overtook.
  static void tell_locked(const Waiter& waiter) {
    if (waiter.want != Want::kUnlock) return waiter.then(locked_on_purpose());
    waiter.then(Status(Code::kCancelled, "the store was locked meanwhile").with_detail("cancelled"));
  }

  void finish(const Result<Unlocked>& unlocked, bool may_prompt, KeyState before, std::uint64_t locks_before) {
    Caller caller;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      caller = attempt_for;
      // lock() may have come before the attempt was under way, where it could not end it.
      if (locks != locks_before) vault->lock();
      if (unlocked.ok()) {
        provider = unlocked->kind;
        if (unlocked->created && unlocked->kind == "master-key-file") {
          notices.push_back({"master-key-created", "The key of this store is the file master.key in " + store.dir() +
                                                       ". Back this file up: losing it loses every secret."});
        }
      }
    }
    if (unlocked.ok() && unlocked->changed) warn_of_foreign_seal(*unlocked->keys);
    // A look that fails is no attempt of anyone's to get in; what a person or program asked for is recorded.
    if (unlocked.ok() ? unlocked->changed && !unlocked->created : may_prompt) record(unlocked, caller);
    if (vault->state() != before) on_state(vault->state());
    std::vector<Waiter> overtaken;
    std::vector<Waiter> answered;
    {
      const std::lock_guard<std::mutex> lock(mutex);
      prompting = false;
      overtaken = take_asked_before(locks);
      // An attempt that lock() ended is not theirs who asked after it: they get one of their own.
      if (locks == locks_before) answered = take_answered(may_prompt || unlocked.ok());
    }
    for (const Waiter& waiter : overtaken) tell_locked(waiter);
    for (const Waiter& waiter : answered) {
      waiter.then(unlocked.ok() ? Result<Keys>(unlocked->keys) : Result<Keys>(unlocked.status()));
    }
  }

  /// Whoever can write to the files can put another key in the place of the store's; what is stored from then on would
  /// be his to read. The seal, which he cannot make, shows it at the first moment.
  void warn_of_foreign_seal(const KeySet& keys) {
    bool ours = true;
    const Status status = store.readers().read([&](Database& database) -> Status {
      SR_ASSIGN_OR_RETURN(ours, AuditLog::seal_is_by(database, keys));
      return {};
    });
    if (status.ok() && ours) return;
    const std::lock_guard<std::mutex> lock(mutex);
    add_notice_locked({"audit-seal",
                       "The key that opened this store did not seal its audit log: the key slot or the "
                       "log was changed. Store no new secrets here before you know why."});
  }

  void record(const Result<Unlocked>& unlocked, const Caller& caller) {
    AuditDraft draft = key_draft(caller, "key.unlock", unlocked.ok() ? unlocked->kind : unlocked.status().detail());
    if (draft.detail->empty()) draft.detail.reset();
    const auto then = [this](const Status& status) {
      if (status.ok() || status.code() == Code::kClosed) return;
      const std::lock_guard<std::mutex> lock(mutex);
      add_notice_locked({"audit-unavailable", "An unlock could not be written to the audit log: " + status.message()});
    };
    if (unlocked.ok()) {
      WriteJob job;
      job.work = [log = audit, draft](Database& database) { return log->append(database, draft); };
      job.done = then;
      store.committer().submit(std::move(job));
    } else {
      audit_failed_attempt(store.committer(), *audit, std::move(draft), unlocked.status(), then);
    }
  }

  /// Keeps one notice of each code: the latest.
  void add_notice_locked(Notice notice) {
    std::erase_if(notices, [&](const Notice& other) { return other.code == notice.code; });
    notices.push_back(std::move(notice));
  }
};

KeyService::KeyService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KeyService::~KeyService() {
  close();
  wipe();
}

Result<std::unique_ptr<KeyService>> KeyService::create(const StrongroomOptions& options, Store& store,
                                                       std::shared_ptr<SecureHeap> heap, OnState on_state) {
  auto impl = std::make_unique<Impl>(store, std::move(on_state));
  Impl* const self = impl.get();
  VaultKeys::Options vault;
  vault.store_id = store.store_id();
  vault.app_id = options.app_id;
  vault.app_name = options.app_name;
  SR_ASSIGN_OR_RETURN(vault.providers, make_key_providers(options.key_providers, options.dir, heap));
  vault.heap = std::move(heap);
  vault.clock = std::make_shared<SystemClock>();
  vault.read_slots = [&store, self]() -> Result<std::vector<KeySlot>> {
    std::vector<KeySlot> slots;
    SR_RETURN_IF_ERROR(store.readers().read([&](Database& database) -> Status {
      // One state of the database: another process may be making the first key.
      SR_ASSIGN_OR_RETURN(const Transaction snapshot, Transaction::begin(database, Transaction::Mode::kRead));
      SR_ASSIGN_OR_RETURN(slots, read_key_slots(database));
      return slots.empty() ? check_never_keyed(database) : Status();
    }));
    // A key is made for those who need one, not for those who look.
    if (slots.empty() && self->looking) {
      return Status(Code::kKeyringLocked, "the store has no key yet").with_detail("no-key-yet");
    }
    return slots;
  };
  vault.write_slot = [self](const KeySlot& slot, const KeySet& keys, std::function<Status(Database&)> insert) {
    return self->write_slot(slot, keys, insert);
  };
  impl->vault = std::make_unique<VaultKeys>(std::move(vault));
  return std::unique_ptr<KeyService>(new KeyService(std::move(impl)));
}

void KeyService::attach(const AuditLog& audit) { impl_->audit = &audit; }

void KeyService::with_keys(Want want, const Caller& caller, Then then) {
  Status refused;
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    if (want == Want::kUnlock) impl_->locked_by_request = false;
    if (impl_->is_closed) {
      refused = closed();
    } else if (impl_->locked_by_request) {
      refused = locked_on_purpose();
    } else if (impl_->vault->current() == nullptr) {
      if (want == Want::kLook && impl_->prompting) {
        refused = Status(Code::kKeyringLocked, "the keyring is waiting for a person").with_detail("locked");
      } else {
        // Made at first need: a store of which only metadata is read never has this thread.
        if (impl_->start_thread()) {
          impl_->waiters.push_back({want, caller, std::move(then), impl_->locks});
          impl_->wake.notify_one();
          return;
        }
        refused = Status(Code::kInternal, "the system has no thread to fetch the key with");
      }
    }
  }
  if (!refused.ok()) return then(std::move(refused));
  Keys keys = impl_->vault->current();
  if (keys == nullptr) return then(dropped());  // lock() or close() came in between
  then(std::move(keys));
}

KeyService::Keys KeyService::current() const { return impl_->vault->current(); }

KeyState KeyService::state() const { return impl_->vault->state(); }

Status KeyService::dropped() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->is_closed ? closed() : locked_on_purpose();
}

std::string KeyService::provider_kind() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->provider;
}

std::vector<Notice> KeyService::notices() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->notices;
}

void KeyService::add_notice(Notice notice) {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->add_notice_locked(std::move(notice));
}

void KeyService::lock() {
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->locked_by_request = true;
    ++impl_->locks;
  }
  const KeyState before = impl_->vault->state();
  impl_->vault->lock();
  if (impl_->vault->state() != before) impl_->on_state(impl_->vault->state());
}

void KeyService::close() {
  std::jthread thread;
  {
    const std::lock_guard<std::mutex> lock(impl_->mutex);
    impl_->is_closed = true;
    thread = std::move(impl_->thread);
  }
  impl_->cancel.request_stop();
  thread.request_stop();
  // Joined here, outside the lock.
}

void KeyService::wipe() { impl_->vault->lock(); }

Status still_unlocked(const KeyService& service, const KeyService::Keys& keys) {
  return service.current() == keys ? Status() : service.dropped();
}

}  // namespace strongroom
