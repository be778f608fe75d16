#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "crypto/openssl.h"

namespace strongroom {
namespace {

/// OpenSSL reads a null key or salt as "not given"; an empty one needs an address.
const std::uint8_t* address_of(ByteView bytes) {
  static constexpr std::uint8_t kEmpty = 0;
  return bytes.empty() ? &kEmpty : bytes.data();
}

}  // namespace

Result<Digest256> sha256(ByteView data) {
  SR_RETURN_IF_ERROR(init_openssl());
  Digest256 digest{};
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    return openssl_failed("SHA-256");
  }
  return digest;
}

Result<Digest256> hmac_sha256(ByteView key, ByteView data) {
  SR_RETURN_IF_ERROR(init_openssl());
  Digest256 digest{};
  if (HMAC(EVP_sha256(), address_of(key), static_cast<int>(key.size()), address_of(data), data.size(), digest.data(),
           nullptr) == nullptr) {
    return openssl_failed("HMAC-SHA-256");
  }
  return digest;
}

Status hkdf_sha256(ByteView key, ByteView salt, ByteView info, MutableBytes out) {
  SR_RETURN_IF_ERROR(init_openssl());
  if (out.size() > 255 * std::tuple_size_v<Digest256>) {
    return Status(Code::kInvalidRequest, "HKDF-SHA-256 gives at most 8160 bytes");
  }
  const OpensslPtr<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  std::size_t size = out.size();
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_salt(context.get(), address_of(salt), static_cast<int>(salt.size())) != 1 ||
      EVP_PKEY_CTX_set1_hkdf_key(context.get(), address_of(key), static_cast<int>(key.size())) != 1 ||
      EVP_PKEY_CTX_add1_hkdf_info(context.get(), address_of(info), static_cast<int>(info.size())) != 1 ||
      EVP_PKEY_derive(context.get(), out.data(), &size) != 1 || size != out.size()) {
    return openssl_failed("HKDF-SHA-256");
  }
  return Status();
}

Status pbkdf2_hmac_sha1(ByteView password, ByteView salt, int iterations, MutableBytes out) {
  SR_RETURN_IF_ERROR(init_openssl());
  if (iterations < 1) return Status(Code::kInvalidRequest, "PBKDF2 needs at least one iteration");
  if (PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(address_of(password)), static_cast<int>(password.size()),
                        address_of(salt), static_cast<int>(salt.size()), iterations, EVP_sha1(),
                        static_cast<int>(out.size()), out.data()) != 1) {
    return openssl_failed("PBKDF2-HMAC-SHA-1");
  }
  return Status();
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace strongroom
