// Buffer pool: aligned buffers for the elements of tensors that come back when they are free, so that a training step
// in its steady state asks the operating system for nothing.
#pragma once

#include <cstddef>
#include <memory>

namespace adjoint {

/// A buffer of at least `bytes` bytes, 64-byte aligned, not initialised. 64 bytes more may be read, whatever they are,
/// so that a vector may begin at any number. It returns to the pool when its last owner goes.
std::shared_ptr<void> allocate_buffer(std::size_t bytes);

/// Room for some numbers, from the pool, for the time of one piece of work.
template <class T>
class Scratch {
  public:
    explicit Scratch(std::ptrdiff_t size) : buffer_(allocate_buffer(static_cast<std::size_t>(size) * sizeof(T))) {}
    T* data() const { return static_cast<T*>(buffer_.get()); }

  private:
    std::shared_ptr<void> buffer_;
};

/// What the pool has taken from the operating system so far and how often it had to ask.
struct PoolStatistics {
    std::size_t bytes = 0;
    std::size_t requests = 0;
};
PoolStatistics pool_statistics();

}  // namespace adjoint
