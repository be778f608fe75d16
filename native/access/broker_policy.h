// What the broker may send, and what it may let through of the answer. Pure functions: no database, no network.
#ifndef STRONGROOM_ACCESS_BROKER_POLICY_H_
#define STRONGROOM_ACCESS_BROKER_POLICY_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure_heap.h"
#include "base/value.h"
#include "connections/connection.h"
#include "connections/http_url.h"
#include "connections/provider.h"

namespace strongroom {

/// A request without its credential, checked.
struct BrokerRequest {
  HttpUrl url;
  std::string method;                                        // upper case
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  bool loopback = false;                                     // whether the address may be one of this machine
};

/// The origins where a secret of `connection` may go at present. A field that holds no URL, or a loopback one that the
/// provider did not ask for, gives none.
std::vector<std::string> allowed_origins(const Provider& provider, const ConnectionInfo& connection);

/// Checks the payload of broker.fetch against provider and connection.
///   ORIGIN_NOT_ALLOWED  the URL's origin (scheme, host and port) is not among allowed_origins, or is this machine and
///                       the provider does not say so
///   INVALID_REQUEST     the URL is none that is accepted; a header that carries a credential, names where the request
///                       goes or how it is framed (authorization, proxy-*, cookie, host, origin, referer, connection,
///                       content-length, transfer-encoding, upgrade, te, trailer, expect, accept-encoding, sec-*, the
///                       header of the provider's own auth, and so on), a name that is given twice in different case, a
///                       value with CR, LF, NUL or outside ISO 8859-1; the query parameter of the provider's own auth; the
///                       provider has no auth that goes over HTTP, or another secret field than the handle's
Result<BrokerRequest> check_broker_request(const Provider& provider, const ConnectionInfo& connection,
                                           std::string_view field, const Value& request);

/// The credential of a request, as it will be sent: a header (name, value) or a query parameter (the percent-encoded
/// "name=value"). In secure memory.
struct BrokerCredential {
  std::string header;  // lower case; empty for a query parameter
  SecureBuffer value;
};

/// INVALID_REQUEST if the secret cannot stand in a header (a control character, or text outside of ISO 8859-1 for the
/// types other than basic and query). LIMIT_EXCEEDED without secure memory. `username` is for basic.
Result<BrokerCredential> make_credential(const ProviderAuth& auth, std::string_view username, ByteView secret,
                                         SecureHeap& heap);

/// Replaces every echo of a secret: as it stands (UTF-8, UTF-16 in both orders), percent-encoded, JSON- and HTML-escaped,
/// in base64 and base64url at each of the three alignments, in hexadecimal, and the credential made of it. Keeps the spellings
/// in secure memory. Spellings other than the plain one are looked for from 4 bytes on.
class Redactor {
 public:
  static Result<Redactor> create(ByteView secret, ByteView credential, SecureHeap& heap);

  /// `bytes` with each echo replaced by "[redacted]", and whether there was one.
  std::pair<Bytes, bool> redact(ByteView bytes) const;
  std::string redact(std::string_view text) const;

 private:
  std::vector<std::shared_ptr<const SecureBuffer>> needles_;  // longest first
};

/// The headers of a response that an extension may see: lower-case names; no set-cookie, no authentication challenges'
/// or proxies' headers, none of this hop (RFC 9110, section 7.6.1); values joined by ", " and cut to 4000 code points,
/// redacted. Takes pairs as they came.
Value response_headers(const std::vector<std::pair<std::string, std::string>>& raw, const Redactor& redactor);

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_BROKER_POLICY_H_
