// The small decoders: base64, UTF-8, times, ids, sealed bytes. What is accepted is what the encoder would write.
#include <array>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/unicode.h"
#include "check.h"
#include "crypto/aead.h"

namespace sr = strongroom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const sr::ByteView bytes(data, size);
  const std::string_view text = sr::as_text(bytes);

  sr::Bytes decoded(sr::base64_decoded_max(size) + 3);
  if (const auto written = sr::decode_base64(text, decoded)) {
    FUZZ_CHECK(sr::to_base64(sr::ByteView(decoded).first(*written)) == text);
  }
  if (const auto points = sr::count_code_points(text)) FUZZ_CHECK(*points <= size && *points * 4 >= size);
  if (const auto time = sr::parse_time(text)) FUZZ_CHECK(sr::format_time(*time) == text);
  if (sr::is_id("sec_", text)) FUZZ_CHECK(size == 4 + sr::kIdTextSize);

  // Nothing that was not sealed opens.
  const std::array<std::uint8_t, sr::kAeadKeySize> key{1};
  const std::array<std::uint8_t, sr::kAeadNonceSize> nonce{2};
  if (size >= sr::kAeadTagSize) {
    sr::Bytes out(size - sr::kAeadTagSize);
    FUZZ_CHECK(sr::aead_open(key, nonce, {}, bytes, out).code() == sr::Code::kCorrupt);
    for (const std::uint8_t byte : out) FUZZ_CHECK(byte == 0);
  }
  return 0;
}
