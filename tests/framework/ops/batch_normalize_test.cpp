// Batch normalisation in few passes is the composition that its equation says: its value and its gradients.
#include "framework/ops/batch_normalize.h"

#include <gtest/gtest.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/random.h"
#include "tests/support/expectations.h"
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
    for (const Shape& shape : {Shape{9, 3, 2, 6}, Shape{5, 2, 3, 1}}) {
        const std::vector<Variable> in = random_inputs(shape);
        const Variable seed = Random(6).normal(shape, DType::float64);
        for (const double slope : {1.0, 0.2, 0.0}) {
            const auto gradients = [&](auto f) {
                Tape tape(in);
                return tape.gradient(f(in[0], in[1], in[2], slope), seed);
            };
            const auto actual = gradients(fused), expected = gradients(composed);
            for (std::size_t k = 0; k < in.size(); ++k) expect_equal(actual[k], expected[k], 1e-11);
        }
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

TEST(NormalizeBy, ShiftsAndScalesEachChannelAndRectifies) {
    const Tensor x({2, 2}, {1, 2, 3, 4}), mean({2}, {2, 1}), variance({2}, {4, 1}), gamma({2}, {6, -1}),
        beta({2}, {0, 2});
    expect_tensor(normalize_by(x, gamma, beta, mean, variance, {.epsilon = 0}), {2, 2}, {-3, 1, 3, -1});
    expect_tensor(normalize_by(x, gamma, beta, mean, variance, {.epsilon = 0, .activation = leaky_relu(0.5)}), {2, 2},
                  {-1.5, 1, 3, -0.5});
    EXPECT_REFUSAL(normalize_by(x, gamma, beta, mean, Tensor::ones({3})),
                   "normalize_by: mean and variance must be [2]; got [2] and [3]");
}

TEST(NormalizeBy, HasTheDerivativesOfTheCompositionToSecondOrder) {
    std::vector<Variable> in = random_inputs({3, 2, 2, 4});
    in.push_back(Random(7).normal({4}, DType::float64));
    in.push_back(Random(8).uniform({4}, DType::float64));
    const Variable seed = Random(6).normal({3, 2, 2, 4}, DType::float64);
    for (const double slope : {1.0, 0.2}) {
        const auto derivatives = [&](auto f) {
            Tape outer({in[0], in[1], in[3], in[4]}), inner(in);  // gradients depend on no beta
            std::vector<Variable> all = inner.gradient(f(in[0], in[1], in[2], in[3], in[4]), seed);
            Variable squares = sum(all[0] * all[0]);
            for (std::size_t k = 1; k < in.size(); ++k) squares = squares + sum(all[k] * all[k]);
            for (const Variable& second : outer.gradient(squares)) all.push_back(second);
            return all;
        };
        const auto actual = derivatives(
            [&](auto... v) { return normalize_by(v..., {.epsilon = epsilon, .activation = leaky_relu(slope)}); });
        const auto expected = derivatives([&](auto x, auto gamma, auto beta, auto mu, auto variance) {
            return leaky_relu((x - mu) / sqrt(variance + epsilon) * gamma + beta, slope);
        });
        for (std::size_t k = 0; k < actual.size(); ++k) expect_equal(actual[k], expected[k], 1e-9);
    }
}

TEST(NormalizeBy, TheMomentsOfTheBatchIsBatchNormalization) {
    const std::vector<Variable> in = random_inputs({9, 3, 2, 6});
    const ChannelMoments moments = channel_moments(in[0].value());
    expect_equal(normalize_by(in[0], in[1], in[2], moments.mean, moments.variance, {.epsilon = epsilon}),
                 fused(in[0], in[1], in[2], 1.0), 1e-14);
}

TEST(ChannelMoments, AreExactForSmallIntegersAndFarFromZero) {
    for (const double offset : {0.0, 1e6}) {
        const ChannelMoments moments = channel_moments(Tensor(
            {4, 2}, {offset + 1, offset, offset + 2, offset, offset + 3, offset, offset + 6, offset}, DType::float32));
        expect_tensor(moments.mean, {2}, {offset + 3, offset});
        expect_tensor(moments.variance, {2}, {3.5, 0});
    }
}

// Values mean ± 1 but for a first row of 0, which must not decide how exact all others are.
TEST(ChannelMoments, DoNotHangOnTheFirstRow) {
    for (const auto& [n, mean] : {std::pair<Index, double>{1'000'000, 1000}, {100'352, 200}, {1'000'000, 1e6}}) {
        for (const DType dtype : {DType::float32, DType::float64}) {
            std::vector<double> x(static_cast<std::size_t>(n), 0.0);
            for (Index i = 1; i < n; ++i) x[i] = mean + (i % 2 == 0 ? 1 : -1);
            const ChannelMoments moments = channel_moments(Tensor({n, 1}, x, dtype));
            const double count = static_cast<double>(n), others = count - 1, shift = -1 / others;  // n − 1 is odd
            const double exact_mean = (mean + shift) * others / count;
            const double exact = 1 - shift * shift + (mean + shift) * (mean + shift) * others / count / count -
                                 (1 - shift * shift) / count;
            const double tiny = dtype == DType::float32 ? 1e-7 : 1e-12;
            EXPECT_NEAR(moments.mean.item(), exact_mean, tiny * mean) << n << ", " << name(dtype);
            EXPECT_NEAR(moments.variance.item(), exact, tiny * exact) << n << ", " << name(dtype);
        }
    }
}

TEST(ChannelMoments, OverflowOnlyWhereTheyMust) {
    const ChannelMoments moments = channel_moments(Tensor({4, 2}, {3e38, 1e19, 3e38, -1e19, 3e38, 1e19, 3e38, -1e19}));
    expect_tensor(moments.mean, {2}, {3e38, 0}, 1e-7);
    expect_tensor(moments.variance, {2}, {0, 1e38}, 1e-7);
}

TEST(ChannelMoments, LetNotANumberThrough) {
    const ChannelMoments moments = channel_moments(Tensor({3, 1}, {1, std::nan(""), 2}));
    EXPECT_TRUE(std::isnan(moments.mean.item()) && std::isnan(moments.variance.item()));
}

TEST(BatchNormalize, KeepsItsDigitsFarFromZero) {
    const Tensor x({4, 1}, {1e6 - 1, 1e6 + 1, 1e6 - 1, 1e6 + 1});
    expect_tensor(batch_normalize(x, Tensor::ones({1}), Tensor::zeros({1}), channel_moments(x), {.epsilon = 0.0}),
                  {4, 1}, {-1, 1, -1, 1}, 1e-6);
}

TEST(BatchNormalize, SelectsZeroOfAnInfiniteAdjoint) {
    const Variable beta = Tensor({1}, {0});
    const Tensor x({2, 1}, {-1, 1});
    Tape tape({beta});
    const Variable y = batch_normalize(x, Tensor::ones({1}), beta, channel_moments(x), {.activation = relu()});
    expect_tensor(tape.gradient(y, Tensor({2, 1}, {INFINITY, 3}))[0], {1}, {3});
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
    EXPECT_REFUSAL(fused(in[0], in[1], in[2], -1.0),
                   "batch_normalize: the activation's slope must be at least 0; got -1");
    EXPECT_REFUSAL(batch_normalize(in[0], in[1], in[2], channel_moments(in[0].value()), {.epsilon = -1.0}),
                   "batch_normalize: epsilon must be at least 0; got -1");
}

TEST(BatchNormalize, RefusesMomentsOfOtherChannelsAndOtherTypes) {
    const std::vector<Variable> in = random_inputs({4, 2, 2, 3});
    const ChannelMoments moments = channel_moments(in[0].value());
    EXPECT_REFUSAL(batch_normalize(in[0], in[1], in[2], {Tensor::zeros({2}, DType::float64), moments.variance}),
                   "batch_normalize: mean and variance must be [3]; got [2] and [3]");
    EXPECT_REFUSAL(batch_normalize(in[0], in[1], Tensor::zeros({3}), moments),
                   "batch_normalize: operands differ in element type; got float64 and float32");
}

}  // namespace
}  // namespace adjoint
