#include "tests/support/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> large = 0;

}  // namespace

// The other forms of operator new and delete end up in these, but for one of which sanitizers have their own.
void* operator new(std::size_t bytes) {
    if (bytes > 4096) ++large;
    if (void* memory = std::malloc(bytes)) return memory;
    throw std::bad_alloc();
}
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept try {
    return operator new(bytes);
} catch (const std::bad_alloc&) {
    return nullptr;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace adjoint {

std::size_t large_allocations() { return large; }

}  // namespace adjoint
