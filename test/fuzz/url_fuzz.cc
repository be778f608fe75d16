// A URL from anybody. What is accepted has one spelling, which reads as itself and has nothing that another reader
// could read otherwise; and an origin is the beginning of every URL it stands for.
#include <algorithm>
#include <string>
#include <string_view>

#include "check.h"
#include "connections/http_url.h"

using strongroom::HttpUrl;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto origin = strongroom::parse_origin(text, "/origin");
  const auto url = strongroom::parse_http_url(text, "/url");
  if (!url.ok()) {
    FUZZ_CHECK(url.status().code() == strongroom::Code::kInvalidRequest && url.status().issues().size() == 1);
    FUZZ_CHECK(!origin.ok());
    return 0;
  }
  const std::string spelling = url->to_string();
  FUZZ_CHECK(spelling.starts_with(url->origin() + url->path));
  FUZZ_CHECK(url->port != 0 && url->path.starts_with('/'));
  FUZZ_CHECK(std::ranges::all_of(spelling, [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '#'; }));
  FUZZ_CHECK(url->host.find_first_of("@/?%ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
  // No segment of the path is a dot or two.
  std::string_view rest = url->path;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    FUZZ_CHECK(segment != "." && segment != "..");
    rest.remove_prefix(segment.size());
  }
  const auto again = strongroom::parse_http_url(spelling, "/url");
  FUZZ_CHECK(again.ok() && again->to_string() == spelling && again->origin() == url->origin());
  FUZZ_CHECK(again->is_loopback() == url->is_loopback());
  if (origin.ok()) {
    FUZZ_CHECK(*origin == url->origin());
    FUZZ_CHECK(url->https || url->is_loopback());
    FUZZ_CHECK(strongroom::parse_origin(*origin, "").ok());
  }
  return 0;
}
