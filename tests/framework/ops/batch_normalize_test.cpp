// Batch normalisation in few passes is the composition that its equation says: its value and its gradients.
#include "framework/ops/batch_normalize.h"

#include <gtest/gtest.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/random.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr double epsilon = 1e-3;

Variable composed(const Variable& x, const Variable& gamma, const Variable& beta, double slope) {
    const Variable centred = x - mean(x, {0, 1, 2});
    const Variable variance = mean(centred * centred, {0, 1, 2});
    return leaky_relu(centred / sqrt(variance + epsilon) * gamma + beta, slope);
}

Variable fused(const Variable& x, const Variable& gamma, const Variable& beta, double slope) {
    return batch_normalize(x, gamma, beta, channel_moments(x.value()),
                           {.epsilon = epsilon, .activation = leaky_relu(slope)});
}

std::vector<Variable> random_inputs(const Shape& shape) {
    const Random random(5);
    return {random.normal(shape, DType::float64), random.stream(1).normal({shape.back()}, DType::float64),
            random.stream(2).normal({shape.back()}, DType::float64)};
}

TEST(BatchNormalize, IsTheComposition) {
    for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{1, 1, 2, 1}, Shape{33, 7, 5, 17}}) {
        const std::vector<Variable> in = random_inputs(shape);
        for (const double slope : {1.0, 0.2, 0.0}) {
            expect_equal(fused(in[0], in[1], in[2], slope), composed(in[0], in[1], in[2], slope), 1e-12);
        }
    }
}

TEST(BatchNormalize, HasTheGradientsOfTheComposition) {
    const std::vector<Variable> in = random_inputs({9, 3, 2, 6});
    const Variable seed = Random(6).normal({9, 3, 2, 6}, DType::float64);
    for (const double slope : {1.0, 0.2, 0.0}) {
        const auto gradients = [&](auto f) {
            Tape tape(in);
            return tape.gradient(f(in[0], in[1], in[2], slope), seed);
        };
        const auto actual = gradients(fused), expected = gradients(composed);
        for (std::size_t k = 0; k < in.size(); ++k) expect_equal(actual[k], expected[k], 1e-11);
    }
}

TEST(BatchNormalize, PullsBackEachAdjointByItsOwnSums) {
    const std::vector<Variable> in = random_inputs({4, 2, 2, 3});
    const auto gradient_of = [&](double factor) {
        Tape tape(in);
        return tape.gradient(fused(in[0], in[1], in[2], 1.0) * factor, Tensor::ones({4, 2, 2, 3}, DType::float64))[2];
    };
    expect_tensor(gradient_of(1.0), {3}, {16, 16, 16});
    expect_tensor(gradient_of(-2.0), {3}, {-32, -32, -32});
}

TEST(ChannelMoments, AreExactForSmallIntegersAndFarFromZero) {
    for (const double offset : {0.0, 1e6}) {
        const ChannelMoments moments = channel_moments(Tensor(
            {4, 2}, {offset + 1, offset, offset + 2, offset, offset + 3, offset, offset + 6, offset}, DType::float32));
        expect_tensor(moments.mean, {2}, {offset + 3, offset});
        expect_tensor(moments.variance, {2}, {3.5, 0});
    }
}

TEST(ChannelMoments, AreTheSameOnAnyNumberOfThreads) {
    const Tensor x = Random(3).normal({50, 20, 20, 7});
    const WithThreads one(1);
    const ChannelMoments expected = channel_moments(x);
    for (const int threads : {2, 3, 8}) {
        const WithThreads several(threads);
        const ChannelMoments actual = channel_moments(x);
        EXPECT_TRUE(identical(actual.mean, expected.mean) && identical(actual.variance, expected.variance)) << threads;
    }
}

TEST(BatchNormalize, RefusesScalesThatAreNotAChannelEach) {
    const std::vector<Variable> in = random_inputs({4, 2, 2, 3});
    EXPECT_REFUSAL(fused(in[0], Tensor::ones({2}, DType::float64), in[2], 1.0),
                   "batch_normalize: scale and shift must be [3]; got [2] and [3]");
    EXPECT_REFUSAL(fused(in[0], in[1], in[2], -1.0), "batch_normalize: the slope must not be negative; got -1");
}

}  // namespace
}  // namespace adjoint
