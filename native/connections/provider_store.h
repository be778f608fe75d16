// Where providers are kept. Synchronous, each function on the connection it is given; writers inside a write job.
//
// Rows are not authenticated: registering must not need the key. What a row says of auth and origins counts only as far
// as a grant was given for it (provider_terms), and the fields of a connection are authenticated on their own.
//
// What a row says is parsed, and its schemas compiled, once for as long as its text stays the same: every use of a
// connection asks for its provider.
//
// Threads: any, each with a Database of that thread.
#ifndef STRONGROOM_CONNECTIONS_PROVIDER_STORE_H_
#define STRONGROOM_CONNECTIONS_PROVIDER_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "connections/provider.h"
#include "storage/database.h"

namespace strongroom {

/// The owner of what the app itself registers; no extension may have this name.
inline constexpr std::string_view kCoreOwner = "core";

class ProviderStore {
 public:
  /// The clock must outlive the store.
  explicit ProviderStore(const Clock& clock) : clock_(clock) {}

  enum class Registered : std::uint8_t { kCreated, kUpdated, kUnchanged };

  /// Stores `provider` as registered by `owner`, fills in what the store fills in. The same manifest by the same owner
  /// changes nothing. ALREADY_EXISTS if it is registered by another owner; LIMIT_EXCEEDED beyond 500 providers.
  Result<Registered> put(Database& database, Provider& provider, std::string_view owner);

  /// Unregisters it: the row goes, or, while there are connections to it, stays with `registered` false. NOT_FOUND if
  /// there is none that is registered; FORBIDDEN unless `owner` is who registered it (empty: anyone, for the app
  /// itself).
  Status remove(Database& database, std::string_view id, std::string_view owner);

  /// NOT_FOUND; CORRUPT if what is stored is no manifest. Also those that are no longer registered.
  Result<Provider> get(Database& database, std::string_view id);
  /// By id. A row that is damaged is left out.
  Result<std::vector<Provider>> list(Database& database);

 private:
  /// The present row; CORRUPT if it is no provider.
  Result<Provider> read(const Statement& row);

  struct Parsed {
    std::string manifest;
    Provider provider;
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Parsed>, std::less<>> parsed_;  // by id; guarded by mutex_
};

}  // namespace strongroom

#endif  // STRONGROOM_CONNECTIONS_PROVIDER_STORE_H_
