#include "framework/tensor/buffer_pool.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "framework/tensor/shape.h"

namespace adjoint {
namespace {

constexpr std::size_t alignment = 64;

// Sizes are rounded up to eighths of a power of two, so that batches of nearly equal size share buffers and at most an
// eighth is wasted.
std::size_t size_class(std::size_t bytes) {
    const std::size_t granularity = std::max(alignment, std::bit_floor(bytes) / 8);
    return ceil_divide(std::max(bytes, alignment), granularity) * granularity;
}

struct BufferPool {
    std::mutex mutex;
    std::map<std::size_t, std::vector<void*>> idle;  // by size
    PoolStatistics statistics;
};

// Never destroyed: tensors with static lifetime may outlive every other object.
BufferPool& pool() {
    static BufferPool& instance = *new BufferPool;
    return instance;
}

// The smallest idle buffer of at least `bytes` that is not twice as large, else a new one; and its size.
std::pair<void*, std::size_t> take(std::size_t bytes) {
    auto& [mutex, idle, statistics] = pool();
    const std::lock_guard lock(mutex);
    for (auto found = idle.lower_bound(bytes); found != idle.end() && found->first < 2 * bytes; ++found) {
        if (found->second.empty()) continue;
        void* const buffer = found->second.back();
        found->second.pop_back();
        return {buffer, found->first};
    }
    const std::size_t readable = bytes + alignment;
    void* const buffer = std::aligned_alloc(alignment, readable);
    if (buffer == nullptr) throw std::bad_alloc();
    std::memset(buffer, 0, readable);  // has the system find its pages now rather than in a later step
    statistics.bytes += bytes;
    ++statistics.requests;
    return {buffer, bytes};
}

}  // namespace

std::shared_ptr<void> allocate_buffer(std::size_t bytes) {
    const std::pair<void*, std::size_t> taken = take(size_class(bytes));
    return {taken.first, [size = taken.second](void* buffer) {
                const std::lock_guard lock(pool().mutex);
                pool().idle[size].push_back(buffer);
            }};
}

PoolStatistics pool_statistics() {
    const std::lock_guard lock(pool().mutex);
    return pool().statistics;
}

}  // namespace adjoint
