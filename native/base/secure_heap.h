// Memory for secrets: locked (never swapped), left out of core dumps, not inherited by fork, wiped when freed.
//
// A SecureHeap is an ordinary object, shared by whoever makes buffers from it; it is no global, so that each
// instance of the addon has its own and a test can have one that is full. A SecureBuffer keeps its heap alive.
//
// Memory is taken from the kernel in chunks (mmap, mlock, MADV_DONTDUMP, MADV_WIPEONFORK) and handed out in
// power-of-two blocks, because the kernel locks whole pages and the usual lock limit (RLIMIT_MEMLOCK) is small:
// a page for each 32-byte key would use it up. When the limit is reached, allocation fails with LIMIT_EXCEEDED and
// a message that names the limit; it never falls back to ordinary memory.
//
// Threads: a SecureHeap may be used from any number of threads. A SecureBuffer is like a std::vector: one writer.
#ifndef STRONGROOM_BASE_SECURE_HEAP_H_
#define STRONGROOM_BASE_SECURE_HEAP_H_

#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace strongroom {

class SecureHeap;

/// Overwrites `bytes` in a way the compiler may not drop.
void wipe(MutableBytes bytes);

/// Owned secret bytes, zero when made. Move-only; wiped on destruction, on reassignment and when shrunk.
class SecureBuffer {
 public:
  SecureBuffer() = default;  // empty, owns nothing
  SecureBuffer(SecureBuffer&& other) noexcept;
  SecureBuffer& operator=(SecureBuffer&& other) noexcept;
  SecureBuffer(const SecureBuffer&) = delete;
  SecureBuffer& operator=(const SecureBuffer&) = delete;
  ~SecureBuffer();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteView view() const { return {data_, size_}; }
  MutableBytes bytes() { return {data_, size_}; }

  /// Shortens the buffer to `size` bytes and wipes what falls off. `size` is at most size().
  void shrink(std::size_t size);

 private:
  friend class SecureHeap;
  SecureBuffer(std::shared_ptr<SecureHeap> heap, std::uint8_t* data, std::size_t size);
  void release();

  std::shared_ptr<SecureHeap> heap_;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

class SecureHeap : public std::enable_shared_from_this<SecureHeap> {
 public:
  /// A heap that locks at most `limit` bytes; 0 means as many as the kernel grants.
  static std::shared_ptr<SecureHeap> create(std::size_t limit = 0);

  ~SecureHeap();
  SecureHeap(const SecureHeap&) = delete;
  SecureHeap& operator=(const SecureHeap&) = delete;

  /// `size` zero bytes. LIMIT_EXCEEDED when the lock limit is reached.
  Result<SecureBuffer> allocate(std::size_t size);
  /// A copy of `bytes`; wiping the original is the caller's part.
  Result<SecureBuffer> copy(ByteView bytes);

  /// Bytes locked at present: whole chunks, not only the blocks in use.
  std::size_t locked_bytes() const;

 private:
  friend class SecureBuffer;
  struct Impl;
  explicit SecureHeap(std::size_t limit);
  void free(std::uint8_t* data, std::size_t size);

  std::unique_ptr<Impl> impl_;
};

}  // namespace strongroom

#endif  // STRONGROOM_BASE_SECURE_HEAP_H_
