// Internal to native/crypto: the AES block cipher (FIPS 197) with 256-bit keys, from libcrypto's assembly.
//
// Why not EVP: in OpenSSL 3 any use of EVP links the whole of libcrypto into the addon - providers, engines,
// configuration files, encoders, sockets - about 3.7 MiB, and with it code that reads files and environment variables
// and can load modules into the process that holds the secrets. What is used here instead is what EVP itself calls in
// the end: the block functions below, and OpenSSL's public GCM (openssl/modes.h), together about 75 KiB.
#ifndef STRONGROOM_CRYPTO_AES_H_
#define STRONGROOM_CRYPTO_AES_H_

#include <cstdint>
#include <span>
#include <string_view>

// The low-level interface is deprecated in favour of EVP; see above.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/aes.h>
#include <openssl/modes.h>

namespace strongroom {

/// One implementation of the cipher. The functions are libcrypto's; any thread.
struct AesBackend {
  std::string_view name;
  int (*set_encrypt_key)(const unsigned char* key, int bits, AES_KEY* schedule);
  block128_f encrypt;  // one block
  ctr128_f ctr32;      // many blocks in counter mode; null where there is none
};

/// Those that this processor can run, the best first; at least one. "aesni" and "vpaes" run in constant time;
/// "generic" (processors without SSSE3, or other than x86-64) reads tables and may tell its timing to a process on
/// the same machine.
std::span<const AesBackend> aes_backends();

}  // namespace strongroom

#endif  // STRONGROOM_CRYPTO_AES_H_
