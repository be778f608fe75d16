// Takes the echoes of a secret out of what a service answered.
//
// Instead of looking for a list of spellings, the text is read as each of the usual encodings and the secret is looked
// for in what they say. So it does not matter which characters a service escapes, how, in which case it writes its
// digits, or where in a longer base64 text the secret begins.
//
// What this is not: a defence against a service that hides the secret on purpose. It was sent the secret.
#ifndef STRONGROOM_ACCESS_REDACTOR_H_
#define STRONGROOM_ACCESS_REDACTOR_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure_heap.h"

namespace strongroom {

/// Finds a secret and the credential made of it, and replaces them:
///   as they stand         UTF-8, UTF-16 in both orders, ISO 8859-1
///   escaped               percent escapes (also %uXXXX, and "+" for a space), backslash escapes of JSON and
///                         JavaScript, character references of HTML; any character of it or none, two deep
///   in another alphabet   hexadecimal; base64 and base64url at each alignment, also broken into lines; as it stands or
///                         escaped. What goes are whole digits: those which a neighbour shares too.
/// A secret of fewer than 4 bytes is looked for in UTF-8 alone, as it stands: in another alphabet it would be anywhere.
/// The credential is looked for without its scheme ("Basic "), and only where the secret does not stand in it as it is.
///
/// Time is linear in the text, for each of the encodings that it has traces of. A value type; any thread.
class Redactor {
 public:
  /// LIMIT_EXCEEDED without secure memory. An empty secret or credential is one that is not looked for.
  static Result<Redactor> create(ByteView secret, ByteView credential, SecureHeap& heap);

  /// `bytes` with each echo (several that overlap or touch count as one) replaced by "[redacted]", and whether there
  /// was one. Well-formed UTF-8 stays so.
  std::pair<Bytes, bool> redact(ByteView bytes) const;
  std::string redact(std::string_view text) const;

  /// One form of what is looked for.
  struct Needle {
    std::shared_ptr<const SecureBuffer> bytes;  // not empty
    bool encoded = true;                        // whether it is looked for in encodings too
  };

 private:
  Status add(Result<SecureBuffer> bytes, bool encoded);

  std::vector<Needle> needles_;
  bool has_space_ = false;  // in one of them
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_REDACTOR_H_
