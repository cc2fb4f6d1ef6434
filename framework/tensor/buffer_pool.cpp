#include "framework/tensor/buffer_pool.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "framework/tensor/math.h"

namespace adjoint {
namespace {

constexpr std::size_t alignment = 64;

// Sizes are rounded up to eighths of a power of two, so that batches of nearly equal size share buffers and at most an
// eighth is wasted.
std::size_t size_class(std::size_t bytes) {
    const std::size_t granularity = std::max(alignment, std::bit_floor(bytes) / 8);
    return ceil_divide(std::max(bytes, alignment), granularity) * granularity;
}

class BufferPool {
  public:
    // The smallest idle buffer of at least `bytes` that is not twice as large, else a new one; and its size.
    std::pair<void*, std::size_t> take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        for (auto idle = idle_.lower_bound(bytes); idle != idle_.end() && idle->first < 2 * bytes; ++idle) {
            if (idle->second.empty()) continue;
            void* const buffer = idle->second.back();
            idle->second.pop_back();
            return {buffer, idle->first};
        }
        void* const buffer = std::aligned_alloc(alignment, bytes);
        if (buffer == nullptr) throw std::bad_alloc();
        std::memset(buffer, 0, bytes);  // has the system find its pages now rather than in a later step
        statistics_.bytes += bytes;
        ++statistics_.requests;
        return {buffer, bytes};
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
    std::map<std::size_t, std::vector<void*>> idle_;  // by size
    PoolStatistics statistics_;
};

// Never destroyed: tensors with static lifetime may outlive every other object.
BufferPool& pool() {
    static BufferPool& instance = *new BufferPool;
    return instance;
}

}  // namespace

std::shared_ptr<void> allocate_buffer(std::size_t bytes) {
    const auto [buffer, size] = pool().take(size_class(bytes));
    return {buffer, [size](void* given_back) { pool().give_back(given_back, size); }};
}

PoolStatistics pool_statistics() { return pool().statistics(); }

}  // namespace adjoint
