#include "base/secure_heap.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include <openssl/crypto.h>

namespace strongroom {
namespace {

constexpr std::size_t kSmallestBlock = 64;
constexpr std::size_t kLargestShared = 4096;  // larger blocks have a chunk of their own
constexpr std::size_t kChunk = 16384;         // 4 pages: four size classes fit a 64 KiB lock limit

std::size_t block_size(std::size_t size) { return std::max(kSmallestBlock, std::bit_ceil(size)); }

std::size_t round_to_pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

Status lock_limit_reached(std::size_t wanted, std::size_t locked) {
  rlimit limit{};
  const bool known = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return Status(Code::kLimitExceeded,
                "no more memory can be locked for secrets: " + std::to_string(locked) + " bytes are locked, " +
                    std::to_string(wanted) + " more were needed" +
                    (known ? ", the process limit (RLIMIT_MEMLOCK) is " + std::to_string(limit.rlim_cur) + " bytes"
                           : std::string()))
      .with_detail("memory-lock-limit");
}

}  // namespace

void wipe(MutableBytes bytes) {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

/// Chunks by address, free blocks by size class.
struct SecureHeap::Impl {
  struct Chunk {
    std::size_t size;   // bytes mapped
    std::size_t block;  // bytes of each block
    std::size_t used;   // blocks handed out
  };

  explicit Impl(std::size_t most) : limit(most) {}

  std::size_t limit;
  mutable std::mutex mutex;
  std::size_t locked = 0;
  std::map<std::uint8_t*, Chunk> chunks;
  std::map<std::size_t, std::vector<std::uint8_t*>> free_blocks;

  /// A chunk for `block`; where the limit leaves no room, chunks that hold no block in use are given back first.
  Result<std::uint8_t*> map_chunk(std::size_t block) {
    Result<std::uint8_t*> base = try_map_chunk(block);
    if (!base.ok() && drop_unused_chunks()) return try_map_chunk(block);
    return base;
  }

  bool drop_unused_chunks() {
    const std::size_t before = locked;
    for (auto chunk = chunks.begin(); chunk != chunks.end();) {
      const auto next = std::next(chunk);
      if (chunk->second.used == 0) {
        std::uint8_t* const begin = chunk->first;
        std::uint8_t* const end = begin + chunk->second.size;
        std::erase_if(free_blocks[chunk->second.block], [&](std::uint8_t* b) { return b >= begin && b < end; });
        unmap(chunk);
      }
      chunk = next;
    }
    return locked < before;
  }

  Result<std::uint8_t*> try_map_chunk(std::size_t block) {
    const std::size_t size = block <= kLargestShared ? kChunk : round_to_pages(block);
    if (limit != 0 && locked + size > limit) return lock_limit_reached(size, locked);
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      return Status(Code::kLimitExceeded, std::string("no memory for secrets: ") + std::strerror(errno));
    }
    // Everything that can fail comes before the block is used, so that no secret ever stands in a page that
    // may be swapped or dumped. MADV_WIPEONFORK is newer than some kernels; a child that cannot read the pages
    // because it has none (MADV_DONTFORK) is as good.
    const bool sealed = mlock(memory, size) == 0 && madvise(memory, size, MADV_DONTDUMP) == 0 &&
                        (madvise(memory, size, MADV_WIPEONFORK) == 0 || madvise(memory, size, MADV_DONTFORK) == 0);
    if (!sealed) {
      munmap(memory, size);
      return lock_limit_reached(size, locked);
    }
    locked += size;
    auto* base = static_cast<std::uint8_t*>(memory);
    chunks.emplace(base, Chunk{size, block, 0});
    return base;
  }

  Chunk& chunk_of(const std::uint8_t* data) {
    return std::prev(chunks.upper_bound(const_cast<std::uint8_t*>(data)))->second;
  }

  void unmap(std::map<std::uint8_t*, Chunk>::iterator chunk) {
    locked -= chunk->second.size;
    munmap(chunk->first, chunk->second.size);
    chunks.erase(chunk);
  }
};

SecureHeap::SecureHeap(std::size_t limit) : impl_(std::make_unique<Impl>(limit)) {}

SecureHeap::~SecureHeap() {
  while (!impl_->chunks.empty()) impl_->unmap(impl_->chunks.begin());
}

std::shared_ptr<SecureHeap> SecureHeap::create(std::size_t limit) {
  return std::shared_ptr<SecureHeap>(new SecureHeap(limit));  // the constructor is private
}

Result<SecureBuffer> SecureHeap::allocate(std::size_t size) {
  if (size == 0) return SecureBuffer();
  if (size > (std::size_t{1} << 30)) return Status(Code::kLimitExceeded, "a secret buffer is at most 1 GiB");
  const std::size_t block = block_size(size);
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  std::vector<std::uint8_t*>& free_list = impl_->free_blocks[block];
  if (free_list.empty()) {
    SR_ASSIGN_OR_RETURN(std::uint8_t * base, impl_->map_chunk(block));
    const std::size_t mapped = impl_->chunks[base].size;
    for (std::size_t at = mapped / block * block; at >= block; at -= block) free_list.push_back(base + at - block);
    if (free_list.empty()) free_list.push_back(base);
  }
  std::uint8_t* data = free_list.back();
  free_list.pop_back();
  impl_->chunk_of(data).used += 1;
  return SecureBuffer(shared_from_this(), data, size);
}

Result<SecureBuffer> SecureHeap::copy(ByteView bytes) {
  SR_ASSIGN_OR_RETURN(SecureBuffer buffer, allocate(bytes.size()));
  std::ranges::copy(bytes, buffer.bytes().begin());
  return buffer;
}

std::size_t SecureHeap::locked_bytes() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->locked;
}

void SecureHeap::free(std::uint8_t* data, std::size_t size) {
  wipe({data, size});
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  const auto chunk = std::prev(impl_->chunks.upper_bound(data));
  const std::size_t block = chunk->second.block;
  chunk->second.used -= 1;
  // A large chunk goes back at once: it would hold a good part of the lock limit. A shared one is kept for the
  // next small block, which is what most programs ask for next.
  if (block > kLargestShared) {
    assert(chunk->second.used == 0);
    impl_->unmap(chunk);
    return;
  }
  impl_->free_blocks[block].push_back(data);
}

SecureBuffer::SecureBuffer(std::shared_ptr<SecureHeap> heap, std::uint8_t* data, std::size_t size)
    : heap_(std::move(heap)), data_(data), size_(size) {}

SecureBuffer::SecureBuffer(SecureBuffer&& other) noexcept
    : heap_(std::move(other.heap_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecureBuffer& SecureBuffer::operator=(SecureBuffer&& other) noexcept {
  if (this != &other) {
    release();
    heap_ = std::move(other.heap_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SecureBuffer::~SecureBuffer() { release(); }

void SecureBuffer::release() {
  if (data_ != nullptr) heap_->free(data_, size_);
  data_ = nullptr;
  size_ = 0;
  heap_.reset();
}

void SecureBuffer::shrink(std::size_t size) {
  assert(size <= size_);
  wipe({data_ + size, size_ - size});
  size_ = size;
}

}  // namespace strongroom
