#include "service/audit_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "service/audited_write.h"
#include "service/request.h"
#include "service/views.h"

namespace strongroom {
namespace {

class ReaderExport : public AuditExportStream, public std::enable_shared_from_this<ReaderExport> {
 public:
  ReaderExport(Store& store, AuditExportFormat format) : store_(store), cursor_(format) {}

  void next(Completion<std::string> done) override {
    store_.readers().submit(
        [self = shared_from_this(), done = std::move(done)](const Status& closed, Database* database) {
          done(closed.ok() ? self->cursor_.next(*database) : Result<std::string>(closed));
        });
  }

 private:
  Store& store_;
  AuditExport cursor_;
};

/// A time that the contract's pattern let through and that no calendar has is refused here.
Status read_time(const Value& request, std::string_view key, std::optional<std::int64_t>& out) {
  const Value* value = request.find(key);
  if (value == nullptr) return Status();
  out = parse_time(value->as_string());
  if (out) return Status();
  return Status::invalid({{pointer_child("", key), "format", "is no date and time that exists"}});
}

}  // namespace

AuditService::AuditService(Store& store, const AuditLog& audit, KeyService& keys, PruneLimits limits,
                           std::function<void(const Value&)> emit)
    : store_(store), audit_(audit), keys_(keys), limits_(limits), emit_(std::move(emit)) {}

void AuditService::add_handlers(Dispatcher& dispatcher) {
  dispatcher.handle("audit.list", [this](const Caller&, const Value& request, Completion<Value> done) {
    list(request, std::move(done));
  });
  dispatcher.handle("audit.verify", [this](const Caller& caller, const Value&, Completion<Value> done) {
    verify(caller, std::move(done));
  });
  dispatcher.handle("audit.days", [this](const Caller&, const Value& request, Completion<Value> done) {
    days(request, std::move(done));
  });
  dispatcher.handle("audit.export", [this](const Caller&, const Value& request, Completion<Value> done) {
    export_page(request, std::move(done));
  });
}

void AuditService::list(const Value& request, Completion<Value> done) {
  AuditFilter filter;
  filter.actor = text_of(request, "actor");
  filter.action = text_of(request, "action");
  if (const Value* outcome = request.find("outcome")) filter.outcome = parse_outcome(outcome->as_string());
  filter.connection_id = text_of(request, "connectionId");
  filter.secret_id = text_of(request, "secretId");
  filter.cursor = text_of(request, "cursor");
  filter.limit = integer_of(request, "limit", filter.limit);
  Status status = read_time(request, "since", filter.since);
  if (status.ok()) status = read_time(request, "until", filter.until);
  if (!status.ok()) return done(std::move(status));
  store_.readers().submit(
      [this, filter = std::move(filter), done = std::move(done)](const Status& closed, Database* database) {
        if (!closed.ok()) return done(closed);
        const Result<AuditPage> page = audit_.list(*database, filter);
        done(page.ok() ? Result<Value>(view(*page)) : Result<Value>(page.status()));
      });
}

void AuditService::verify(const Caller& caller, Completion<Value> done) {
  keys_.with_keys(KeyService::Want::kLook, caller, [this, done = std::move(done)](Result<KeyService::Keys> keys) {
    // Without the key the chain can still be walked; the verdict says that the seal was not checked.
    store_.readers().submit([this, keys = keys.ok() ? *keys : nullptr, done](const Status& closed, Database* database) {
      if (!closed.ok()) return done(closed);
      std::int64_t total = 0;
      {
        Statement count = database->prepare("SELECT max(seq) - min(seq) + 1 FROM audit");
        const Result<bool> found = count.step();
        if (found.ok() && *found) total = count.integer(0);
      }
      const VerifyOptions options{.progress = [this, total](std::int64_t checked) {
        emit_(Value(Value::Object{{"type", "progress"},
                                  {"operation", "audit.verify"},
                                  {"done", checked},
                                  {"total", std::clamp(total, checked, kMaxCounter)}}));
        return true;
      }};
      const Result<AuditVerdict> verdict = audit_.verify(*database, keys.get(), options);
      done(verdict.ok() ? Result<Value>(view(*verdict)) : Result<Value>(verdict.status()));
    });
  });
}

void AuditService::days(const Value& request, Completion<Value> done) {
  std::optional<std::int64_t> since;
  std::optional<std::int64_t> until;
  Status status = read_time(request, "since", since);
  if (status.ok()) status = read_time(request, "until", until);
  if (!status.ok()) return done(std::move(status));
  store_.readers().submit([this, since = since.value_or(0), until = until.value_or(store_.clock().now_ms()),
                           done = std::move(done)](const Status& closed, Database* database) {
    if (!closed.ok()) return done(closed);
    const Result<std::vector<AuditDay>> found = audit_.days(*database, since, until);
    if (!found.ok()) return done(found.status());
    constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
    constexpr std::size_t kDateSize = 10;
    Value::Array items;
    for (const AuditDay& day : *found) {
      items.emplace_back(Value::Object{{"day", format_time(day.day * kDayMs).substr(0, kDateSize)},
                                       {"allowed", day.allowed},
                                       {"denied", day.denied},
                                       {"failed", day.failed}});
    }
    done(Value(Value::Object{{"days", Value(std::move(items))}}));
  });
}

void AuditService::export_page(const Value& request, Completion<Value> done) {
  const AuditExportFormat format =
      request.find("format")->as_string() == "csv" ? AuditExportFormat::kCsv : AuditExportFormat::kJsonl;
  Result<AuditExport> cursor = AuditExport(format);
  if (const std::optional<std::string> position = text_of(request, "cursor")) {
    cursor = AuditExport::resume(format, *position);
    if (!cursor.ok()) return done(cursor.status());
  }
  store_.readers().submit([cursor = *cursor, done = std::move(done)](const Status& closed, Database* database) mutable {
    if (!closed.ok()) return done(closed);
    Result<std::string> piece = cursor.next(*database);
    if (!piece.ok()) return done(piece.status());
    Value::Object answer{{"text", std::move(piece).value()}};
    if (const std::optional<std::string> position = cursor.position()) answer.emplace_back("nextCursor", *position);
    done(Value(std::move(answer)));
  });
}

void AuditService::prune(const Caller& caller, Completion<std::int64_t> done) {
  AuditDraft draft = draft_of(caller, "audit.prune");
  keys_.with_keys(KeyService::Want::kUse, caller,
                  [this, draft = std::move(draft), done = std::move(done)](Result<KeyService::Keys> keys) {
                    if (!keys.ok()) return done(keys.status());
                    auto pruned = std::make_shared<std::int64_t>(0);
                    WriteJob job;
                    job.work = [this, draft, pruned, keys = *keys](Database& database) -> Status {
                      SR_ASSIGN_OR_RETURN(const PruneResult result, audit_.prune(database, *keys, limits_, draft));
                      *pruned = result.pruned;
                      return Status();
                    };
                    job.done = [pruned, done](const Status& status) {
                      done(status.ok() ? Result<std::int64_t>(*pruned) : Result<std::int64_t>(status));
                    };
                    store_.committer().submit(std::move(job));
                  });
}

Result<std::shared_ptr<AuditExportStream>> AuditService::export_audit(std::string_view format) {
  if (format != "jsonl" && format != "csv") {
    return Status::invalid({{"/format", "enum", "must be \"jsonl\" or \"csv\""}});
  }
  return std::shared_ptr<AuditExportStream>(
      std::make_shared<ReaderExport>(store_, format == "csv" ? AuditExportFormat::kCsv : AuditExportFormat::kJsonl));
}

}  // namespace strongroom
