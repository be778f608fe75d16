#include "base/result.h"

namespace strongroom {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::kOk: return "OK";
    case Code::kInvalidRequest: return "INVALID_REQUEST";
    case Code::kInvalidSchema: return "INVALID_SCHEMA";
    case Code::kUnknownChannel: return "UNKNOWN_CHANNEL";
    case Code::kForbidden: return "FORBIDDEN";
    case Code::kNotFound: return "NOT_FOUND";
    case Code::kAlreadyExists: return "ALREADY_EXISTS";
    case Code::kConflict: return "CONFLICT";
    case Code::kLimitExceeded: return "LIMIT_EXCEEDED";
    case Code::kConsentDenied: return "CONSENT_DENIED";
    case Code::kConsentTimeout: return "CONSENT_TIMEOUT";
    case Code::kHandleInvalid: return "HANDLE_INVALID";
    case Code::kOriginNotAllowed: return "ORIGIN_NOT_ALLOWED";
    case Code::kKeyringUnavailable: return "KEYRING_UNAVAILABLE";
    case Code::kKeyringLocked: return "KEYRING_LOCKED";
    case Code::kKeyMissing: return "KEY_MISSING";
    case Code::kInsecurePermissions: return "INSECURE_PERMISSIONS";
    case Code::kCorrupt: return "CORRUPT";
    case Code::kNewerSchema: return "NEWER_SCHEMA";
    case Code::kAuditUnavailable: return "AUDIT_UNAVAILABLE";
    case Code::kStoreReadOnly: return "STORE_READ_ONLY";
    case Code::kStoreFull: return "STORE_FULL";
    case Code::kBusy: return "BUSY";
    case Code::kClosed: return "CLOSED";
    case Code::kTimeout: return "TIMEOUT";
    case Code::kCancelled: return "CANCELLED";
    case Code::kInternal: return "INTERNAL";
  }
  return "INTERNAL";
}

std::optional<Code> parse_code(std::string_view name) {
  for (int code = static_cast<int>(Code::kOk) + 1; code <= static_cast<int>(Code::kInternal); ++code) {
    if (code_name(static_cast<Code>(code)) == name) return static_cast<Code>(code);
  }
  return std::nullopt;
}

Status Status::invalid(std::vector<Issue> issues) {
  std::string message = "the request is not valid";
  if (!issues.empty()) {
    const Issue& first = issues.front();
    message += ": " + (first.path.empty() ? std::string() : first.path + ": ") + first.message;
    if (issues.size() > 1) message += " (and " + std::to_string(issues.size() - 1) + " more)";
  }
  return Status(Code::kInvalidRequest, std::move(message)).with_issues(std::move(issues));
}

Status Status::with_detail(std::string detail) && {
  detail_ = std::move(detail);
  return std::move(*this);
}

Status Status::with_issues(std::vector<Issue> issues) && {
  issues_ = std::move(issues);
  return std::move(*this);
}

}  // namespace strongroom
