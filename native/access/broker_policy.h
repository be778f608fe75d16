// What the broker may send, and what it may let through of the answer. Pure functions: no database, no network.
#ifndef STRONGROOM_ACCESS_BROKER_POLICY_H_
#define STRONGROOM_ACCESS_BROKER_POLICY_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/redactor.h"
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

/// The origins where a secret of `connection` may go at present, in the order of the manifest. A field that holds no
/// URL, one of http:// that is not this machine, or one of this machine that the provider did not ask for, gives none.
std::vector<std::string> allowed_origins(const Provider& provider, const ConnectionInfo& connection);

/// Checks the payload of broker.fetch (it fits the contract) against provider and connection.
///   ORIGIN_NOT_ALLOWED  the URL's origin (scheme, host and port) is not among allowed_origins
///   INVALID_REQUEST     the URL is none that is accepted; a header that carries a credential, names where the request
///                       goes or how it is framed (authorization, proxy-*, cookie, host, origin, referer, connection,
///                       content-length, transfer-encoding, upgrade, te, trailer, expect, accept-encoding, sec-*, the
///                       header of the provider's own auth, and so on; "_" and other signs count as "-", as servers
///                       that make variables of headers see them); a name that is given twice in different case, a
///                       value with a control character (a tab is none) or outside ISO 8859-1; the query parameter of
///                       the provider's own auth in any case, escaped, or as "name[]"; a body with GET or HEAD, or in
///                       base64 that is none; the provider has no auth that goes over HTTP, or another secret field
///                       than the handle's
/// Issues and messages name places, and repeat no value of the request. The URL is one in which `new URL(url).href`
/// finds nothing to change.
Result<BrokerRequest> check_broker_request(const Provider& provider, const ConnectionInfo& connection,
                                           std::string_view field, const Value& request);

/// The credential of a request, as it will be sent: the value of a header, in ISO 8859-1, or a query parameter (the
/// percent-encoded "name=value"). In secure memory.
struct BrokerCredential {
  std::string header;  // lower case; empty for a query parameter
  SecureBuffer value;
};

/// INVALID_REQUEST for an empty secret, and for one that cannot stand in a header: one with a control character, with a
/// space at either end, or outside ISO 8859-1 (basic sends UTF-8, RFC 7617, and takes spaces); a query parameter
/// carries any. INVALID_REQUEST too for a user name with a colon, which would end it, or a control character, and for
/// an auth that does not go over HTTP. LIMIT_EXCEEDED without secure memory.
Result<BrokerCredential> make_credential(const ProviderAuth& auth, std::string_view username, ByteView secret,
                                         SecureHeap& heap);

/// The headers of a response that an extension may see: lower-case names; no set-cookie, no authentication challenges'
/// or proxies' headers, none of this hop (RFC 9110, section 7.6.1); values joined by ", ", redacted, and cut to 4000
/// code points. At most 200; a name that is unusual (the contract's headerName), or repeats the secret, is left out.
/// Takes pairs as they came, each byte of a value as a code point (ISO 8859-1), as Node.js gives them.
Value response_headers(const std::vector<std::pair<std::string, std::string>>& raw, const Redactor& redactor);

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_BROKER_POLICY_H_
