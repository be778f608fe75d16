// Handles: what a principal holds instead of a secret. 256 random bits as text, kept in memory alone and looked up by
// their SHA-256, so that neither a dump of the table nor the time of a look-up tells one.
//
// A handle is bound to a principal, connection, field, the version of the secret, and a grant. It dies with its time,
// its single use, and whatever drop_* names; all handles die with clear(). Whether its grant still stands is for the
// database to say, at each use (access/access_control.h).
//
// A Lease is a use under way: it learns that its handle would no longer be good, so that an answer that comes after a
// revocation is not given out.
//
// Threads: every function may be called from any thread.
#ifndef STRONGROOM_ACCESS_HANDLE_TABLE_H_
#define STRONGROOM_ACCESS_HANDLE_TABLE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/principal.h"
#include "base/result.h"
#include "crypto/hash.h"

namespace strongroom {

/// The most handles a process may have out; a principal that never gives one back runs into its own share.
inline constexpr std::size_t kMaxHandles = 10000;
inline constexpr std::size_t kMaxHandlesOfPrincipal = 1000;

struct HandleBinding {
  Principal principal;
  std::string connection_id;
  std::string field;
  std::string secret_id;
  std::int64_t secret_version = 0;
  std::string grant_id;
  bool once = false;
  std::string reason;           // of the request
  std::int64_t expires_at = 0;  // Clock::monotonic_ms
};

class Lease {
 public:
  bool revoked() const { return revoked_; }

 private:
  friend class HandleTable;
  std::atomic<bool> revoked_ = false;
  std::function<void()> on_revoked_;
  HandleBinding binding_;
};

class HandleTable {
 public:
  /// A number that changes with each clear().
  std::uint64_t epoch() const;

  /// Room for one handle of a principal, kept until it is issued or this goes. The table outlives it.
  class Reserved {
   public:
    ~Reserved() { table_.give_up(*this); }
    Reserved(const Reserved&) = delete;
    Reserved& operator=(const Reserved&) = delete;

   private:
    friend class HandleTable;
    Reserved(HandleTable& table, Principal principal, std::uint64_t epoch)
        : table_(table), principal_(std::move(principal)), epoch_(epoch) {}
    HandleTable& table_;
    const Principal principal_;
    const std::uint64_t epoch_;
    bool open_ = true;  // guarded by the table's mutex
  };
  /// So that what is written before a handle is issued holds. HANDLE_INVALID if the table was cleared since `epoch` was
  /// read; LIMIT_EXCEEDED beyond the limits, after those whose time is over at `now` have gone.
  Result<std::shared_ptr<Reserved>> reserve(const Principal& principal, std::uint64_t epoch, std::int64_t now);
  /// A new handle of the principal that `reserved` is for, once. HANDLE_INVALID if the table was cleared since.
  Result<std::string> issue(HandleBinding binding, Reserved& reserved);

  /// What a handle is bound to; nothing if there is none, or its time was over at `now`.
  std::optional<HandleBinding> find(std::string_view handle, std::int64_t now) const;
  /// As find, and the handle is gone.
  std::optional<HandleBinding> take(std::string_view handle, std::int64_t now);

  /// A use that begins now. `on_revoked` (may be null) is called at most once, on the thread of what revokes it.
  std::shared_ptr<Lease> lease(const HandleBinding& binding, std::uint64_t epoch, std::function<void()> on_revoked);

  void drop_grant(std::string_view grant_id);
  /// The handles of one field, or of all.
  void drop_connection(std::string_view connection_id, const std::optional<std::string>& field = std::nullopt);
  /// The `once` grants of the handles that were there: they have no use any more.
  std::vector<std::string> clear();

  std::size_t size() const;

 private:
  void give_up(Reserved& reserved);
  void drop_if(const std::function<bool(const HandleBinding&)>& condition);
  std::vector<std::shared_ptr<Lease>> leases_if(const std::function<bool(const HandleBinding&)>& condition);
  static void revoke(const std::vector<std::shared_ptr<Lease>>& leases);

  mutable std::mutex mutex_;
  std::map<Digest256, HandleBinding> handles_;
  std::map<Principal, std::size_t> held_;  // with what is reserved
  std::size_t reserved_ = 0;
  std::vector<std::weak_ptr<Lease>> leases_;
  std::uint64_t epoch_ = 0;
};

}  // namespace strongroom

#endif  // STRONGROOM_ACCESS_HANDLE_TABLE_H_
