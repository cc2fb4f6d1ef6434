// Truths about spectral normalisation: the largest singular value of known matrices, the power iteration by hand, when
// it turns and when not, and the gradient through both the weight and its norm.
#include "layers/spectral_norm.h"

#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "layers/analysis/module_check.h"
#include "layers/convolution.h"
#include "layers/linear.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Random random(7);

SpectralNorm<Linear> normalized(const Tensor& w) {
    const auto initializer = [w](const Shape&, const Fans&, const Random&) { return w; };
    const LinearOptions options{.in = w.extent(0), .out = w.extent(1), .bias = false, .initializer = initializer};
    return SpectralNorm(Linear(options, random), random);
}

// W with the singular values 4 and 1, as W = U·diag(4, 1)·Vᵀ: u₁ = (0.6, 0.8), v₁ = (0.8, −0.6).
const Tensor rotated = doubles({2, 2}, {4 * 0.6 * 0.8 - 0.8 * 0.6, -4 * 0.6 * 0.6 - 0.8 * 0.8,
                                        4 * 0.8 * 0.8 + 0.6 * 0.6, -4 * 0.8 * 0.6 + 0.6 * 0.8});

TEST(SpectralNormOfAWeight, IsItsLargestSingularValueInTheDirectionItStretchesMost) {
    EXPECT_NEAR(spectral_norm(rotated, doubles({2}, {0.8, -0.6})).item(), 4.0, 1e-14);
    EXPECT_NEAR(spectral_norm(rotated, doubles({2}, {0.6, 0.8})).item(), 1.0, 1e-14);
}

TEST(SpectralNormOfAWeight, TakesTheLastAxisForTheColumnsOfItsMatrix) {
    const Tensor w = random.normal({2, 3, 2, 5}), u = random.stream(1).normal(Shape{5});
    const Variable stretched = matmul(w.reshaped({12, 5}), u.reshaped({5, 1}));
    EXPECT_NEAR(spectral_norm(w, u).item(), std::sqrt(sum(stretched * stretched).item()), 1e-6);
    EXPECT_NEAR(spectral_norm(doubles({2}, {3, 4}), doubles({2}, {0.6, 0.8})).item(), 5.0, 1e-14) << "of one row";
}

TEST(MostStretched, MakesOneStepOfThePowerIteration) {
    const Tensor w = doubles({3, 2}, {1, 0, 0, 2, 2, 0});  // WᵀW = diag(5, 4)
    expect_tensor(most_stretched(w, doubles({2}, {0.6, 0.8}), 1), {2}, {3.0 / std::sqrt(19.24), 3.2 / std::sqrt(19.24)},
                  1e-15);
}

TEST(MostStretched, ComesToTheFirstSingularVector) {
    const Tensor u = most_stretched(rotated, doubles({2}, {1, 1}), 20);
    EXPECT_NEAR(std::abs(0.8 * u[0] - 0.6 * u[1]), 1.0, 1e-14);
}

TEST(SpectralNorm, StretchesNothingByMoreThanOne) {
    const SpectralNorm<Linear> layer = normalized(rotated);
    expect_tensor(layer(doubles({2, 2}, {0.6, 0.8, 0.8, -0.6})), {2, 2}, {0.8, -0.6, 0.25 * -0.6, 0.25 * -0.8}, 1e-12);
}

TEST(SpectralNorm, IsRightForEveryScaleThatATypeHolds) {
    for (const DType dtype : {DType::float32, DType::float64}) {
        const double least = dtype == DType::float32 ? 0x1p-126 : 0x1p-1022, most = 1 / least;
        for (const double s : {least, 64 * least, std::sqrt(least), 1e-11, 1.0, 1e10, std::sqrt(most), most / 4}) {
            const SpectralNorm<Linear> layer = normalized(Tensor({2, 2}, {3 * s, 0, 0, 4 * s}, dtype));
            const Tape tape(layer.parameters());
            for (int step = 0; step < 30; ++step) layer(Tensor::ones({1, 2}, dtype));
            expect_tensor(layer(Tensor::ones({1, 2}, dtype)), {1, 2}, {0.75, 1}, 1e-6);
            EXPECT_NEAR(spectral_norm(layer.layer.weight, layer.direction).item() / s, 4.0, 1e-5) << s;
        }
    }
}

TEST(SpectralNorm, HasTheGradientOfItsScaleToo) {
    for (const double s : {1e-30, 1.0, 1e30}) {
        const SpectralNorm<Linear> layer = normalized(Tensor({2, 2}, {3 * s, 0, 0, 4 * s}));
        Tape tape(layer.parameters());
        const Variable gradient = tape.gradient(layer(Tensor::ones({1, 2})), Tensor({1, 2}, {1, 0})).front();
        // ∂(w₀₀ / σ)/∂w = (1, 0; 1, 0) / σ without, and w₀₀ / σ² = 3 / 16 less at w₁₁ with σ; up to what the steps
        // towards the direction leave.
        expect_tensor(gradient * scalar(s, gradient), {2, 2}, {0.25, 0, 0.25, -3.0 / 16}, 1e-4);
    }
}

TEST(SpectralNorm, DoesNotSeeTheScaleOfTheWeight) {
    const Variable x = random.normal({3, 2}, DType::float64);
    expect_equal(normalized((1024.0 * Variable(rotated)).value())(x), normalized(rotated)(x), 1e-15);
}

TEST(SpectralNorm, TurnsItsDirectionByOneStepInTrainingAndNotInEvaluation) {
    const SpectralNorm<Linear> layer = normalized(rotated);
    const Tensor u = doubles({2}, {0, 1});
    layer.direction.assign(u);
    const Variable x = random.normal({3, 2}, DType::float64);
    layer(x);
    expect_equal(layer.direction.value(), u);
    const Tape tape(layer.parameters());
    layer(x);
    expect_equal(layer.direction.value(), most_stretched(rotated, u, 1));
}

TEST(SpectralNorm, FollowsAWeightThatChanges) {
    const SpectralNorm<Linear> layer = normalized(rotated);
    const Tensor other = doubles({2, 2}, {0, 0, 0, 8});
    layer.layer.weight.assign(other);
    const Variable x = doubles({1, 2}, {0, 1});
    for (int step = 0; step < 20; ++step) {
        const Tape tape(layer.parameters());
        layer(x);
    }
    expect_tensor(layer(x), {1, 2}, {0, 1}, 1e-12);
}

TEST(SpectralNorm, KeepsTheWeightItselfAsTheParameter) {
    const SpectralNorm layer(Conv2DTranspose({.in_channels = 2, .out_channels = 3, .kernel = {2, 2}}, random), random);
    EXPECT_EQ(names(layer.states()), (Names{"layer.weight", "layer.bias", "direction"}));
    const Variable before = layer.layer.weight;
    layer(Tensor::ones({1, 2, 2, 2}));
    EXPECT_EQ(layer.layer.weight.variable().id(), before.id());
    EXPECT_NE(error_of([&] { layer(Tensor::ones({3})); }), "no error");
    EXPECT_EQ(layer.layer.weight.variable().id(), before.id());
}

// For v = W·u / σ the loss ⟨G, W / σ⟩ has the gradient (G − ⟨G, W / σ⟩·v·uᵀ) / σ: here σ = 4.
TEST(SpectralNorm, GivesTheWeightTheGradientThroughItsNormToo) {
    const SpectralNorm<Linear> layer = normalized(rotated);
    const Variable identity = doubles({2, 2}, {1, 0, 0, 1}), G = random.normal({2, 2}, DType::float64);
    Tape tape(layer.parameters());
    const Variable y = layer(identity);
    const Variable vu = doubles({2, 2}, {0.6 * 0.8, -0.6 * 0.6, 0.8 * 0.8, -0.8 * 0.6});
    expect_equal(tape.gradient(y, G).front(), (G - sum(G * y) * vu) / 4.0, 1e-7);
}

// Where the direction has come to rest, the largest singular value does not depend on it to first order.
TEST(SpectralNorm, HasTheTrueGradientInTrainingOnceItsDirectionHasComeToRest) {
    SpectralNorm<Linear> layer = normalized(rotated);
    layer.cast(DType::float64);
    layer.direction.assign(most_stretched(rotated, doubles({2}, {1, 0}), 50));
    const GradientCheckReport report = gradient_check(layer, random.normal({3, 2}), {.order = 1});
    EXPECT_TRUE(report.passed()) << report.text();
}

TEST(SpectralNormRefusal, OfADirectionOfAnotherLength) {
    EXPECT_REFUSAL(spectral_norm(Tensor::zeros({3, 4}), Tensor::zeros({3})),
                   "spectral_norm: direction must be [4]; got [3]");
}

TEST(SpectralNormRefusal, OfAWeightOfZerosWhichHasNoDirection) {
    EXPECT_REFUSAL(normalized(Tensor::zeros({3, 4})),
                   "most_stretched: the weight must not take the direction to 0; got weight [3, 4]");
}

}  // namespace
}  // namespace adjoint
