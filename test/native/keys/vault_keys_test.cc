#include "keys/vault_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "keys/master_key_file_provider.h"
#include "keys/secret_service_provider.h"
#include "support/private_session.h"
#include "support/store_support.h"

namespace strongroom {
namespace {

using ::testing::HasSubstr;

/// A keyring of the test's own, in memory: what it answers is the test's to say.
class FakeKeyring : public KeyProvider {
 public:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, std::string> items;  // by slot
    bool available = true;
    std::string why_not = "no-session-bus";
    bool locked = false;  // prompts for what may prompt, and then waits for `answer`
    bool answer = false;  // the person's, to every prompt
    int waiting = 0;      // prompts that are open
    int prompts = 0;      // that were ever shown
    std::function<void()> before_create;
  };

  FakeKeyring(std::string kind, std::shared_ptr<State> state, std::shared_ptr<SecureHeap> heap)
      : kind_(std::move(kind)), state_(std::move(state)), heap_(std::move(heap)) {}

  std::string_view kind() const override { return kind_; }
  ProviderProbe probe() override {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    return {state_->available, state_->locked, state_->available ? "" : state_->why_not, "as the test says"};
  }

  Result<SecureBuffer> create(const SlotRef& slot, Interaction interaction, CancelToken cancel) override {
    SR_RETURN_IF_ERROR(pass_lock(interaction, cancel));
    if (state_->before_create) state_->before_create();
    SecureBuffer key = heap_->allocate(kSlotKeySize).value();
    SR_RETURN_IF_ERROR(fill_random(key.bytes()));
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->items[slot.slot_id] = as_text(key.view());
    return key;
  }

  Result<SecureBuffer> load(const SlotRef& slot, Interaction interaction, CancelToken cancel) override {
    SR_RETURN_IF_ERROR(pass_lock(interaction, cancel));
    const std::lock_guard<std::mutex> lock(state_->mutex);
    const auto item = state_->items.find(slot.slot_id);
    if (item == state_->items.end()) return Status(Code::kKeyMissing, "gone");
    return heap_->copy(as_bytes(item->second));
  }

  Status remove(const SlotRef& slot, CancelToken /*cancel*/) override {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->items.erase(slot.slot_id);
    return {};
  }

 private:
  Status pass_lock(Interaction interaction, const CancelToken& cancel) {
    std::unique_lock<std::mutex> lock(state_->mutex);
    if (!state_->locked) return {};
    if (!interaction.may_prompt) return Status(Code::kKeyringLocked, "locked").with_detail("locked");
    ++state_->waiting;
    ++state_->prompts;
    state_->changed.notify_all();
    const std::stop_callback wake(cancel, [this] { state_->changed.notify_all(); });
    state_->changed.wait(lock, [&] { return state_->answer || cancel.stop_requested(); });
    --state_->waiting;
    if (cancel.stop_requested()) return Status(Code::kCancelled, "cancelled").with_detail("cancelled");
    state_->locked = false;
    return {};
  }

  std::string kind_;
  std::shared_ptr<State> state_;
  std::shared_ptr<SecureHeap> heap_;
};

class VaultKeysTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Store>> store = Store::open(test::options_for(dir_.path(), clock_));
    ASSERT_TRUE(store.ok()) << store.status().message();
    store_ = std::move(*store);
  }

  VaultKeys::Options options() {
    VaultKeys::Options options;
    options.store_id = store_->store_id();
    options.app_id = "org.example.app";
    options.app_name = "Example";
    options.heap = heap_;
    options.clock = clock_;
    options.read_slots = [this] {
      std::vector<KeySlot> slots;
      const Status status = store_->readers().read([&](Database& database) -> Status {
        SR_ASSIGN_OR_RETURN(slots, read_key_slots(database));
        return {};
      });
      return status.ok() ? Result<std::vector<KeySlot>>(slots) : status;
    };
    options.write_slot = [this](const KeySlot&, const KeySet&, std::function<Status(Database&)> insert) {
      return store_->committer().run(std::move(insert));
    };
    return options;
  }

  std::unique_ptr<VaultKeys> keys_of(std::vector<std::unique_ptr<KeyProvider>> providers) {
    VaultKeys::Options given = options();
    given.providers = std::move(providers);
    return std::make_unique<VaultKeys>(std::move(given));
  }

  std::unique_ptr<VaultKeys> with_fake() {
    std::vector<std::unique_ptr<KeyProvider>> providers;
    providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));
    return keys_of(std::move(providers));
  }

  std::unique_ptr<VaultKeys> with_file() {
    return keys_of(make_key_providers({"master-key-file"}, dir_.path(), heap_).value());
  }

  std::vector<std::string> sql(const std::string& text) { return test::run_sql(dir_.path(), text); }
  std::string slot_rows() {
    std::string all;
    for (const std::string& row : sql("SELECT id||kind||provider||generation||hex(nonce)||hex(wrapped)||created_at "
                                      "FROM key_slots ORDER BY id")) {
      all += row + "\n";
    }
    return all;
  }
  static std::string secret_key_of(const Result<Unlocked>& unlocked) {
    return unlocked.ok() ? to_hex(unlocked->keys->active().secret.view()) : "(" + unlocked.status().message() + ")";
  }

  test::TempDir dir_;
  std::shared_ptr<test::FakeClock> clock_ = std::make_shared<test::FakeClock>();
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  std::shared_ptr<FakeKeyring::State> keyring_ = std::make_shared<FakeKeyring::State>();
  std::unique_ptr<Store> store_;
};

TEST_F(VaultKeysTest, NewStoreIsLockedAndHasNoKeyUntilTheFirstUnlock) {
  const auto keys = with_fake();
  EXPECT_EQ(keys->state(), KeyState::kLocked);
  EXPECT_EQ(keys->current(), nullptr);
  EXPECT_EQ(keys->provider_kind(), "");
  EXPECT_EQ(slot_rows(), "");
  EXPECT_TRUE(keyring_->items.empty());
}

TEST_F(VaultKeysTest, FirstUnlockCreatesASlotThatLaterOnesOpen) {
  auto keys = with_fake();
  const Result<Unlocked> first = keys->unlock({});
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_TRUE(first->created);
  EXPECT_TRUE(first->changed);
  EXPECT_EQ(first->kind, "os-keyring");
  EXPECT_EQ(keys->state(), KeyState::kUnlocked);
  EXPECT_EQ(keys->provider_kind(), "os-keyring");
  EXPECT_EQ(keys->current(), first->keys);
  EXPECT_EQ(sql("SELECT id FROM key_slots"), std::vector<std::string>{first->slot_id});

  const Result<Unlocked> again = keys->unlock({});
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->created);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(again->keys, first->keys);

  const std::string secret = secret_key_of(first);
  keys = with_fake();
  const Result<Unlocked> later = keys->unlock({});
  EXPECT_EQ(secret_key_of(later), secret);
  EXPECT_FALSE(later->created);
  EXPECT_TRUE(later->changed);
}

// From the text of doc/formats.md alone, with nothing of the code under test but the primitives.
TEST_F(VaultKeysTest, SlotAndSubkeysFollowTheDocumentedFormat) {
  const auto keys = with_file();
  const Result<Unlocked> unlocked = keys->unlock({});
  ASSERT_TRUE(unlocked.ok()) << unlocked.status().message();
  std::ifstream file(dir_ / "master.key", std::ios::binary);
  const std::string slot_key(std::istreambuf_iterator<char>(file), {});
  const auto from_hex = [](const std::string& hex) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
  };
  const Bytes nonce = from_hex(sql("SELECT hex(nonce) FROM key_slots").at(0));
  const Bytes wrapped = from_hex(sql("SELECT hex(wrapped) FROM key_slots").at(0));
  EXPECT_EQ(nonce.size(), 12U);
  EXPECT_EQ(wrapped.size(), 48U);
  EXPECT_EQ(sql("SELECT kind || generation || provider FROM key_slots").at(0), "master-key-file1{}");
  const std::string store_id = store_->store_id();
  const std::string slot_id = sql("SELECT id FROM key_slots").at(0);
  const auto length = [](std::size_t size) { return std::string("\0\0\0", 3) + static_cast<char>(size); };
  const std::string associated = "strongroom/slot/v1" + length(store_id.size()) + store_id + length(slot_id.size()) +
                                 slot_id + std::string("\0\0\0\1", 4);
  Bytes vault_key(32);
  ASSERT_TRUE(aead_open(as_bytes(slot_key), nonce, as_bytes(associated), wrapped, vault_key).ok());
  const auto derived = [&](const char* info) {
    Bytes key(32);
    EXPECT_TRUE(hkdf_sha256(vault_key, as_bytes(store_id), as_bytes(info), key).ok());
    return to_hex(key);
  };
  const Subkeys& active = unlocked->keys->active();
  EXPECT_EQ(active.generation, 1U);
  EXPECT_EQ(to_hex(active.secret.view()), derived("strongroom/v1/secret"));
  EXPECT_EQ(to_hex(active.audit_seal.view()), derived("strongroom/v1/audit-seal"));
  EXPECT_EQ(to_hex(active.record_mac.view()), derived("strongroom/v1/record-mac"));
}

TEST_F(VaultKeysTest, LockDropsTheKeysAndUnlockBringsTheSameBack) {
  const auto keys = with_fake();
  const std::string secret = secret_key_of(keys->unlock({}));
  std::shared_ptr<const KeySet> held = keys->current();
  keys->lock();
  EXPECT_EQ(keys->state(), KeyState::kLocked);
  EXPECT_EQ(keys->current(), nullptr);
  EXPECT_EQ(to_hex(held->active().secret.view()), secret) << "a job that holds them finishes";
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(secret_key_of(keys->unlock({})), secret);
}

TEST_F(VaultKeysTest, DropTakesTheKeysItIsGivenAndNoOthers) {
  const auto keys = with_fake();
  ASSERT_TRUE(keys->unlock({}).ok());
  const std::shared_ptr<const KeySet> first = keys->current();
  keys->lock();
  EXPECT_FALSE(keys->drop(*first)) << "they are gone already";
  ASSERT_TRUE(keys->unlock({}).ok());
  EXPECT_FALSE(keys->drop(*first));
  EXPECT_EQ(keys->state(), KeyState::kUnlocked);
  EXPECT_TRUE(keys->drop(*keys->current()));
  EXPECT_EQ(keys->state(), KeyState::kLocked);
}

TEST_F(VaultKeysTest, NothingIsCreatedWithoutAProvider) {
  keyring_->available = false;
  const auto keys = with_fake();
  const Result<Unlocked> failed = keys->unlock({true});
  EXPECT_EQ(failed.status().code(), Code::kKeyringUnavailable);
  EXPECT_EQ(failed.status().detail(), "no-session-bus");
  EXPECT_THAT(failed.status().message(), HasSubstr("os-keyring"));
  EXPECT_EQ(keys->state(), KeyState::kLocked);
  EXPECT_EQ(slot_rows(), "");
  EXPECT_TRUE(keyring_->items.empty());
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
}

TEST_F(VaultKeysTest, OsKeyringWithoutABusIsUnavailableAndCreatesNothing) {
  std::vector<std::unique_ptr<KeyProvider>> providers;
  providers.push_back(std::make_unique<SecretServiceProvider>(SecretServiceProvider::Options{}, heap_));
  const auto keys = keys_of(std::move(providers));
  EXPECT_EQ(keys->unlock({true}).status().detail(), "no-session-bus");
  EXPECT_EQ(slot_rows(), "");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
}

TEST_F(VaultKeysTest, FirstAvailableProviderIsUsed) {
  keyring_->available = false;
  std::vector<std::unique_ptr<KeyProvider>> providers;
  providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));
  providers.push_back(std::make_unique<MasterKeyFileProvider>(dir_.path(), heap_));
  const auto keys = keys_of(std::move(providers));
  EXPECT_EQ(keys->unlock({}).value().kind, "master-key-file");
  EXPECT_TRUE(std::filesystem::exists(dir_ / "master.key"));
}

TEST_F(VaultKeysTest, SlowKeyringIsNoReasonToFallBackToAFile) {
  keyring_->available = false;
  keyring_->why_not = "no-answer";
  std::vector<std::unique_ptr<KeyProvider>> providers;
  providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));
  providers.push_back(std::make_unique<MasterKeyFileProvider>(dir_.path(), heap_));
  const auto keys = keys_of(std::move(providers));
  const Result<Unlocked> failed = keys->unlock({});
  EXPECT_EQ(failed.status().code(), Code::kKeyringUnavailable);
  EXPECT_EQ(failed.status().detail(), "no-answer");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
  keyring_->available = true;
  EXPECT_EQ(keys->unlock({}).value().kind, "os-keyring");
}

TEST_F(VaultKeysTest, LockedKeyringIsNoReasonToFallBackToAFile) {
  keyring_->locked = true;
  std::vector<std::unique_ptr<KeyProvider>> providers;
  providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));
  providers.push_back(std::make_unique<MasterKeyFileProvider>(dir_.path(), heap_));
  const auto keys = keys_of(std::move(providers));
  EXPECT_EQ(keys->unlock({}).status().code(), Code::kKeyringLocked);
  EXPECT_EQ(slot_rows(), "");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
}

TEST_F(VaultKeysTest, SlotOfAKindThatIsNotConfiguredIsNamed) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  const std::string before = slot_rows();
  const auto keys = with_fake();
  const Result<Unlocked> failed = keys->unlock({true});
  EXPECT_EQ(failed.status().code(), Code::kKeyringUnavailable);
  EXPECT_EQ(failed.status().detail(), "slot-kind-not-configured");
  EXPECT_THAT(failed.status().message(), HasSubstr("master-key-file"));
  EXPECT_EQ(slot_rows(), before);
}

TEST_F(VaultKeysTest, MissingKeyIsAStateThatPuttingItBackEnds) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  const std::string before = slot_rows();
  const auto keys = with_file();
  std::filesystem::rename(dir_ / "master.key", dir_ / "away");
  EXPECT_EQ(keys->unlock({}).status().code(), Code::kKeyMissing);
  EXPECT_EQ(keys->state(), KeyState::kKeyMissing);
  EXPECT_EQ(keys->current(), nullptr);
  EXPECT_EQ(slot_rows(), before);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
  std::filesystem::rename(dir_ / "away", dir_ / "master.key");
  EXPECT_TRUE(keys->unlock({}).ok());
  EXPECT_EQ(keys->state(), KeyState::kUnlocked);
}

TEST_F(VaultKeysTest, AnotherKeyThanTheSlotsIsCorrupt) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  std::ofstream(dir_ / "master.key", std::ios::binary) << std::string(32, 'x');
  const Result<Unlocked> failed = with_file()->unlock({});
  EXPECT_EQ(failed.status().code(), Code::kCorrupt);
  EXPECT_EQ(failed.status().detail(), "slot-does-not-open");
}

TEST_F(VaultKeysTest, EveryFlippedBitOfASlotIsCorrupt) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  const KeySlot slot = options().read_slots().value().at(0);
  std::ifstream file(dir_ / "master.key", std::ios::binary);
  const std::string slot_key(std::istreambuf_iterator<char>(file), {});
  const std::string store_id = store_->store_id();
  ASSERT_TRUE(unwrap_vault_key(store_id, as_bytes(slot_key), slot, heap_).ok());
  const auto expect_corrupt = [&](const KeySlot& changed, const char* what, std::size_t bit) {
    EXPECT_EQ(unwrap_vault_key(store_id, as_bytes(slot_key), changed, heap_).status().code(), Code::kCorrupt)
        << what << " bit " << bit;
  };
  const auto flip = [](auto& bytes, std::size_t bit) {
    using Byte = std::remove_reference_t<decltype(bytes[0])>;
    bytes[bit / 8] = static_cast<Byte>(bytes[bit / 8] ^ (1U << (bit % 8)));
  };
  for (std::size_t bit = 0; bit < slot.wrapped.size() * 8; ++bit) {
    KeySlot changed = slot;
    flip(changed.wrapped, bit);
    expect_corrupt(changed, "wrapped", bit);
  }
  for (std::size_t bit = 0; bit < slot.nonce.size() * 8; ++bit) {
    KeySlot changed = slot;
    flip(changed.nonce, bit);
    expect_corrupt(changed, "nonce", bit);
  }
  for (std::size_t bit = 0; bit < slot.id.size() * 8; ++bit) {
    KeySlot changed = slot;
    flip(changed.id, bit);
    expect_corrupt(changed, "id", bit);
  }
  for (std::size_t bit = 0; bit < 32; ++bit) {
    KeySlot changed = slot;
    changed.generation ^= 1U << bit;
    expect_corrupt(changed, "generation", bit);
  }
  for (std::size_t size : {0U, 1U, 16U, 47U, 49U}) {
    KeySlot changed = slot;
    changed.wrapped.resize(size);
    expect_corrupt(changed, "wrapped size", size);
    changed = slot;
    changed.nonce.resize(size);
    expect_corrupt(changed, "nonce size", size);
  }
  EXPECT_EQ(unwrap_vault_key(store_id + "x", as_bytes(slot_key), slot, heap_).status().code(), Code::kCorrupt);
}

TEST_F(VaultKeysTest, RowsChangedInTheDatabaseAreCorrupt) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  for (const char* change : {"generation = 2", "generation = 0", "generation = -1", "generation = 4294967297",
                             "nonce = zeroblob(12)", "wrapped = zeroblob(48)", "wrapped = x''", "id = 'slt_other'"}) {
    sql("CREATE TABLE kept AS SELECT * FROM key_slots");
    sql(std::string("UPDATE key_slots SET ") + change);
    const auto keys = with_file();
    EXPECT_EQ(keys->unlock({}).status().code(), Code::kCorrupt) << change;
    EXPECT_EQ(keys->current(), nullptr);
    sql("DELETE FROM key_slots; INSERT INTO key_slots SELECT * FROM kept; DROP TABLE kept");
    EXPECT_TRUE(keys->unlock({}).ok()) << change;
  }
}

TEST_F(VaultKeysTest, AGenerationThatSomebodyAddedTakesNothingOver) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  KeySlot second = options().read_slots().value().at(0);
  std::ifstream file(dir_ / "master.key", std::ios::binary);
  const std::string slot_key(std::istreambuf_iterator<char>(file), {});
  second.id = "slt_second";
  second.generation = 2;
  ASSERT_TRUE(wrap_vault_key(store_->store_id(), as_bytes(slot_key), Bytes(32, 7), second).ok());
  sql("INSERT INTO key_slots VALUES ('slt_second','master-key-file','{}',2,x'" + to_hex(second.nonce) + "',x'" +
      to_hex(second.wrapped) + "',0)");
  const auto keys = with_file();
  const Result<Unlocked> unlocked = keys->unlock({});
  EXPECT_EQ(unlocked.status().code(), Code::kCorrupt);
  EXPECT_EQ(unlocked.status().detail(), "slot-generation");
  EXPECT_EQ(keys->current(), nullptr);
  sql("DELETE FROM key_slots WHERE id = 'slt_second'");
  EXPECT_TRUE(keys->unlock({}).ok());
}

TEST_F(VaultKeysTest, SecondSlotOpensWhenTheFirstProviderCannot) {
  ASSERT_TRUE(with_file()->unlock({}).ok());
  sql("INSERT INTO key_slots VALUES ('slt_other','os-keyring','{}',1,zeroblob(12),zeroblob(48),0)");
  std::vector<std::unique_ptr<KeyProvider>> providers;
  providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));  // has no such item
  providers.push_back(std::make_unique<MasterKeyFileProvider>(dir_.path(), heap_));
  EXPECT_EQ(keys_of(std::move(providers))->unlock({}).value().kind, "master-key-file");
  std::filesystem::remove(dir_ / "master.key");
  providers.clear();
  providers.push_back(std::make_unique<MasterKeyFileProvider>(dir_.path(), heap_));
  providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));
  EXPECT_THAT(keys_of(std::move(providers))->unlock({}).status().message(), HasSubstr("master.key"))
      << "the preferred provider's failure is the answer";
}

TEST_F(VaultKeysTest, CallsAtTheSameTimeShareOneAttempt) {
  const auto keys = with_fake();
  ASSERT_TRUE(keys->unlock({}).ok());
  keys->lock();
  keyring_->locked = true;
  std::vector<std::thread> threads;
  std::atomic<int> changed = 0;
  std::mutex mutex;
  std::set<const KeySet*> sets;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const Result<Unlocked> unlocked = keys->unlock({true});
      const std::lock_guard<std::mutex> lock(mutex);
      if (unlocked.ok()) {
        changed += unlocked->changed ? 1 : 0;
        sets.insert(unlocked->keys.get());
      }
    });
  }
  {
    std::unique_lock<std::mutex> lock(keyring_->mutex);
    keyring_->changed.wait(lock, [&] { return keyring_->waiting > 0; });
    keyring_->answer = true;
    keyring_->changed.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(changed, 1);
  EXPECT_EQ(sets.size(), 1U);
  EXPECT_EQ(keyring_->prompts, 1);
}

TEST_F(VaultKeysTest, LockEndsAnOpenPrompt) {
  const auto keys = with_fake();
  keyring_->locked = true;
  std::thread locker([&] {
    {
      std::unique_lock<std::mutex> lock(keyring_->mutex);
      keyring_->changed.wait(lock, [&] { return keyring_->waiting > 0; });
    }
    keys->lock();
  });
  const Result<Unlocked> ended = keys->unlock({true});
  locker.join();
  EXPECT_EQ(ended.status().code(), Code::kCancelled);
  EXPECT_EQ(ended.status().detail(), "cancelled");
  EXPECT_EQ(keys->state(), KeyState::kLocked);
  EXPECT_EQ(slot_rows(), "");
}

TEST_F(VaultKeysTest, CancellationOfOneCallerLeavesTheOthersTheirPrompt) {
  const auto keys = with_fake();
  keyring_->locked = true;
  std::stop_source stop;
  Result<Unlocked> first = Status(Code::kInternal, "not run");
  std::thread impatient([&] { first = keys->unlock({true}, stop.get_token()); });
  {
    std::unique_lock<std::mutex> lock(keyring_->mutex);
    keyring_->changed.wait(lock, [&] { return keyring_->waiting > 0; });
  }
  Result<Unlocked> second = Status(Code::kInternal, "not run");
  std::thread patient([&] { second = keys->unlock({true}); });
  stop.request_stop();
  impatient.join();
  EXPECT_EQ(first.status().code(), Code::kCancelled);
  {
    std::unique_lock<std::mutex> lock(keyring_->mutex);
    keyring_->answer = true;
    keyring_->changed.notify_all();
  }
  patient.join();
  EXPECT_TRUE(second.ok()) << second.status().message();
}

TEST_F(VaultKeysTest, CallerThatMayPromptIsNotBoundByOneThatMayNot) {
  const auto keys = with_fake();
  keyring_->locked = true;
  keyring_->answer = true;
  for (int i = 0; i < 50; ++i) {
    Result<Unlocked> quiet = Status(Code::kInternal, "not run");
    std::thread other([&] { quiet = keys->unlock({false}); });
    EXPECT_TRUE(keys->unlock({true}).ok());
    other.join();
    keys->lock();
    const std::lock_guard<std::mutex> lock(keyring_->mutex);
    keyring_->locked = true;
  }
}

TEST_F(VaultKeysTest, FailedCommitOfTheFirstSlotLeavesNothingUnlocked) {
  VaultKeys::Options given = options();
  given.providers.push_back(std::make_unique<FakeKeyring>("os-keyring", keyring_, heap_));
  given.write_slot = [](const KeySlot&, const KeySet&, const std::function<Status(Database&)>&) {
    return Status(Code::kStoreFull, "the disk is full");
  };
  VaultKeys keys(std::move(given));
  EXPECT_EQ(keys.unlock({}).status().code(), Code::kStoreFull);
  EXPECT_EQ(keys.state(), KeyState::kLocked);
  EXPECT_EQ(slot_rows(), "");
  EXPECT_TRUE(with_fake()->unlock({}).ok());
}

TEST_F(VaultKeysTest, LoserOfTheRaceForTheFirstSlotTakesTheWinnersAndDropsItsItem) {
  const auto winner = with_fake();
  std::string winners_key;
  bool begun = false;
  keyring_->before_create = [&] {
    if (std::exchange(begun, true)) return;
    winners_key = secret_key_of(winner->unlock({}));
  };
  const auto loser = with_fake();
  const Result<Unlocked> late = loser->unlock({});
  ASSERT_TRUE(late.ok()) << late.status().message();
  EXPECT_FALSE(late->created);
  EXPECT_TRUE(late->changed);
  EXPECT_EQ(secret_key_of(late), winners_key);
  EXPECT_EQ(sql("SELECT count(*) FROM key_slots"), std::vector<std::string>{"1"});
  EXPECT_EQ(keyring_->items.size(), 1U);
}

TEST_F(VaultKeysTest, ManyThreadsRacingForTheFirstSlotAgree) {
  for (const char* kind : {"os-keyring", "master-key-file"}) {
    sql("DELETE FROM key_slots");
    std::filesystem::remove(dir_ / "master.key");
    keyring_->items.clear();
    std::vector<std::string> secrets(8);
    std::atomic<int> created = 0;
    std::vector<std::thread> threads;
    std::atomic<bool> go = false;
    for (std::string& secret : secrets) {
      threads.emplace_back([&] {
        const auto keys = std::string_view(kind) == "os-keyring" ? with_fake() : with_file();
        while (!go) std::this_thread::yield();
        const Result<Unlocked> unlocked = keys->unlock({});
        secret = secret_key_of(unlocked);
        if (unlocked.ok() && unlocked->created) ++created;
      });
    }
    go = true;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set<std::string>(secrets.begin(), secrets.end()).size(), 1U) << kind << ": " << secrets[0];
    EXPECT_EQ(created, 1);
    EXPECT_EQ(sql("SELECT count(*) FROM key_slots"), std::vector<std::string>{"1"});
    if (std::string_view(kind) == "os-keyring") {
      EXPECT_EQ(keyring_->items.size(), 1U);
    }
  }
}

// Several processes on one store, each with threads, connections and a key of its own making.
TEST(VaultKeysProcesses, RacingForTheFirstSlotAgree) {
  const test::TempDir dir;
  std::array<int, 2> answers{};
  std::array<int, 2> start{};
  ASSERT_EQ(pipe(answers.data()), 0);
  ASSERT_EQ(pipe(start.data()), 0);
  constexpr int kProcesses = 4;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(start[1]);
      char byte = 0;
      (void)!read(start[0], &byte, 1);  // ends when the parent closes its side
      std::string answer = "failed";
      const auto store = Store::open(test::options_for(dir.path()));
      if (store.ok()) {
        const auto heap = SecureHeap::create();
        VaultKeys::Options options;
        options.store_id = (*store)->store_id();
        options.providers = make_key_providers({"master-key-file"}, dir.path(), heap).value();
        options.heap = heap;
        options.clock = std::make_shared<SystemClock>();
        options.read_slots = [&] {
          std::vector<KeySlot> slots;
          const Status status = (*store)->readers().read([&](Database& database) -> Status {
            SR_ASSIGN_OR_RETURN(slots, read_key_slots(database));
            return {};
          });
          return status.ok() ? Result<std::vector<KeySlot>>(slots) : status;
        };
        options.write_slot = [&](const KeySlot&, const KeySet&, std::function<Status(Database&)> insert) {
          return (*store)->committer().run(std::move(insert));
        };
        VaultKeys keys(std::move(options));
        const Result<Unlocked> unlocked = keys.unlock({});
        answer = unlocked.ok() ? to_hex(unlocked->keys->active().secret.view()) : unlocked.status().message();
      }
      answer = answer.substr(0, 64) + "\n";
      (void)!write(answers[1], answer.data(), answer.size());
      _exit(0);
    }
    children.push_back(child);
  }
  close(start[0]);
  close(start[1]);
  close(answers[1]);
  std::string all;
  std::array<char, 512> part{};
  for (ssize_t size = 0; (size = read(answers[0], part.data(), part.size())) > 0;) {
    all.append(part.data(), static_cast<std::size_t>(size));
  }
  close(answers[0]);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  ASSERT_EQ(all.size(), kProcesses * 65U) << all;
  for (int i = 1; i < kProcesses; ++i) EXPECT_EQ(all.substr(static_cast<std::size_t>(i) * 65, 65), all.substr(0, 65));
  EXPECT_EQ(test::run_sql(dir.path(), "SELECT count(*) FROM key_slots"), std::vector<std::string>{"1"});
}

TEST_F(VaultKeysTest, RealKeyringFromFirstSlotToLossAndReturn) {
  test::PrivateSession session;
  session.start_bus();
  session.start_prompter();
  session.start_keyring();
  const auto open = [&] {
    std::vector<std::unique_ptr<KeyProvider>> providers;
    SecretServiceProvider::Options at;
    at.bus_address = session.address();
    providers.push_back(std::make_unique<SecretServiceProvider>(at, heap_));
    providers.push_back(std::make_unique<MasterKeyFileProvider>(dir_.path(), heap_));
    return keys_of(std::move(providers));
  };
  const Result<Unlocked> first = open()->unlock({});
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(first->kind, "os-keyring");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
  EXPECT_THAT(session.secret_tool({"search", "--all", "application", "org.example.app"}).output,
              HasSubstr("Example – Strongroom key"));

  session.lock();
  const auto keys = open();
  EXPECT_EQ(keys->unlock({false}).status().code(), Code::kKeyringLocked);
  EXPECT_EQ(keys->state(), KeyState::kLocked);
  session.person_answers();
  EXPECT_EQ(secret_key_of(keys->unlock({true})), secret_key_of(first));
  keys->lock();

  const std::string rows = slot_rows();
  const std::string item = session.secret_tool({"lookup", "slot", first->slot_id}).output;
  session.secret_tool({"clear", "slot", first->slot_id});
  EXPECT_EQ(keys->unlock({true}).status().code(), Code::kKeyMissing);
  EXPECT_EQ(keys->state(), KeyState::kKeyMissing);
  EXPECT_EQ(slot_rows(), rows);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
  session.secret_tool({"store", "--label=back", "store", store_->store_id(), "slot", first->slot_id}, item);
  EXPECT_EQ(secret_key_of(keys->unlock({true})), secret_key_of(first));
}

TEST_F(VaultKeysTest, TwoRacingOnOneRealKeyringLeaveOneItem) {
  test::PrivateSession session;
  session.start_bus();
  session.start_keyring();
  std::vector<std::string> secrets(4);
  std::vector<std::thread> threads;
  std::atomic<bool> go = false;
  for (std::string& secret : secrets) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<KeyProvider>> providers;
      SecretServiceProvider::Options at;
      at.bus_address = session.address();
      at.probe_limit = std::chrono::minutes(1);  // four wait for each other's writes, and the disk may be slow
      providers.push_back(std::make_unique<SecretServiceProvider>(at, heap_));
      const auto keys = keys_of(std::move(providers));
      while (!go) std::this_thread::yield();
      secret = secret_key_of(keys->unlock({}));
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(secrets.begin(), secrets.end()).size(), 1U) << ::testing::PrintToString(secrets);
  const std::string shown = session.secret_tool({"search", "--all", "application", "org.example.app"}).output;
  std::size_t items = 0;
  for (std::size_t at = 0; (at = shown.find("secret = ", at)) != std::string::npos; ++at) ++items;
  EXPECT_EQ(items, 1U) << shown;
}

}  // namespace
}  // namespace strongroom
