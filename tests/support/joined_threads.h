// Joined threads: the processes of a job as threads of one program, so that what many processes do is a test like any
// other.
#pragma once

#include <functional>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Runs body() once in each of so many threads, which work together as processes do. Throws what the first of them
/// threw.
void run_as_processes(Index count, const std::function<void()>& body);

/// What body() returns, where `count` threads work together: the same of each, or a test fails.
std::vector<Tensor> computed_by(Index count, const std::function<std::vector<Tensor>()>& body);

}  // namespace adjoint
