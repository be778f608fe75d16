#include "service/strongroom.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>

#include "crypto/random.h"
#include "keys/key_slots.h"
#include "service/audit_service.h"
#include "service/secret_service.h"
#include "storage/database.h"
#include "support/temp_dir.h"

namespace strongroom {
namespace {

const Caller kCore{Role::kCore, "core"};
const Caller kSettings{Role::kSettings, "settings"};

class StoppedClock : public Clock {
 public:
  explicit StoppedClock(std::int64_t now) : now_(now) {}
  std::int64_t now_ms() const override { return now_; }

 private:
  std::int64_t now_;
};

/// A real store in a directory of its own, with its key in a file.
class StrongroomTest : public ::testing::Test {
 protected:
  StrongroomTest() {
    std::array<std::uint8_t, 12> random{};
    EXPECT_TRUE(fill_random(random).ok());
    canary_ = "canary-" + to_hex(random);
    room_ = open();
  }
  std::unique_ptr<Strongroom> open() {
    StrongroomOptions options;
    options.clock = clock_;
    options.dir = dir_.path();
    options.app_id = "org.example.test";
    options.app_name = "Test";
    options.key_providers = {"master-key-file"};
    Result<std::unique_ptr<Strongroom>> room = Strongroom::open(options, heap_, [this](const Value& event) {
      const std::lock_guard<std::mutex> lock(events_mutex_);
      events_.push_back(to_json(event));
    });
    EXPECT_TRUE(room.ok()) << room.status().message();
    return room.ok() ? std::move(room).value() : nullptr;
  }

  Result<Value> send(const Caller& caller, std::string_view channel, const Value& payload) {
    std::promise<Result<Value>> answer;
    room_->dispatch(caller, channel, payload, [&](Result<Value> value) { answer.set_value(std::move(value)); });
    return answer.get_future().get();
  }

  Value plaintext(std::string_view text) {
    Result<SecureBuffer> buffer = heap_->copy(as_bytes(text));
    return Value::secret({std::move(buffer).value(), text.size()});
  }

  std::string create(const std::string& name) {
    const Result<Value> info =
        send(kCore, "secrets.create",
             Value(Value::Object{{"name", name}, {"kind", "api_key"}, {"value", plaintext(canary_)}}));
    EXPECT_TRUE(info.ok()) << info.status().message();
    return info.ok() ? info->find("id")->as_string() : "";
  }

  Result<std::string> use(const std::string& id, const std::string& reason = "test") {
    std::promise<Result<std::string>> answer;
    room_->access_secret(SecretAccess::kUse, id, reason, [&](Result<SecureBuffer> value) {
      answer.set_value(value.ok() ? Result<std::string>(std::string(as_text(value->view()))) : value.status());
    });
    return answer.get_future().get();
  }

  std::vector<Value> entries(const std::string& action) {
    const Result<Value> page = send(kCore, "audit.list", Value(Value::Object{{"action", action}}));
    EXPECT_TRUE(page.ok()) << page.status().message();
    return page.ok() ? page->find("items")->as_array() : std::vector<Value>();
  }

  std::string state() { return room_->status()->find("state")->as_string(); }

  /// Days on the clock of the stores opened from now on.
  void set_day(std::int64_t day) { clock_ = std::make_shared<StoppedClock>(day * 24 * 60 * 60 * 1000); }

  std::shared_ptr<const Clock> clock_;  // null: the system's
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  test::TempDir dir_;  // before room_: the store is closed first
  std::string canary_;
  std::mutex events_mutex_;
  std::vector<std::string> events_;
  std::unique_ptr<Strongroom> room_;
};

TEST_F(StrongroomTest, EveryChannelHasItsHandlerAndEveryHandlerItsChannel) {
  EXPECT_EQ(room_->dispatcher().unmatched(), std::vector<std::string>());
}

TEST_F(StrongroomTest, ANewStoreIsLockedAndHasNoKeyUntilTheFirstSecret) {
  EXPECT_EQ(state(), "locked");
  EXPECT_TRUE(room_->status()->find("keyProvider")->is(Value::Kind::kNull));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
  create("first");
  EXPECT_EQ(state(), "unlocked");
  EXPECT_EQ(room_->status()->find("keyProvider")->as_string(), "master-key-file");
  EXPECT_EQ(room_->status()->find("notices")->as_array().size(), 1U);
}

TEST_F(StrongroomTest, APlaintextComesBackAfterReopeningWithItsEntry) {
  const std::string id = create("token");
  room_.reset();
  room_ = open();
  EXPECT_EQ(state(), "locked");
  const Result<std::string> got = use(id, "nightly sync");
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ(*got, canary_);
  const std::vector<Value> uses = entries("secret.use");
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].find("secretId")->as_string(), id);
  EXPECT_EQ(uses[0].find("reason")->as_string(), "nightly sync");
  EXPECT_EQ(uses[0].find("outcome")->as_string(), "allowed");
  const Result<Value> verdict = send(kSettings, "audit.verify", Value(Value::Object()));
  ASSERT_TRUE(verdict.ok()) << verdict.status().message();
  EXPECT_TRUE(verdict->find("ok")->as_bool()) << to_json(*verdict);
  EXPECT_TRUE(verdict->find("sealChecked")->as_bool());
}

TEST_F(StrongroomTest, AFailedUseIsRecordedWithItsCode) {
  create("token");
  const std::string nobody = "sec_00000000000000000000000000";
  EXPECT_EQ(use(nobody).status().code(), Code::kNotFound);
  const std::vector<Value> uses = entries("secret.use");
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].find("outcome")->as_string(), "failed");
  EXPECT_EQ(uses[0].find("code")->as_string(), "NOT_FOUND");
}

TEST_F(StrongroomTest, ConcurrentUsesShareCommits) {
  const std::string id = create("token");
  const std::uint64_t before = room_->stats().commits;
  constexpr int kUses = 200;
  std::atomic<int> right = 0;
  std::promise<void> all;
  std::atomic<int> left = kUses;
  for (int i = 0; i < kUses; ++i) {
    room_->access_secret(SecretAccess::kUse, id, "load", [&](const Result<SecureBuffer>& value) {
      if (value.ok() && as_text(value->view()) == canary_) ++right;
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(right, kUses);
  EXPECT_EQ(entries("secret.use").size(), static_cast<std::size_t>(kUses));
  EXPECT_LT(room_->stats().commits - before, static_cast<std::uint64_t>(kUses) / 2);
}

TEST_F(StrongroomTest, LockHoldsUntilSomeoneUnlocksOnPurpose) {
  const std::string id = create("token");
  room_->lock();
  EXPECT_EQ(state(), "locked");
  EXPECT_EQ(use(id).status().code(), Code::kKeyringLocked);
  EXPECT_TRUE(send(kSettings, "secrets.list", Value(Value::Object())).ok());
  const Result<Value> unlocked = send(kSettings, "status.unlock", Value(Value::Object()));
  ASSERT_TRUE(unlocked.ok()) << unlocked.status().message();
  EXPECT_EQ(use(id).ok(), true);
}

TEST_F(StrongroomTest, AMissingKeyIsSaidSoAndPuttingItBackWorks) {
  const std::string id = create("token");
  room_.reset();
  std::filesystem::rename(dir_ / "master.key", dir_ / "elsewhere");
  room_ = open();
  EXPECT_EQ(use(id).status().code(), Code::kKeyMissing);
  EXPECT_EQ(state(), "key-missing");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "master.key"));
  std::filesystem::rename(dir_ / "elsewhere", dir_ / "master.key");
  EXPECT_EQ(*use(id), canary_);
}

TEST_F(StrongroomTest, EverythingAfterCloseIsAnsweredClosed) {
  const std::string id = create("token");
  room_->close();
  EXPECT_EQ(use(id).status().code(), Code::kClosed);
  EXPECT_EQ(send(kCore, "secrets.list", Value(Value::Object())).status().code(), Code::kClosed);
  EXPECT_EQ(room_->status().status().code(), Code::kClosed);
  std::promise<Status> unlocked;
  room_->unlock([&](Status status) { unlocked.set_value(std::move(status)); });
  EXPECT_EQ(unlocked.get_future().get().code(), Code::kClosed);
}

TEST_F(StrongroomTest, WhatComesOnceItIsBeingClosedIsAnsweredClosed) {
  const std::string id = create("token");
  const std::shared_ptr<AuditExportStream> log = *room_->export_audit("jsonl");
  const auto next = [&] {
    std::promise<Result<std::string>> piece;
    log->next([&](Result<std::string> text) { piece.set_value(std::move(text)); });
    return piece.get_future().get();
  };
  EXPECT_TRUE(next().ok());
  std::promise<Result<std::string>> before;
  room_->access_secret(SecretAccess::kUse, id, "accepted", [&](const Result<SecureBuffer>& value) {
    before.set_value(value.ok() ? Result<std::string>(std::string(as_text(value->view()))) : value.status());
  });
  room_->begin_close();
  EXPECT_EQ(use(id).status().code(), Code::kClosed);
  for (const char* channel : {"secrets.list", "audit.list", "audit.verify", "status.get", "no.such"}) {
    EXPECT_EQ(send(kSettings, channel, Value(Value::Object())).status().code(), Code::kClosed) << channel;
  }
  EXPECT_EQ(send({Role::kTool, "acme.tool"}, "providers.list", Value(Value::Object())).status().code(), Code::kClosed);
  EXPECT_EQ(room_->status().status().code(), Code::kClosed);
  EXPECT_EQ(next().status().code(), Code::kClosed);
  room_->close();
  EXPECT_EQ(*before.get_future().get(), canary_);
}

TEST_F(StrongroomTest, WhatWasAcceptedBeforeCloseIsAnswered) {
  const std::string id = create("token");
  constexpr int kUses = 100;
  std::atomic<int> answered = 0;
  for (int i = 0; i < kUses; ++i) {
    room_->access_secret(SecretAccess::kUse, id, "load", [&](const Result<SecureBuffer>&) { ++answered; });
  }
  room_->close();
  EXPECT_EQ(answered, kUses);
}

TEST_F(StrongroomTest, NoEventHasMoreThanMetadata) {
  const std::string id = create("token");
  ASSERT_TRUE(use(id).ok());
  const std::lock_guard<std::mutex> lock(events_mutex_);
  ASSERT_FALSE(events_.empty());
  for (const std::string& event : events_) EXPECT_EQ(event.find(canary_), std::string::npos) << event;
}

TEST_F(StrongroomTest, AKeyThatIsNotTheStoresIsNoticedAtOnce) {
  create("token");
  const std::string store_id = room_->status()->find("storeId")->as_string();
  room_.reset();
  {
    // Someone with the files wraps a vault key of his own under the key that is there.
    std::ifstream file(dir_ / "master.key", std::ios::binary);
    const std::string slot_key(std::istreambuf_iterator<char>(file), {});
    DatabaseOptions options;
    options.path = dir_ / "strongroom.db";
    std::unique_ptr<Database> database = std::move(Database::open(options)).value();
    KeySlot slot = read_key_slots(*database).value().at(0);
    ASSERT_TRUE(wrap_vault_key(store_id, as_bytes(slot_key), Bytes(32, 7), slot).ok());
    ASSERT_TRUE(database->prepare("UPDATE key_slots SET nonce = ?, wrapped = ?")
                    .bind_all(ByteView(slot.nonce), ByteView(slot.wrapped))
                    .run()
                    .ok());
  }
  room_ = open();
  std::promise<Status> unlocked;
  room_->unlock([&](Status status) { unlocked.set_value(std::move(status)); });
  ASSERT_TRUE(unlocked.get_future().get().ok());
  const Result<Value> status = room_->status();
  ASSERT_EQ(status->find("notices")->as_array().size(), 1U);
  EXPECT_EQ(status->find("notices")->as_array()[0].find("code")->as_string(), "audit-seal");
  EXPECT_FALSE(send(kSettings, "audit.verify", Value(Value::Object()))->find("ok")->as_bool());
}

TEST_F(StrongroomTest, OldEntriesGoButNotOnTheWordOfAClockThatLeapt) {
  const auto has_first_entry = [this] { return !entries("key.create").empty(); };
  room_.reset();
  set_day(20000);
  room_ = open();
  const std::string id = create("token");
  room_.reset();
  set_day(20500);  // more than the 365 days of retention, and far from what the log has seen
  room_ = open();
  ASSERT_TRUE(use(id).ok());
  EXPECT_TRUE(has_first_entry());
  room_.reset();
  set_day(20501);
  room_ = open();
  ASSERT_TRUE(use(id).ok());
  EXPECT_FALSE(has_first_entry());
  EXPECT_TRUE(send(kSettings, "audit.verify", Value(Value::Object()))->find("ok")->as_bool());
}

TEST_F(StrongroomTest, TheExportHasEveryEntryOnceAndEnds) {
  const std::string id = create("token");
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(use(id).ok());
  const Result<std::shared_ptr<AuditExportStream>> stream = room_->export_audit("jsonl");
  ASSERT_TRUE(stream.ok());
  std::string text;
  for (;;) {
    std::promise<Result<std::string>> piece;
    (*stream)->next([&](Result<std::string> got) { piece.set_value(std::move(got)); });
    const Result<std::string> got = piece.get_future().get();
    ASSERT_TRUE(got.ok()) << got.status().message();
    if (got->empty()) break;
    text += *got;
  }
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_EQ(static_cast<double>(lines),
            send(kCore, "audit.verify", Value(Value::Object()))->find("entries")->as_number());
  EXPECT_EQ(room_->export_audit("xml").status().code(), Code::kInvalidRequest);
}

}  // namespace
}  // namespace strongroom
