// Where do tensors keep their elements? In aligned buffers that come back to a pool, so that a training step in its
// steady state asks the operating system for nothing.
#pragma once

#include <cstddef>
#include <memory>

namespace adjoint {

/// A buffer of at least `bytes` bytes, 64-byte aligned, not initialised. It returns to the pool when its last owner
/// goes.
std::shared_ptr<void> allocate_buffer(std::size_t bytes);

/// What the pool has taken from the operating system so far and how often it had to ask.
struct PoolStatistics {
    std::size_t bytes = 0;
    std::size_t requests = 0;
};
PoolStatistics pool_statistics();

}  // namespace adjoint
