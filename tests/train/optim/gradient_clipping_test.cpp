// Truths about clipped gradients: exactly the factor of the definition, their direction, and the same bits for any
// number of threads.
#include "train/optim/gradient_clipping.h"

#include <limits>

#include "framework/ops/elementwise.h"
#include "framework/tensor/random.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Gradients = std::vector<Variable>;

TEST(GradientNorm, IsTheLengthOfAllGradientsTogether) {
    EXPECT_EQ(gradient_norm({doubles({2}, {2, -4}), doubles({}, {4})}), 6.0);
    EXPECT_EQ(gradient_norm({Tensor({2, 1}, {3, 4})}), 5.0);
    EXPECT_EQ(gradient_norm({}), 0.0);
}

TEST(GradientNorm, NeitherOverflowsNorVanishesInFloat32) {
    EXPECT_NEAR(gradient_norm({Tensor({2}, {3e30, 4e30})}) / 5e30, 1.0, 1e-7);
    EXPECT_NEAR(gradient_norm({Tensor({2}, {3e-30, 4e-30})}) / 5e-30, 1.0, 1e-7);
}

TEST(GradientNorm, NeitherOverflowsNorVanishesInFloat64) {
    for (const double scale : {1e-320, 1e-200, 1e-160, 1e160, 1e300}) {
        EXPECT_NEAR(gradient_norm({doubles({}, {3 * scale}), doubles({}, {4 * scale})}) / (5 * scale), 1.0, 1e-3);
    }
    EXPECT_EQ(gradient_norm({doubles({2}, {0, 0})}), 0.0);
    EXPECT_EQ(gradient_norm({doubles({2}, {0, -INFINITY})}), INFINITY);
}

TEST(GradientNorm, IsTheSameForAnyNumberOfThreads) {
    const Gradients gradients = {Random(1).normal({300, 700}), Random(2).normal(Shape{123'457})};
    const WithThreads one(1);
    const double norm = gradient_norm(gradients);
    for (const int count : {2, 3, 8}) {
        const WithThreads threads(count);
        EXPECT_EQ(gradient_norm(gradients), norm) << count << " threads";
    }
}

TEST(ClipGradientNorm, MultipliesAllByOneFactorAndReturnsTheNormAsItWas) {
    Gradients gradients = {doubles({2}, {2, -4}), doubles({}, {4})};
    EXPECT_EQ(clip_gradient_norm(gradients, 1.5), 6.0);
    const double factor = 1.5 / (6.0 + 1e-6);
    expect_tensor(gradients[0], {2}, {2 * factor, -4 * factor});
    expect_tensor(gradients[1], {}, {4 * factor});
    EXPECT_NEAR(gradient_norm(gradients), 1.5, 1e-6);
}

TEST(ClipGradientNorm, KeepsTheDirectionOfTheLargestNumbersThereAre) {
    for (const DType dtype : {DType::float32, DType::float64}) {
        const double largest = dtype == DType::float32 ? 3e38 : 1.7e308;
        Gradients gradients = {Tensor({2}, {largest, -largest}, dtype), Tensor({}, {largest / 2}, dtype)};
        clip_gradient_norm(gradients, 1.0);
        expect_tensor(gradients[0], {2}, {2.0 / 3, -2.0 / 3}, 1e-7);
        expect_tensor(gradients[1], {}, {1.0 / 3}, 1e-7);
    }
}

TEST(ClipGradientNorm, RoundsAsOneProductDoes) {
    const Tensor g = Random(5).normal(Shape{1000});
    Gradients gradients = {g};
    const double factor = 0.1 / (clip_gradient_norm(gradients, 0.1) + 1e-6);
    expect_equal(gradients[0], Variable(g) * factor);
}

TEST(ClipGradientNorm, LeavesShortGradientsAlone) {
    const Variable g = Tensor({2}, {3, 4});
    Gradients gradients = {g};
    EXPECT_EQ(clip_gradient_norm(gradients, 5.1), 5.0);
    EXPECT_EQ(gradients[0].id(), g.id());
}

TEST(ClipGradientNorm, DoesNotHideANaN) {
    Gradients gradients = {doubles({}, {1}), doubles({}, {std::numeric_limits<double>::quiet_NaN()})};
    EXPECT_TRUE(std::isnan(clip_gradient_norm(gradients, 1.0)));
    EXPECT_TRUE(std::isnan(gradients[0].item()) && std::isnan(gradients[1].item()));
}

TEST(ClipGradientValue, BringsEachElementBetweenTheLimits) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Gradients gradients = {doubles({5}, {-3, -0.5, 0, 0.25, 7}), Tensor({2}, {nan, -1e30})};
    clip_gradient_value(gradients, 0.5);
    expect_tensor(gradients[0], {5}, {-0.5, -0.5, 0, 0.25, 0.5});
    expect_tensor(gradients[1], {2}, {nan, -0.5});
}

TEST(Clipping, RefusesLimitsThatLeaveNothing) {
    Gradients gradients = {doubles({}, {1})};
    EXPECT_EQ(error_of([&] { clip_gradient_norm(gradients, 0.0); }),
              "clip_gradient_norm: the largest norm must be positive; got 0");
    EXPECT_EQ(error_of([&] { clip_gradient_value(gradients, -1.0); }),
              "clip_gradient_value: the largest value must be positive; got -1");
    EXPECT_EQ(gradients[0].item(), 1.0);
}

}  // namespace
}  // namespace adjoint
