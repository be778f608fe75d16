#include "keys/master_key_file_provider.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "support/temp_dir.h"

namespace strongroom {
namespace {

namespace fs = std::filesystem;

class MasterKeyFileTest : public ::testing::Test {
 protected:
  Result<SecureBuffer> create() { return provider_.create(slot_, {}, {}); }
  Result<SecureBuffer> load() { return provider_.load(slot_, {}, {}); }

  std::string contents() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& bytes, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
    chmod(path_.c_str(), mode);
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(dir_.path())) found.insert(entry.path().filename());
    return found;
  }

  test::TempDir dir_;
  std::string path_ = dir_ / "master.key";
  std::shared_ptr<SecureHeap> heap_ = SecureHeap::create();
  MasterKeyFileProvider provider_{dir_.path(), heap_};
  SlotRef slot_{"str_1", "slt_1", "org.example.app", "Example"};
};

TEST_F(MasterKeyFileTest, IsMadeWith32RandomBytesForItsOwnerAlone) {
  const mode_t before = umask(0777);  // not even this changes the mode
  const Result<SecureBuffer> key = create();
  umask(before);
  ASSERT_TRUE(key.ok()) << key.status().message();
  EXPECT_EQ(as_text(key->view()), contents());
  EXPECT_EQ(contents().size(), 32U);
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(info.st_nlink, 1U);
  EXPECT_EQ(names(), std::set<std::string>{"master.key"});
  EXPECT_EQ(as_text(load().value().view()), contents());
}

TEST_F(MasterKeyFileTest, KeysOfTwoDirectoriesDiffer) {
  const test::TempDir other;
  MasterKeyFileProvider second(other.path(), heap_);
  EXPECT_NE(to_hex(create().value().view()), to_hex(second.create(slot_, {}, {}).value().view()));
}

TEST_F(MasterKeyFileTest, ExistingKeyIsUsedAndNeverReplaced) {
  write(std::string(32, 'k'));
  EXPECT_EQ(as_text(create().value().view()), std::string(32, 'k'));
  EXPECT_TRUE(provider_.remove(slot_, {}).ok());
  EXPECT_EQ(contents(), std::string(32, 'k'));
}

TEST_F(MasterKeyFileTest, MissingFileIsKeyMissingUntilItIsPutBack) {
  ASSERT_TRUE(create().ok());
  const std::string key = contents();
  fs::rename(path_, dir_ / "elsewhere");
  EXPECT_EQ(load().status().code(), Code::kKeyMissing);
  EXPECT_FALSE(fs::exists(path_));
  fs::rename(dir_ / "elsewhere", path_);
  EXPECT_EQ(as_text(load().value().view()), key);
}

TEST_F(MasterKeyFileTest, AnyOtherSizeIsCorruptAndLeftAlone) {
  for (const std::size_t size : {0U, 1U, 31U, 33U, 64U, 4096U}) {
    const std::string bytes(size, 'x');
    write(bytes);
    EXPECT_EQ(load().status().code(), Code::kCorrupt) << size;
    EXPECT_EQ(create().status().code(), Code::kCorrupt) << size;
    EXPECT_EQ(contents(), bytes);
  }
}

TEST_F(MasterKeyFileTest, EveryLooserModeIsRefused) {
  for (const mode_t bit : {0100U, 040U, 020U, 010U, 04U, 02U, 01U, 04000U, 02000U, 01000U}) {
    write(std::string(32, 'k'), 0600 | bit);
    EXPECT_EQ(load().status().code(), Code::kInsecurePermissions) << std::oct << bit;
    EXPECT_EQ(create().status().code(), Code::kInsecurePermissions) << std::oct << bit;
    struct stat info {};
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U | bit) << "nothing is repaired";
  }
  write(std::string(32, 'k'), 0400);
  EXPECT_TRUE(load().ok());
}

TEST_F(MasterKeyFileTest, WhatIsWrongWithTheFileSaysWhereItIsAndWhatMendsIt) {
  const auto says = [&](const Status& status, const std::string& words) {
    return status.message().starts_with(path_ + " ") && status.message().find(words) != std::string::npos;
  };
  EXPECT_TRUE(says(load().status(), "is missing: put it back"));
  write(std::string(31, 'k'));
  EXPECT_TRUE(says(load().status(), "has 31 bytes"));
  write(std::string(32, 'k'), 0644);
  EXPECT_TRUE(load().status().message().ends_with("close it with: chmod 600 '" + path_ + "'"));
  EXPECT_TRUE(says(create().status(), "is open to other users"));
  fs::remove(path_);
  fs::create_symlink(dir_ / "elsewhere", path_);
  EXPECT_TRUE(says(load().status(), "is a symbolic link"));
}

TEST_F(MasterKeyFileTest, FileOfAnotherUserIsRefused) {
  write(std::string(32, 'k'));
  if (chown(path_.c_str(), geteuid() + 1, getegid()) != 0) GTEST_SKIP() << "only root can give a file to another user";
  EXPECT_EQ(load().status().code(), Code::kInsecurePermissions);
}

TEST_F(MasterKeyFileTest, SymbolicLinkIsRefused) {
  std::ofstream(dir_ / "real") << std::string(32, 'k');
  chmod((dir_ / "real").c_str(), 0600);
  fs::create_symlink(dir_ / "real", path_);
  EXPECT_EQ(load().status().code(), Code::kInsecurePermissions);
  EXPECT_EQ(create().status().code(), Code::kInsecurePermissions);
  fs::remove(dir_ / "real");  // dangling: a key made through it would lie elsewhere
  EXPECT_EQ(create().status().code(), Code::kInsecurePermissions);
  EXPECT_FALSE(fs::exists(dir_ / "real"));
}

TEST_F(MasterKeyFileTest, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(load().status().code(), Code::kInsecurePermissions);
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_EQ(load().status().code(), Code::kInsecurePermissions);
  fs::remove(path_);
  ASSERT_EQ(mknod(path_.c_str(), S_IFSOCK | 0600, 0), 0);
  EXPECT_EQ(load().status().code(), Code::kInsecurePermissions);
}

TEST_F(MasterKeyFileTest, UnfinishedFilesOfACrashAreNeverUsed) {
  const std::string name = "master.key.0123456789abcdef.tmp";
  std::ofstream(dir_ / name) << std::string(32, 'x');
  const Result<SecureBuffer> key = create();
  ASSERT_TRUE(key.ok());
  EXPECT_NE(as_text(key->view()), std::string(32, 'x'));
  // It may belong to a process that is still at work.
  EXPECT_EQ(names(), (std::set<std::string>{"master.key", name}));
}

TEST_F(MasterKeyFileTest, SecondNameOfTheKeyThatACrashLeftIsRemoved) {
  ASSERT_TRUE(create().ok());
  const std::string key = contents();
  fs::create_hard_link(path_, dir_ / "master.key.0123456789abcdef.tmp");
  fs::create_hard_link(path_, dir_ / "backup");
  EXPECT_EQ(as_text(load().value().view()), key) << "a second name does no harm";
  EXPECT_EQ(as_text(create().value().view()), key);
  EXPECT_EQ(names(), (std::set<std::string>{"master.key", "backup"})) << "only what creation names is removed";
}

TEST_F(MasterKeyFileTest, ManyCreatorsAtOnceGetOneKey) {
  std::vector<std::string> keys(16);
  std::vector<std::thread> threads;
  std::atomic<bool> go = false;
  for (std::string& key : keys) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      const Result<SecureBuffer> made = create();
      key = made.ok() ? to_hex(made->view()) : made.status().message();
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()), std::set<std::string>{to_hex(as_bytes(contents()))});
  EXPECT_EQ(names(), std::set<std::string>{"master.key"});
}

TEST_F(MasterKeyFileTest, ProbeSaysWhatWouldHappen) {
  EXPECT_TRUE(provider_.probe().available);
  EXPECT_FALSE(fs::exists(path_)) << "asking makes nothing";
  MasterKeyFileProvider nowhere(dir_ / "absent", heap_);
  EXPECT_TRUE(nowhere.probe().available) << "a new store makes its directory";
  std::ofstream(dir_ / "file") << "no directory";
  MasterKeyFileProvider in_a_file(dir_ / "file", heap_);
  EXPECT_FALSE(in_a_file.probe().available);
  EXPECT_EQ(in_a_file.probe().code, "no-directory");
  EXPECT_FALSE(nowhere.create(slot_, {}, {}).ok());
  EXPECT_FALSE(nowhere.load(slot_, {}, {}).ok());
}

TEST_F(MasterKeyFileTest, ProbeSaysWhatLoadWouldRefuseForItsPermissions) {
  EXPECT_TRUE(provider_.probe().insecure.ok()) << "there is none yet";
  ASSERT_TRUE(provider_.create(slot_, {}, {}).ok());
  EXPECT_TRUE(provider_.probe().insecure.ok());
  for (const unsigned mode : {0640U, 0604U, 0700U, 01600U}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    const Status refused = provider_.load(slot_, {}, {}).status();
    EXPECT_EQ(refused.code(), Code::kInsecurePermissions) << mode;
    EXPECT_EQ(provider_.probe().insecure.code(), refused.code()) << mode;
    EXPECT_EQ(provider_.probe().insecure.message(), refused.message()) << mode;
  }
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  std::ofstream(path_) << "no key";
  EXPECT_TRUE(provider_.probe().insecure.ok()) << "a matter of its content";
}

TEST_F(MasterKeyFileTest, CancelledCallDoesNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(provider_.create(slot_, {}, stop.get_token()).status().code(), Code::kCancelled);
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace strongroom
