// Errors as values. Every function that can fail returns a Status or a Result<T>; nothing in the core throws
// across an interface. A Status carries one of the stable codes that users program against (README, "Error
// codes"), a message a person can act on and, for refused input, the places that were wrong.
//
// A message never contains a secret: callers build it from names, sizes and codes alone.
#ifndef STRONGROOM_BASE_RESULT_H_
#define STRONGROOM_BASE_RESULT_H_

#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strongroom {

/// The stable error codes. `code_name` gives the text that crosses the API.
enum class Code : std::uint8_t {
  kOk,
  kInvalidRequest,
  kInvalidSchema,
  kUnknownChannel,
  kForbidden,
  kNotFound,
  kAlreadyExists,
  kConflict,
  kLimitExceeded,
  kConsentDenied,
  kConsentTimeout,
  kHandleInvalid,
  kOriginNotAllowed,
  kKeyringUnavailable,
  kKeyringLocked,
  kKeyMissing,
  kInsecurePermissions,
  kCorrupt,
  kNewerSchema,
  kAuditUnavailable,
  kStoreReadOnly,
  kStoreFull,
  kBusy,
  kClosed,
  kTimeout,
  kCancelled,
  kInternal,
};

/// "INVALID_REQUEST" and so on; "OK" for kOk. The text lives as long as the program.
std::string_view code_name(Code code);
/// The inverse, without "OK"; nothing for any other text.
std::optional<Code> parse_code(std::string_view name);

/// One refused place of an input. `path` is a JSON Pointer (RFC 6901), "" for the whole input; `code` is a short
/// stable word such as "required", "type" or "pattern_too_costly"; `message` is for a person.
struct Issue {
  std::string path;
  std::string code;
  std::string message;
};

/// Success, or a coded failure. Cheap to copy when it is a success.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  static Status invalid(std::vector<Issue> issues);

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<Issue>& issues() const { return issues_; }

  /// A machine-readable word for the cause where one code covers several, e.g. "no-session-bus" and
  /// "no-secret-service" under KEYRING_UNAVAILABLE; empty otherwise.
  const std::string& detail() const { return detail_; }

  Status with_detail(std::string detail) &&;
  Status with_issues(std::vector<Issue> issues) &&;

 private:
  Code code_ = Code::kOk;
  std::string message_;
  std::string detail_;
  std::vector<Issue> issues_;
};

/// A T, or the Status (never OK) that says why there is none. Reading the value of a failure is a programming error.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                          // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) { assert(!ok()); }  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& value() & {
    assert(ok());
    return *value_;
  }
  const T& value() const& {
    assert(ok());
    return *value_;
  }
  T&& value() && {
    assert(ok());
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace strongroom

#define SR_CONCAT_INNER_(a, b) a##b
#define SR_CONCAT_(a, b) SR_CONCAT_INNER_(a, b)

/// Returns the Status of `expr` from the enclosing function unless it is OK.
#define SR_RETURN_IF_ERROR(expr)                                      \
  do {                                                                \
    if (::strongroom::Status sr_status_ = (expr); !sr_status_.ok()) { \
      return sr_status_;                                              \
    }                                                                 \
  } while (false)

/// Evaluates `expr` (a Result<T>); returns its Status on failure, otherwise moves its value into `lhs`.
#define SR_ASSIGN_OR_RETURN(lhs, expr) SR_ASSIGN_OR_RETURN_IMPL_(SR_CONCAT_(sr_result_, __LINE__), lhs, expr)
#define SR_ASSIGN_OR_RETURN_IMPL_(result, lhs, expr) \
  auto result = (expr);                              \
  if (!result.ok()) return result.status();          \
  lhs = std::move(result).value()

#endif  // STRONGROOM_BASE_RESULT_H_
