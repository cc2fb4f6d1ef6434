// Truths about several tapes at once: they nest to any order, share their entries, and give each its own gradient.
#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <memory>

#include "framework/autograd/tape.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/random.h"
#include "tests/support/tape_operands.h"

namespace adjoint {
namespace {

// The derivatives of f at x up to third order, by three tapes around one another.
std::vector<double> derivatives(const std::function<Variable(const Variable&)>& f, double at) {
    const Variable x = number(at);
    Tape third({x});
    Tape second({x});
    Tape first({x});
    const Variable d1 = first.gradient(f(x))[0];
    const Variable d2 = second.gradient(d1)[0];
    const Variable d3 = third.gradient(d2)[0];
    return {d1.item(), d2.item(), d3.item()};
}

void expect_close(const std::vector<double>& actual, const std::vector<double>& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_NEAR(actual[i], expected[i], 1e-13 * std::max(1.0, std::abs(expected[i]))) << "derivative " << i + 1;
    }
}

TEST(NestedTapes, DifferentiateAFourthPowerThreeTimes) {
    expect_close(derivatives([](const Variable& x) { return power(x, 4.0); }, 1.5), {13.5, 27.0, 36.0});
    expect_close(derivatives([](const Variable& x) { return x * x * x * x; }, 1.5), {13.5, 27.0, 36.0});
}

TEST(NestedTapes, DifferentiateTheExponentialThreeTimes) {
    const double e = std::exp(0.7);
    expect_close(derivatives([](const Variable& x) { return exp(x); }, 0.7), {e, e, e});
}

TEST(NestedTapes, DifferentiateTheHyperbolicTangentThreeTimes) {
    const double t = std::tanh(0.4), s = 1 - t * t;
    expect_close(derivatives([](const Variable& x) { return tanh(x); }, 0.4), {s, -2 * t * s, s * (6 * t * t - 2)});
}

TEST(NestedTapes, DifferentiateAGradientPenalty) {
    // ∂/∂w of |∂(w·x²)/∂x|² = (2wx)² is 8wx².
    const Variable w = number(3), x = number(0.5);
    Tape outer({w});
    Variable penalty;
    {
        Tape inner({x});
        const Variable slope = inner.gradient(w * x * x)[0];
        penalty = slope * slope;
    }
    EXPECT_EQ(outer.gradient(penalty)[0].item(), 6.0);
}

TEST(NestedTapes, GiveEachItsOwnGradient) {
    const Variable x = number(2), y = number(5);
    Tape outer({x});
    Tape inner({y});
    const Variable z = x * x * y;
    EXPECT_EQ(inner.gradient(z)[0].item(), 4.0);
    EXPECT_EQ(outer.gradient(z)[0].item(), 20.0);
}

TEST(NestedTapes, ShareAnEntryInsteadOfCopyingIt) {
    const auto token = std::make_shared<int>();
    const Variable x = number(2);
    const Tape a({x}), b({x}), c({x});
    holding(x, token);
    EXPECT_EQ(token.use_count(), 2);
}

TEST(NestedTapes, KeepASharedEntryUntilTheLastSweep) {
    const auto token = std::make_shared<int>();
    const Variable x = number(2);
    Tape outer({x});
    Variable y;
    {
        Tape inner({x});
        y = holding(x, token) * x;
        EXPECT_EQ(inner.gradient(y)[0].item(), 4.0);
        EXPECT_EQ(token.use_count(), 2);
    }
    EXPECT_EQ(outer.gradient(y)[0].item(), 4.0);
    EXPECT_EQ(token.use_count(), 1);
}

TEST(NestedTapes, MayWatchAnIntermediateOfAnOuterOne) {
    const Variable x = number(2);
    Tape outer({x});
    const Variable z = x * x;
    Tape inner({z});
    const Variable y = z * z * z;
    EXPECT_EQ(inner.gradient(y)[0].item(), 48.0);
    EXPECT_EQ(outer.gradient(y)[0].item(), 192.0);
}

// A generator and a discriminator of one matrix each; small, but with the structure of a GAN.
struct Gan {
    Variable generator = Random(1).normal(Shape{3, 4}, DType::float64);
    Variable discriminator = Random(2).normal(Shape{4, 1}, DType::float64);
    Variable noise = Random(3).normal(Shape{5, 3}, DType::float64);
    Variable images = Random(4).normal(Shape{5, 4}, DType::float64);

    Variable generate() const { return tanh(matmul(noise, generator)); }
    Variable judge(const Variable& pictures) const { return sigmoid(matmul(pictures, discriminator)); }
    Variable discriminator_loss(const Variable& fakes) const {
        return -mean(log(judge(images)) + log(1.0 - judge(stop_gradient(fakes))));
    }
    Variable generator_loss(const Variable& fakes) const { return -mean(log(judge(fakes))); }
};

TEST(NestedTapes, TrainAGanWithOneRunOfItsGenerator) {
    const Gan gan;
    Tape generating({gan.generator});
    const Variable fakes = gan.generate();
    Variable discriminator_gradient;
    {
        Tape tape({gan.discriminator});
        discriminator_gradient = tape.gradient(gan.discriminator_loss(fakes))[0];
    }
    const Variable generator_gradient = generating.gradient(gan.generator_loss(fakes))[0];

    Tape discriminating({gan.discriminator});
    expect_equal(discriminator_gradient, discriminating.gradient(gan.discriminator_loss(gan.generate()))[0]);
    Tape again({gan.generator});
    expect_equal(generator_gradient, again.gradient(gan.generator_loss(gan.generate()))[0]);
    EXPECT_GT(std::abs(sum(generator_gradient).item()), 1e-3);
}

TEST(NestedTapes, DoNotRecordTheDiscriminatorsStepOnTheGeneratorsTape) {
    const Gan gan;
    Tape generating({gan.generator});
    const Variable fakes = gan.generate();
    Tape tape({gan.discriminator});
    const Variable loss = gan.discriminator_loss(fakes);
    EXPECT_TRUE(generating.depends(fakes));
    EXPECT_FALSE(generating.depends(loss));
    EXPECT_FALSE(generating.depends(tape.gradient(loss)[0]));
}

}  // namespace
}  // namespace adjoint
