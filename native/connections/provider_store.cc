#include "connections/provider_store.h"

#include <string>
#include <utility>

#include "base/unicode.h"
#include "base/value.h"

namespace strongroom {
namespace {

constexpr std::int64_t kMaxProviders = 500;
constexpr std::int64_t kMaxProvidersOfOwner = 20;

#define STRONGROOM_PROVIDER_COLUMNS "id, owner, registered, registered_at, manifest"

Status not_found() { return {Code::kNotFound, "there is no such provider"}; }

/// What was registered as one message, with what a Provider adds to it.
constexpr MessageLimits kManifestLimits{.bytes = 2U << 20, .depth = 8, .values = 20000};

Status damaged() { return {Code::kCorrupt, "the record of the provider is damaged"}; }

}  // namespace

Result<Provider> ProviderStore::read(const Statement& row) {
  const std::string_view id = row.text(0);
  std::shared_ptr<const Parsed> known;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = parsed_.find(id); found != parsed_.end()) known = found->second;
  }
  if (known == nullptr || known->manifest != row.text(4)) {
    Result<Value> manifest = parse_json(row.text(4), kManifestLimits);
    if (!manifest.ok()) return damaged();
    Result<Provider> parsed = parse_manifest(*manifest);
    if (!parsed.ok() || parsed->id != id) return damaged();
    known = std::make_shared<const Parsed>(Parsed{std::string(row.text(4)), *std::move(parsed)});
    const std::lock_guard lock(mutex_);
    // Those that are no longer stored are not kept for ever.
    if (parsed_.size() >= 2 * static_cast<std::size_t>(kMaxProviders)) parsed_.clear();
    parsed_.insert_or_assign(std::string(id), known);
  }
  Provider provider = known->provider;
  provider.owner = row.text(1);
  provider.registered = row.integer(2) != 0;
  provider.registered_at = row.integer(3);
  if (!has_length(provider.owner, 1, 200) || !is_time(provider.registered_at)) return damaged();
  return provider;
}

Result<ProviderStore::Registered> ProviderStore::put(Database& database, Provider& provider, std::string_view owner) {
  const std::string manifest = to_json(manifest_of(provider));
  bool exists = false;
  {
    Statement row = database.prepare("SELECT " STRONGROOM_PROVIDER_COLUMNS " FROM providers WHERE id = ?");
    SR_ASSIGN_OR_RETURN(exists, row.bind(1, std::string_view(provider.id)).step());
    // Also one that is not registered at present: its connections hold secrets that were entered for its owner.
    if (exists && row.text(1) != owner && (row.integer(2) != 0 || owner != kCoreOwner)) {
      return Status(Code::kAlreadyExists, "the provider is registered by somebody else").with_detail("owner");
    }
    if (exists && row.integer(2) != 0) {
      if (row.text(4) == manifest) {
        provider.owner = owner;
        provider.registered = true;
        provider.registered_at = row.integer(3);
        return Registered::kUnchanged;
      }
    }
  }
  if (!exists) {
    Statement count = database.prepare("SELECT count(*) FROM providers");
    SR_RETURN_IF_ERROR(count.step().status());
    if (count.integer(0) >= kMaxProviders) {
      return Status(Code::kLimitExceeded, "a store has at most 500 providers");
    }
    Statement own = database.prepare("SELECT count(*) FROM providers WHERE owner = ?");
    SR_RETURN_IF_ERROR(own.bind(1, owner).step().status());
    if (owner != kCoreOwner && own.integer(0) >= kMaxProvidersOfOwner) {
      return Status(Code::kLimitExceeded, "an extension has at most 20 providers");
    }
  }
  provider.owner = owner;
  provider.registered = true;
  provider.registered_at = clock_.now_ms();
  SR_RETURN_IF_ERROR(
      database
          .prepare("INSERT INTO providers (" STRONGROOM_PROVIDER_COLUMNS
                   ") VALUES (?, ?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, registered = 1, "
                   "registered_at = excluded.registered_at, manifest = excluded.manifest")
          .bind_all(std::string_view(provider.id), owner, provider.registered_at, std::string_view(manifest))
          .run());
  return exists ? Registered::kUpdated : Registered::kCreated;
}

Status ProviderStore::remove(Database& database, std::string_view id, std::string_view owner) {
  {
    Statement row = database.prepare("SELECT owner, registered FROM providers WHERE id = ?");
    SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
    if (!found || row.integer(1) == 0) return not_found();
    if (!owner.empty() && row.text(0) != owner) {
      return {Code::kForbidden, "only who registered a provider can unregister it"};
    }
  }
  bool used = false;
  {
    Statement connection = database.prepare("SELECT 1 FROM connections WHERE provider_id = ? LIMIT 1");
    SR_ASSIGN_OR_RETURN(used, connection.bind(1, id).step());
  }
  return database
      .prepare(used ? "UPDATE providers SET registered = 0 WHERE id = ?" : "DELETE FROM providers WHERE id = ?")
      .bind(1, id)
      .run();
}

Result<Provider> ProviderStore::get(Database& database, std::string_view id) {
  Statement row = database.prepare("SELECT " STRONGROOM_PROVIDER_COLUMNS " FROM providers WHERE id = ?");
  SR_ASSIGN_OR_RETURN(const bool found, row.bind(1, id).step());
  if (!found) return not_found();
  return read(row);
}

Result<std::vector<Provider>> ProviderStore::list(Database& database) {
  Statement rows = database.prepare("SELECT " STRONGROOM_PROVIDER_COLUMNS " FROM providers ORDER BY id");
  std::vector<Provider> providers;
  while (true) {
    SR_ASSIGN_OR_RETURN(const bool more, rows.step());
    if (!more) return providers;
    Result<Provider> provider = read(rows);
    if (provider.ok()) providers.push_back(*std::move(provider));
  }
}

}  // namespace strongroom
