// Reading secrets: through SqliteSecretStore, and beside it with nothing but SQLite's and OpenSSL's own functions.
#ifndef STRONGROOM_TEST_BENCH_NATIVE_READ_H_
#define STRONGROOM_TEST_BENCH_NATIVE_READ_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace strongroom::bench {

/// A store with `secrets` secrets of `bytes` random bytes each, on whose file all variants read the same rows in the
/// same random order, each on a connection of its own and inside one read transaction for each run. One thread.
class ReadBench {
 public:
  static Result<std::unique_ptr<ReadBench>> create(const std::string& dir, std::size_t secrets, std::size_t bytes);
  ~ReadBench();

  /// Reads `count` secrets; every plaintext is compared with what was stored. The variants:
  ///   core          SqliteSecretStore::open_value
  ///   bare          sqlite3_step and EVP, one cipher context for all reads, key and nonce set for each
  ///   bare-kept-key as bare, but the key schedule stays in the context: what our promise to keep no key outside of
  ///                 secure memory between calls costs
  Status run(std::string_view variant, std::size_t count);

 private:
  struct Impl;
  explicit ReadBench(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom::bench

#endif  // STRONGROOM_TEST_BENCH_NATIVE_READ_H_
