// Convolution kernels for the time of a test.
#pragma once

#include "framework/kernels/convolution_kernels.h"

namespace adjoint {

/// Sets the kernels, and the old ones when it goes.
class WithKernels {
  public:
    explicit WithKernels(ConvolutionKernels kernels) : before_(convolution_kernels()) {
        set_convolution_kernels(kernels);
    }
    ~WithKernels() { set_convolution_kernels(before_); }
    WithKernels(const WithKernels&) = delete;
    WithKernels& operator=(const WithKernels&) = delete;

  private:
    ConvolutionKernels before_;
};

}  // namespace adjoint
