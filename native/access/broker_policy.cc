#include "access/broker_policy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/unicode.h"

namespace strongroom {
namespace {

constexpr std::size_t kMaxHeaders = 200;       // of a response
constexpr std::size_t kMaxHeaderName = 100;    // characters, of a response
constexpr std::size_t kMaxHeaderValue = 4000;  // code points, of a response

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
/// A character of a token (RFC 9110, section 5.6.2).
bool is_token(char c) {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

/// A header's name as CGI, WSGI, PHP and their like tell it from others: they make a variable of it.
std::string canonical_header(std::string_view name) {
  std::string out = lower(name);
  std::ranges::replace_if(
      out, [](char c) { return !is_alphanumeric(c); }, '-');
  return out;
}

/// Headers that no caller may set: they carry credentials, say where a request goes or comes from, which method it
/// really has, or how it is framed.
bool is_reserved_header(std::string_view canonical) {
  static constexpr std::array<std::string_view, 49> kReserved{
      // Credentials.
      "authorization", "cookie", "cookie2", "set-cookie", "set-cookie2", "www-authenticate", "authentication-info",
      "authentication-control",
      // Where it goes, and where it comes from.
      "host", "origin", "referer", "forwarded", "via", "alt-used", "x-host", "x-original-host", "x-original-url",
      "x-rewrite-url", "x-forwarded", "x-real-ip", "true-client-ip", "client-ip", "x-client-ip", "x-cluster-client-ip",
      "fastly-client-ip", "dnt", "date",

      // Parts of an answer: an echo in two parts would not be found. Apache takes "Request-Range" for "Range".
      "range", "if-range", "request-range",
      // Which method it has.
      "x-http-method", "x-http-method-override", "x-method-override", "x-original-method",
      // How it is framed.
      "connection", "keep-alive", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "trailers",
      "expect", "accept-encoding", "accept-charset", "http2-settings", "max-forwards", "early-data",
      "content-transfer-encoding"};
  static constexpr std::array<std::string_view, 5> kPrefixes{"proxy-", "sec-", "x-forwarded-", "cf-connecting-",
                                                             "access-control-request-"};
  return std::ranges::find(kReserved, canonical) != kReserved.end() ||
         std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return canonical.starts_with(prefix); });
}

/// Calls `take` with each code point of well-formed UTF-8 until it says no; whether it never did.
template <class Take>
bool every_code_point(std::string_view text, const Take& take) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[at]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) point = point << 6 | (static_cast<std::uint8_t>(text[at + i]) & 0x3FU);
    if (!take(point)) return false;
    at += size;
  }
  return true;
}

bool is_control(std::uint32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

/// Whether `value` can be the value of a header: a visible text of ISO 8859-1.
bool is_header_value(std::string_view value) {
  return count_code_points(value) && every_code_point(value, [](std::uint32_t point) {
           return point <= 0xFF && (point == '\t' || !is_control(point));
         });
}

const std::string* string_member(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value != nullptr && value->is(Value::Kind::kString) ? &value->as_string() : nullptr;
}

struct AllowedOrigin {
  std::string origin;
  bool loopback = false;
};

/// The origin of a URL, if a secret may go there: over TLS, or to this machine where the provider says so.
std::optional<AllowedOrigin> allowed_origin(std::string_view url, bool loopback) {
  const Result<HttpUrl> parsed = parse_http_url(url, "");
  if (!parsed.ok()) return std::nullopt;
  const bool local = parsed->is_loopback();
  if (local ? !loopback : !parsed->https) return std::nullopt;
  return AllowedOrigin{parsed->origin(), loopback};
}

std::vector<AllowedOrigin> all_allowed(const Provider& provider, const ConnectionInfo& connection) {
  std::vector<AllowedOrigin> out;
  for (const ProviderOrigin& declared : provider.origins) {
    std::optional<AllowedOrigin> allowed;
    if (declared.from_field.empty()) {
      // One that names this machine says by itself that it is meant.
      allowed = allowed_origin(declared.origin, true);
      if (allowed) allowed->loopback = parse_http_url(declared.origin, "")->is_loopback();
    } else if (const std::string* url = string_member(connection.fields, declared.from_field)) {
      allowed = allowed_origin(*url, declared.loopback);
    }
    if (!allowed) continue;
    const auto same = std::ranges::find(out, allowed->origin, &AllowedOrigin::origin);
    if (same == out.end()) {
      out.push_back(*std::move(allowed));
    } else {
      same->loopback = same->loopback || allowed->loopback;
    }
  }
  return out;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/// A name of a query as servers read it.
std::string unescape_form(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 && hex_value(text[at + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[at + 1]) << 4 | hex_value(text[at + 2]));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

/// Whether `query` gives the parameter already, as any usual server would read it: in another case, between semicolons,
/// as an array, with the signs that PHP turns into "_".
bool has_parameter(std::string_view query, std::string_view name) {
  const auto simplified = [](std::string_view text) {
    std::string out = lower(text.substr(0, text.find('[')));
    out.erase(0, out.find_first_not_of(' '));
    out.resize(out.find_last_not_of(' ') + 1);
    std::ranges::replace_if(
        out, [](char c) { return c == ' ' || c == '.'; }, '_');
    return out;
  };
  const std::string wanted = simplified(name);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view part = query.substr(0, end);
    const std::string given = unescape_form(part.substr(0, part.find('=')));
    if (given == name || simplified(given) == wanted) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

/// WHATWG writes them so in a query: the host language's parser is to find nothing to change in the URL.
void escape_apostrophes(std::string& query) {
  for (std::size_t at = query.find('\''); at != std::string::npos; at = query.find('\'', at))
    query.replace(at, 1, "%27");
}

Status refused(std::string_view path, std::string code, std::string message) {
  return Status::invalid({{std::string(path), std::move(code), std::move(message)}});
}

bool is_http(AuthType type) {
  return type == AuthType::kBearer || type == AuthType::kBasic || type == AuthType::kHeader || type == AuthType::kQuery;
}

Result<std::vector<std::pair<std::string, std::string>>> check_headers(const ProviderAuth& auth, const Value& request) {
  std::vector<std::pair<std::string, std::string>> out;
  const Value* headers = request.find("headers");
  if (headers == nullptr) return out;
  const std::string own = auth.type == AuthType::kHeader ? canonical_header(auth.name) : std::string();
  std::set<std::string> seen;
  std::vector<Issue> issues;
  for (const auto& [given, value] : headers->as_object()) {
    const std::string place = pointer_child("/headers", given);
    std::string name = lower(given);
    const std::string canonical = canonical_header(given);
    if (given.empty() || !std::ranges::all_of(given, is_token)) {
      issues.push_back({place, "header", "is not the name of a header"});
    } else if (canonical == own || is_reserved_header(canonical)) {
      issues.push_back({place, "header", "may not be set: the broker or the connection decides about it"});
    } else if (!seen.insert(name).second) {
      issues.push_back({place, "header", "is given twice"});
    } else if (!value.is(Value::Kind::kString) || !is_header_value(value.as_string())) {
      issues.push_back({place, "header", "has a line break, another control character, or one outside of ISO 8859-1"});
    } else {
      out.emplace_back(std::move(name), value.as_string());
    }
  }
  if (!issues.empty()) return Status::invalid(std::move(issues));
  return out;
}

Status check_body(const std::string& method, const Value& request) {
  const std::string* body = string_member(request, "body");
  if (body == nullptr) return Status();
  // Servers disagree about where such a request ends.
  if (method == "GET" || method == "HEAD") return refused("/body", "body", "cannot go with " + method);
  const std::string* encoding = string_member(request, "bodyEncoding");
  if (encoding == nullptr || *encoding != "base64") return Status();
  Bytes decoded(base64_decoded_max(body->size()));
  if (!decode_base64(*body, decoded)) return refused("/body", "base64", "is not base64");
  return Status();
}

bool is_unreserved(std::uint8_t byte) {
  const char c = static_cast<char>(byte);
  return is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos;
}

Result<BrokerCredential> query_credential(std::string_view name, ByteView secret, SecureHeap& heap) {
  const auto encoded_size = [](ByteView bytes) {
    std::size_t size = 0;
    for (const std::uint8_t byte : bytes) size += is_unreserved(byte) ? 1 : 3;
    return size;
  };
  BrokerCredential credential;
  SR_ASSIGN_OR_RETURN(credential.value, heap.allocate(encoded_size(as_bytes(name)) + 1 + encoded_size(secret)));
  std::size_t at = 0;
  const auto put = [&](char c) { credential.value.bytes()[at++] = static_cast<std::uint8_t>(c); };
  const auto put_encoded = [&](ByteView bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (const std::uint8_t byte : bytes) {
      if (is_unreserved(byte)) {
        put(static_cast<char>(byte));
      } else {
        put('%');
        put(kDigits[byte >> 4]);
        put(kDigits[byte & 15]);
      }
    }
  };
  put_encoded(as_bytes(name));
  put('=');
  put_encoded(secret);
  return credential;
}

Result<BrokerCredential> basic_credential(std::string_view username, ByteView secret, SecureHeap& heap) {
  if (username.find(':') != std::string_view::npos) {
    return Status(Code::kInvalidRequest,
                  "a user name with a colon cannot be sent: everything behind it would count as the password");
  }
  const auto clean = [](std::string_view text) {
    return count_code_points(text) && every_code_point(text, [](std::uint32_t point) { return !is_control(point); });
  };
  if (!clean(username))
    return Status(Code::kInvalidRequest, "the user name has a control character, such as a line break");
  if (!clean(as_text(secret)))
    return Status(Code::kInvalidRequest, "the secret has a control character, such as a line break");
  constexpr std::string_view kScheme = "Basic ";
  SR_ASSIGN_OR_RETURN(SecureBuffer pair, heap.allocate(username.size() + 1 + secret.size()));
  std::ranges::copy(as_bytes(username), pair.bytes().begin());
  pair.bytes()[username.size()] = ':';
  std::ranges::copy(secret, pair.bytes().subspan(username.size() + 1).begin());
  BrokerCredential credential{"authorization", {}};
  SR_ASSIGN_OR_RETURN(credential.value, heap.allocate(kScheme.size() + base64_encoded_size(pair.size())));
  std::ranges::copy(as_bytes(kScheme), credential.value.bytes().begin());
  const MutableBytes encoded = credential.value.bytes().subspan(kScheme.size());
  encode_base64(pair.view(), {reinterpret_cast<char*>(encoded.data()), encoded.size()});
  return credential;
}

Result<BrokerCredential> header_credential(std::string name, std::string_view scheme, ByteView secret,
                                           SecureHeap& heap) {
  const std::string_view text = as_text(secret);
  if (!count_code_points(text)) return Status(Code::kInvalidRequest, "the secret is not Unicode text");
  std::size_t size = 0;
  bool control = false;
  const bool fits = every_code_point(text, [&](std::uint32_t point) {
    ++size;
    control = control || is_control(point);
    return point <= 0xFF;
  });
  if (control) return Status(Code::kInvalidRequest, "the secret has a control character, such as a line break");
  if (!fits) return Status(Code::kInvalidRequest, "the secret has a character that no header can carry");
  if (text.front() == ' ' || text.back() == ' ') {
    return Status(Code::kInvalidRequest, "the secret begins or ends with a space, which a header would lose");
  }
  BrokerCredential credential{std::move(name), {}};
  SR_ASSIGN_OR_RETURN(credential.value, heap.allocate(scheme.size() + size));
  std::ranges::copy(as_bytes(scheme), credential.value.bytes().begin());
  std::size_t at = scheme.size();
  every_code_point(text, [&](std::uint32_t point) {
    credential.value.bytes()[at++] = static_cast<std::uint8_t>(point);
    return true;
  });
  return credential;
}

// --- Responses -------------------------------------------------------------------------------------------------------

bool is_hidden_header(std::string_view name) {
  static constexpr std::array<std::string_view, 18> kHidden{"set-cookie",
                                                            "set-cookie2",
                                                            "cookie",
                                                            "cookie2",
                                                            "authorization",
                                                            "www-authenticate",
                                                            "authentication-info",
                                                            "authentication-control",
                                                            "proxy-authenticate",
                                                            "connection",
                                                            "keep-alive",
                                                            "te",
                                                            "trailer",
                                                            "trailers",
                                                            "transfer-encoding",
                                                            "upgrade",
                                                            "http2-settings",
                                                            "clear-site-data"};
  return std::ranges::find(kHidden, name) != kHidden.end() || name.starts_with("proxy-");
}

/// headerName of the contract.
bool is_usual_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxHeaderName && is_alphanumeric(name.front()) &&
         std::ranges::all_of(name, is_token);
}

/// `text` as the bytes that its code points name, redacted, and as text again; text with others is redacted as it is.
/// A service writes what it repeats in bytes, in UTF-8 as a rule, and Node.js reads each as a character.
std::string redact_header(std::string_view text, const Redactor& redactor) {
  if (!count_code_points(text)) return {};
  Bytes bytes;
  const bool latin1 = every_code_point(text, [&](std::uint32_t point) {
    bytes.push_back(static_cast<std::uint8_t>(point));
    return point <= 0xFF;
  });
  if (!latin1) return redactor.redact(text);
  std::string out;
  for (const std::uint8_t byte : redactor.redact(bytes).first) {
    if (byte < 0x80) {
      out += static_cast<char>(byte);
    } else {
      out += static_cast<char>(0xC0U | byte >> 6);
      out += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return redactor.redact(out);
}

}  // namespace

std::vector<std::string> allowed_origins(const Provider& provider, const ConnectionInfo& connection) {
  std::vector<std::string> out;
  for (AllowedOrigin& allowed : all_allowed(provider, connection)) out.push_back(std::move(allowed.origin));
  return out;
}

Result<BrokerRequest> check_broker_request(const Provider& provider, const ConnectionInfo& connection,
                                           std::string_view field, const Value& request) {
  if (!provider.auth || !is_http(provider.auth->type)) {
    return refused("/handle", "auth", "is for a secret that its provider does not send over HTTP");
  }
  const ProviderAuth& auth = *provider.auth;
  if (auth.field != field) return refused("/handle", "auth", "is for a secret that is not the provider's credential");
  const std::string* url = string_member(request, "url");
  if (url == nullptr) return refused("/url", "required", "is missing");

  BrokerRequest out;
  SR_ASSIGN_OR_RETURN(out.url, parse_http_url(*url, "/url"));
  const std::vector<AllowedOrigin> allowed = all_allowed(provider, connection);
  const auto origin = std::ranges::find(allowed, out.url.origin(), &AllowedOrigin::origin);
  if (origin == allowed.end()) {
    return Status(Code::kOriginNotAllowed, "the provider of this connection does not allow requests to this origin");
  }
  out.loopback = origin->loopback;
  if (auth.type == AuthType::kQuery && out.url.query && has_parameter(*out.url.query, auth.name)) {
    return refused("/url", "query", "has the parameter that carries the credential");
  }

  static constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  if (out.url.query) escape_apostrophes(*out.url.query);

  const std::string* method = string_member(request, "method");
  out.method = method == nullptr ? "GET" : *method;
  if (std::ranges::find(kMethods, out.method) == kMethods.end()) {
    return refused("/method", "enum", "is not a method that is sent");
  }
  SR_ASSIGN_OR_RETURN(out.headers, check_headers(auth, request));
  SR_RETURN_IF_ERROR(check_body(out.method, request));
  return out;
}

Result<BrokerCredential> make_credential(const ProviderAuth& auth, std::string_view username, ByteView secret,
                                         SecureHeap& heap) {
  if (secret.empty()) return Status(Code::kInvalidRequest, "the secret is empty");
  switch (auth.type) {
    case AuthType::kBearer: return header_credential("authorization", "Bearer ", secret, heap);
    case AuthType::kBasic: return basic_credential(username, secret, heap);
    case AuthType::kHeader: return header_credential(lower(auth.name), "", secret, heap);
    case AuthType::kQuery: return query_credential(auth.name, secret, heap);
    case AuthType::kEnv:
    case AuthType::kStdin: break;
  }
  return Status(Code::kInvalidRequest, "the provider of this connection does not send its secret over HTTP");
}

Value response_headers(const std::vector<std::pair<std::string, std::string>>& raw, const Redactor& redactor) {
  // What "connection" names belongs to this hop as well.
  std::set<std::string> hidden;
  for (const auto& [given, value] : raw) {
    if (lower(given) != "connection") continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      std::string name = lower(rest.substr(0, end));
      std::erase_if(name, [](char c) { return c == ' ' || c == '\t'; });
      hidden.insert(std::move(name));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::vector<std::pair<std::string, std::string>> joined;
  for (const auto& [given, value] : raw) {
    std::string name = lower(given);
    if (!is_usual_name(name) || is_hidden_header(name) || hidden.contains(name)) continue;
    if (redactor.redact(given) != given || redactor.redact(name) != name) continue;
    const auto same = std::ranges::find(joined, name, &std::pair<std::string, std::string>::first);
    if (same != joined.end()) {
      same->second += ", " + value;
    } else if (joined.size() < kMaxHeaders) {
      joined.emplace_back(std::move(name), value);
    }
  }
  Value::Object out;
  for (const auto& [name, value] : joined) {
    out.emplace_back(name, first_code_points(redact_header(value, redactor), kMaxHeaderValue));
  }
  return Value(std::move(out));
}

}  // namespace strongroom
