#include "support/store_support.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/bytes.h"
#include "crypto/random.h"

namespace strongroom::test {

std::shared_ptr<const KeySet> make_keys(const std::shared_ptr<SecureHeap>& heap, std::uint32_t generations) {
  const auto random_key = [&heap] {
    SecureBuffer key = heap->allocate(32).value();
    EXPECT_TRUE(fill_random(key.bytes()).ok());
    return key;
  };
  std::vector<Subkeys> all;
  for (std::uint32_t generation = 1; generation <= generations; ++generation) {
    Subkeys subkeys;
    subkeys.generation = generation;
    subkeys.secret = random_key();
    subkeys.audit_seal = random_key();
    subkeys.record_mac = random_key();
    all.push_back(std::move(subkeys));
  }
  return std::make_shared<const KeySet>(std::move(all), generations);
}

std::string make_canary(std::size_t size) {
  Bytes random((size + 1) / 2);
  EXPECT_TRUE(fill_random(random).ok());
  return to_hex(random).substr(0, size);
}

StoreOptions options_for(const std::string& dir, std::shared_ptr<const Clock> clock) {
  StoreOptions options;
  options.dir = dir;
  options.app_id = "org.example.test";
  options.clock = std::move(clock);
  return options;
}

std::vector<std::string> run_sql(const std::string& dir, const std::string& sql) {
  sqlite3* connection = nullptr;
  EXPECT_EQ(sqlite3_open((dir + "/" + std::string(kDatabaseName)).c_str(), &connection), SQLITE_OK);
  sqlite3_busy_timeout(connection, 5000);
  sqlite3_exec(connection, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON",
               nullptr, nullptr, nullptr);
  std::vector<std::string> rows;
  const auto take = [](void* out, int columns, char** values, char**) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(columns > 0 && values[0] != nullptr ? values[0] : "");
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(connection, sql.c_str(), take, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(connection);
  sqlite3_close(connection);
  return rows;
}

}  // namespace strongroom::test
