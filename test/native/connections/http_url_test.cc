#include "connections/http_url.h"

#include <gtest/gtest.h>

namespace strongroom {
namespace {

std::string normalised(std::string_view text) {
  const Result<HttpUrl> url = parse_http_url(text, "/url");
  return url.ok() ? url->to_string() : "refused";
}

std::string refusal(std::string_view text) {
  const Result<HttpUrl> url = parse_http_url(text, "/place");
  if (url.ok()) return "accepted";
  EXPECT_EQ(url.status().code(), Code::kInvalidRequest) << text;
  EXPECT_EQ(url.status().issues().size(), 1U) << text;
  EXPECT_EQ(url.status().issues().at(0).path, "/place") << text;
  return url.status().issues().at(0).message;
}

TEST(HttpUrl, WhatIsAcceptedHasOneSpelling) {
  const std::string long_label(63, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"https://api.example.com", "https://api.example.com/"},
      {"https://api.example.com/", "https://api.example.com/"},
      {"HTTPS://API.Example.COM/Path", "https://api.example.com/Path"},
      {"hTTp://localhost", "http://localhost/"},
      {"https://h:443/", "https://h/"},
      {"http://h:80/", "http://h/"},
      {"https://h:80/", "https://h:80/"},
      {"http://h:443/", "http://h:443/"},
      {"https://h:1/", "https://h:1/"},
      {"https://h:65535", "https://h:65535/"},
      {"https://h?q", "https://h/?q"},
      {"https://h?", "https://h/?"},
      {"https://h/?a=b&c=/?:@", "https://h/?a=b&c=/?:@"},
      {"https://h/a@b:c", "https://h/a@b:c"},
      {"https://h/%41%7E", "https://h/%41%7E"},
      {"https://h//a//b", "https://h//a//b"},
      {"https://h/a/./b/../c", "https://h/a/c"},
      {"https://h/a/%2e/b/%2E%2e/c", "https://h/a/c"},
      {"https://h/a/.%2e/c", "https://h/c"},
      {"https://h/../../x", "https://h/x"},
      {"https://h/a/..", "https://h/"},
      {"https://h/a/.", "https://h/a/"},
      {"https://h/..", "https://h/"},
      {"https://h/a//../b", "https://h/a/b"},
      {"https://h/.//evil.example", "https://h//evil.example"},
      {"https://h/...", "https://h/..."},
      {"https://h/%2e%2e%2e", "https://h/%2e%2e%2e"},
      {"https://h/.a/a.", "https://h/.a/a."},
      {"https://h/a%2f..%2fb", "https://h/a%2f..%2fb"},
      {"https://h/?../..", "https://h/?../.."},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example/"},
      {"https://a-b.c-d.example", "https://a-b.c-d.example/"},
      {"https://1a.example", "https://1a.example/"},
      {"https://1.2.3.4.example", "https://1.2.3.4.example/"},
      {"https://0xg.0xfg", "https://0xg.0xfg/"},
      {"https://" + long_label + ".example", "https://" + long_label + ".example/"},
      {"https://127.0.0.1:8443/x", "https://127.0.0.1:8443/x"},
      {"https://255.255.255.255", "https://255.255.255.255/"},
      {"https://[::1]", "https://[::1]/"},
      {"https://[0:0:0:0:0:0:0:1]:443", "https://[::1]/"},
      {"https://[::]", "https://[::]/"},
      {"https://[::FFFF:127.0.0.1]/", "https://[::ffff:7f00:1]/"},
      {"https://[2001:DB8:0:0:1:0:0:1]", "https://[2001:db8::1:0:0:1]/"},
      {"https://[2001:db8:0:1:1:1:1:1]", "https://[2001:db8:0:1:1:1:1:1]/"},
      {"https://[1:0:0:2:0:0:0:3]", "https://[1:0:0:2::3]/"},
      {"https://[1:2:3:4:5:6::]", "https://[1:2:3:4:5:6::]/"},
      {"https://[0001::0002]:8", "https://[1::2]:8/"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(normalised(text), expected) << text;
    EXPECT_EQ(normalised(expected), expected) << text;
  }
}

TEST(HttpUrl, WhatTwoReadersCouldReadInTwoWaysIsRefused) {
  const std::string host_of_254 =
      std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(62, 'd');
  const std::pair<std::string, std::string> cases[] = {
      {"", "begin with https://"},
      {"https", "begin with https://"},
      {"https:", "begin with https://"},
      {"https:/h", "begin with https://"},
      {"https:h", "begin with https://"},
      {"//h/", "begin with https://"},
      {"/path", "begin with https://"},
      {"h/path", "begin with https://"},
      {"://h", "begin with https://"},
      {"ftp://h", "begin with https://"},
      {"file:///etc/passwd", "begin with https://"},
      {"javascript://h/%0aalert(1)", "begin with https://"},
      {"wss://h", "begin with https://"},
      {"blob:https://h", "begin with https://"},
      {" https://h", "a space"},
      {"https://h ", "a space"},
      {"https://h/a b", "a space"},
      {"https://h/\ta", "a control character"},
      {"ht\ttps://h/", "a control character"},
      {"https://h\n/", "a control character"},
      {"https://h\r\n.evil/", "a control character"},
      {std::string("https://h/\0", 11), "a control character"},
      {"https://h\x7f/", "a control character"},
      {"https://b\xc3\xbc"
       "cher.example",
       "outside of ASCII"},
      {"https://h/\xc3\xbc", "outside of ASCII"},
      {"https://ex\xe3\x80\x82"
       "ample",
       "outside of ASCII"},
      {"https://h\\@evil.example/", "a backslash"},
      {"https:\\\\h", "a backslash"},
      {"https://h/a\\b", "a backslash"},
      {"https://user@h/", "a user name"},
      {"https://user:pass@h/", "a user name"},
      {"https://@h/", "a user name"},
      {"https://h:443@evil.example/", "a user name"},
      {"https://h#@evil.example/", "a fragment"},
      {"https://h/#", "a fragment"},
      {"https://", "host is empty"},
      {"https:///path", "host is empty"},
      {"https://?q", "host is empty"},
      {"https://:443/", "host is empty"},
      {"https://%68/", "percent escape"},
      {"https://h%2eexample/", "percent escape"},
      {"https://a_b.example/", "letters, digits, hyphens"},
      {"https://a,b.example/", "letters, digits, hyphens"},
      {"https://*.example/", "letters, digits, hyphens"},
      {"https://h;evil.example/", "letters, digits, hyphens"},
      {"https://a!b/", "letters, digits, hyphens"},
      {"https://h./", "ends in a dot"},
      {"https://127.0.0.1./", "ends in a dot"},
      {"https://./", "ends in a dot"},
      {"https://.h/", "two dots"},
      {"https://a..b/", "two dots"},
      {"https://-a.example/", "hyphen"},
      {"https://a-.example/", "hyphen"},
      {"https://" + std::string(64, 'a') + "/", "longer than 63"},
      {"https://" + host_of_254 + "/", "longer than 253"},
      {"https://127.1/", "four decimal numbers"},
      {"https://127.0.1/", "four decimal numbers"},
      {"https://2130706433/", "four decimal numbers"},
      {"https://0x7f000001/", "four decimal numbers"},
      {"https://0X7F.0.0.1/", "four decimal numbers"},
      {"https://0x7f.1/", "four decimal numbers"},
      {"https://0177.0.0.1/", "four decimal numbers"},
      {"https://127.0.0.01/", "four decimal numbers"},
      {"https://256.0.0.1/", "four decimal numbers"},
      {"https://1.2.3.4.5/", "four decimal numbers"},
      {"https://h.0x/", "four decimal numbers"},
      {"https://h.1/", "four decimal numbers"},
      {"https://00000000000000000000000001/", "four decimal numbers"},
      {"https://[::1", "not an IPv6 address"},
      {"https://[]/", "not an IPv6 address"},
      {"https://[1.2.3.4]/", "not an IPv6 address"},
      {"https://[::1%25eth0]/", "not an IPv6 address"},
      {"https://[fe80::1%eth0]/", "not an IPv6 address"},
      {"https://[1:2]/", "not an IPv6 address"},
      {"https://[::1::]/", "not an IPv6 address"},
      {"https://[::12345]/", "not an IPv6 address"},
      {"https://[::127.1]/", "not an IPv6 address"},
      {"https://[::127.0.0.01]/", "not an IPv6 address"},
      {"https://[v1.a]/", "not an IPv6 address"},
      {"https://[::1]evil.example/", "something follows"},
      {"https://[::1][::2]/", "something follows"},
      {"https://::1/", "host is empty"},
      {"https://h:/", "the port"},
      {"https://h:0/", "the port"},
      {"https://h:65536/", "the port"},
      {"https://h:99999999999/", "the port"},
      {"https://h:080/", "the port"},
      {"https://h:+1/", "the port"},
      {"https://h:-1/", "the port"},
      {"https://h:1e1/", "the port"},
      {"https://h:80:80/", "the port"},
      {"https://[::1]:", "the port"},
      {"https://h/%", "percent sign"},
      {"https://h/%4", "percent sign"},
      {"https://h/%g0", "percent sign"},
      {"https://h/?%4x", "percent sign"},
      {"https://h/<", "RFC 3986"},
      {"https://h/a|b", "RFC 3986"},
      {"https://h/[", "RFC 3986"},
      {"https://h/?a[b]=c", "RFC 3986"},
      {"https://h/?{", "RFC 3986"},
      {"https://h/\"", "RFC 3986"},
      {"https://h/^", "RFC 3986"},
      {"https://h/" + std::string(8192, 'a'), "longer than 8192"},
  };
  for (const auto& [text, reason] : cases) {
    EXPECT_NE(refusal(text).find(reason), std::string::npos) << text << ": " << refusal(text);
  }
}

TEST(HttpUrl, ItsPartsAreWhatTheBrokerCompares) {
  const HttpUrl url = parse_http_url("https://API.example.com:8443/v1/../x?k=v", "").value();
  EXPECT_TRUE(url.https);
  EXPECT_EQ(url.host, "api.example.com");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/x");
  EXPECT_EQ(url.query, "k=v");
  EXPECT_EQ(url.origin(), "https://api.example.com:8443");
  EXPECT_EQ(parse_http_url("http://h:80/", "").value().origin(), "http://h");
  EXPECT_FALSE(parse_http_url("http://h", "").value().https);
  EXPECT_EQ(parse_http_url("https://h", "").value().query, std::nullopt);
}

TEST(HttpUrl, ThisMachineIsKnownByItsNamesAndAddresses) {
  for (const char* host : {"localhost", "LOCALHOST", "a.localhost", "127.0.0.1", "127.255.0.9", "0.0.0.0", "[::1]",
                           "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:0.0.0.0]", "[::127.0.0.1]"}) {
    EXPECT_TRUE(parse_http_url("https://" + std::string(host), "").value().is_loopback()) << host;
  }
  for (const char* host : {"localhost.example", "notlocalhost", "128.0.0.1", "126.0.0.1", "10.0.0.1", "127.example",
                           "127.0.0.x1", "[::2]", "[::ffff:8.8.8.8]", "[2001:db8::1]", "[1::]", "[7f00::1]"}) {
    EXPECT_FALSE(parse_http_url("https://" + std::string(host), "").value().is_loopback()) << host;
  }
}

TEST(HttpUrl, AnOriginHasNothingBehindItsPort) {
  const auto origin = [](std::string_view text) {
    const Result<std::string> parsed = parse_origin(text, "/origins/0");
    return parsed.ok() ? *parsed : "refused";
  };
  EXPECT_EQ(origin("https://API.example.com:443"), "https://api.example.com");
  EXPECT_EQ(origin("https://h:8443"), "https://h:8443");
  EXPECT_EQ(origin("https://[::1]:8443"), "https://[::1]:8443");
  EXPECT_EQ(origin("https://localhost"), "https://localhost");
  EXPECT_EQ(origin("http://localhost:8080"), "http://localhost:8080");
  EXPECT_EQ(origin("HTTP://127.0.0.1"), "http://127.0.0.1");
  EXPECT_EQ(origin("http://[0:0::1]:80"), "http://[::1]");
  for (const char* text :
       {"https://h/", "https://h/a", "https://h?", "https://h/?q", "https://h#", "http://h", "http://api.example.com",
        "http://10.0.0.1", "http://a.localhost", "http://127.0.0.2", "http://0.0.0.0", "http://[::ffff:127.0.0.1]",
        "https://*", "*", "https://*.example.com", "null", "https://u@h", "https://h.", "ws://localhost"}) {
    EXPECT_EQ(origin(text), "refused") << text;
  }
  EXPECT_EQ(parse_origin("http://h", "/origins/3").status().issues().at(0).path, "/origins/3");
}

}  // namespace
}  // namespace strongroom
