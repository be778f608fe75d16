#include "service/broker_service.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

#include "base/unicode.h"
#include "service/audited_write.h"
#include "service/request.h"
#include "service/views.h"

namespace strongroom {
namespace {

constexpr std::chrono::milliseconds kFetchLimit{60000};
constexpr std::chrono::milliseconds kTestLimit{30000};
/// How much longer the core waits than the host language has: its own error says more than ours.
constexpr std::chrono::milliseconds kGrace{2000};
constexpr std::int64_t kMaxResponseBytes = 700000;
constexpr std::size_t kMaxBody = 1000000;     // code points of the contract
constexpr std::size_t kMaxLoggedPath = 1000;  // bytes
constexpr std::size_t kMaxTestMessage = 500;  // code points

/// What the log says of a request: no query, no headers.
std::string what_of(const std::string& method, const HttpUrl& url) {
  return method + " " + url.origin() + url.path.substr(0, kMaxLoggedPath);
}

Status revoked_meanwhile() { return {Code::kHandleInvalid, "access was revoked while the request was made"}; }

std::string method_of(const Value& request) { return text_of(request, "method").value_or("GET"); }

/// The status of an answer, and its headers, as the host language gives them.
struct Answer {
  std::int64_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
};

Result<Answer> answer_of(const Value& outcome) {
  const Status wrong(Code::kInternal, "the request came back in a form that is none");
  Answer answer;
  const Value* status = outcome.find("status");
  const Value* headers = outcome.find("headers");
  if (status == nullptr || !status->is(Value::Kind::kNumber) || headers == nullptr ||
      !headers->is(Value::Kind::kArray) || !(status->as_number() >= 100 && status->as_number() <= 599)) {
    return wrong;
  }
  answer.status = static_cast<std::int64_t>(status->as_number());
  for (const Value& header : headers->as_array()) {
    if (!header.is(Value::Kind::kArray) || header.as_array().size() != 2 ||
        !header.as_array()[0].is(Value::Kind::kString) || !header.as_array()[1].is(Value::Kind::kString)) {
      return wrong;
    }
    answer.headers.emplace_back(header.as_array()[0].as_string(), header.as_array()[1].as_string());
  }
  return answer;
}

/// A body as a message carries it.
Result<Value> view_answer(const Answer& answer, Bytes body, const Redactor& redactor, const Value& request) {
  Bytes clean = redactor.redact(body).first;
  wipe(body);
  const std::optional<std::string> wanted = text_of(request, "responseEncoding");
  const std::optional<std::size_t> length = count_code_points(as_text(clean));
  const bool as_utf8 = wanted != "base64" && length.has_value();
  std::string text = as_utf8 ? std::string(as_text(clean)) : to_base64(clean);
  if ((as_utf8 ? *length : text.size()) > kMaxBody) {
    return Status(Code::kLimitExceeded, "the response is too large");
  }
  return Value(Value::Object{{"status", answer.status},
                             {"headers", response_headers(answer.headers, redactor)},
                             {"body", std::move(text)},
                             {"bodyEncoding", as_utf8 ? "utf8" : "base64"}});
}

}  // namespace

void BrokerService::add_handlers(Dispatcher& dispatcher) {
  dispatcher.handle("broker.fetch", [this](const Caller& caller, const Value& request, Completion<Value> done) {
    fetch(caller, request, std::move(done));
  });
  dispatcher.handle("connections.test", [this](const Caller& caller, const Value& request, Completion<Value> done) {
    test(caller, request.find("id")->as_string(), std::move(done));
  });
}

Result<BrokerService::Plan> BrokerService::plan(const Provider& provider, const ConnectionInfo& connection,
                                                std::string_view field, ByteView secret, const Value& request) {
  SR_ASSIGN_OR_RETURN(const BrokerRequest checked, check_broker_request(provider, connection, field, request));
  std::string username;
  if (!provider.auth->username_field.empty()) {
    username = text_of(connection.fields, provider.auth->username_field).value_or("");
  }
  SR_ASSIGN_OR_RETURN(BrokerCredential credential, make_credential(*provider.auth, username, secret, *parts_.heap));
  SR_ASSIGN_OR_RETURN(Redactor redactor, Redactor::create(secret, credential.value.view(), *parts_.heap));
  Value::Object headers;
  for (const auto& [name, value] : checked.headers) headers.emplace_back(name, value);
  Value::Object sent{
      {"url", checked.url.to_string()},
      {"origin", checked.url.origin()},
      {"method", checked.method},
      {"headers", Value(std::move(headers))},
      {"credential", Value(credential.header.empty() ? Value::Object{{"type", "query"}}
                                                     : Value::Object{{"type", "header"}, {"name", credential.header}})},
      {"loopback", checked.loopback},
      {"timeoutMs", integer_of(request, "timeoutMs", kFetchLimit.count())},
      {"maxBytes", kMaxResponseBytes}};
  if (const Value* body = request.find("body")) {
    sent.emplace_back("body", *body);
    sent.emplace_back("bodyEncoding", text_of(request, "bodyEncoding").value_or("utf8"));
  }
  return Plan{Value(std::move(sent)), std::make_shared<const SecureBuffer>(std::move(credential.value)),
              std::make_shared<const Redactor>(std::move(redactor)), what_of(checked.method, checked.url)};
}

void BrokerService::fetch(const Caller& caller, const Value& request, Completion<Value> done) {
  AuditDraft draft = draft_of(caller, "broker.fetch");
  // What was asked for is on record also when it is refused.
  if (const Result<HttpUrl> url = parse_http_url(request.find("url")->as_string(), "/url"); url.ok()) {
    draft.detail = what_of(method_of(request), *url);
  }
  auto running = std::make_shared<std::atomic<EffectId>>(0);
  parts_.access.use_handle<Plan>(
      caller, request.find("handle")->as_string(), std::move(draft),
      [this, request](Database&, Redeemed&& redeemed, AuditDraft& entry) -> Result<Plan> {
        return plan(redeemed.provider, redeemed.connection, *entry.field, redeemed.plaintext.view(), request);
      },
      [this, running] { parts_.effects.cancel(*running, revoked_meanwhile()); },
      [this, caller, request, running, done = std::move(done)](Result<Plan> plan, const AccessService::Use& use) {
        if (!plan.ok()) return done(plan.status());
        const auto finish = [this, use, done, what = plan->what](Result<Value> answer, const std::string& summary) {
          AuditDraft after;
          after.role = use.binding.principal.role;
          after.principal_id = use.binding.principal.id;
          after.action = "broker.fetch";
          after.connection_id = use.binding.connection_id;
          after.field = use.binding.field;
          after.secret_id = use.binding.secret_id;
          after.reason = use.binding.reason;
          after.detail = what + " -> " + summary;
          after.outcome = outcome_of(answer.ok() ? Code::kOk : answer.status().code());
          if (!answer.ok()) after.code = std::string(code_name(answer.status().code()));
          const auto held = std::make_shared<Result<Value>>(std::move(answer));
          WriteJob job;
          job.work = [this, after, use, held](Database& database) -> Status {
            AuditDraft entry = after;
            if (held->ok()) {
              // Another process, or another room of this one, may have taken the grant back in the meantime.
              SR_ASSIGN_OR_RETURN(const bool good, parts_.access.still_good(database, use.binding));
              if (!good) {
                *held = revoked_meanwhile();
                entry.outcome = AuditOutcome::kDenied;
                entry.code = std::string(code_name(Code::kHandleInvalid));
              }
            }
            return parts_.audit.append(database, entry);
          };
          job.done = [held, done](const Status& status) {
            done(status.ok() ? *held : Result<Value>(audit_failure(status)));
          };
          parts_.store.committer().submit(std::move(job));
        };
        Effect effect{
            .id = 0, .kind = "fetch", .request = plan->request, .secrets = {{"credential", plan->credential}}};
        const EffectId id = parts_.effects.run(
            std::move(effect),
            std::chrono::milliseconds(integer_of(request, "timeoutMs", kFetchLimit.count())) + kGrace,
            [request, use, finish, redactor = plan->redactor](Result<EffectOutcome> outcome) {
              if (use.lease->revoked()) {
                return finish(revoked_meanwhile(), "revoked");
              }
              if (!outcome.ok()) {
                const Status& failed = outcome.status();
                return finish(Status(failed.code(), redactor->redact(failed.message()))
                                  .with_detail(redactor->redact(failed.detail())),
                              "failed");
              }
              const Result<Answer> answer = answer_of(outcome->value);
              if (!answer.ok()) return finish(answer.status(), "failed");
              const std::string summary =
                  std::to_string(answer->status) + ", " + std::to_string(outcome->body.size()) + " bytes";
              finish(view_answer(*answer, std::move(outcome->body), *redactor, request), summary);
            });
        *running = id;
        // Revoked between the commit and here: the cancellation did not find it.
        if (use.lease->revoked()) {
          parts_.effects.cancel(id, revoked_meanwhile());
        }
      });
}

Result<BrokerService::TestPlan> BrokerService::plan_test(Database& database, const std::string& id,
                                                         const KeySet& keys) {
  SR_ASSIGN_OR_RETURN(const ConnectionInfo connection, parts_.connections.get_verified(database, id, keys));
  SR_ASSIGN_OR_RETURN(const Provider provider, parts_.providers.get(database, connection.provider_id));
  if (!provider.registered) {
    return Status(Code::kNotFound, "the provider of this connection is not registered at present")
        .with_detail("provider-missing");
  }
  // A test is no way around what a person has confirmed.
  if (connection.terms != provider_terms(provider)) {
    return Status(Code::kConflict, "the provider changed how or where the secret is sent; save the connection first")
        .with_detail("terms-changed");
  }
  if (!places_confirmed(connection)) {
    return Status(Code::kConflict, "the address of the connection was changed; its secret has to be entered again")
        .with_detail("place-changed");
  }
  TestPlan test;
  test.started_at = parts_.store.clock().monotonic_ms();
  const bool own = parts_.provider_service.has_tester(provider.id);
  if (!own && !provider.test) {
    return Status(Code::kNotFound, "the provider of this connection has no test").with_detail("no-test");
  }
  std::map<std::string, std::shared_ptr<const SecureBuffer>> values;
  for (const auto& [field, secret] : connection.secrets) {
    if (!secret.has_value || (!own && (!provider.auth || provider.auth->field != field))) continue;
    SR_ASSIGN_OR_RETURN(SecureBuffer value, parts_.secrets.open_value(database, secret.secret_id, keys, *parts_.heap));
    SR_ASSIGN_OR_RETURN(Redactor redactor, Redactor::create(value.view(), {}, *parts_.heap));
    test.redactors.push_back(std::make_shared<const Redactor>(std::move(redactor)));
    values.emplace(field, std::make_shared<const SecureBuffer>(std::move(value)));
  }
  if (own) {
    test.kind = "test";
    test.request = Value(Value::Object{{"providerId", provider.id},
                                       {"connection", view(connection, &provider)},
                                       {"timeoutMs", static_cast<std::int64_t>(kTestLimit.count())}});
    for (auto& [field, value] : values) test.secrets.emplace_back(field, std::move(value));
    return test;
  }
  const std::vector<std::string> origins = allowed_origins(provider, connection);
  if (!provider.auth || origins.empty()) {
    return Status(Code::kInvalidRequest, "the connection names no origin that the provider's test could ask");
  }
  const auto secret = values.find(provider.auth->field);
  if (secret == values.end()) {
    return Status(Code::kNotFound, "the secret that the test needs has no value").with_detail("no-value");
  }
  const Value request(Value::Object{{"url", origins.front() + provider.test->path},
                                    {"method", provider.test->method},
                                    {"timeoutMs", static_cast<std::int64_t>(kTestLimit.count())}});
  SR_ASSIGN_OR_RETURN(Plan sent, plan(provider, connection, provider.auth->field, secret->second->view(), request));
  test.kind = "fetch";
  test.request = std::move(sent.request);
  test.secrets.emplace_back("credential", sent.credential);
  return test;
}

void BrokerService::test(const Caller& caller, const std::string& id, Completion<Value> done) {
  AuditDraft draft = draft_of(caller, "connection.test");
  draft.connection_id = id;
  parts_.keys.with_keys(KeyService::Want::kUse, caller, [this, id, draft, done](Result<KeyService::Keys> got) {
    if (!got.ok()) {
      return audit_failed_attempt(parts_.store.committer(), parts_.audit, draft, got.status(),
                                  [done, why = got.status()](const Status&) { done(why); });
    }
    const auto finish = [this, id, draft, done](const TestPlan& test, bool ok, std::string message) {
      for (const auto& redactor : test.redactors) message = redactor->redact(message);
      const ConnectionTestResult result{
          .at = parts_.store.clock().now_ms(),
          .ok = ok,
          .message = std::string(first_code_points(message, kMaxTestMessage)),
          .duration_ms = std::max<std::int64_t>(0, parts_.store.clock().monotonic_ms() - test.started_at)};
      audited_write<Value>(
          parts_.store.committer(), parts_.audit, draft,
          [this, id, result](Database& database, AuditDraft& entry) -> Result<Value> {
            entry.detail = result.ok ? "passed" : "did not pass";
            SR_RETURN_IF_ERROR(parts_.connections.record_test(database, id, result));
            return view(result);
          },
          [this, id, done](Result<Value> recorded) {
            if (recorded.ok()) parts_.emit(changed_event("connection", id, "updated"));
            done(std::move(recorded));
          });
    };
    audited_write<TestPlan>(
        parts_.store.committer(), parts_.audit, draft,
        [this, id, keys = *got](Database& database, AuditDraft& entry) -> Result<TestPlan> {
          SR_RETURN_IF_ERROR(still_unlocked(parts_.keys, keys));
          entry.detail = "begins";
          return plan_test(database, id, *keys);
        },
        [this, id, finish, done](Result<TestPlan> planned) {
          if (!planned.ok()) return done(planned.status());
          auto test = std::make_shared<const TestPlan>(*std::move(planned));
          const Status over(Code::kCancelled, "the connection was changed, or the store locked, during the test");
          auto running = std::make_shared<std::atomic<EffectId>>(0);
          const std::shared_ptr<Lease> lease =
              parts_.access.lease_connection(id, [this, running, over] { parts_.effects.cancel(*running, over); });
          *running = parts_.effects.run(
              {.id = 0, .kind = test->kind, .request = test->request, .secrets = test->secrets}, kTestLimit + kGrace,
              [test, lease, over, finish, done](const Result<EffectOutcome>& outcome) {
                if (lease->revoked()) return done(over);
                if (!outcome.ok()) {
                  const Status& failed = outcome.status();
                  if (failed.code() == Code::kClosed) return done(failed);
                  // The test was made, and this is what it showed.
                  const std::string detail = failed.detail().empty() ? "" : " (" + failed.detail() + ")";
                  return finish(*test, false, failed.message() + detail);
                }
                if (test->kind == "fetch") {
                  const Result<Answer> answer = answer_of(outcome->value);
                  if (!answer.ok()) return done(answer.status());
                  const bool ok = answer->status >= 200 && answer->status <= 299;
                  const bool refused = answer->status == 401 || answer->status == 403;
                  return finish(*test, ok,
                                "The service answered with status " + std::to_string(answer->status) +
                                    (refused ? ": it does not accept the credential." : "."));
                }
                const Value* ok = outcome->value.find("ok");
                const Value* message = outcome->value.find("message");
                if (ok == nullptr || !ok->is(Value::Kind::kBool)) {
                  return finish(*test, false, "The provider's test gave no result.");
                }
                const bool text = message != nullptr && message->is(Value::Kind::kString);
                finish(*test, ok->as_bool(), text ? message->as_string() : std::string());
              });
          // Revoked before the effect had its number.
          if (lease->revoked()) parts_.effects.cancel(*running, over);
        });
  });
}

}  // namespace strongroom
