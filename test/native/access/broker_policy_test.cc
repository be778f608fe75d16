#include "access/broker_policy.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/store_support.h"

namespace strongroom {
namespace {

using test::make_canary;

const std::shared_ptr<SecureHeap> heap = SecureHeap::create();

ProviderAuth auth_of(AuthType type, std::string name = "", std::string username_field = "") {
  return {.type = type, .field = "token", .name = std::move(name), .username_field = std::move(username_field)};
}

ProviderOrigin fixed_origin(std::string origin) { return {std::move(origin), "", false}; }
ProviderOrigin field_origin(std::string field, bool loopback = false) { return {"", std::move(field), loopback}; }

Provider provider_with(ProviderAuth auth,
                       std::vector<ProviderOrigin> origins = {fixed_origin("https://api.example.com")}) {
  Provider provider;
  provider.id = "acme.api";
  provider.auth = std::move(auth);
  provider.origins = std::move(origins);
  return provider;
}

ConnectionInfo connection_with(Value::Object fields = {}) {
  ConnectionInfo connection;
  connection.provider_id = "acme.api";
  connection.fields = Value(std::move(fields));
  return connection;
}

Result<BrokerRequest> check(const Value::Object& request,
                            const Provider& provider = provider_with(auth_of(AuthType::kBearer)),
                            const ConnectionInfo& connection = connection_with(), std::string_view field = "token") {
  return check_broker_request(provider, connection, field, Value(request));
}

Result<BrokerRequest> check_url(std::string_view url,
                                const Provider& provider = provider_with(auth_of(AuthType::kBearer)),
                                const ConnectionInfo& connection = connection_with()) {
  return check({{"url", url}}, provider, connection);
}

Result<BrokerRequest> check_header(const std::string& name, const std::string& value,
                                   const Provider& provider = provider_with(auth_of(AuthType::kBearer))) {
  return check({{"url", "https://api.example.com/"}, {"headers", Value(Value::Object{{name, value}})}}, provider);
}

std::string place_of(const Result<BrokerRequest>& result) {
  if (result.ok()) return "accepted";
  if (result.status().code() != Code::kInvalidRequest) return std::string(code_name(result.status().code()));
  return result.status().issues().empty() ? "no place" : result.status().issues().front().path;
}

// --- Origins ---------------------------------------------------------------------------------------------------------

TEST(BrokerPolicy, AllowsTheOriginsOfTheManifestAndOfTheFieldsThatItNames) {
  const Provider provider =
      provider_with(auth_of(AuthType::kBearer), {fixed_origin("https://api.example.com"), field_origin("baseUrl"),
                                                 field_origin("other"), field_origin("absent")});
  EXPECT_EQ(allowed_origins(provider, connection_with({{"baseUrl", "https://GIT.Example.com:8443/api/v4?x=1"},
                                                       {"other", "https://api.example.com:443/"}})),
            (std::vector<std::string>{"https://api.example.com", "https://git.example.com:8443"}));
}

TEST(BrokerPolicy, AllowsNothingForAFieldThatHoldsNoSafeUrl) {
  const Provider provider = provider_with(auth_of(AuthType::kBearer), {field_origin("baseUrl")});
  for (const char* url :
       {"", "example.com", "//example.com", "http://example.com", "ftp://example.com", "https://",
        "https://user@example.com", "https://exa\u006dple.com\\@evil.com", "https://m\u00fcnchen.example",
        "https://localhost", "http://localhost:3000", "http://127.0.0.1", "https://127.8.9.10", "https://[::1]",
        "https://[::ffff:127.0.0.1]", "https://0.0.0.0", "https://a.localhost"}) {
    EXPECT_TRUE(allowed_origins(provider, connection_with({{"baseUrl", url}})).empty()) << url;
  }
  EXPECT_TRUE(allowed_origins(provider, connection_with({{"baseUrl", 7}})).empty());
  EXPECT_TRUE(allowed_origins(provider, connection_with()).empty());
}

TEST(BrokerPolicy, AllowsThisMachineOnlyWhereTheProviderSaysSo) {
  const ConnectionInfo local = connection_with({{"baseUrl", "http://localhost:3000/x"}});
  const Provider from_field = provider_with(auth_of(AuthType::kBearer), {field_origin("baseUrl", true)});
  EXPECT_EQ(allowed_origins(from_field, local), std::vector<std::string>{"http://localhost:3000"});
  EXPECT_TRUE(check_url("http://localhost:3000/", from_field, local)->loopback);
  const Provider fixed = provider_with(auth_of(AuthType::kBearer), {fixed_origin("http://127.0.0.1:8080")});
  EXPECT_TRUE(check_url("http://127.0.0.1:8080/", fixed)->loopback);
  // A name that is not this machine's may not lead to it either.
  EXPECT_FALSE(check_url("https://api.example.com/")->loopback);
  // ... but may where a field may name it, and then under whatever name.
  const ConnectionInfo named = connection_with({{"baseUrl", "https://dev.example.com"}});
  EXPECT_TRUE(check_url("https://dev.example.com/", from_field, named)->loopback);
  // Unencrypted to elsewhere: never.
  EXPECT_TRUE(allowed_origins(from_field, connection_with({{"baseUrl", "http://example.com"}})).empty());
}

TEST(BrokerPolicy, SendsToTheAllowedOriginAlone) {
  for (const char* url : {"https://api.example.com", "https://API.EXAMPLE.COM/a", "https://api.example.com:443/",
                          "HTTPS://api.example.com?q"}) {
    EXPECT_EQ(place_of(check_url(url)), "accepted") << url;
  }
  for (const char* url : {"http://api.example.com/", "https://api.example.com:444/", "https://api.example.com:80/",
                          "https://example.com/", "https://xapi.example.com/", "https://api.example.com.evil.com/",
                          "https://evil.com/https://api.example.com/", "https://evil.com?https://api.example.com/",
                          "https://93.184.216.34/", "https://localhost/", "https://xn--pi-8ka.example.com/"}) {
    EXPECT_EQ(place_of(check_url(url)), "ORIGIN_NOT_ALLOWED") << url;
  }
  for (const char* url :
       {"https://api.example.com@evil.com/", "https://evil.com#@api.example.com/",
        "https://evil.com\\@api.example.com/", "//api.example.com/", "/path", "https:api.example.com/",
        "https:///api.example.com/", "https:\\\\api.example.com/", "https://api.example.com./",
        "https://api%2eexample.com/", "https://api.example.com\t/", "https://\u0430pi.example.com/",
        "https://user:pw@api.example.com/", "javascript:alert(1)", "https://api.example.com:0/",
        "https://api.example.com:/", "https://api.example.com/\r\nHost: evil.com", "https://api.example.com/ HTTP/1.1",
        "https://api_example.com/"}) {
    EXPECT_EQ(place_of(check_url(url)), "/url") << url;
  }
}

TEST(BrokerPolicy, RepeatsNothingOfARequestThatItRefuses) {
  const std::string canary = make_canary();
  for (const Value::Object& request : std::vector<Value::Object>{
           {{"url", "https://evil.example/" + canary}},
           {{"url", "https://api.example.com/#" + canary}},
           {{"url", "https://api.example.com/"}, {"headers", Value(Value::Object{{"x-a", canary + "\n"}})}},
           {{"url", "https://api.example.com/"}, {"headers", Value(Value::Object{{"cookie", canary}})}},
           {{"url", "https://api.example.com/"}, {"method", canary}},
           {{"url", "https://api.example.com/"},
            {"method", "POST"},
            {"body", canary + "!"},
            {"bodyEncoding", "base64"}}}) {
    const Result<BrokerRequest> result = check(request);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.status().message().find(canary), std::string::npos) << result.status().message();
    for (const Issue& issue : result.status().issues())
      EXPECT_EQ((issue.path + issue.message).find(canary), std::string::npos);
  }
}

TEST(BrokerPolicy, WritesTheUrlAsOtherParsersDo) {
  const Result<BrokerRequest> checked = check_url("HTTPS://API.example.com:443/a/../b/%2e%2E/c?it's=1&n='");
  ASSERT_TRUE(checked.ok()) << checked.status().message();
  EXPECT_EQ(checked->url.to_string(), "https://api.example.com/c?it%27s=1&n=%27");
}

TEST(BrokerPolicy, SendsOnlyTheCredentialOfTheProvider) {
  const Value::Object request{{"url", "https://api.example.com/"}};
  EXPECT_EQ(place_of(check(request, provider_with(auth_of(AuthType::kBearer)), connection_with(), "other")), "/handle");
  EXPECT_EQ(place_of(check(request, provider_with(auth_of(AuthType::kEnv, "TOKEN")))), "/handle");
  EXPECT_EQ(place_of(check(request, provider_with(auth_of(AuthType::kStdin)))), "/handle");
  Provider none = provider_with(auth_of(AuthType::kBearer));
  none.auth.reset();
  EXPECT_EQ(place_of(check(request, none)), "/handle");
}

// --- Methods, headers, bodies ----------------------------------------------------------------------------------------

TEST(BrokerPolicy, TakesTheMethodsOfTheContract) {
  EXPECT_EQ(check_url("https://api.example.com/")->method, "GET");
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(check({{"url", "https://api.example.com/"}, {"method", method}})->method, method);
  }
  for (const char* method : {"get", "CONNECT", "TRACE", "TRACK", "", "GET /x HTTP/1.1\r\n"}) {
    EXPECT_EQ(place_of(check({{"url", "https://api.example.com/"}, {"method", method}})), "/method") << method;
  }
}

TEST(BrokerPolicy, PassesOrdinaryHeadersOnInLowerCase) {
  const Result<BrokerRequest> checked =
      check({{"url", "https://api.example.com/"},
             {"headers",
              Value(Value::Object{{"Accept", "application/json"}, {"X-Trace", "caf\u00e9\t1"}, {"if-match", ""}})}});
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->headers, (std::vector<std::pair<std::string, std::string>>{
                                  {"accept", "application/json"}, {"x-trace", "caf\u00e9\t1"}, {"if-match", ""}}));
}

TEST(BrokerPolicy, RefusesHeadersThatCarryCredentialsOrBelongToTheConnection) {
  for (const char* name :
       {"Authorization", "authorization", "AUTHORIZATION", "Proxy-Authorization", "proxy-connection", "Cookie",
        "Cookie2", "Set-Cookie", "Host", "Origin", "Referer", "Connection", "Keep-Alive", "Content-Length",
        "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Expect", "Accept-Encoding", "Sec-Fetch-Site",
        "sec-websocket-key", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Original-URL",
        "X-Rewrite-URL", "X-HTTP-Method-Override", "Range", "If-Range", "Request-Range", "X-Forwarded",
        "X-Original-Method", "X-Cluster-Client-Ip", "Fastly-Client-IP", "HTTP2-Settings",
        "Access-Control-Request-Method",
        // What servers that make variables of headers take for one of them.
        "Content_Length", "transfer_encoding", "Proxy_Authorization", "X_Forwarded_Host", "accept.encoding"}) {
    EXPECT_EQ(place_of(check_header(name, "x")), "/headers/" + std::string(name)) << name;
  }
}

TEST(BrokerPolicy, RefusesTheHeaderOfTheProvidersOwnCredential) {
  const Provider provider = provider_with(auth_of(AuthType::kHeader, "X-Api-Key"));
  for (const char* name : {"X-Api-Key", "x-api-key", "X_API_KEY", "x.api.key"}) {
    EXPECT_EQ(place_of(check_header(name, "x", provider)), "/headers/" + std::string(name));
  }
  EXPECT_EQ(place_of(check_header("Authorization", "x", provider)), "/headers/Authorization");
  EXPECT_EQ(place_of(check_header("X-Api-Key", "x")), "accepted");
}

TEST(BrokerPolicy, RefusesValuesThatWouldBeginAnotherLine) {
  for (const std::string& value :
       {std::string("a\r\nAuthorization: x"), std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3),
        std::string("\x01"), std::string("\x7F"), std::string("\u0085"), std::string("\u010d\u010a"),
        std::string("\u20ac"), std::string("\U0001F511"), std::string("\xFF")}) {
    EXPECT_EQ(place_of(check_header("X-A", value)), "/headers/X-A") << value;
  }
}

TEST(BrokerPolicy, RefusesNamesThatAreNoneOrAreGivenTwice) {
  for (const char* name : {"", "a b", "a:", "a\r\nb", "a\nHost", "caf\u00e9", "(x)", "a\tb"}) {
    EXPECT_NE(place_of(check_header(name, "x")), "accepted") << name;
  }
  EXPECT_EQ(place_of(check({{"url", "https://api.example.com/"},
                            {"headers", Value(Value::Object{{"X-A", "1"}, {"x-b", "2"}, {"x-a", "3"}})}})),
            "/headers/x-a");
}

TEST(BrokerPolicy, RefusesTheQueryParameterOfTheProvidersOwnCredential) {
  const Provider provider = provider_with(auth_of(AuthType::kQuery, "api_key"));
  for (const char* query : {"api_key=x", "api_key", "api_key=", "a=1&api_key=x", "a;api_key=x", "API_KEY=x",
                            "api%5fkey=x", "api%5Fkey=x", "%61%70%69_key", "api_key[]=x", "api_key%5B0%5D=x",
                            "api.key=x", "api+key=x", "+api_key=x", "&&api_key=1&", "a=1&&api%5Fkey"}) {
    EXPECT_EQ(place_of(check_url("https://api.example.com/?" + std::string(query), provider)), "/url") << query;
  }
  for (const char* query : {"", "a=api_key", "api_keys=x", "xapi_key=x", "api=key", "%2561pi_key=x", "a=1&b=2"}) {
    EXPECT_EQ(place_of(check_url("https://api.example.com/?" + std::string(query), provider)), "accepted") << query;
  }
  EXPECT_EQ(place_of(check_url("https://api.example.com/?api_key=x")), "accepted");
}

TEST(BrokerPolicy, TakesABodyWhereOneBelongs) {
  const auto body = [](const char* method, const char* text, const char* encoding) {
    return place_of(
        check({{"url", "https://api.example.com/"}, {"method", method}, {"body", text}, {"bodyEncoding", encoding}}));
  };
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    EXPECT_EQ(body(method, "{}", "utf8"), "accepted");
  EXPECT_EQ(body("GET", "{}", "utf8"), "/body");
  EXPECT_EQ(body("HEAD", "", "utf8"), "/body");
  EXPECT_EQ(body("POST", "AAEC", "base64"), "accepted");
  EXPECT_EQ(body("POST", "", "base64"), "accepted");
  for (const char* text : {"AAE", "AA=E", "AAE\n", "AAE_", "AAF="})
    EXPECT_EQ(body("POST", text, "base64"), "/body") << text;
}

// --- Credentials -----------------------------------------------------------------------------------------------------

std::string credential_of(const ProviderAuth& auth, std::string_view username, std::string_view secret) {
  const Result<BrokerCredential> made = make_credential(auth, username, as_bytes(secret), *heap);
  if (!made.ok()) return std::string(code_name(made.status().code()));
  return (made->header.empty() ? "?" : made->header + ": ") + std::string(as_text(made->value.view()));
}

TEST(BrokerPolicy, MakesTheCredentialThatTheProviderDeclares) {
  EXPECT_EQ(credential_of(auth_of(AuthType::kBearer), "", "s3cret"), "authorization: Bearer s3cret");
  EXPECT_EQ(credential_of(auth_of(AuthType::kHeader, "X-Api-Key"), "", "s3cret"), "x-api-key: s3cret");
  // RFC 7617, sections 2 and 2.1.
  EXPECT_EQ(credential_of(auth_of(AuthType::kBasic), "Aladdin", "open sesame"),
            "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(credential_of(auth_of(AuthType::kBasic), "test", "123\u00a3"), "authorization: Basic dGVzdDoxMjPCow==");
  EXPECT_EQ(credential_of(auth_of(AuthType::kBasic), "", "a:b"), "authorization: Basic OmE6Yg==");
  EXPECT_EQ(credential_of(auth_of(AuthType::kQuery, "api key"), "", "a&b=c +%/\u20ac\n"),
            "?api%20key=a%26b%3Dc%20%2B%25%2F%E2%82%AC%0A");
  EXPECT_EQ(credential_of(auth_of(AuthType::kQuery, "k"), "", "AZaz09-._~"), "?k=AZaz09-._~");
}

TEST(BrokerPolicy, SendsAHeaderInIso88591) {
  EXPECT_EQ(credential_of(auth_of(AuthType::kBearer), "", "caf\u00e9"), "authorization: Bearer caf\xE9");
  EXPECT_EQ(credential_of(auth_of(AuthType::kHeader, "x-key"), "", "\u00ffx y"), "x-key: \xFFx y");
}

TEST(BrokerPolicy, MakesNoCredentialThatWouldBeReadAsAnother) {
  const ProviderAuth bearer = auth_of(AuthType::kBearer);
  const ProviderAuth header = auth_of(AuthType::kHeader, "x-key");
  const ProviderAuth basic = auth_of(AuthType::kBasic);
  for (const std::string& secret :
       {std::string("a\r\nHost: evil"), std::string("a\n"), std::string("\ra"), std::string("a\0", 2),
        std::string("a\tb"), std::string("a\x7F"), std::string("\u0085"), std::string("\xFF"), std::string()}) {
    for (const ProviderAuth& auth : {bearer, header, basic}) {
      EXPECT_EQ(credential_of(auth, "", secret), "INVALID_REQUEST") << auth_type_name(auth.type) << " " << secret;
    }
  }
  for (const char* secret : {"\u0100", "\u20ac", "\U0001F511", " a", "a "}) {
    EXPECT_EQ(credential_of(bearer, "", secret), "INVALID_REQUEST") << secret;
    EXPECT_EQ(credential_of(header, "", secret), "INVALID_REQUEST") << secret;
    EXPECT_NE(credential_of(basic, "", secret), "INVALID_REQUEST") << secret;
    EXPECT_NE(credential_of(auth_of(AuthType::kQuery, "k"), "", secret), "INVALID_REQUEST") << secret;
  }
  for (const char* username : {"a:b", ":", "a\n", "a\u0085", "\xFF"}) {
    EXPECT_EQ(credential_of(basic, username, "s3cret"), "INVALID_REQUEST") << username;
  }
  EXPECT_EQ(credential_of(auth_of(AuthType::kEnv, "TOKEN"), "", "s3cret"), "INVALID_REQUEST");
  EXPECT_EQ(credential_of(auth_of(AuthType::kStdin), "", "s3cret"), "INVALID_REQUEST");
}

TEST(BrokerPolicy, MakesCredentialsInSecureMemoryAloneAndNamesNoSecret) {
  const std::string canary = make_canary();
  const auto full = SecureHeap::create(1);
  for (const AuthType type : {AuthType::kBearer, AuthType::kBasic, AuthType::kHeader, AuthType::kQuery}) {
    const Status status = make_credential(auth_of(type, "k"), "", as_bytes(canary), *full).status();
    EXPECT_EQ(status.code(), Code::kLimitExceeded);
    EXPECT_EQ(status.message().find(canary), std::string::npos);
    const std::string broken = canary + "\n";
    if (type == AuthType::kQuery) continue;
    EXPECT_EQ(make_credential(auth_of(type, "k"), "", as_bytes(broken), *heap).status().message().find(canary),
              std::string::npos);
  }
}

// --- Headers of a response -------------------------------------------------------------------------------------------

std::string headers_of(const std::vector<std::pair<std::string, std::string>>& raw,
                       std::string_view secret = "s3cret-value") {
  return to_json(response_headers(raw, Redactor::create(as_bytes(secret), {}, *heap).value()));
}

TEST(BrokerPolicy, ShowsHeadersInLowerCaseAndJoined) {
  EXPECT_EQ(headers_of({{"Content-Type", "text/plain"}, {"Link", "<a>"}, {"X-Empty", ""}, {"LINK", "<b>"}}),
            R"({"content-type":"text/plain","link":"<a>, <b>","x-empty":""})");
}

TEST(BrokerPolicy, HidesCookiesChallengesProxiesAndTheHop) {
  EXPECT_EQ(headers_of({{"Set-Cookie", "a"},
                        {"set-cookie2", "a"},
                        {"WWW-Authenticate", "Basic"},
                        {"Authentication-Info", "x"},
                        {"Proxy-Authenticate", "x"},
                        {"Proxy-Anything", "x"},
                        {"Authorization", "x"},
                        {"Connection", "close, X-Hop ,x-other"},
                        {"X-Hop", "1"},
                        {"x-OTHER", "2"},
                        {"Keep-Alive", "x"},
                        {"TE", "x"},
                        {"Trailer", "x"},
                        {"Transfer-Encoding", "chunked"},
                        {"Upgrade", "h2c"},
                        {"ETag", "\"1\""}}),
            R"({"etag":"\"1\""})");
}

TEST(BrokerPolicy, HidesEchoesInHeaders) {
  const std::string secret = make_canary();
  EXPECT_EQ(
      headers_of({{"X-Echo", "got " + secret}, {"X-Hex", to_hex(as_bytes(secret))}, {"X-" + secret, "1"}}, secret),
      R"({"x-echo":"got [redacted]","x-hex":"[redacted]"})");
  // Bytes of UTF-8 come as characters of their own; those of ISO 8859-1 as they are.
  EXPECT_EQ(
      headers_of({{"X-Utf8", "caf\u00c3\u00a9-1234."}, {"X-Latin1", "caf\u00e9-1234."}, {"X-Other", "\u00e9 \u20ac"}},
                 "caf\u00e9-1234"),
      "{\"x-utf8\":\"[redacted].\",\"x-latin1\":\"[redacted].\",\"x-other\":\"\u00e9 \u20ac\"}");
}

TEST(BrokerPolicy, HidesAShortSecretInHeadersToo) {
  EXPECT_EQ(headers_of({{"X-Latin1", "<\u00e91>"}, {"X-Utf8", "<\u00c3\u00a91>"}}, "\u00e91"),
            R"({"x-latin1":"<[redacted]>","x-utf8":"<[redacted]>"})");
}

TEST(BrokerPolicy, CutsAfterRedactingAndOmitsUnusualNames) {
  const std::string secret = make_canary();
  const Redactor redactor = Redactor::create(as_bytes(secret), {}, *heap).value();
  const std::string fill(3990, 'x');
  const Value shown = response_headers(
      {{"X-Long", fill + "\u00e9" + secret + "tail"}, {"X-Wide", std::string(3999, 'x') + "\u00e9\u00e9"}}, redactor);
  EXPECT_EQ(shown.find("x-long")->as_string(), fill + "\u00e9[redacted");
  EXPECT_EQ(shown.find("x-wide")->as_string(), std::string(3999, 'x') + "\u00e9");
  EXPECT_EQ(headers_of({{"__proto__", "1"}, {"_x", "1"}, {"", "1"}, {"a b", "1"}, {std::string(101, 'a'), "1"}}), "{}");
  std::vector<std::pair<std::string, std::string>> many;
  for (int i = 0; i < 300; ++i) many.emplace_back("x-" + std::to_string(i), "1");
  EXPECT_EQ(response_headers(many, redactor).as_object().size(), 200U);
}

}  // namespace
}  // namespace strongroom
