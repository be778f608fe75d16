#include "crypto/aes.h"

#include <array>

#if defined(__x86_64__)
// Not in a header of OpenSSL's, but named so in every release since 1.0.1; a release without them would not link.
extern "C" {
int aesni_set_encrypt_key(const unsigned char* key, int bits, AES_KEY* schedule);
void aesni_encrypt(const unsigned char* in, unsigned char* out, const void* schedule);
void aesni_ctr32_encrypt_blocks(const unsigned char* in, unsigned char* out, size_t blocks, const void* schedule,
                                const unsigned char counter[16]);
int vpaes_set_encrypt_key(const unsigned char* key, int bits, AES_KEY* schedule);
void vpaes_encrypt(const unsigned char* in, unsigned char* out, const void* schedule);
}
#endif

namespace strongroom {
namespace {

void generic_encrypt(const unsigned char in[16], unsigned char out[16], const void* schedule) {
  AES_encrypt(in, out, static_cast<const AES_KEY*>(schedule));
}

constexpr AesBackend kGeneric{"generic", AES_set_encrypt_key, generic_encrypt, nullptr};

#if defined(__x86_64__)
constexpr std::array<AesBackend, 3> kBackends{{
    {"aesni", aesni_set_encrypt_key, aesni_encrypt, aesni_ctr32_encrypt_blocks},
    {"vpaes", vpaes_set_encrypt_key, vpaes_encrypt, nullptr},
    kGeneric,
}};
#else
constexpr std::array<AesBackend, 1> kBackends{{kGeneric}};
#endif

}  // namespace

std::span<const AesBackend> aes_backends() {
  const std::span<const AesBackend> all(kBackends);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("aes")) return all;
  if (__builtin_cpu_supports("ssse3")) return all.subspan(1);
  return all.subspan(2);
#else
  return all;
#endif
}

}  // namespace strongroom
