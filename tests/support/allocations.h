// Allocation count: what operator new is asked for in this test program.
#pragma once

#include <cstddef>

namespace adjoint {

/// How many times so far, in all threads, operator new was asked for more than 4 KiB.
std::size_t large_allocations();

}  // namespace adjoint
