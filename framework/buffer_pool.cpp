#include "framework/buffer_pool.h"

#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

namespace adjoint {
namespace {

constexpr std::size_t alignment = 64;

// Sizes are rounded up to eighths of a power of two, so that batches of nearly equal size share buffers and at most an
// eighth is wasted.
std::size_t size_class(std::size_t bytes) {
    const std::size_t granularity = std::max(alignment, std::bit_floor(bytes) / 8);
    return (std::max(bytes, alignment) + granularity - 1) / granularity * granularity;
}

class BufferPool {
  public:
    void* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        std::vector<void*>& idle = idle_[bytes];
        if (!idle.empty()) {
            void* buffer = idle.back();
            idle.pop_back();
            return buffer;
        }
        statistics_.bytes += bytes;
        ++statistics_.requests;
        void* buffer = std::aligned_alloc(alignment, bytes);
        if (buffer == nullptr) throw std::bad_alloc();
        return buffer;
    }

    void give_back(void* buffer, std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        idle_[bytes].push_back(buffer);
    }

    PoolStatistics statistics() {
        const std::lock_guard lock(mutex_);
        return statistics_;
    }

  private:
    std::mutex mutex_;
    std::unordered_map<std::size_t, std::vector<void*>> idle_;
    PoolStatistics statistics_;
};

// Never destroyed: tensors with static lifetime may outlive every other object.
BufferPool& pool() {
    static BufferPool& instance = *new BufferPool;
    return instance;
}

}  // namespace

std::shared_ptr<void> allocate_buffer(std::size_t bytes) {
    const std::size_t rounded = size_class(bytes);
    return {pool().take(rounded), [rounded](void* buffer) { pool().give_back(buffer, rounded); }};
}

PoolStatistics pool_statistics() { return pool().statistics(); }

}  // namespace adjoint
