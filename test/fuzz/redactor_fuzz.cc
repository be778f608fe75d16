// What a service answers, and a secret to take out of it. The first byte is the secret's size, the second says in which
// encoding it is planted; then come the secret, where it is planted, and the answer.
#include <algorithm>
#include <string>
#include <string_view>

#include "access/broker_policy.h"
#include "access/redactor.h"
#include "base/bytes.h"
#include "base/unicode.h"
#include "check.h"

namespace sr = strongroom;

namespace {

constexpr std::string_view kMarker = "[redacted]";

std::string each(std::string_view secret, std::string_view before, std::string_view after) {
  std::string out;
  for (const char c : secret) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += std::string(before) + sr::to_hex({&byte, 1}) + std::string(after);
  }
  return out;
}

/// An echo in one of the encodings; those of characters are for ASCII.
std::string echo_of(std::string_view secret, unsigned encoding) {
  const bool ascii = std::ranges::all_of(secret, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  switch (secret.size() < 4 ? 0 : encoding % (ascii ? 9 : 6)) {
    case 1: return sr::to_hex(sr::as_bytes(secret));
    case 2: return sr::to_base64(sr::as_bytes(secret));
    case 3: return sr::to_base64(sr::as_bytes("x" + std::string(secret)));
    case 4: return sr::to_base64(sr::as_bytes("xy" + std::string(secret) + "z"));
    case 5: return each(secret, "%", "");
    case 6: return each(secret, "\\u00", "");
    case 7: return each(secret, "&#x", ";");
    case 8: return each(each(secret, "%", ""), "\\u00", "");
    default: return std::string(secret);
  }
}

/// Whether `text` has `part` without a marker in it. What stands at a marker's edge is no echo.
bool stands_in(std::string_view text, std::string_view part) {
  while (true) {
    const std::size_t end = text.find(kMarker);
    if (text.substr(0, end).find(part) != std::string_view::npos) return true;
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + kMarker.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  std::string_view input = sr::as_text({data, size});
  const std::size_t secret_size = std::min<std::size_t>(1 + data[0] % 32, size - 3);
  const unsigned encoding = data[1];
  const std::string_view secret = input.substr(2, secret_size);
  const std::string_view answer = input.substr(2 + secret_size + 1);
  const std::size_t place = data[2 + secret_size] * answer.size() / 255;

  static const std::shared_ptr<sr::SecureHeap> heap = sr::SecureHeap::create();
  const auto redactor = sr::Redactor::create(sr::as_bytes(secret), {}, *heap);
  FUZZ_CHECK(redactor.ok());

  const auto look = [&](std::string_view text) {
    const auto [bytes, found] = redactor->redact(sr::as_bytes(text));
    const std::string_view clean = sr::as_text(bytes);
    FUZZ_CHECK(found || clean == text);
    FUZZ_CHECK(!found || clean.find(kMarker) != std::string_view::npos);
    FUZZ_CHECK(!stands_in(clean, secret));
    if (sr::count_code_points(text) && sr::count_code_points(secret)) FUZZ_CHECK(sr::count_code_points(clean));
    return std::pair(std::string(clean), found);
  };
  look(answer);
  // Planted behind something that no escape goes on with.
  const std::string echo = echo_of(secret, encoding);
  const auto [clean, found] =
      look(std::string(answer.substr(0, place)) + "\x01" + echo + "\x01" + std::string(answer.substr(place)));
  FUZZ_CHECK(found);
  FUZZ_CHECK(!stands_in(clean, echo));

  const sr::Value headers = sr::response_headers({{"x-echo", echo},
                                                  {"connection", std::string(answer)},
                                                  {std::string(answer), echo},
                                                  {"x-all", std::string(answer)}},
                                                 *redactor);
  for (const auto& [name, value] : headers.as_object()) {
    FUZZ_CHECK(sr::count_code_points(name) && sr::count_code_points(value.as_string()).value() <= 4000);
    // Cutting may end a marker early.
    if (sr::count_code_points(echo) && echo.size() < 4000) FUZZ_CHECK(!stands_in(value.as_string(), echo));
  }
  return 0;
}
