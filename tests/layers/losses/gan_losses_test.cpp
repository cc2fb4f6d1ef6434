// Truths about the losses of generative adversarial networks: their definitions, who gets which gradient, and that the
// gradient penalty is differentiated like any other function.

#include "framework/ops/reduction.h"
#include "layers/convolution.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "layers/losses/losses.h"
#include "layers/sequential.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

class GanLosses : public testing::TestWithParam<DType> {
  protected:
    static Variable of(const std::vector<double>& elements) {
        return Tensor({std::ssize(elements), 1}, elements, GetParam());
    }
    static Variable gradient(Variable (*loss)(const Variable&), const Variable& f) {
        Tape tape({f});
        return tape.gradient(loss(f)).front();
    }
    const double tiny = GetParam() == DType::float32 ? 1e-6 : 1e-14;
};
INSTANTIATE_TEST_SUITE_P(In, GanLosses, testing::Values(DType::float32, DType::float64), TypeName());

double sigmoid_of(double s) { return 1 / (1 + std::exp(-s)); }

// ---- minimax --------------------------------------------------------------------------------------------------------

TEST_P(GanLosses, MinimaxIsTheCrossEntropyOfTellingTheTwoApart) {
    const Variable r = of({2, -1, 0.5}), f = of({-3, 1});
    const Variable expected = binary_cross_entropy_with_logits(r, 1.0) + binary_cross_entropy_with_logits(f, 0.0);
    expect_equal(minimax_discriminator_loss(r, f), expected, tiny);
    EXPECT_NEAR(minimax_discriminator_loss(of({0}), of({0})).item(), 2 * std::log(2.0), tiny);
}

TEST_P(GanLosses, MinimaxGivesTheGeneratorWhatTheDiscriminatorLoses) {
    const Variable r = of({2, -1, 0.5}), f = of({-3, 1});
    const double of_real_images = binary_cross_entropy_with_logits(r, 1.0).item();
    EXPECT_NEAR(minimax_generator_loss(f).item(), of_real_images - minimax_discriminator_loss(r, f).item(), tiny);
}

TEST_P(GanLosses, MinimaxSaturatesWhereDrawnImagesAreFoundOutAndTheOtherDoesNot) {
    const Variable f = of({-20, 0});
    expect_tensor(gradient(minimax_generator_loss, f), {2, 1}, {-sigmoid_of(-20) / 2, -0.25}, tiny);
    expect_tensor(gradient(non_saturating_generator_loss, f), {2, 1}, {-sigmoid_of(20) / 2, -0.25}, tiny);
}

TEST_P(GanLosses, NonSaturatingIsTheCrossEntropyOfBeingTakenForReal) {
    const Variable f = of({-3, 1, 0.25});
    expect_equal(non_saturating_generator_loss(f), binary_cross_entropy_with_logits(f, 1.0), tiny);
}

TEST_P(GanLosses, MinimaxOfExtremeScoresIsFiniteAndRight) {
    EXPECT_NEAR(minimax_discriminator_loss(of({-1e4}), of({1e4})).item(), 2e4, tiny * 1e4);
    EXPECT_EQ(minimax_discriminator_loss(of({1e4}), of({-1e4})).item(), 0.0);
    EXPECT_NEAR(non_saturating_generator_loss(of({-1e4})).item(), 1e4, tiny * 1e4);
}

// ---- least squares, hinge, Wasserstein ------------------------------------------------------------------------------

TEST_P(GanLosses, LeastSquaresDrawsRealScoresToOneAndDrawnOnesToZero) {
    expect_tensor(least_squares_discriminator_loss(of({1, 3}), of({0, -2, 1})), {}, {(4.0 / 2 + 5.0 / 3) / 2}, tiny);
    expect_tensor(least_squares_discriminator_loss(of({1, 1}), of({0})), {}, {0});
    expect_tensor(least_squares_generator_loss(of({1, 3})), {}, {1});
    expect_tensor(gradient(least_squares_generator_loss, of({1, 3})), {2, 1}, {0, 1});
}

TEST_P(GanLosses, HingeLeavesScoresBeyondOneAlone) {
    const Variable r = of({2, 0.5, -1, 4}), f = of({-2, -0.5});
    Tape tape({r, f});
    const Variable loss = hinge_discriminator_loss(r, f);
    expect_tensor(loss, {}, {(0 + 0.5 + 2 + 0) / 4 + (0 + 0.5) / 2});
    const std::vector<Variable> gradients = tape.gradient(loss);
    expect_tensor(gradients[0], {4, 1}, {0, -0.25, -0.25, 0});
    expect_tensor(gradients[1], {2, 1}, {0, 0.5});
    expect_tensor(hinge_generator_loss(f), {}, {1.25});
}

TEST_P(GanLosses, WassersteinIsTheDifferenceOfTheMeanScores) {
    expect_tensor(wasserstein_critic_loss(of({1, 2}), of({7, 0, -1})), {}, {2.0 - 1.5}, tiny);
    expect_tensor(wasserstein_generator_loss(of({7, 0, -1})), {}, {-2}, tiny);
    expect_tensor(gradient(wasserstein_generator_loss, of({7, 0})), {2, 1}, {-0.5, -0.5});
}

// ---- the gradient penalty -------------------------------------------------------------------------------------------

Linear linear_critic(const std::vector<double>& w) {
    const auto initializer = [w](const Shape& shape, const Fans&, const Random&) {
        return Tensor(shape, w, DType::float64);
    };
    return Linear({.in = std::ssize(w), .out = 1, .bias = false, .initializer = initializer}, Random(1));
}

Tensor normal(const Shape& shape, std::uint64_t stream) {
    return Random({.seed = 3, .stream = stream}).normal(shape, DType::float64);
}

// The slope of x·w is w everywhere: the penalty is (‖w‖ − 1)², its gradient 2·(‖w‖ − 1)·w / ‖w‖.
TEST(GradientPenalty, OfALinearCriticIsTheSquareOfItsNormLessOne) {
    const Linear critic = linear_critic({3, 4});
    Tape tape(critic.parameters());
    const Variable penalty = gradient_penalty(critic, normal({5, 2}, 1), normal({5, 2}, 2), Random(1));
    expect_tensor(penalty, {}, {16}, 1e-12);
    expect_tensor(tape.gradient(penalty).front(), {2, 1}, {8 * 0.6, 8 * 0.8}, 1e-12);
}

TEST(GradientPenalty, OfALinearCriticOfSlopeOneIsZeroAndStaysThere) {
    const Linear critic = linear_critic({0.6, -0.8});
    Tape tape(critic.parameters());
    const Variable penalty = gradient_penalty(critic, normal({5, 2}, 1), normal({5, 2}, 2), Random(1));
    EXPECT_NEAR(penalty.item(), 0.0, 1e-12);
    expect_tensor(tape.gradient(penalty).front(), {2, 1}, {0, 0}, 1e-11);
}

// The slope of x²/2 is x itself.
TEST(GradientPenalty, LooksBetweenEachPairWhereItsRandomNumberSays) {
    const Lambda critic([](const Variable& x) { return x * x / 2.0; });
    const Tensor real = doubles({3, 1}, {1, 5, 2}), fake = doubles({3, 1}, {0, 3, 4});
    const Random random(17);
    double expected = 0.0;
    for (Index n = 0; n < 3; ++n) {
        const double u = random.uniform(static_cast<std::uint64_t>(n));
        expected += std::pow(u * real[n] + (1 - u) * fake[n] - 1.0, 2.0) / 3;
    }
    EXPECT_NEAR(gradient_penalty(critic, real, fake, random).item(), expected, 1e-12);
}

TEST(GradientPenalty, TakesTheNormOverAllAxesOfAnImage) {
    const Lambda critic([](const Variable& x) { return sum(x, {1, 2, 3}); });
    const Variable images = Tensor::zeros({3, 2, 4, 2}, DType::float64);
    EXPECT_NEAR(gradient_penalty(critic, images, images, Random(1)).item(), 9.0, 1e-12);  // √16 − 1
}

TEST(GradientPenalty, OfACriticWithoutASlopeIsOneWithAGradientOfZero) {
    const Linear critic = linear_critic({0, 0});
    Tape tape(critic.parameters());
    const Variable penalty = gradient_penalty(critic, normal({5, 2}, 1), normal({5, 2}, 2), Random(1));
    EXPECT_NEAR(penalty.item(), 1.0, 1e-5);
    expect_tensor(tape.gradient(penalty).front(), {2, 1}, {0, 0});
}

TEST(GradientNorms, NeitherOverflowNorVanishInFloat32) {
    const Tensor images = Tensor::zeros({2, 2});
    for (const float size : {1e30f, 1.0f, 1e-5f}) {
        const Lambda critic([size](const Variable& x) { return sum(x * Tensor({2}, {3 * size, 4 * size}), {1}); });
        expect_tensor(gradient_norms(critic, images, images, Random(1)) / (5.0 * size), {2}, {1, 1}, 1e-3);
    }
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const Lambda steep([](const Variable& x) { return sum(x * Tensor({2}, {infinite, 1}), {1}); });
    expect_tensor(gradient_norms(steep, images, images, Random(1)), {2}, {infinite, infinite});
}

TEST(GradientPenalty, LeavesNothingOnATapeThatWatchesSomethingElse) {
    const Linear critic = linear_critic({3, 4});
    const Variable other = Tensor({}, {1});
    Tape tape({other});
    EXPECT_FALSE(tape.depends(gradient_penalty(critic, normal({5, 2}, 1), normal({5, 2}, 2), Random(1))));
}

// A critic of two convolutions with a rectifier, as a function of its parameters and of the images.
TEST(GradientPenalty, OfAConvolutionalCriticHasDerivativesToSecondOrder) {
    const Sequential critic(
        Conv2D({.in_channels = 1, .out_channels = 3, .kernel = {3, 3}, .stride = {2, 2}, .activation = leaky_relu(0.2)},
               Random(1)),
        Conv2D({.in_channels = 3, .out_channels = 2, .kernel = {2, 2}}, Random(2)), Tanh(), Flatten(),
        Linear({.in = 2, .out = 1}, Random(3)));
    const States parameters = critic.parameters();
    std::vector<Tensor> inputs = {normal({2, 5, 5, 1}, 1), normal({2, 5, 5, 1}, 2)};
    for (const NamedState& named : parameters) inputs.push_back(named.state.value().cast(DType::float64));
    expect_derivatives(
        [&](const std::vector<Variable>& in) {
            for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].state.substitute(in[i + 2]);
            return gradient_penalty(critic, in[0], in[1], Random(4));
        },
        inputs);
}

TEST(GradientPenaltyRefusal, OfImagesThatDoNotPair) {
    const Linear critic = linear_critic({3, 4});
    const std::string fact = "gradient_norms: real and fake must have one shape [N, …] of two axes or more; got ";
    const auto refusal = [&](const Shape& real, const Shape& fake) {
        return error_of([&] { gradient_penalty(critic, Tensor::zeros(real), Tensor::zeros(fake), Random(1)); });
    };
    EXPECT_EQ(refusal({4, 2}, {5, 2}), fact + "[4, 2] and [5, 2]");
    EXPECT_EQ(refusal({4}, {4}), fact + "[4] and [4]");
}

}  // namespace
}  // namespace adjoint
