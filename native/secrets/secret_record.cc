#include "secrets/secret_record.h"

#include "crypto/aead.h"
#include "crypto/random.h"

namespace strongroom {
namespace {

constexpr std::uint8_t kFormat = 0x01;
constexpr std::size_t kGenerationAt = 1;
constexpr std::size_t kNonceAt = kGenerationAt + 4;
constexpr std::size_t kSealedAt = kNonceAt + kAeadNonceSize;

Bytes associated_data(const SecretBinding& binding) {
  Bytes data;
  data.reserve(128);
  append(data, as_bytes("strongroom/secret/v1"));
  append_lp(data, as_bytes(binding.store_id));
  append_lp(data, as_bytes(binding.secret_id));
  append_lp(data, as_bytes(binding.kind));
  append_u64(data, static_cast<std::uint64_t>(binding.version));
  return data;
}

Status corrupt() { return {Code::kCorrupt, "the value of the secret is damaged or was tampered with"}; }

}  // namespace

Result<Bytes> seal_secret(const SecretBinding& binding, const KeySet& keys, ByteView plaintext) {
  Bytes record;
  record.reserve(kSealedAt + plaintext.size() + kAeadTagSize);
  record.push_back(kFormat);
  append_u32(record, keys.active_generation());
  record.resize(kSealedAt + plaintext.size() + kAeadTagSize);
  const MutableBytes nonce = MutableBytes(record).subspan(kNonceAt, kAeadNonceSize);
  SR_RETURN_IF_ERROR(fill_random(nonce));
  SR_RETURN_IF_ERROR(aead_seal(keys.active().secret.view(), nonce, associated_data(binding), plaintext,
                               MutableBytes(record).subspan(kSealedAt)));
  return record;
}

Result<SecureBuffer> open_secret(const SecretBinding& binding, const KeySet& keys, ByteView record, SecureHeap& heap) {
  // An empty value is never stored.
  if (record.size() <= kSealedAt + kAeadTagSize || record[0] != kFormat) return corrupt();
  const Subkeys* subkeys = keys.of(read_u32(record.subspan(kGenerationAt)));
  if (subkeys == nullptr) return corrupt();
  SR_ASSIGN_OR_RETURN(SecureBuffer plaintext, heap.allocate(record.size() - kSealedAt - kAeadTagSize));
  const Status opened = aead_open(subkeys->secret.view(), record.subspan(kNonceAt, kAeadNonceSize),
                                  associated_data(binding), record.subspan(kSealedAt), plaintext.bytes());
  if (!opened.ok()) return opened.code() == Code::kCorrupt ? corrupt() : opened;
  return plaintext;
}

}  // namespace strongroom
