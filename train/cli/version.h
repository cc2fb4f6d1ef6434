// Version: which program this is, and how it computes.
#pragma once

#include <string>

namespace adjoint {

/// `adjoint 0.1.0 (commit 7e0a685), built by GCC 12.2.0, kernels for x86-64-v3, OpenBLAS SkylakeX`
std::string program_version();

}  // namespace adjoint
