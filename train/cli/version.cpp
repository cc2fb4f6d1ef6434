#include "train/cli/version.h"

#include <fmt/format.h>

#include "framework/kernels/convolution_kernels.h"
#include "framework/tensor/gemm.h"

namespace adjoint {

std::string program_version() {
    return fmt::format("adjoint {}{}, built by {} {}, kernels for {}, OpenBLAS {}", ADJOINT_VERSION, ADJOINT_COMMIT,
                       ADJOINT_COMPILER, __VERSION__, instruction_set(), gemm_kernels());
}

}  // namespace adjoint
