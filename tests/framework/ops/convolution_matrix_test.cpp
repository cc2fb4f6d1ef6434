// The convolution is a matrix C, and the transposed convolution is that matrix transposed: exactly, in whole numbers.
#include "framework/ops/convolution.h"
#include "framework/ops/im2col.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/random_forms.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Variable column(const Variable& x) { return reshape(x, {-1}); }

template <class Test>
void for_random_matrices(Test test) {
    for (int which = 0; which < 300 && !testing::Test::HasFailure(); ++which) {
        const Random random = Random(31).stream(which);
        const Conv2DForm form = random_form(random.stream(0));
        SCOPED_TRACE(to_string(form));
        const Tensor w = random_integers(form.weight_shape(), random.stream(1));
        test(form, w, convolution_matrix(w, form), random.stream(2));
    }
}

TEST(ConvolutionMatrix, TimesTheImageIsTheConvolution) {
    for_random_matrices([](const Conv2DForm& form, const Tensor& w, const SparseMatrix& C, const Random& random) {
        const Tensor x = random_integers(form.image_shape(), random);
        EXPECT_TRUE(equal(multiply_along(column(x), C, 0).value(), column(conv2d(x, w, form)).value()));
    });
}

TEST(ConvolutionMatrix, TransposedIsTheTransposedConvolution) {
    for_random_matrices([](const Conv2DForm& form, const Tensor& w, const SparseMatrix& C, const Random& random) {
        const Tensor y = random_integers(form.output_shape(), random);
        EXPECT_TRUE(equal(multiply_along(column(y), C.transposed(), 0).value(),
                          column(conv2d_input_gradient(y, w, form)).value()));
    });
}

// A filter of three taps on five pixels, and with a stride of two and padding.
TEST(ConvolutionMatrix, HasTheFilterInEachRowOneStrideFurther) {
    const Tensor w({1, 3, 1, 1}, {1, 2, 3});
    const auto dense = [&w](const Conv2DOptions& options) {
        return convolution_matrix(w, Conv2DForm::of("form", {1, 1, 5, 1}, w.shape(), options)).dense();
    };
    expect_tensor(dense({}), {3, 5},
                  {1, 2, 3, 0, 0,  //
                   0, 1, 2, 3, 0,  //
                   0, 0, 1, 2, 3});
    expect_tensor(dense({.stride = {1, 2}, .padding = Padding::same()}), {3, 5},
                  {2, 3, 0, 0, 0,  //
                   0, 1, 2, 3, 0,  //
                   0, 0, 0, 1, 2});
}

TEST(ConvolutionMatrixRefusal, OfAnotherWeightThanTheForms) {
    const Conv2DForm form = Conv2DForm::of("form", {1, 4, 4, 1}, {3, 3, 1, 2}, {});
    EXPECT_EQ(error_of([&] {
                  convolution_matrix(Tensor::zeros({3, 3, 2, 2}), form);
              }),
              "convolution_matrix: the form expects weight [3, 3, 1, 2]; got [3, 3, 2, 2]");
}

}  // namespace
}  // namespace adjoint
