// Truths about bfloat16: what a number is rounded to, bit for bit; that convolutions and matrix products take factors
// so, by their definition and directly, with their gradients; and that nothing else does.
#include "framework/tensor/precision.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "framework/analysis/gradient_check.h"
#include "framework/autograd/tape.h"
#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();

TEST(Bfloat16, IsTheNearestNumberOfEightBitsAndOfTwoTheEvenOne) {
    for (const auto& [x, nearest] :
         std::vector<std::pair<double, double>>{{1.0, 1.0},
                                                {-3.140625, -3.140625},
                                                {1.0 + 0x1p-8, 1.0},
                                                {1.0 + 0x1p-8 + 0x1p-23, 1.0 + 0x1p-7},
                                                {1.0 + 3 * 0x1p-8, 1.0 + 0x1p-6},
                                                {-1.0 - 3 * 0x1p-8, -1.0 - 0x1p-6},
                                                {255.5, 256.0},
                                                {3.14159274, 3.140625},
                                                {255 * 0x1p120, 255 * 0x1p120},
                                                {std::nextafter(255.5f * 0x1p120f, 0.0f), 255 * 0x1p120},
                                                {255.5 * 0x1p120, infinity},
                                                {-infinity, -infinity},
                                                {0x1p-126, 0x1p-126},
                                                {0x1p-127, 0.0}}) {
        EXPECT_EQ(to_bfloat16(static_cast<float>(x)), nearest) << x;
    }
    EXPECT_TRUE(std::isnan(to_bfloat16(nan)));
    EXPECT_TRUE(std::isnan(to_bfloat16(std::bit_cast<float>(0x7f800001)))) << "no infinity of what is not a number";
    EXPECT_TRUE(std::signbit(to_bfloat16(-0.0f)));
}

void expect_close(const Tensor& actual, const Tensor& expected, double tolerance) {
    expect_tensor(actual, expected.shape(), expected.to_vector(), tolerance);
}

struct Operands {
    Tensor x, w, y;
    Operands(const Conv2DForm& form, const Random& random)
        : x(random.stream(1).normal(form.image_shape())),
          w(random.stream(2).normal(form.weight_shape())),
          y(random.stream(3).normal(form.output_shape())) {}
    // Rounded, in double precision.
    Operands rounded() const {
        const PrecisionScope bf16(Precision::bf16);
        Operands result(*this);
        for (Tensor* each : {&result.x, &result.w, &result.y}) *each = as_factor(*each).cast(DType::float64);
        return result;
    }
};

std::vector<Tensor> all_three(const Operands& at, const Conv2DForm& form) {
    return {conv2d(at.x, at.w, form).value(), conv2d_input_gradient(at.y, at.w, form).value(),
            conv2d_weight_gradient(at.x, at.y, form).value()};
}

TEST(Precision, RoundsTheFactorsOfConvolutionsAndNothingElseDirectlyAndByDefinition) {
    for (int which = 0; which < 300 && !testing::Test::HasFailure(); ++which) {
        const Random random = Random(65).stream(which);
        const Conv2DForm form = random_form(random.stream(0));
        SCOPED_TRACE(to_string(form));
        const Operands at(form, random);
        const std::vector<Tensor> exact = all_three(at.rounded(), form);
        for (const ConvolutionKernels chosen : {ConvolutionKernels::direct, ConvolutionKernels::reference}) {
            const WithKernels kernels(chosen);
            const PrecisionScope bf16(Precision::bf16);
            const std::vector<Tensor> rounded = all_three(at, form);
            for (std::size_t k = 0; k < exact.size(); ++k) expect_close(rounded[k], exact[k], 1e-4);
        }
    }
}

TEST(Precision, HasTheSameBitsOnAnyNumberOfThreads) {
    const Conv2DForm form = Conv2DForm::of("conv2d", {19, 14, 15, 34}, {3, 3, 34, 50}, {.stride = {2, 1}});
    const Operands at(form, Random(3));
    const PrecisionScope bf16(Precision::bf16);
    const auto on_threads = [&](int count) {
        const WithThreads threads(count);
        return all_three(at, form);
    };
    const std::vector<Tensor> alone = on_threads(1);
    for (const int count : {2, 3, 8}) {
        const std::vector<Tensor> together = on_threads(count);
        for (std::size_t k = 0; k < alone.size(); ++k) EXPECT_TRUE(identical(together[k], alone[k])) << count;
    }
}

TEST(Precision, RoundsTheFactorsOfMatrixProductsAndOfTheirGradients) {
    const Variable a = Random(1).normal({3, 5, 6}), b = Random(2).normal({3, 6, 7}), c = Random(3).normal({6, 7});
    const auto product_and_gradients = [](const Variable& left, const Variable& right) {
        Tape tape({left, right});
        const Variable y = matmul(left, right);
        std::vector<Tensor> all = {y.value()};
        for (const Variable& gradient : tape.gradient(sum(y * y))) all.push_back(gradient.value());
        return all;
    };
    for (const Variable& right : {b, c}) {
        std::vector<Tensor> rounded;
        {
            const PrecisionScope bf16(Precision::bf16);
            rounded = product_and_gradients(a, right);
        }
        const auto round = [](const Variable& x) {
            const PrecisionScope bf16(Precision::bf16);
            return Variable(as_factor(x.value()).cast(DType::float64));
        };
        const Variable y = matmul(round(a), round(right)), g = round(2.0 * Variable(rounded[0]));
        expect_close(rounded[0], y.value(), 1e-5);
        expect_close(rounded[1], matmul(g, round(right), {.transpose_b = true}).value(), 1e-4);
        const Variable to_right = matmul(round(a), g, {.transpose_a = true});
        expect_close(rounded[2], right.rank() == 3 ? to_right.value() : sum(to_right, {0}).value(), 1e-4);
    }
}

TEST(Precision, IsThatOfTheInnermostScopeOfTheThreadAndOfFloat32Alone) {
    const Tensor x({2}, {1.0 + 0x1p-8, 3.0});
    EXPECT_TRUE(identical(as_factor(x), x));
    const PrecisionScope bf16(Precision::bf16);
    EXPECT_TRUE(identical(as_factor(x), Tensor({2}, {1.0, 3.0})));
    EXPECT_TRUE(identical(as_factor(x.cast(DType::float64)), x.cast(DType::float64)));
    const PrecisionScope whole(Precision::float32);
    EXPECT_TRUE(identical(as_factor(x), x));
}

TEST(Precision, IsRefusedWhereDerivativesAreChecked) {
    const PrecisionScope bf16(Precision::bf16);
    const Tensor x({1}, {1.0}, DType::float64);
    EXPECT_REFUSAL(gradient_check([](const std::vector<Variable>& at) { return at[0] * at[0]; }, {x}),
                   "gradient_check: derivatives must be those of unrounded factors; got a PrecisionScope of bf16");
}

TEST(Precision, HasANameAndNoOther) {
    for (const char* each : {"float32", "bf16"}) EXPECT_STREQ(name(precision_named(each)), each);
    EXPECT_REFUSAL(precision_named("half"), "precision: must be float32 or bf16; got half");
}

}  // namespace
}  // namespace adjoint
