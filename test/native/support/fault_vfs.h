// A disk that fails: an SQLite VFS around the default one. It can
//   - let the n-th write, sync or truncate fail, once or from then on, as a bad or a full disk does, and
//   - remember what was synced, so that a power cut can be acted out: the files as a disk may hold them afterwards.
// It does not sync for real, so that it also makes tests fast that have no use for the machine's disk.
#ifndef STRONGROOM_TEST_SUPPORT_FAULT_VFS_H_
#define STRONGROOM_TEST_SUPPORT_FAULT_VFS_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>

namespace strongroom::test {

/// Threads: any.
class FaultVfs {
 public:
  enum class Fault : std::uint8_t { kIoError, kFull };
  enum class Then : std::uint8_t { kRecovers, kStaysBroken };
  /// What becomes of the writes that were not synced when the power goes.
  enum class Unsynced : std::uint8_t { kLost, kKept, kSomeSectors };

  FaultVfs();
  ~FaultVfs();  // every connection that uses it is closed by then
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  /// For DatabaseOptions::vfs.
  const std::string& name() const;

  /// The operation number `operation` (from 1, counted from now) fails.
  void fail_at(std::int64_t operation, Fault fault, Then then);
  void heal();
  /// Operations counted since fail_at() or heal().
  std::int64_t operations() const;
  /// Whether the operation that was to fail has come.
  bool fired() const;

  /// Writes the database files of `from_dir`, as they are on the disk after a power cut, to `to_dir`.
  void power_cut(const std::string& from_dir, const std::string& to_dir, Unsynced unsynced, std::mt19937& random) const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom::test

#endif  // STRONGROOM_TEST_SUPPORT_FAULT_VFS_H_
