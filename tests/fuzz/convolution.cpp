// Fuzzer of convolutions: options that the bytes choose, and the three operations on whole numbers, by the direct loops
// and by the definition, which must agree to the last bit.
#include "framework/kernels/convolution_kernels.h"
#include "framework/tensor/parallel.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/random_forms.h"

namespace adjoint {
namespace {

// Numbers that the bytes choose, 0 where they are at their end.
class Choices {
  public:
    explicit Choices(std::string_view bytes) : bytes_(bytes) {}
    Index between(Index first, Index last) {
        const unsigned choice = at_ < bytes_.size() ? static_cast<unsigned char>(bytes_[at_++]) : 0;
        return first + static_cast<Index>(choice) % (last - first + 1);
    }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

void require_equal(const Tensor& a, const Tensor& b) {
    if (!identical(a, b)) std::abort();
}

void compare(const Conv2DForm& form, DType dtype) {
    const Tensor x = random_integers(form.image_shape(), Random(1), dtype),
                 w = random_integers(form.weight_shape(), Random(2), dtype),
                 y = random_integers(form.output_shape(), Random(3), dtype);
    const auto all = [&](ConvolutionKernels which) {
        set_convolution_kernels(which);
        return std::array{kernels::conv2d(x, w, form, {}), kernels::conv2d_input_gradient(y, w, form, {}),
                          kernels::conv2d_weight_gradient(x, y, form)};
    };
    const auto direct = all(ConvolutionKernels::direct), reference = all(ConvolutionKernels::reference);
    for (std::size_t i = 0; i < direct.size(); ++i) require_equal(direct[i], reference[i]);
}

}  // namespace
}  // namespace adjoint

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    set_thread_count(1);  // more would wait for each other, and do the same
    Choices choices(bytes);
    const Index groups = choices.between(1, 4);
    const auto channels = [&] { return groups * choices.between(1, 9); };
    const Shape x = {choices.between(1, 3), choices.between(1, 9), choices.between(1, 9), channels()};
    const Shape w = {choices.between(1, 5), choices.between(1, 5), x[3] / groups, channels()};
    Conv2DOptions options = {.stride = {choices.between(1, 4), choices.between(1, 4)},
                             .padding = Sides{choices.between(0, 5) - 2, choices.between(0, 5) - 2,
                                              choices.between(0, 5) - 2, choices.between(0, 5) - 2},
                             .dilation = {choices.between(1, 3), choices.between(1, 3)},
                             .groups = groups};
    const DType dtype = choices.between(0, 1) == 0 ? DType::float32 : DType::float64;
    answers([&] { compare(Conv2DForm::of("conv2d", x, w, options), dtype); });
}
