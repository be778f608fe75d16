// A secret's value as it is stored (doc/formats.md, "Secret record"):
//   0x01 || generation(u32) || nonce(12) || ciphertext || tag(16)
#ifndef STRONGROOM_SECRETS_SECRET_RECORD_H_
#define STRONGROOM_SECRETS_SECRET_RECORD_H_

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure_heap.h"
#include "keys/subkeys.h"

namespace strongroom {

/// What a record is bound to: it opens only where all four are the same.
struct SecretBinding {
  std::string_view store_id;
  std::string_view secret_id;
  std::string_view kind;
  std::int64_t version;
};

/// Seals under the active generation with a random nonce.
Result<Bytes> seal_secret(const SecretBinding& binding, const KeySet& keys, ByteView plaintext);

/// CORRUPT if the record is not one, its generation is unknown to `keys`, or it does not authenticate.
/// LIMIT_EXCEEDED if no secure memory is left.
Result<SecureBuffer> open_secret(const SecretBinding& binding, const KeySet& keys, ByteView record, SecureHeap& heap);

}  // namespace strongroom

#endif  // STRONGROOM_SECRETS_SECRET_RECORD_H_
