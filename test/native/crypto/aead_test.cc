#include "crypto/aead.h"

#include "crypto/aes.h"

#include <gtest/gtest.h>

#include "support/hex.h"

namespace strongroom {
namespace {

using test::from_hex;

struct Example {
  const char* name;
  const char* key;
  const char* nonce;
  const char* associated_data;
  const char* plaintext;
  const char* ciphertext;
  const char* tag;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B: the AES-256 cases with 96-bit nonces,
// which NIST publishes beside SP 800-38D.
constexpr Example kNistExamples[] = {
    {"13", "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"14", "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"15", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

/// Every implementation of the cipher that this processor can run; the first is the one in use.
class Aead : public ::testing::TestWithParam<AesBackend> {};

INSTANTIATE_TEST_SUITE_P(Backends, Aead, ::testing::ValuesIn(aes_backends().begin(), aes_backends().end()),
                         [](const auto& backend) { return std::string(backend.param.name); });

TEST_P(Aead, NistExamples) {
  for (const Example& example : kNistExamples) {
    const Bytes key = from_hex(example.key);
    const Bytes nonce = from_hex(example.nonce);
    const Bytes associated_data = from_hex(example.associated_data);
    const Bytes plaintext = from_hex(example.plaintext);
    Bytes sealed(plaintext.size() + kAeadTagSize);
    ASSERT_TRUE(aead_seal_with(GetParam(), key, nonce, associated_data, plaintext, sealed).ok()) << example.name;
    EXPECT_EQ(to_hex(sealed), std::string(example.ciphertext) + example.tag) << example.name;
    Bytes opened(plaintext.size());
    ASSERT_TRUE(aead_open_with(GetParam(), key, nonce, associated_data, sealed, opened).ok()) << example.name;
    EXPECT_EQ(opened, plaintext) << example.name;
  }
}

TEST_P(Aead, EveryFlippedBitIsCorruptAndGivesNoPlaintext) {
  const Example& example = kNistExamples[3];
  const Bytes key = from_hex(example.key);
  const Bytes nonce = from_hex(example.nonce);
  const Bytes associated_data = from_hex(example.associated_data);
  const Bytes sealed = from_hex(std::string(example.ciphertext) + example.tag);
  const auto expect_corrupt = [&](const Bytes& k, const Bytes& n, const Bytes& a, const Bytes& s) {
    Bytes opened(s.size() - kAeadTagSize, 0xAA);
    EXPECT_EQ(aead_open_with(GetParam(), k, n, a, s, opened).code(), Code::kCorrupt);
    EXPECT_EQ(opened, Bytes(opened.size(), 0));
  };
  const auto flipped = [](Bytes bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    return bytes;
  };
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    expect_corrupt(key, nonce, associated_data, flipped(sealed, bit));
  }
  for (std::size_t bit = 0; bit < key.size() * 8; ++bit) {
    expect_corrupt(flipped(key, bit), nonce, associated_data, sealed);
  }
  for (std::size_t bit = 0; bit < nonce.size() * 8; ++bit) {
    expect_corrupt(key, flipped(nonce, bit), associated_data, sealed);
  }
  for (std::size_t bit = 0; bit < associated_data.size() * 8; ++bit) {
    expect_corrupt(key, nonce, flipped(associated_data, bit), sealed);
  }
  expect_corrupt(key, nonce, {}, sealed);
}

TEST_P(Aead, TextShorterThanATagIsCorrupt) {
  const Bytes key(kAeadKeySize);
  const Bytes nonce(kAeadNonceSize);
  for (std::size_t size = 0; size < kAeadTagSize; ++size) {
    EXPECT_EQ(aead_open_with(GetParam(), key, nonce, {}, Bytes(size), {}).code(), Code::kCorrupt) << size;
  }
}

TEST_P(Aead, TruncatedAndExtendedTextIsCorrupt) {
  const Bytes key(kAeadKeySize, 1);
  const Bytes nonce(kAeadNonceSize, 2);
  Bytes sealed(100 + kAeadTagSize);
  ASSERT_TRUE(aead_seal_with(GetParam(), key, nonce, {}, Bytes(100, 3), sealed).ok());
  for (const std::size_t size : {16U, 17U, 50U, 99U, 115U, 117U, 132U}) {
    Bytes changed = sealed;
    changed.resize(size);
    Bytes opened(size - kAeadTagSize);
    EXPECT_EQ(aead_open_with(GetParam(), key, nonce, {}, changed, opened).code(), Code::kCorrupt) << size;
  }
}

TEST_P(Aead, AgreesWithTheBackendThatIsUsed) {
  const Bytes key(kAeadKeySize, 1);
  const Bytes nonce(kAeadNonceSize, 2);
  for (const std::size_t size : {0U, 1U, 100U, 4096U, 100000U}) {
    const Bytes plaintext(size, 3);
    Bytes sealed(size + kAeadTagSize);
    ASSERT_TRUE(aead_seal(key, nonce, as_bytes("for"), plaintext, sealed).ok());
    Bytes opened(size);
    EXPECT_TRUE(aead_open_with(GetParam(), key, nonce, as_bytes("for"), sealed, opened).ok()) << size;
    EXPECT_EQ(opened, plaintext);
    EXPECT_TRUE(aead_open(key, nonce, as_bytes("for"), sealed, opened).ok()) << size;
  }
}

TEST_P(Aead, OpensTextsOfEverySizeAroundABlock) {
  const Bytes key(kAeadKeySize, 1);
  const Bytes nonce(kAeadNonceSize, 2);
  for (std::size_t size = 0; size < 70; ++size) {
    Bytes plaintext(size);
    for (std::size_t i = 0; i < size; ++i) plaintext[i] = static_cast<std::uint8_t>(i);
    Bytes sealed(size + kAeadTagSize);
    ASSERT_TRUE(aead_seal_with(GetParam(), key, nonce, as_bytes("for"), plaintext, sealed).ok());
    Bytes opened(size);
    ASSERT_TRUE(aead_open_with(GetParam(), key, nonce, as_bytes("for"), sealed, opened).ok()) << size;
    EXPECT_EQ(opened, plaintext);
  }
}

}  // namespace
}  // namespace strongroom
