#include "crypto/aead.h"

#include <openssl/crypto.h>

#include <cassert>
#include <memory>

#include "base/secure_heap.h"
#include "crypto/aes.h"

namespace strongroom {
namespace {

struct GcmDeleter {
  void operator()(GCM128_CONTEXT* context) const { CRYPTO_gcm128_release(context); }  // wipes it
};

/// The cipher under one key and nonce, for one message. Everything derived from the key is wiped at the end.
class Gcm {
 public:
  explicit Gcm(const AesBackend& backend) : backend_(backend) {}
  ~Gcm() { OPENSSL_cleanse(&schedule_, sizeof schedule_); }
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;

  bool start(ByteView key, ByteView nonce, ByteView associated_data) {
    assert(key.size() == kAeadKeySize && nonce.size() == kAeadNonceSize);
    if (backend_.set_encrypt_key(key.data(), 256, &schedule_) != 0) return false;
    context_.reset(CRYPTO_gcm128_new(&schedule_, backend_.encrypt));
    if (context_ == nullptr) return false;
    CRYPTO_gcm128_setiv(context_.get(), nonce.data(), nonce.size());
    return associated_data.empty() ||
           CRYPTO_gcm128_aad(context_.get(), associated_data.data(), associated_data.size()) == 0;
  }

  bool encrypt(ByteView in, std::uint8_t* out) {
    if (in.empty()) return true;
    return (backend_.ctr32 != nullptr
                ? CRYPTO_gcm128_encrypt_ctr32(context_.get(), in.data(), out, in.size(), backend_.ctr32)
                : CRYPTO_gcm128_encrypt(context_.get(), in.data(), out, in.size())) == 0;
  }

  bool decrypt(ByteView in, std::uint8_t* out) {
    if (in.empty()) return true;
    return (backend_.ctr32 != nullptr
                ? CRYPTO_gcm128_decrypt_ctr32(context_.get(), in.data(), out, in.size(), backend_.ctr32)
                : CRYPTO_gcm128_decrypt(context_.get(), in.data(), out, in.size())) == 0;
  }

  void tag(std::uint8_t* out) { CRYPTO_gcm128_tag(context_.get(), out, kAeadTagSize); }

  /// Compares in constant time.
  bool tag_is(ByteView tag) { return CRYPTO_gcm128_finish(context_.get(), tag.data(), tag.size()) == 0; }

 private:
  const AesBackend& backend_;
  AES_KEY schedule_{};
  std::unique_ptr<GCM128_CONTEXT, GcmDeleter> context_;
};

}  // namespace

Status aead_seal(ByteView key, ByteView nonce, ByteView associated_data, ByteView plaintext, MutableBytes out) {
  return aead_seal_with(aes_backends().front(), key, nonce, associated_data, plaintext, out);
}

Status aead_open(ByteView key, ByteView nonce, ByteView associated_data, ByteView sealed, MutableBytes out) {
  return aead_open_with(aes_backends().front(), key, nonce, associated_data, sealed, out);
}

Status aead_seal_with(const AesBackend& backend, ByteView key, ByteView nonce, ByteView associated_data,
                      ByteView plaintext, MutableBytes out) {
  assert(out.size() == plaintext.size() + kAeadTagSize);
  Gcm gcm(backend);
  if (!gcm.start(key, nonce, associated_data) || !gcm.encrypt(plaintext, out.data())) {
    wipe(out);
    return Status(Code::kInternal, "AES-256-GCM failed");
  }
  gcm.tag(out.data() + plaintext.size());
  return Status();
}

Status aead_open_with(const AesBackend& backend, ByteView key, ByteView nonce, ByteView associated_data,
                      ByteView sealed, MutableBytes out) {
  const Status corrupt(Code::kCorrupt, "the ciphertext does not authenticate");
  if (sealed.size() < kAeadTagSize) return corrupt;
  const std::size_t size = sealed.size() - kAeadTagSize;
  assert(out.size() == size);
  Gcm gcm(backend);
  if (!gcm.start(key, nonce, associated_data)) return Status(Code::kInternal, "AES-256-GCM failed");
  // The plaintext stands in `out` before it is known to be genuine; nobody sees it unless it is.
  if (!gcm.decrypt(sealed.first(size), out.data()) || !gcm.tag_is(sealed.subspan(size))) {
    wipe(out);
    return corrupt;
  }
  return Status();
}

}  // namespace strongroom
