// Digests, MACs and key derivation. The compression functions are libcrypto's (why not its EVP: crypto/aes.h); HMAC,
// HKDF and PBKDF2 are the few lines of their RFCs on top. Any thread; intermediate values are wiped.
#ifndef STRONGROOM_CRYPTO_HASH_H_
#define STRONGROOM_CRYPTO_HASH_H_

#include <array>

#include "base/bytes.h"
#include "base/result.h"

namespace strongroom {

using Digest256 = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4).
Digest256 sha256(ByteView data);

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1). Any key size, an empty one included.
Digest256 hmac_sha256(ByteView key, ByteView data);

/// HKDF-SHA-256 (RFC 5869), extract and expand. Fills `out`; INVALID_REQUEST for more than 255 * 32 bytes.
Status hkdf_sha256(ByteView key, ByteView salt, ByteView info, MutableBytes out);

/// PBKDF2-HMAC-SHA-1 (RFC 8018), for blobs of Chromium's OSCrypt only: new formats of our own do not use it.
/// INVALID_REQUEST for fewer than 1 iteration.
Status pbkdf2_hmac_sha1(ByteView password, ByteView salt, int iterations, MutableBytes out);

/// Whether two byte strings are equal, in time that depends on their sizes alone.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace strongroom

#endif  // STRONGROOM_CRYPTO_HASH_H_
