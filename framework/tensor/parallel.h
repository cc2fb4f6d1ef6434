// Parallel loops that change no bit: the caller cuts the work by its shape alone; threads take whole pieces.
#pragma once

#include <functional>

#include "framework/tensor/shape.h"

namespace adjoint {

/// The number of threads that parallel_for may use; at first ADJOINT_THREADS, else the number of processors.
int thread_count();
/// Throws unless count ≥ 1.
void set_thread_count(int count);

/// Calls piece(0), …, piece(count − 1), each once, in any order and on any thread. The pieces must not share what they
/// write; then the result does not depend on the number of threads. Inside a piece denormal (subnormal) numbers, those
/// below 1.2e-38 in float32 and 2.2e-308 in float64, are 0 of their sign, in operands and in results. All that computes
/// does so in pieces; what only moves elements, as a transposition does, keeps them.
void parallel_for(Index count, const std::function<void(Index)>& piece);

/// Cuts [0, size) into pieces of `grain` and calls piece(begin, end) for each, in parallel.
void parallel_ranges(Index size, Index grain, const std::function<void(Index, Index)>& piece);

constexpr Index elementwise_grain = 1 << 15;  ///< elements a piece of parallel work
/// Cuts [0, rows) into pieces of so many whole rows of `size` elements each that a piece has about elementwise_grain.
void parallel_rows(Index rows, Index size, const std::function<void(Index, Index)>& piece);

}  // namespace adjoint
