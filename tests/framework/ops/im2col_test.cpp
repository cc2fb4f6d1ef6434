// Truths about patches: their literal definition, that a convolution is a product with them, that each operation is the
// other's adjoint, and what is refused.
#include "framework/ops/im2col.h"

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/derivatives.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Conv2DForm overlapping =
    Conv2DForm::of("im2col", {2, 4, 3, 2}, {3, 2, 2, 1}, {.padding = Sides{1, 0, -1, 1}, .dilation = {1, 2}});

TEST(Im2col, OfATwoByTwoWindowAreItsFourPixelsARow) {
    const Tensor x({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
    const Conv2DForm form = Conv2DForm::of("im2col", x.shape(), {2, 2, 1, 1}, {});
    expect_tensor(im2col(x, form), {1, 2, 2, 2, 2, 1}, {1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9});
}

TEST(Col2im, CountsHowManyPatchesEachPixelIsIn) {
    const Conv2DForm form = Conv2DForm::of("im2col", {1, 3, 3, 1}, {2, 2, 1, 1}, {});
    expect_tensor(col2im(Tensor::ones({1, 2, 2, 2, 2, 1}), form), {1, 3, 3, 1}, {1, 2, 1, 2, 4, 2, 1, 2, 1});
}

TEST(Im2col, IsZeroInThePadding) {
    const Conv2DForm form = Conv2DForm::of("im2col", {1, 1, 2, 1}, {2, 2, 1, 1}, {.padding = Sides{1, 1, 0, 0}});
    expect_tensor(im2col(Tensor({1, 1, 2, 1}, {7, 8}), form), {1, 1, 2, 2, 2, 1}, {0, 0, 0, 7, 0, 0, 7, 8});
}

// conv2d(x, w) = P(x)·W where there is one group: here for random forms of every other kind.
TEST(Im2col, TimesTheFiltersAreTheConvolution) {
    for (int which = 0; which < 300; ++which) {
        const Random random = Random(7).stream(which);
        Conv2DForm form = random_form(random.stream(0));
        form.groups = 1;
        SCOPED_TRACE(to_string(form));
        const Variable x = random_integers(form.image_shape(), random.stream(1));
        const Variable w = random_integers(form.weight_shape(), random.stream(2));
        const Variable matrix = reshape(im2col(x, form), {form.rows(), form.columns()});
        const Variable y = matmul(matrix, reshape(w, {form.columns(), form.filters}));
        ASSERT_TRUE(equal(reshape(y, form.output_shape()).value(), conv2d(x, w, form).value()));
    }
}

TEST(Col2im, IsTheAdjointOfIm2colExactlyInIntegers) {
    for (int which = 0; which < 300; ++which) {
        const Random random = Random(8).stream(which);
        const Conv2DForm form = random_form(random.stream(0));
        SCOPED_TRACE(to_string(form));
        const Variable x = random_integers(form.image_shape(), random.stream(1));
        const Variable p = im2col(x, form), q = random_integers(p.shape(), random.stream(2));
        ASSERT_EQ(sum(p * q).item(), sum(x * col2im(q, form)).item());
    }
}

TEST(Col2im, GivesTheSameBitsOnAnyNumberOfThreads) {
    const Conv2DForm form = Conv2DForm::of("im2col", {3, 40, 40, 4}, {5, 5, 4, 1}, {});
    const Tensor p = Random(5).normal({3, 36, 36, 5, 5, 4});
    const auto with_threads = [&](int count) {
        const WithThreads threads(count);
        return col2im(p, form).value();
    };
    EXPECT_TRUE(identical(with_threads(1), with_threads(7)));
}

TEST(Im2colAndCol2im, HaveDerivativesToSecondOrder) {
    const Tensor x = Random(1).normal({2, 4, 3, 2}, DType::float64);
    const Tensor p = Random(2).normal(im2col(x, overlapping).shape(), DType::float64);
    expect_derivatives([](const Inputs& in) { return im2col(in[0], overlapping); }, {x});
    expect_derivatives([](const Inputs& in) { return col2im(in[0], overlapping); }, {p});
}

TEST(Im2colRefusal, OfAnotherShapeThanTheForms) {
    const Conv2DForm form = Conv2DForm::of("im2col", {1, 4, 4, 2}, {2, 2, 2, 1}, {});
    EXPECT_REFUSAL(im2col(Tensor::zeros({1, 4, 4, 3}), form),
                   "im2col: the form expects images [1, 4, 4, 2]; got [1, 4, 4, 3]");
    EXPECT_REFUSAL(col2im(Tensor::zeros({1, 3, 3, 8}), form),
                   "col2im: the form expects patches [1, 3, 3, 2, 2, 2]; got [1, 3, 3, 8]");
}

// ---- the convolution as a matrix C, and the transposed convolution as that matrix transposed

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
    EXPECT_REFUSAL(convolution_matrix(Tensor::zeros({3, 3, 2, 2}), form),
                   "convolution_matrix: the form expects weight [3, 3, 1, 2]; got [3, 3, 2, 2]");
}

}  // namespace
}  // namespace adjoint
