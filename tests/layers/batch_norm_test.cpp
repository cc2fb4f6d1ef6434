// Truths about batch normalisation: outputs of mean 0 and variance 1 in training, running moments as PyTorch defines
// them by literal numbers, evaluation that uses and keeps them, and the gradients of all of it.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/analysis/module_check.h"
#include "layers/normalization.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Random random(7);

// Channel 0 has mean 3, variance 3.5 and, with divisor n − 1, 14/3; channel 1 has 15, 125 and 500/3.
const Tensor batch = doubles({4, 2}, {1, 0, 2, 10, 3, 20, 6, 30});

/// Normalises two channels in float64, the one with γ = 2, β = 1, the other with γ = −1, β = 0.5.
struct Example : testing::Test {
    Example() {
        norm.cast(DType::float64);
        norm.scale.assign(doubles({2}, {2, -1}));
        norm.shift.assign(doubles({2}, {1, 0.5}));
    }
    Variable in_training(const Tensor& x) {
        const Tape tape(norm.parameters());
        return norm(x);
    }
    void expect_running(const std::vector<double>& mean, const std::vector<double>& variance) const {
        expect_tensor(norm.running_mean, {2}, mean, 1e-14);
        expect_tensor(norm.running_variance, {2}, variance, 1e-14);
    }
    BatchNorm norm{{.channels = 2}, random};
};
using BatchNormalization = Example;

TEST(BatchNorm, BringsEveryChannelToMeanZeroAndVarianceOneInTraining) {
    const BatchNorm norm({.channels = 3}, random);
    const Variable offsets = Tensor({3}, {-5, 0, 1000}), deviations = Tensor({3}, {0.1, 3, 1});
    const Variable x = random.normal({8, 6, 5, 3}) * deviations + offsets;
    const Tape tape(norm.parameters());
    const Variable y = norm(x);
    expect_tensor(mean(y, {0, 1, 2}), {3}, {0, 0, 0}, 1e-4);
    expect_tensor(mean(y * y, {0, 1, 2}), {3}, {1, 1, 1}, 2e-3);
}

TEST(BatchNorm, BeginsAsTheIdentityInEvaluation) {
    const BatchNorm norm({.channels = 2, .epsilon = 0.0}, random);
    EXPECT_EQ(names(norm.states()), (Names{"scale", "shift", "running_mean", "running_variance"}));
    expect_tensor(norm(batch.cast(DType::float32)), {4, 2}, batch.to_vector(), 1e-6);
}

TEST(BatchNorm, DrawsItsScaleAsALayerOfOneInputAndOneOutput) {
    const BatchNorm norm({.channels = 5, .scale = initializers::he_normal()}, random);
    EXPECT_TRUE(identical(norm.scale.value(), initializers::he_normal()({5}, {.in = 1, .out = 1}, random)));
}

TEST_F(BatchNormalization, IsItsEquationInTraining) {
    const double a = 2 / std::sqrt(3.5 + 1e-5), b = -1 / std::sqrt(125 + 1e-5);
    expect_tensor(in_training(batch), {4, 2},
                  {1 - 2 * a, 0.5 - 15 * b, 1 - a, 0.5 - 5 * b, 1, 0.5 + 5 * b, 1 + 3 * a, 0.5 + 15 * b}, 1e-13);
}

TEST_F(BatchNormalization, MovesItsRunningMomentsATenthTowardsTheBatchsWithUnbiasedVariance) {
    expect_running({0, 0}, {1, 1});
    in_training(batch);
    expect_running({0.3, 1.5}, {0.9 + 0.1 * 14 / 3, 0.9 + 50.0 / 3});
    in_training(batch);
    expect_running({0.57, 2.85}, {0.81 + 0.19 * 14 / 3, 0.81 + 0.19 * 500 / 3});
}

TEST_F(BatchNormalization, TakesMomentumAndEpsilonFromItsOptions) {
    BatchNorm other({.channels = 2, .epsilon = 1.0, .momentum = 0.5}, random);
    other.cast(DType::float64);
    other.train();
    const Variable y = other(batch);
    EXPECT_NEAR(y.value()[0], -2 / std::sqrt(4.5), 1e-14);
    expect_tensor(other.running_mean, {2}, {1.5, 7.5}, 1e-14);
    expect_tensor(other.running_variance, {2}, {0.5 + 7.0 / 3, 0.5 + 250.0 / 3}, 1e-14);
}

TEST_F(BatchNormalization, UsesItsRunningMomentsInEvaluationAndKeepsThem) {
    norm.running_mean.assign(doubles({2}, {4, -1}));
    norm.running_variance.assign(doubles({2}, {9, 4}));
    const double a = 2 / std::sqrt(9 + 1e-5), b = -1 / std::sqrt(4 + 1e-5);
    expect_tensor(norm(doubles({2, 2}, {4, -1, 7, 3})), {2, 2}, {1, 0.5, 1 + 3 * a, 0.5 + 4 * b}, 1e-14);
    expect_running({4, -1}, {9, 4});
}

TEST_F(BatchNormalization, EvaluatesUnderATapeWhereItIsToldTo) {
    const Variable expected = norm(batch);
    norm.evaluate();
    expect_equal(in_training(batch), expected);
    expect_running({0, 0}, {1, 1});
}

TEST_F(BatchNormalization, TrainsWithoutATapeWhereItIsToldTo) {
    const Variable expected = in_training(batch);
    norm.train();
    expect_equal(norm(batch), expected);
    expect_running({0.57, 2.85}, {0.81 + 0.19 * 14 / 3, 0.81 + 0.19 * 500 / 3});
}

TEST_F(BatchNormalization, RemembersMomentsWithoutTheirHistory) {
    const Variable x = batch;
    const ModeScope training(Mode::train);
    const Tape tape({x});
    EXPECT_TRUE(tape.depends(norm(x)));
    EXPECT_FALSE(tape.depends(norm.running_mean) || tape.depends(norm.running_variance));
}

TEST_F(BatchNormalization, NormalisesAllAxesButTheLast) {
    const Variable flat = in_training(batch);
    expect_tensor(in_training(batch.reshaped({2, 1, 2, 2})), {2, 1, 2, 2}, flat.value().to_vector(), 1e-14);
}

TEST_F(BatchNormalization, HandsBackNothingAlongWhatItTakesAway) {
    // Neither a common offset nor a common factor of a channel changes y, so the gradient has no part along them.
    BatchNorm wide({.channels = 2, .epsilon = 0.0}, random);
    wide.cast(DType::float64);
    const Variable x = batch;
    const ModeScope training(Mode::train);
    Tape tape({x});
    const Variable g = tape.gradient(wide(x), random.normal({4, 2}, DType::float64))[0];
    expect_tensor(sum(g, {0}), {2}, {0, 0}, 1e-14);
    expect_tensor(sum(g * x, {0}), {2}, {0, 0}, 1e-13);
    EXPECT_GT(std::abs(g.value()[0]), 1e-3);
}

TEST(BatchNorm, PassesTheGradientCheckToSecondOrderInTrainingAndInEvaluation) {
    BatchNorm norm({.channels = 3, .scale = initializers::normal(0.2, 1.0)}, random);
    const Tensor x = random.stream(3).normal({2, 3, 2, 3});
    const GradientCheckReport training = gradient_check(norm, x, {.order = 2});
    EXPECT_TRUE(training.passed()) << training.text();
    BatchNorm leaky({.channels = 3, .activation = leaky_relu(0.2)}, random);
    const GradientCheckReport activated = gradient_check(leaky, x, {.order = 2});
    EXPECT_TRUE(activated.passed()) << activated.text();
    norm.evaluate();
    const GradientCheckReport evaluation = gradient_check(norm, x, {.order = 2});
    EXPECT_TRUE(evaluation.passed()) << evaluation.text();
}

TEST(BatchNorm, RefusesToTrainOnOneValueAChannel) {
    const BatchNorm norm({.channels = 3}, random);
    {
        const Tape tape(norm.parameters());
        EXPECT_REFUSAL(norm(Tensor::zeros({1, 3})),
                       "BatchNorm: in training a channel needs more than one value; got [1, 3]");
    }
    expect_tensor(norm.running_variance, {3}, {1, 1, 1});
    EXPECT_EQ(norm(Tensor::zeros({1, 3})).shape(), (Shape{1, 3}));
}

TEST(BatchNorm, RefusesAnotherNumberOfChannels) {
    const BatchNorm norm({.channels = 3}, random);
    EXPECT_REFUSAL(norm(Tensor::zeros({2, 4})), "BatchNorm: input must be [..., 3]; got [2, 4]");
    EXPECT_REFUSAL(norm(Tensor::zeros({3})), "BatchNorm: input must be [..., 3]; got [3]");
}

TEST(BatchNorm, RefusesAnotherElementType) {
    EXPECT_REFUSAL(BatchNorm({.channels = 2}, random)(batch),
                   "BatchNorm: operands differ in element type; got float64 and float32");
}

}  // namespace
}  // namespace adjoint
