#include "crypto/hash.h"

// The low-level interface is deprecated in favour of EVP; see crypto/aes.h.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

namespace strongroom {
namespace {

struct Sha1 {
  static constexpr std::size_t kSize = SHA_DIGEST_LENGTH;
  static constexpr std::size_t kBlock = SHA_CBLOCK;
  using Context = SHA_CTX;
  static constexpr auto kInit = SHA1_Init;
  static constexpr auto kUpdate = SHA1_Update;
  static constexpr auto kFinal = SHA1_Final;
};

struct Sha256 {
  static constexpr std::size_t kSize = SHA256_DIGEST_LENGTH;
  static constexpr std::size_t kBlock = SHA256_CBLOCK;
  using Context = SHA256_CTX;
  static constexpr auto kInit = SHA256_Init;
  static constexpr auto kUpdate = SHA256_Update;
  static constexpr auto kFinal = SHA256_Final;
};

/// A hash under way; what it held is wiped at the end.
template <class Algorithm>
class Hasher {
 public:
  using Digest = std::array<std::uint8_t, Algorithm::kSize>;

  Hasher() { Algorithm::kInit(&context_); }
  Hasher(const Hasher&) = default;  // a copy goes on from here
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() { OPENSSL_cleanse(&context_, sizeof context_); }

  Hasher& update(ByteView data) {
    if (!data.empty()) Algorithm::kUpdate(&context_, data.data(), data.size());
    return *this;
  }
  Digest finish() {
    Digest digest{};
    Algorithm::kFinal(digest.data(), &context_);
    return digest;
  }

 private:
  typename Algorithm::Context context_;
};

/// HMAC (RFC 2104) with the key taken in, so that many messages cost it once.
template <class Algorithm>
class Hmac {
 public:
  using Digest = typename Hasher<Algorithm>::Digest;

  explicit Hmac(ByteView key) {
    std::array<std::uint8_t, Algorithm::kBlock> pad{};
    if (key.size() > pad.size()) {
      Digest short_key = Hasher<Algorithm>().update(key).finish();
      std::ranges::copy(short_key, pad.begin());
      OPENSSL_cleanse(short_key.data(), short_key.size());
    } else {
      std::ranges::copy(key, pad.begin());
    }
    for (std::uint8_t& byte : pad) byte ^= 0x36U;
    inner_.update(pad);
    for (std::uint8_t& byte : pad) byte ^= 0x36U ^ 0x5CU;
    outer_.update(pad);
    OPENSSL_cleanse(pad.data(), pad.size());
  }

  /// The MAC of the parts, one after the other.
  Digest mac(std::initializer_list<ByteView> parts) const {
    Hasher<Algorithm> inner = inner_;
    for (const ByteView part : parts) inner.update(part);
    Hasher<Algorithm> outer = outer_;
    Digest inner_digest = inner.finish();
    Digest digest = outer.update(inner_digest).finish();
    OPENSSL_cleanse(inner_digest.data(), inner_digest.size());
    return digest;
  }

 private:
  Hasher<Algorithm> inner_;
  Hasher<Algorithm> outer_;
};

}  // namespace

Digest256 sha256(ByteView data) { return Hasher<Sha256>().update(data).finish(); }

Digest256 hmac_sha256(ByteView key, ByteView data) { return Hmac<Sha256>(key).mac({data}); }

Status hkdf_sha256(ByteView key, ByteView salt, ByteView info, MutableBytes out) {
  if (out.size() > 255 * Sha256::kSize) return Status(Code::kInvalidRequest, "HKDF-SHA-256 gives at most 8160 bytes");
  Digest256 extracted = Hmac<Sha256>(salt).mac({key});  // RFC 5869, section 2.2; an absent salt is as zero bytes
  const Hmac<Sha256> hmac(extracted);
  Digest256 block{};
  ByteView previous;
  for (std::uint8_t counter = 1; !out.empty(); ++counter) {  // section 2.3
    block = hmac.mac({previous, info, ByteView(&counter, 1)});
    previous = block;
    const std::size_t size = std::min(out.size(), block.size());
    std::copy_n(block.begin(), size, out.begin());
    out = out.subspan(size);
  }
  OPENSSL_cleanse(extracted.data(), extracted.size());
  OPENSSL_cleanse(block.data(), block.size());
  return Status();
}

Status pbkdf2_hmac_sha1(ByteView password, ByteView salt, int iterations, MutableBytes out) {
  if (iterations < 1) return Status(Code::kInvalidRequest, "PBKDF2 needs at least one iteration");
  const Hmac<Sha1> hmac(password);
  for (std::uint32_t index = 1; !out.empty(); ++index) {  // RFC 8018, section 5.2
    Bytes number;
    append_u32(number, index);
    Hmac<Sha1>::Digest u = hmac.mac({salt, number});
    Hmac<Sha1>::Digest block = u;
    for (int i = 1; i < iterations; ++i) {
      u = hmac.mac({u});
      for (std::size_t k = 0; k < block.size(); ++k) block[k] ^= u[k];
    }
    const std::size_t size = std::min(out.size(), block.size());
    std::copy_n(block.begin(), size, out.begin());
    out = out.subspan(size);
    OPENSSL_cleanse(u.data(), u.size());
    OPENSSL_cleanse(block.data(), block.size());
  }
  return Status();
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace strongroom
