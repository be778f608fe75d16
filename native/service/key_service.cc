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

  /// An unlock whose entry is on its way to the disk, and those who asked for one and wait for that.
  struct Recording {
    Keys keys;
    std::vector<Waiter> unlocking;  // guarded by the mutex
  };

  Impl(Store& the_store, OnState listener) : store(the_store), on_state(std::move(listener)) {}

  Store& store;
  OnState on_state;
  const AuditLog* audit = nullptr;
  std::unique_ptr<VaultKeys> vault;

  mutable std::mutex mutex;
  std::condition_variable_any wake;
  std::vector<Waiter> waiters;
  Caller attempt_for;       // who the attempt under way is for
  bool attempting = false;  // from the beginning of an attempt until its entry has its place in the log
  bool prompting = false;   // an attempt that may prompt is under way
  bool locked_by_request = false;
  std::uint64_t locks = 0;               // calls of lock()
  std::shared_ptr<Recording> recording;  // of the present keys; null once their entry is durable
  Status unrecorded;                     // why the latest keys were dropped, if their entry could not be written
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
          attempting = true;
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

  /// Takes those who unlock on purpose: they are told when the entry of it is durable. A use writes an entry of its own
  /// behind that one, mostly in the same commit, and a look gives nothing out.
  static std::vector<Waiter> take_unlocking(std::vector<Waiter>& from) {
    const auto first = std::stable_partition(from.begin(), from.end(),
                                             [](const Waiter& waiter) { return waiter.want != Want::kUnlock; });
    std::vector<Waiter> taken(std::make_move_iterator(first), std::make_move_iterator(from.end()));
    from.erase(first, from.end());
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
    std::vector<Waiter> overtaken;
    std::vector<Waiter> answered;
    std::vector<Waiter> refused;  // whose answer waits for the entry of an attempt that failed
    std::shared_ptr<Recording> begun;
    Result<Keys> answer = unlocked.ok() ? Result<Keys>(unlocked->keys) : Result<Keys>(unlocked.status());
    {
      const std::lock_guard<std::mutex> lock(mutex);
      prompting = false;
      overtaken = take_asked_before(locks);
      // An attempt that lock() ended is not theirs who asked after it: they get one of their own.
      if (locks == locks_before) answered = take_answered(may_prompt || unlocked.ok());
      if (unlocked.ok() && unlocked->changed && !unlocked->created) {
        begun = recording = std::make_shared<Recording>(Recording{unlocked->keys, take_unlocking(answered)});
      } else if (unlocked.ok() && recording != nullptr && recording->keys == unlocked->keys) {
        std::ranges::move(take_unlocking(answered), std::back_inserter(recording->unlocking));
      } else if (unlocked.ok() && !unrecorded.ok() && vault->current() != unlocked->keys) {
        answer = unrecorded;
      } else if (!unlocked.ok() && may_prompt) {
        refused = take_unlocking(answered);
      }
    }
    // Before anybody is told, so that what they do stands behind it. A look that fails is no attempt of anyone's to get
    // in; what a person or program asked for is recorded.
    if (begun != nullptr) {
      record(std::move(begun), unlocked->kind, caller);
    } else if (!unlocked.ok() && may_prompt) {
      record_failure(unlocked.status(), caller, std::move(refused));
    }
    {
      const std::lock_guard<std::mutex> lock(mutex);
      attempting = false;
    }
    if (vault->state() != before) on_state(vault->state());
    for (const Waiter& waiter : overtaken) tell_locked(waiter);
    for (const Waiter& waiter : answered) waiter.then(answer);
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

  /// Writes key.unlock, then tells those who wait for it. Without an entry there is no unlock: the keys are dropped.
  void record(std::shared_ptr<Recording> begun, const std::string& kind, const Caller& caller) {
    audited_write<Keys>(
        store.committer(), *audit, key_draft(caller, "key.unlock", kind),
        [keys = begun->keys](Database&, AuditDraft&) -> Result<Keys> { return keys; },
        [this, begun](const Result<Keys>& written) {
          std::vector<Waiter> unlocking;
          std::vector<Waiter> overtaken;
          bool dropped = false;
          {
            const std::lock_guard<std::mutex> lock(mutex);
            if (recording == begun) recording.reset();
            unlocking = std::move(begun->unlocking);
            const auto later = std::stable_partition(unlocking.begin(), unlocking.end(),
                                                     [this](const Waiter& waiter) { return waiter.locks == locks; });
            overtaken.assign(std::make_move_iterator(later), std::make_move_iterator(unlocking.end()));
            unlocking.erase(later, unlocking.end());
            if (!written.ok()) {
              dropped = vault->drop(*begun->keys);
              if (dropped) unrecorded = written.status();
              notice_unrecorded(written.status());
            }
          }
          if (dropped) on_state(vault->state());
          for (const Waiter& waiter : overtaken) tell_locked(waiter);
          for (const Waiter& waiter : unlocking) waiter.then(written);
        });
  }

  /// Writes that an attempt failed, then tells those who made it.
  void record_failure(const Status& failure, const Caller& caller, std::vector<Waiter> refused) {
    AuditDraft draft = key_draft(caller, "key.unlock", failure.detail());
    if (draft.detail->empty()) draft.detail.reset();
    audit_failed_attempt(store.committer(), *audit, std::move(draft), failure,
                         [this, failure, refused = std::move(refused)](const Status& written) {
                           if (!written.ok()) {
                             const std::lock_guard<std::mutex> lock(mutex);
                             notice_unrecorded(written);
                           }
                           // Nothing was given out, so this is the answer even if it could not be written down.
                           for (const Waiter& waiter : refused) waiter.then(failure);
                         });
  }

  /// Under the mutex.
  void notice_unrecorded(const Status& why) {
    if (why.code() == Code::kClosed) return;
    add_notice_locked({"audit-unavailable", "An unlock could not be written to the audit log: " + why.message()});
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
    } else if (want == Want::kUnlock || impl_->vault->current() == nullptr ||
               // The key is there before its entry is: a use must not stand in front of that.
               (want == Want::kUse && impl_->attempting)) {
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
  if (impl_->is_closed) return closed();
  return impl_->unrecorded.ok() ? locked_on_purpose() : impl_->unrecorded;
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
    impl_->unrecorded = Status();
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
