// Thread count and kernels of a test, which are as before when it ends.
#pragma once

#include "framework/kernels/convolution_kernels.h"
#include "framework/tensor/parallel.h"

namespace adjoint {

/// Sets something for as long as it lives, and the old value when it goes.
template <class T, T (*get)(), void (*set)(T)>
class With {
  public:
    explicit With(T value) : before_(get()) { set(value); }
    ~With() { set(before_); }
    With(const With&) = delete;
    With& operator=(const With&) = delete;

  private:
    T before_;
};

using WithThreads = With<int, thread_count, set_thread_count>;
using WithKernels = With<ConvolutionKernels, convolution_kernels, set_convolution_kernels>;

}  // namespace adjoint
