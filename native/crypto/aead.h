// Authenticated encryption with associated data: AES-256-GCM (NIST SP 800-38D), 96-bit nonces, 128-bit tags.
//
// Promised: a ciphertext opens only under the same key, nonce and associated data, unchanged to the bit. Not
// promised: secrecy of the associated data or of the plaintext's length; anything at all once a nonce has been used
// twice under one key. Callers draw each nonce at random: up to 2^32 messages under one key that keeps the chance
// of a repeat below 2^-32.
#ifndef STRONGROOM_CRYPTO_AEAD_H_
#define STRONGROOM_CRYPTO_AEAD_H_

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace strongroom {

inline constexpr std::size_t kAeadKeySize = 32;
inline constexpr std::size_t kAeadNonceSize = 12;
inline constexpr std::size_t kAeadTagSize = 16;

/// Encrypts `plaintext` into `out` (plaintext.size() + kAeadTagSize bytes: ciphertext, then tag). The sizes of `key`,
/// `nonce` and `out` are preconditions. INTERNAL if there is no memory. The key schedule lives only for the call and is
/// wiped. Any thread.
Status aead_seal(ByteView key, ByteView nonce, ByteView associated_data, ByteView plaintext, MutableBytes out);

/// Decrypts `sealed` (ciphertext, then tag) into `out` (sealed.size() - kAeadTagSize bytes). CORRUPT if it is too
/// short or does not authenticate; `out` is then wiped. Any thread.
Status aead_open(ByteView key, ByteView nonce, ByteView associated_data, ByteView sealed, MutableBytes out);

struct AesBackend;  // crypto/aes.h

/// The same with one of aes_backends(), so that each of them can be tested on one machine.
Status aead_seal_with(const AesBackend& backend, ByteView key, ByteView nonce, ByteView associated_data,
                      ByteView plaintext, MutableBytes out);
Status aead_open_with(const AesBackend& backend, ByteView key, ByteView nonce, ByteView associated_data,
                      ByteView sealed, MutableBytes out);

}  // namespace strongroom

#endif  // STRONGROOM_CRYPTO_AEAD_H_
