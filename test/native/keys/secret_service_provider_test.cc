#include "keys/secret_service_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <thread>

#include "support/private_session.h"

namespace strongroom {
namespace {

using test::PrivateSession;
using ::testing::HasSubstr;

constexpr Interaction kNoPrompt{false};
constexpr Interaction kMayPrompt{true};

class SecretServiceProviderTest : public ::testing::Test {
 protected:
  std::unique_ptr<SecretServiceProvider> make_provider() {
    SecretServiceProvider::Options options;
    options.bus_address = session_.address();
    return std::make_unique<SecretServiceProvider>(options, heap_);
  }

  /// Creates the slot's key and remembers it.
  void create() {
    const Result<SecureBuffer> key = provider_->create(slot_, kNoPrompt, {});
    ASSERT_TRUE(key.ok()) << key.status().message();
    ASSERT_EQ(key->size(), kSlotKeySize);
    key_ = to_hex(key->view());
  }

  void expect_loads(Interaction interaction) {
    const Result<SecureBuffer> key = provider_->load(slot_, interaction, {});
    ASSERT_TRUE(key.ok()) << key.status().message();
    EXPECT_EQ(to_hex(key->view()), key_);
  }

  static void expect_failure(const Status& status, Code code, const std::string& detail) {
    EXPECT_EQ(code_name(status.code()), code_name(code)) << status.message();
    EXPECT_EQ(status.detail(), detail);
  }

  std::string base64_of_key() const {
    Bytes bytes;
    for (std::size_t i = 0; i < key_.size(); i += 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::strtoul(key_.substr(i, 2).c_str(), nullptr, 16)));
    }
    return to_base64(bytes);
  }

  void store_by_hand(const std::string& secret) {
    ASSERT_EQ(session_
                  .secret_tool({"store", "--label=by hand", "application", slot_.app_id, "store", slot_.store_id,
                                "slot", slot_.slot_id},
                               secret)
                  .status,
              0);
  }

  void delete_by_hand() {
    ASSERT_EQ(session_.secret_tool({"clear", "store", slot_.store_id, "slot", slot_.slot_id}).status, 0);
  }

  PrivateSession session_;
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  SlotRef slot_{"str_1", "slt_1", "org.example.app", "Example"};
  std::unique_ptr<SecretServiceProvider> provider_ = make_provider();
  std::string key_;
};

TEST_F(SecretServiceProviderTest, KeepsAKeyThatEveryLaterLoadGives) {
  session_.start_bus();
  session_.start_keyring();
  EXPECT_TRUE(provider_->probe().available);
  EXPECT_FALSE(provider_->probe().locked);
  create();
  expect_loads(kNoPrompt);
  provider_ = make_provider();
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, ItemIsShownByOtherToolsUnderTheDocumentedAttributes) {
  session_.start_bus();
  session_.start_keyring();
  create();
  const test::Finished shown = session_.secret_tool({"search", "--all", "--unlock", "application", "org.example.app"});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.output, HasSubstr("label = Example – Strongroom key\n"));
  EXPECT_THAT(shown.output, HasSubstr("secret = " + base64_of_key() + "\n"));
  // secret-tool prints schema and attributes to its standard error; ask for them one by one instead.
  for (const auto& [name, value] : std::map<std::string, std::string>{{"application", "org.example.app"},
                                                                      {"store", "str_1"},
                                                                      {"slot", "slt_1"},
                                                                      {"xdg:schema", "org.strongroom.KeySlot"}}) {
    EXPECT_EQ(session_.secret_tool({"lookup", name, value}).output, base64_of_key()) << name;
  }
}

TEST_F(SecretServiceProviderTest, KeysOfDifferentSlotsAndStoresAreKeptApart) {
  session_.start_bus();
  session_.start_keyring();
  create();
  SlotRef other = slot_;
  other.slot_id = "slt_2";
  EXPECT_EQ(provider_->load(other, kNoPrompt, {}).status().code(), Code::kKeyMissing);
  const Result<SecureBuffer> second = provider_->create(other, kNoPrompt, {});
  ASSERT_TRUE(second.ok());
  EXPECT_NE(to_hex(second->view()), key_);
  expect_loads(kNoPrompt);
  EXPECT_TRUE(provider_->remove(other, {}).ok());
  EXPECT_EQ(provider_->load(other, kNoPrompt, {}).status().code(), Code::kKeyMissing);
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, RemovingWaitsForASlowServiceWhereItCanBeCancelled) {
  session_.start_bus();
  session_.start_keyring();
  create();
  SecretServiceProvider::Options at;
  at.bus_address = session_.address();
  at.probe_limit = std::chrono::milliseconds(1);
  SecretServiceProvider impatient(at, heap_);
  kill(session_.keyring_pid(), SIGSTOP);
  expect_failure(impatient.remove(slot_, {}), Code::kKeyringUnavailable, "no-answer");
  kill(session_.keyring_pid(), SIGCONT);
  expect_loads(kNoPrompt);
  std::stop_source stop;
  EXPECT_TRUE(impatient.remove(slot_, stop.get_token()).ok());
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyMissing, "");
}

TEST_F(SecretServiceProviderTest, DeletedItemIsKeyMissingUntilItIsPutBack) {
  session_.start_bus();
  session_.start_keyring();
  create();
  delete_by_hand();
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyMissing, "");
  store_by_hand(base64_of_key());
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, ItemThatIsNoKeyIsCorruptAndStays) {
  session_.start_bus();
  session_.start_keyring();
  for (const std::string& secret :
       {std::string("not base64"), std::string(), to_base64(as_bytes("31 bytes, one too few for a key")),
        to_base64(as_bytes("33 bytes, and so one more than 32")), std::string(4096, 'A')}) {
    store_by_hand(secret);
    expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kCorrupt, "");
    EXPECT_EQ(session_.secret_tool({"lookup", "store", slot_.store_id}).output, secret);
  }
}

TEST_F(SecretServiceProviderTest, LockedKeyringIsNotPromptedForUnlessAllowed) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  ASSERT_TRUE(session_.is_locked());
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringLocked, "locked");
  SlotRef other = slot_;
  other.slot_id = "slt_2";
  expect_failure(provider_->create(other, kNoPrompt, {}).status(), Code::kKeyringLocked, "locked");
  const ProviderProbe probe = provider_->probe();
  EXPECT_TRUE(probe.available);
  EXPECT_TRUE(probe.locked);
  // A prompt would have found nobody who answers it, and been dismissed.
  EXPECT_TRUE(session_.is_locked());
  session_.unlock_quietly();
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, AnsweredPromptUnlocks) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_answers();
  expect_loads(kMayPrompt);
  EXPECT_FALSE(session_.is_locked());
}

TEST_F(SecretServiceProviderTest, KeyIsMissingOnlyFromAnUnlockedKeyring) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  slot_.slot_id = "slt_2";
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringLocked, "locked");
  session_.person_answers();
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyMissing, "");
}

TEST_F(SecretServiceProviderTest, WrongPasswordFirstIsAskedAgain) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_answers("a wrong password");
  session_.person_answers();
  expect_loads(kMayPrompt);
}

TEST_F(SecretServiceProviderTest, DismissedPromptIsCancelled) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_dismisses();
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kCancelled, "prompt-dismissed");
  EXPECT_TRUE(session_.is_locked());
  session_.person_answers();
  expect_loads(kMayPrompt);
}

TEST_F(SecretServiceProviderTest, NoPrompterAtAllIsLockedNotDismissed) {
  session_.start_bus();
  session_.start_keyring();
  create();
  session_.lock();
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyringLocked, "locked");
  session_.unlock_quietly();
  expect_loads(kMayPrompt);
}

TEST_F(SecretServiceProviderTest, PrompterWithoutDisplayIsLockedNotDismissed) {
  session_.make_real_prompter_activatable();
  session_.start_bus();
  session_.start_keyring();
  create();
  session_.lock();
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyringLocked, "locked");
}

TEST_F(SecretServiceProviderTest, PrompterThatDiesUnderThePromptIsLockedNotDismissed) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_is_away();
  std::thread person([&] {
    session_.wait_for_prompt();
    session_.kill_prompter();
  });
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyringLocked, "locked");
  person.join();
}

TEST_F(SecretServiceProviderTest, CallWithAnOpenPromptCanBeCancelled) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_is_away();
  std::stop_source stop;
  std::chrono::steady_clock::time_point cancelled_at;
  std::thread closer([&] {
    session_.wait_for_prompt();
    cancelled_at = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  expect_failure(provider_->load(slot_, kMayPrompt, stop.get_token()).status(), Code::kCancelled, "cancelled");
  closer.join();
  EXPECT_LT(std::chrono::steady_clock::now() - cancelled_at, std::chrono::seconds(5));
  EXPECT_TRUE(session_.is_locked());  // and the daemon is none the worse for it
}

TEST_F(SecretServiceProviderTest, CancelledBeforeItStartsTouchesNothing) {
  session_.start_bus();
  session_.start_keyring();
  std::stop_source stop;
  stop.request_stop();
  expect_failure(provider_->create(slot_, kMayPrompt, stop.get_token()).status(), Code::kCancelled, "cancelled");
  EXPECT_NE(session_.secret_tool({"lookup", "store", slot_.store_id}).status, 0);
}

TEST_F(SecretServiceProviderTest, KeyringLockedSinceItStartedIsUnlockedByThePrompt) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.kill_keyring();
  session_.start_keyring(false);
  ASSERT_TRUE(session_.is_locked());
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringLocked, "locked");
  session_.person_answers();
  expect_loads(kMayPrompt);
}

TEST_F(SecretServiceProviderTest, RestartedDaemonIsFoundAgain) {
  session_.start_bus();
  session_.start_keyring();
  create();
  session_.kill_keyring();
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-secret-service");
  session_.start_keyring();
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, RestartedBusIsFoundAgain) {
  session_.start_bus();
  session_.start_keyring();
  create();
  session_.kill_bus();
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-session-bus");
  session_.kill_keyring();
  session_.start_bus();
  session_.start_keyring();
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, BusThatDiesUnderThePromptEndsTheCall) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_is_away();
  std::thread fate([&] {
    session_.wait_for_prompt();
    session_.kill_bus();
  });
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyringUnavailable, "no-session-bus");
  fate.join();
}

TEST_F(SecretServiceProviderTest, DaemonThatDiesUnderThePromptEndsTheCall) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring();
  create();
  session_.lock();
  session_.person_is_away();
  std::thread fate([&] {
    session_.wait_for_prompt();
    session_.kill_keyring();
  });
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyringUnavailable, "no-secret-service");
  fate.join();
}

TEST_F(SecretServiceProviderTest, AbsentBusAbsentServiceAndAbsentLibraryAreToldApart) {
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-session-bus");
  EXPECT_EQ(provider_->probe().code, "no-session-bus");
  SecretServiceProvider nowhere({}, heap_);
  expect_failure(nowhere.create(slot_, kMayPrompt, {}).status(), Code::kKeyringUnavailable, "no-session-bus");
  SecretServiceProvider launching({"autolaunch:", "", "libsecret-1.so.0"}, heap_);
  expect_failure(launching.create(slot_, kMayPrompt, {}).status(), Code::kKeyringUnavailable, "no-session-bus");

  session_.start_bus();
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-secret-service");
  expect_failure(provider_->create(slot_, kMayPrompt, {}).status(), Code::kKeyringUnavailable, "no-secret-service");
  EXPECT_FALSE(provider_->probe().available);
  EXPECT_EQ(provider_->probe().code, "no-secret-service");

  SecretServiceProvider bare({session_.address(), "", "libsecret-absent.so.0"}, heap_);
  expect_failure(bare.load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-libsecret");
  EXPECT_EQ(bare.probe().code, "no-libsecret");
}

TEST_F(SecretServiceProviderTest, ServiceThatFailsToStartIsAbsent) {
  session_.make_activatable("org.freedesktop.secrets", "/bin/false");
  session_.start_bus();
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-secret-service");
  EXPECT_EQ(provider_->probe().code, "no-secret-service");
}

TEST_F(SecretServiceProviderTest, ServiceThatTheBusCanStartIsStarted) {
  session_.make_activatable("org.freedesktop.secrets",
                            "/usr/bin/gnome-keyring-daemon --start --foreground --components=secrets");
  session_.start_bus();
  session_.start_keyring();
  create();
  session_.kill_keyring();
  expect_failure(provider_->load(slot_, kNoPrompt, {}).status(), Code::kKeyringLocked, "locked");
}

TEST_F(SecretServiceProviderTest, SocketInTheRuntimeDirectoryIsUsedWithoutAnAddress) {
  SecretServiceProvider provider({"", (session_.dir() / "run/bus").string(), "libsecret-1.so.0"}, heap_);
  expect_failure(provider.load(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-session-bus");
  session_.start_bus();
  session_.start_keyring();
  EXPECT_TRUE(provider.probe().available);
}

TEST_F(SecretServiceProviderTest, WithoutADefaultCollectionOneIsMadeOnlyByPrompt) {
  session_.start_bus();
  session_.start_prompter();
  session_.start_keyring(false);  // a new home has no collection to unlock
  ASSERT_EQ(session_.default_collection(), "/");
  expect_failure(provider_->load(slot_, kMayPrompt, {}).status(), Code::kKeyMissing, "");
  expect_failure(provider_->create(slot_, kNoPrompt, {}).status(), Code::kKeyringUnavailable, "no-default-collection");
  EXPECT_TRUE(provider_->probe().available);
  session_.person_dismisses();
  expect_failure(provider_->create(slot_, kMayPrompt, {}).status(), Code::kCancelled, "prompt-dismissed");
  ASSERT_EQ(session_.default_collection(), "/");

  session_.person_answers("a new password");
  const Result<SecureBuffer> key = provider_->create(slot_, kMayPrompt, {});
  ASSERT_TRUE(key.ok()) << key.status().message();
  EXPECT_NE(session_.default_collection(), "/");
  key_ = to_hex(key->view());
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, WithoutADefaultCollectionAndPrompterThereIsNoKeyring) {
  session_.make_real_prompter_activatable();
  session_.start_bus();
  session_.start_keyring(false);
  expect_failure(provider_->create(slot_, kMayPrompt, {}).status(), Code::kKeyringUnavailable, "no-default-collection");
  const ProviderProbe probe = provider_->probe();
  EXPECT_FALSE(probe.available);
  EXPECT_EQ(probe.code, "no-default-collection");
}

TEST_F(SecretServiceProviderTest, ProbeOfAServiceThatHangsAnswersInTime) {
  session_.start_bus();
  session_.start_keyring();
  create();
  kill(session_.keyring_pid(), SIGSTOP);
  const auto begin = std::chrono::steady_clock::now();
  const ProviderProbe probe = provider_->probe();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_FALSE(probe.available);
  EXPECT_EQ(probe.code, "no-answer");
  kill(session_.keyring_pid(), SIGCONT);
  expect_loads(kNoPrompt);
}

TEST_F(SecretServiceProviderTest, CallToAServiceThatHangsCanBeCancelled) {
  session_.start_bus();
  session_.start_keyring();
  create();
  kill(session_.keyring_pid(), SIGSTOP);
  std::stop_source stop;
  std::thread closer([&] { stop.request_stop(); });
  expect_failure(provider_->load(slot_, kNoPrompt, stop.get_token()).status(), Code::kCancelled, "cancelled");
  closer.join();
}

TEST_F(SecretServiceProviderTest, ManyThreadsLoadAtOnce) {
  session_.start_bus();
  session_.start_keyring();
  create();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) expect_loads(kNoPrompt);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SecretServiceProviderTest, NamesThatAreNotTextAreRefused) {
  session_.start_bus();
  session_.start_keyring();
  slot_.app_name = "\xFF";
  expect_failure(provider_->create(slot_, kNoPrompt, {}).status(), Code::kInvalidRequest, "");
}

TEST(KeyProviders, AreMadeByNameInOrder) {
  const auto heap = SecureHeap::create();
  const auto providers = make_key_providers({"master-key-file", "os-keyring"}, "/nonexistent", heap);
  ASSERT_TRUE(providers.ok());
  ASSERT_EQ(providers->size(), 2U);
  EXPECT_EQ((*providers)[0]->kind(), "master-key-file");
  EXPECT_EQ((*providers)[1]->kind(), "os-keyring");
}

TEST(KeyProviders, UnknownRepeatedOrNoNamesAreRefused) {
  const auto heap = SecureHeap::create();
  for (const auto& names : std::vector<std::vector<std::string>>{
           {}, {"keychain"}, {"os-keyring", "OS-KEYRING"}, {"os-keyring", "os-keyring"}}) {
    EXPECT_EQ(make_key_providers(names, "/tmp", heap).status().code(), Code::kInvalidRequest);
  }
}

}  // namespace
}  // namespace strongroom
