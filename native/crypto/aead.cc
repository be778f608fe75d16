#include "crypto/aead.h"

#include <cassert>

#include "base/secure_heap.h"
#include "crypto/openssl.h"

namespace strongroom {
namespace {

/// OpenSSL takes no null pointer for empty data in every release; this stands in for one.
const std::uint8_t* data_or_empty(ByteView bytes) {
  static constexpr std::uint8_t kEmpty = 0;
  return bytes.empty() ? &kEmpty : bytes.data();
}

/// A context with key, nonce and associated data set, for encryption or decryption.
Result<OpensslPtr<EVP_CIPHER_CTX>> start(bool encrypt, ByteView key, ByteView nonce, ByteView associated_data) {
  assert(key.size() == kAeadKeySize && nonce.size() == kAeadNonceSize);
  SR_RETURN_IF_ERROR(init_openssl());
  OpensslPtr<EVP_CIPHER_CTX> context(EVP_CIPHER_CTX_new());
  int written = 0;
  if (context == nullptr ||
      EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce.data(), encrypt ? 1 : 0) != 1 ||
      (!associated_data.empty() && EVP_CipherUpdate(context.get(), nullptr, &written, associated_data.data(),
                                                    static_cast<int>(associated_data.size())) != 1)) {
    return openssl_failed("AES-256-GCM");
  }
  return context;
}

}  // namespace

Status aead_seal(ByteView key, ByteView nonce, ByteView associated_data, ByteView plaintext, MutableBytes out) {
  assert(out.size() == plaintext.size() + kAeadTagSize);
  SR_ASSIGN_OR_RETURN(const OpensslPtr<EVP_CIPHER_CTX> context, start(true, key, nonce, associated_data));
  int written = 0;
  int final_size = 0;
  if (EVP_CipherUpdate(context.get(), out.data(), &written, data_or_empty(plaintext),
                       static_cast<int>(plaintext.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), out.data() + written, &final_size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kAeadTagSize),
                          out.data() + plaintext.size()) != 1) {
    return openssl_failed("AES-256-GCM");
  }
  return Status();
}

Status aead_open(ByteView key, ByteView nonce, ByteView associated_data, ByteView sealed, MutableBytes out) {
  const Status corrupt(Code::kCorrupt, "the ciphertext does not authenticate");
  if (sealed.size() < kAeadTagSize) return corrupt;
  const std::size_t size = sealed.size() - kAeadTagSize;
  assert(out.size() == size);
  SR_ASSIGN_OR_RETURN(const OpensslPtr<EVP_CIPHER_CTX> context, start(false, key, nonce, associated_data));
  std::array<std::uint8_t, kAeadTagSize> tag{};
  std::copy(sealed.begin() + static_cast<std::ptrdiff_t>(size), sealed.end(), tag.begin());
  std::uint8_t nowhere = 0;  // for an empty plaintext, whose `out` may be null
  std::uint8_t* const to = out.empty() ? &nowhere : out.data();
  int written = 0;
  int final_size = 0;
  if (EVP_CipherUpdate(context.get(), to, &written, data_or_empty(sealed), static_cast<int>(size)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kAeadTagSize), tag.data()) != 1 ||
      EVP_CipherFinal_ex(context.get(), to + written, &final_size) != 1) {
    wipe(out);
    (void)openssl_failed("AES-256-GCM");  // empties OpenSSL's error queue
    return corrupt;
  }
  return Status();
}

}  // namespace strongroom
