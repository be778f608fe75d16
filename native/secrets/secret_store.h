// Where secrets are kept. The functions are synchronous and take the connection they work on: writers (and open_value,
// so that a plaintext and its audit entry share a transaction) run inside a write job, the others on any connection.
//
// Threads: every function may be called from any thread, each with a Database of that thread.
#ifndef STRONGROOM_SECRETS_SECRET_STORE_H_
#define STRONGROOM_SECRETS_SECRET_STORE_H_

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure_heap.h"
#include "keys/subkeys.h"
#include "secrets/secret.h"
#include "storage/database.h"

namespace strongroom {

class SecretStore {
 public:
  virtual ~SecretStore() = default;

  /// Stores a new secret with its value (UTF-8) under the active generation. ALREADY_EXISTS (detail "name" or "envKey")
  /// if the name or env key is taken; INVALID_REQUEST with issues if the draft breaks a rule of secret.h or the value
  /// is empty or too long.
  virtual Result<SecretInfo> create(Database& database, const SecretDraft& draft, ByteView plaintext,
                                    const KeySet& keys) = 0;

  /// A page of secrets in the order of their ids, that is of their creation: stable while others are added.
  /// INVALID_REQUEST for a cursor that is not one of ours or a limit out of range.
  virtual Result<SecretPage> list(Database& database, const SecretFilter& filter) = 0;

  /// NOT_FOUND if there is none, CORRUPT if its row is damaged.
  virtual Result<SecretInfo> get(Database& database, std::string_view id) = 0;
  virtual Result<SecretInfo> get_by_env_key(Database& database, std::string_view env_key) = 0;

  /// Changes what is not the value; the revision grows by one, unless all that is given is as it was: then nothing is
  /// written. NOT_FOUND, CORRUPT, CONFLICT (stale revision), ALREADY_EXISTS and INVALID_REQUEST as above. A kind is
  /// part of what authenticates the value, so changing it seals the value anew: `keys` is needed then (KEYRING_LOCKED
  /// if null).
  virtual Result<SecretInfo> update(Database& database, std::string_view id, const SecretChange& change,
                                    const KeySet* keys, SecureHeap& heap) = 0;

  /// A new value: version and revision grow by one.
  virtual Result<SecretInfo> replace_value(Database& database, std::string_view id, ByteView plaintext,
                                           const KeySet& keys) = 0;

  /// Deletes the value and overwrites it in the file; version and revision grow by one, `has_value` is false until it
  /// is replaced. Also where there is no value. NOT_FOUND, CORRUPT.
  virtual Result<SecretInfo> clear_value(Database& database, std::string_view id) = 0;

  /// Deletes the secret and overwrites its value in the file. Returns what it was; of a damaged one, which can be
  /// deleted too, the id alone.
  virtual Result<SecretInfo> remove(Database& database, std::string_view id) = 0;

  /// The plaintext. CORRUPT if anything that authenticates it has changed, its generation included;
  /// LIMIT_EXCEEDED if no secure memory is left. Changes nothing, whatever happens.
  virtual Result<SecureBuffer> open_value(Database& database, std::string_view id, const KeySet& keys,
                                          SecureHeap& heap) = 0;

  /// Records an access; neither version nor revision change. A secret that does not exist is no error.
  virtual Status touch(Database& database, std::string_view id, std::int64_t at) = 0;
};

}  // namespace strongroom

#endif  // STRONGROOM_SECRETS_SECRET_STORE_H_
