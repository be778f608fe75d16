#include "base/secure_heap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/value.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "support/temp_dir.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#elif __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

namespace strongroom {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitized = true;
constexpr bool kSanitized = true;
#elif defined(__SANITIZE_ADDRESS__)
constexpr bool kThreadSanitized = false;
constexpr bool kSanitized = true;  // the sanitizers replace mlock by a function that does nothing
#else
constexpr bool kThreadSanitized = false;
constexpr bool kSanitized = false;
#endif

struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string flags;  // " rd wr mr ...", each of two letters

  bool has(const std::string& flag) const { return (flags + " ").find(" " + flag + " ") != std::string::npos; }
};

/// The mappings of a process, from the kernel.
std::vector<Mapping> mappings_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps");
  std::vector<Mapping> mappings;
  for (std::string line; std::getline(file, line);) {
    std::size_t dash = 0;
    if (line.starts_with("VmFlags:")) {
      mappings.back().flags = line.substr(8);
    } else if ((dash = line.find('-')) != std::string::npos && line.find_first_not_of("0123456789abcdef") == dash) {
      mappings.push_back(
          {std::stoul(line.substr(0, dash), nullptr, 16), std::stoul(line.substr(dash + 1), nullptr, 16), ""});
    }
  }
  return mappings;
}

Mapping mapping_of(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  for (const Mapping& mapping : mappings_of(getpid())) {
    if (at >= mapping.begin && at < mapping.end) return mapping;
  }
  return {};
}

TEST(SecureHeap, BuffersAreZeroAndOfTheSizeAskedFor) {
  const auto heap = SecureHeap::create();
  for (const std::size_t size : {1U, 31U, 32U, 63U, 64U, 65U, 4095U, 4096U, 4097U, 10000U, 16384U, 16385U, 100000U}) {
    Result<SecureBuffer> buffer = heap->allocate(size);
    ASSERT_TRUE(buffer.ok()) << buffer.status().message();
    EXPECT_EQ(buffer->size(), size);
    for (std::uint8_t& byte : buffer->bytes()) {
      ASSERT_EQ(byte, 0);
      byte = 0xAA;  // for the next one, should it get this memory
    }
  }
  EXPECT_TRUE(heap->allocate(0).value().empty());
}

TEST(SecureHeap, BuffersDoNotOverlap) {
  const auto heap = SecureHeap::create();
  std::vector<SecureBuffer> buffers;
  for (std::size_t i = 0; i < 500; ++i) {
    buffers.push_back(heap->allocate(1 + i * 7 % 300).value());
    std::ranges::fill(buffers.back().bytes(), static_cast<std::uint8_t>(i));
  }
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    for (const std::uint8_t byte : buffers[i].view()) ASSERT_EQ(byte, static_cast<std::uint8_t>(i));
  }
}

TEST(SecureHeap, MemoryIsLockedAndLeftOutOfDumpsAndForks) {
  const auto heap = SecureHeap::create();
  for (const std::size_t size : {32U, 5000U, 100000U}) {
    const SecureBuffer buffer = heap->allocate(size).value();
    for (const std::size_t at : {std::size_t{0}, size - 1}) {
      const Mapping mapping = mapping_of(buffer.view().data() + at);
      ASSERT_NE(mapping.flags, "") << "the kernel tells nothing about its mappings";
      EXPECT_TRUE(mapping.has("lo") || kSanitized) << "locked:" << mapping.flags;
      EXPECT_TRUE(mapping.has("dd")) << "not dumped:" << mapping.flags;
      EXPECT_TRUE(mapping.has("wf") || mapping.has("dc")) << "not inherited:" << mapping.flags;
    }
  }
}

TEST(SecureHeap, ChildProcessFindsNothingInABuffer) {
  const auto heap = SecureHeap::create();
  const SecureBuffer buffer = heap->copy(as_bytes("a secret of the parent")).value();
  const pid_t child = fork();
  if (child == 0) {
    for (const std::uint8_t byte : buffer.view()) {
      if (byte != 0) _exit(1);
    }
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  // Without MADV_WIPEONFORK the child has no such memory, and dies of reading it.
  EXPECT_TRUE((WIFEXITED(status) && WEXITSTATUS(status) == 0) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV));
  EXPECT_EQ(as_text(buffer.view()), "a secret of the parent");
}

TEST(SecureHeap, FreedMemoryIsWiped) {
  const auto heap = SecureHeap::create();
  const SecureBuffer neighbour = heap->allocate(100).value();  // keeps the block's chunk in place
  const volatile std::uint8_t* freed = nullptr;
  {
    SecureBuffer buffer = heap->allocate(100).value();
    std::ranges::fill(buffer.bytes(), std::uint8_t{0xAA});
    freed = buffer.view().data();
  }
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(freed[i], 0) << i;
}

TEST(SecureHeap, WhatFallsOffAShrunkOrReassignedBufferIsWiped) {
  const auto heap = SecureHeap::create();
  SecureBuffer buffer = heap->allocate(100).value();
  std::ranges::fill(buffer.bytes(), std::uint8_t{0xAA});
  const volatile std::uint8_t* memory = buffer.view().data();
  buffer.shrink(40);
  EXPECT_EQ(buffer.size(), 40U);
  EXPECT_EQ(memory[39], 0xAA);
  for (std::size_t i = 40; i < 100; ++i) ASSERT_EQ(memory[i], 0) << i;
  buffer = heap->allocate(100).value();
  for (std::size_t i = 0; i < 40; ++i) ASSERT_EQ(memory[i], 0) << i;
}

TEST(SecureHeap, MovedBufferLeavesAnEmptyOneBehind) {
  const auto heap = SecureHeap::create();
  SecureBuffer first = heap->copy(as_bytes("abc")).value();
  SecureBuffer second = std::move(first);
  EXPECT_EQ(as_text(second.view()), "abc");
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  first = std::move(second);
  EXPECT_EQ(as_text(first.view()), "abc");
}

TEST(SecureHeap, BufferOutlivesItsHeapsOwner) {
  auto heap = SecureHeap::create();
  const SecureBuffer buffer = heap->copy(as_bytes("abc")).value();
  heap.reset();
  EXPECT_EQ(as_text(buffer.view()), "abc");
}

TEST(SecureHeap, OwnLimitReachedIsAnErrorThatEndsWhenSomethingIsFreed) {
  constexpr std::size_t kLimit = 65536;
  const auto heap = SecureHeap::create(kLimit);
  std::vector<SecureBuffer> buffers;
  Status status;
  while (status.ok()) {
    Result<SecureBuffer> buffer = heap->allocate(1000);
    ASSERT_LE(heap->locked_bytes(), kLimit);
    if (buffer.ok()) buffers.push_back(std::move(*buffer));
    status = buffer.status();
    ASSERT_LE(buffers.size(), 65U);
  }
  EXPECT_EQ(status.code(), Code::kLimitExceeded);
  EXPECT_EQ(status.detail(), "memory-lock-limit");
  EXPECT_EQ(buffers.size(), 64U) << "all of the limit is of use";
  EXPECT_FALSE(heap->allocate(5000).ok());
  buffers.pop_back();
  EXPECT_TRUE(heap->allocate(1000).ok());
  // Chunks with nothing in them make room for blocks of another size.
  buffers.clear();
  EXPECT_TRUE(heap->allocate(60000).ok());
  EXPECT_FALSE(heap->allocate(70000).ok());
}

TEST(SecureHeap, AbsurdSizesAreRefused) {
  const auto heap = SecureHeap::create();
  for (const std::size_t size : {(std::size_t{1} << 30) + 1, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX}) {
    EXPECT_EQ(heap->allocate(size).status().code(), Code::kLimitExceeded);
  }
}

/// Runs `body` in a child process; its result is the child's exit status.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(SecureHeap, ProcessLimitReachedIsAnErrorNotACrash) {
  if (kSanitized) GTEST_SKIP() << "nothing is locked under a sanitizer, so no limit is reached";
  EXPECT_EQ(in_child([] {
              // Root may lock all it likes; anybody else has the limit.
              if (getuid() == 0 && setresuid(65534, 65534, 65534) != 0) return 2;
              const rlimit limit{65536, 65536};
              if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 3;
              const auto heap = SecureHeap::create();
              std::vector<SecureBuffer> buffers;
              Status status;
              while (status.ok() && buffers.size() < 100) {
                Result<SecureBuffer> buffer = heap->allocate(4096);
                if (buffer.ok()) buffers.push_back(std::move(*buffer));
                status = buffer.status();
              }
              if (status.code() != Code::kLimitExceeded || status.detail() != "memory-lock-limit") return 4;
              if (status.message().find("RLIMIT_MEMLOCK) is 65536 bytes") == std::string::npos) return 5;
              if (buffers.size() < 12 || buffers.size() > 16) return 6;
              buffers.clear();
              return heap->allocate(32).ok() ? 0 : 7;
            }),
            0);
}

TEST(SecureHeap, ServesManyThreads) {
  const auto heap = SecureHeap::create();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&heap, t] {
      std::vector<SecureBuffer> kept;
      for (std::size_t i = 0; i < 500; ++i) {
        SecureBuffer buffer = heap->allocate(1 + (i * 37 + t * 11) % 6000).value();
        std::ranges::fill(buffer.bytes(), static_cast<std::uint8_t>(t));
        if (i % 3 == 0) kept.push_back(std::move(buffer));
        if (kept.size() > 20) kept.erase(kept.begin());
      }
      for (const SecureBuffer& buffer : kept) {
        for (const std::uint8_t byte : buffer.view()) ASSERT_EQ(byte, static_cast<std::uint8_t>(t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A canary in a process's memory, and where it is found afterwards. The processes never hold it in ordinary memory:
// each computes it from a mask.

constexpr std::size_t kCanarySize = 32;
constexpr std::uint8_t kMaskBits = 0x2A;

/// The forms in which a plaintext could lie about.
std::vector<std::string> forms_of(const std::string& canary) {
  std::vector<std::string> forms{canary};
  std::string utf16;
  for (const char c : canary) utf16 += std::string{c, '\0'};
  forms.push_back(utf16);
  std::string hex = to_hex(as_bytes(canary));
  forms.push_back(hex);
  for (char& c : hex) c = static_cast<char>(std::toupper(c));
  forms.push_back(hex);
  // Base64 depends on where a group of three begins; its ends, which depend on the neighbours, are left out.
  for (std::size_t skip = 0; skip < 3; ++skip) {
    forms.push_back(to_base64(as_bytes(canary).subspan(skip, (kCanarySize - skip) / 3 * 3)));
  }
  return forms;
}

bool contains_any(const std::string& memory, const std::vector<std::string>& forms) {
  return std::ranges::any_of(forms, [&](const std::string& form) {
    return memmem(memory.data(), memory.size(), form.data(), form.size()) != nullptr;
  });
}

constexpr std::size_t kLargestSecure = std::size_t{1} << 20;

/// The memory of another process that a core dump would hold (`dumped`), or the rest of it.
std::string memory_of(pid_t pid, bool dumped) {
  const int file = open(("/proc/" + std::to_string(pid) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  std::string all;
  for (const Mapping& mapping : mappings_of(pid)) {
    const std::size_t size = mapping.end - mapping.begin;
    // A sanitizer's shadow memory is terabytes, and none of it dumped.
    if (mapping.has("dd") == dumped || mapping.has("io") || !mapping.has("rd") || (!dumped && size > kLargestSecure))
      continue;
    const std::size_t before = all.size();
    all.resize(before + size);
    const ssize_t got = pread(file, all.data() + before, size, static_cast<off_t>(mapping.begin));
    all.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  close(file);
  return all;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CanaryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kThreadSanitized) GTEST_SKIP() << "ThreadSanitizer's own memory is terabytes, too much to search";
    // Letters, so that all the forms make sense; masked, they are other printable characters.
    Bytes random(kCanarySize);
    ASSERT_TRUE(fill_random(random).ok());
    for (const std::uint8_t byte : random) mask_ += static_cast<char>(('a' + byte % 26) ^ kMaskBits);
  }

  /// Called in the child only after the fork, and in the parent only when the child is done.
  void unmask(MutableBytes out) const {
    for (std::size_t i = 0; i < kCanarySize; ++i) {
      out[i] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(mask_[i]) ^ kMaskBits);
    }
  }
  std::string canary() const {
    std::string text(kCanarySize, '\0');
    unmask({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    return text;
  }

  /// Forks a child that runs `body` and then waits to be examined; `examine` gets its pid. Then it is made to dump
  /// core.
  void with_child(const std::function<void(char ready_byte, int ready)>& body,
                  const std::function<void(pid_t)>& examine) {
    std::array<int, 2> ready{};
    ASSERT_EQ(pipe(ready.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // not to wait for ever for a parent that is gone
      // A sanitizer's process would dump its gigabytes of bookkeeping.
      const rlim_t most = kSanitized ? 0 : RLIM_INFINITY;
      const rlimit core{most, most};
      setrlimit(RLIMIT_CORE, &core);
      if (chdir(dir_.path().c_str()) != 0) _exit(3);
      body('r', ready[1]);
      _exit(2);
    }
    close(ready[1]);
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1) << "the child did not get that far";
    close(ready[0]);
    examine(child);
    kill(child, SIGABRT);
    waitpid(child, nullptr, 0);
  }

  static void tell_and_wait(char byte, int ready) {
    (void)!write(ready, &byte, 1);
    while (true) pause();
  }

  /// The core file of the child, "" if this system keeps none in the working directory (see core_pattern in core(5)).
  std::string core_dump() const {
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      if (entry.path().filename().string().starts_with("core")) return read_file(entry.path());
    }
    return "";
  }

  test::TempDir dir_;
  std::string mask_;
};

TEST_F(CanaryTest, IsFoundInOrdinaryMemorySoTheSearchWorks) {
  with_child(
      [this](char byte, int ready) {
        const std::string copy = canary();
        tell_and_wait(byte, ready);
        (void)!write(ready, copy.data(), copy.size());
      },
      [this](pid_t child) { EXPECT_TRUE(contains_any(memory_of(child, true), forms_of(canary()))); });
  if (const std::string core = core_dump(); !core.empty()) {
    EXPECT_TRUE(contains_any(core, forms_of(canary())));
  }
}

TEST_F(CanaryTest, IsInNoCoreDumpAfterUseInSecureBuffers) {
  with_child(
      [this](char byte, int ready) {
        const auto heap = SecureHeap::create();
        SecureBuffer live = heap->allocate(kCanarySize).value();
        unmask(live.bytes());
        for (int i = 0; i < 100; ++i) {
          // As secrets travel: copied, encoded and decoded, encrypted and decrypted, put into messages, and dropped.
          SecureBuffer copy = heap->copy(live.view()).value();
          SecureBuffer base64 = heap->allocate(base64_encoded_size(copy.size())).value();
          encode_base64(copy.view(), {reinterpret_cast<char*>(base64.bytes().data()), base64.size()});
          SecureBuffer decoded = heap->allocate(base64_decoded_max(base64.size())).value();
          if (!decode_base64(as_text(base64.view()), decoded.bytes())) _exit(4);
          Bytes key(kAeadKeySize, 1);
          Bytes nonce(kAeadNonceSize, static_cast<std::uint8_t>(i));
          Bytes sealed(copy.size() + kAeadTagSize);
          if (!aead_seal(key, nonce, {}, copy.view(), sealed).ok()) _exit(5);
          SecureBuffer opened = heap->allocate(copy.size()).value();
          if (!aead_open(key, nonce, {}, sealed, opened.bytes()).ok()) _exit(6);
          // As a key, too.
          (void)hmac_sha256(copy.view(), as_bytes("message"));
          SecureBuffer derived = heap->allocate(32).value();
          if (!hkdf_sha256(copy.view(), as_bytes("salt"), as_bytes("info"), derived.bytes()).ok()) _exit(7);
          if (!aead_seal(copy.view(), nonce, {}, as_bytes("plaintext"), MutableBytes(sealed).first(25)).ok()) _exit(8);
          Value::Object message;
          message.emplace_back("value", Value::secret({std::move(opened), kCanarySize}));
          const Value value(std::move(message));
          if (to_json(value) != R"({"value":null})") _exit(9);
          SecureBuffer moved = std::move(copy);
          moved.shrink(moved.size() / 2);
        }
        tell_and_wait(byte, ready);
      },
      [this](pid_t child) {
        const std::vector<std::string> forms = forms_of(canary());
        EXPECT_FALSE(contains_any(memory_of(child, true), forms)) << "in memory that a core dump holds";
        const std::string secure = memory_of(child, false);
        std::size_t copies = 0;
        for (std::size_t at = 0; (at = secure.find(forms[0], at)) != std::string::npos; ++at) ++copies;
        EXPECT_EQ(copies, 1U) << "the live buffer, and nothing that was freed";
      });
  const std::string core = core_dump();
  if (core.empty()) {
    RecordProperty("core_dump", "none: this system's core_pattern keeps no file in the working directory");
  } else {
    EXPECT_FALSE(contains_any(core, forms_of(canary())));
  }
}

}  // namespace
}  // namespace strongroom
