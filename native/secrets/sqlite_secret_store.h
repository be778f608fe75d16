// Secrets in the store's own database: metadata in `secrets`, sealed records in `secret_values` (doc/formats.md). Each
// record is bound to the store, its id, its kind and its version, so that no row can stand in for another.
#ifndef STRONGROOM_SECRETS_SQLITE_SECRET_STORE_H_
#define STRONGROOM_SECRETS_SQLITE_SECRET_STORE_H_

#include <string>

#include "base/clock.h"
#include "secrets/secret_store.h"

namespace strongroom {

class SqliteSecretStore : public SecretStore {
 public:
  /// The clock must outlive the store.
  SqliteSecretStore(std::string store_id, const Clock& clock);

  Result<SecretInfo> create(Database& database, const SecretDraft& draft, ByteView plaintext,
                            const KeySet& keys) override;
  Result<SecretPage> list(Database& database, const SecretFilter& filter) override;
  Result<SecretInfo> get(Database& database, std::string_view id) override;
  Result<SecretInfo> get_by_env_key(Database& database, std::string_view env_key) override;
  Result<SecretInfo> update(Database& database, std::string_view id, const SecretChange& change, const KeySet* keys,
                            SecureHeap& heap) override;
  Result<SecretInfo> replace_value(Database& database, std::string_view id, ByteView plaintext,
                                   const KeySet& keys) override;
  Result<SecretInfo> clear_value(Database& database, std::string_view id) override;
  Result<SecretInfo> remove(Database& database, std::string_view id) override;
  Result<SecureBuffer> open_value(Database& database, std::string_view id, const KeySet& keys,
                                  SecureHeap& heap) override;
  Status touch(Database& database, std::string_view id, std::int64_t at) override;

 private:
  std::string store_id_;
  const Clock& clock_;
};

}  // namespace strongroom

#endif  // STRONGROOM_SECRETS_SQLITE_SECRET_STORE_H_
