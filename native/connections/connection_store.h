// Where connections are kept. Synchronous, each function on the connection to the database it is given; writers, and
// get_verified, inside a write job, so that what is decided on a row and what is written share a transaction.
//
// Each row carries a MAC (doc/formats.md, "Connection") over everything that decides where a secret goes: provider,
// scope, name, fields, and which secret belongs to which field. get_verified checks it; a row that was edited is
// CORRUPT.
//
// Threads: any, each with a Database of that thread.
#ifndef STRONGROOM_CONNECTIONS_CONNECTION_STORE_H_
#define STRONGROOM_CONNECTIONS_CONNECTION_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secure_heap.h"
#include "connections/connection.h"
#include "connections/provider.h"
#include "keys/subkeys.h"
#include "secrets/secret_store.h"
#include "storage/database.h"

namespace strongroom {

/// What no longer fits: fields and secrets against the provider's present schema. Paths begin with "/fields/" or
/// "/secrets/", or are empty where it is the provider that changed where a secret may go ("terms_changed"; saving the
/// connection confirms it). A secret that was entered for another place is "place_changed". Empty if all is well.
std::vector<Issue> attention_of(const ConnectionInfo& connection, const Provider& provider);

/// The statement that `list` walks. Here for the tests, which ask SQLite how it would run it.
std::string connection_ids_sql(const ConnectionFilter& filter);

/// SHA-256 of the places that the fields of a connection name: the origins of those that are URLs. A secret that was
/// entered for one place is not sent to another because somebody edited the address: it has to be entered again.
Digest256 places_of(const ConnectionInfo& connection);

/// SHA-256 of all that a person agrees to who lets a secret of `connection` be used: provider_terms and places_of.
Digest256 access_terms(const Provider& provider, const ConnectionInfo& connection);

/// access_terms as they are told to whoever may accept them.
std::string terms_digest(const Provider& provider, const ConnectionInfo& connection);
/// provider_terms, likewise: those of a connection that is yet to be created, whose places the person enters.
std::string terms_digest(const Provider& provider);

/// Whether a secret of `connection` was entered for the places that its fields name now.
bool places_confirmed(const ConnectionInfo& connection);

class ConnectionStore {
 public:
  /// Clock and secrets outlive the store. `most`: how many connections there may be.
  ConnectionStore(std::string store_id, const Clock& clock, SecretStore& secrets, std::int64_t most = 1'000'000);

  /// INVALID_REQUEST with an issue for each field that the provider's schema refuses ("/fields/…", "/secrets/…"), for a
  /// secret among the fields, a field among the secrets, an unknown one, a required one that is missing, and a
  /// workspaceId that does not go with the scope. LIMIT_EXCEEDED beyond 1,000,000 connections. CONFLICT
  /// ("terms-changed") for terms of the provider that were not shown.
  Result<ConnectionInfo> create(Database& database, const Provider& provider, const ConnectionDraft& draft,
                                const KeySet& keys);

  /// INVALID_REQUEST for a cursor that is not ours or a limit out of range. A page may have fewer than `limit`
  /// connections although others follow: it ends where their fields have 1 MiB together.
  Result<ConnectionPage> list(Database& database, const ConnectionFilter& filter);
  /// NOT_FOUND; CORRUPT if the row is damaged. Does not check the MAC, which needs the key.
  Result<ConnectionInfo> get(Database& database, std::string_view id);
  /// As get, and CORRUPT unless the row is what was written with the key.
  Result<ConnectionInfo> get_verified(Database& database, std::string_view id, const KeySet& keys);
  /// The workspace's oldest connection to the provider, otherwise the user's oldest. NOT_FOUND if there is neither.
  Result<ConnectionInfo> resolve(Database& database, std::string_view provider_id,
                                 const std::optional<std::string>& workspace_id);

  /// Verifies the row first, so that an edited one is never signed anew. The revision grows by one, unless everything
  /// is as it was, the terms that saving confirms included: then nothing is written. CONFLICT for a stale revision, and
  /// ("terms-changed") for terms that were not shown.
  Result<ConnectionInfo> update(Database& database, const Provider& provider, std::string_view id,
                                const ConnectionChange& change, const KeySet& keys);
  /// Sets or replaces a secret field (`value` is of Kind::kSecret); its version and the connection's revision grow by
  /// one. INVALID_REQUEST at "/field" or "/value"; CONFLICT ("terms-changed") unless `shown_terms`, if given, is the
  /// present terms_digest.
  Result<ConnectionInfo> set_secret(Database& database, const Provider& provider, std::string_view id,
                                    std::string_view field, const Value& value, const KeySet& keys,
                                    const std::optional<std::string>& shown_terms = std::nullopt);
  /// Overwrites the value; the field's version and the connection's revision grow by one. Nothing to clear is no error.
  /// A field that the provider no longer has can be cleared too; INVALID_REQUEST at "/field" for one that it never had.
  Result<ConnectionInfo> clear_secret(Database& database, const Provider& provider, std::string_view id,
                                      std::string_view field, const KeySet& keys);
  /// Deletes it with its secrets; what refers to it in other tables goes with it (ON DELETE CASCADE). Also a damaged
  /// one.
  Status remove(Database& database, std::string_view id);

  /// When it was last used, and how its last test went (a message is cut to its 500 code points). A connection that
  /// does not exist is no error. INVALID_REQUEST for a test whose message is not text.
  Status touch(Database& database, std::string_view id, std::int64_t at);
  Status record_test(Database& database, std::string_view id, const ConnectionTestResult& result);

 private:
  std::string store_id_;
  const Clock& clock_;
  SecretStore& secrets_;
  std::int64_t most_;
};

}  // namespace strongroom

#endif  // STRONGROOM_CONNECTIONS_CONNECTION_STORE_H_
