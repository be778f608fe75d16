// What tests of the layers above storage share: a clock that stands still, keys made of random bytes, a store in a
// directory of its own, and SQL by another hand (as the sqlite3 shell would run it).
#ifndef STRONGROOM_TEST_SUPPORT_STORE_SUPPORT_H_
#define STRONGROOM_TEST_SUPPORT_STORE_SUPPORT_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secure_heap.h"
#include "keys/subkeys.h"
#include "storage/store.h"
#include "support/temp_dir.h"

namespace strongroom::test {

class FakeClock : public Clock {
 public:
  std::int64_t now_ms() const override { return now_; }
  std::int64_t monotonic_ms() const override { return now_; }
  void set(std::int64_t ms) { now_ = ms; }
  void advance(std::int64_t ms) { now_ += ms; }

 private:
  std::atomic<std::int64_t> now_{1790000000000};  // 2026-09-21T13:33:20.000Z
};

/// A set with the generations 1 to `generations`, the last one active, of random keys.
std::shared_ptr<const KeySet> make_keys(const std::shared_ptr<SecureHeap>& heap, std::uint32_t generations = 1);

/// Random printable text, to be looked for afterwards.
std::string make_canary(std::size_t size = 40);

StoreOptions options_for(const std::string& dir, std::shared_ptr<const Clock> clock = nullptr);

/// Runs SQL on the database of the store in `dir` through a plain connection, with foreign keys and checks off; returns
/// the first column of the rows. Fails the test on an error.
std::vector<std::string> run_sql(const std::string& dir, const std::string& sql);

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_STORE_SUPPORT_H_
