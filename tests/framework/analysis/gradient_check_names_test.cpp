// Truths about what the gradient check names: the element of every failure, functions that are random, and which
// derivative it is that jumps.
#include <algorithm>
#include <cmath>

#include "framework/analysis/gradient_check.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/losses/losses.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// x³, whose gradient is wrong by a factor for each element.
DifferentiableFunction cube(const Tensor& factors) {
    return [=](const Inputs& in) {
        const Variable x = in[0], fixed = stop_gradient(x);
        return record((fixed * fixed * fixed).value(),
                      {{x, [=](const Variable& g) { return 3.0 * g * x * x * factors; }}});
    };
}

// ---- failures

TEST(FailedGradientCheck, NamesTheElementOfAnOnlyInput) {
    for (const double wrong : {1.1, 1.000001, -1.0, 0.0}) {
        const GradientCheckReport report =
            gradient_check(cube(doubles({4}, {1, 1, wrong, 1})), {doubles({4}, {1, -2, 3, 0.5})}, {.order = 2});
        EXPECT_EQ(report.orders[0].worst().place(), "input 0[2]") << wrong;
        EXPECT_TRUE(report.text().starts_with("order 1: FAILED, worst at input 0[2]: analytic ")) << report.text();
    }
}

TEST(FailedGradientCheck, NamesTheElementWithTheMostPartWhereNoneAloneIsWrongEnough) {
    // Each of 400 is wrong by less than 1e-7 of the largest gradient, all together by more.
    std::vector<double> factors(400, 1.0 + 9e-8);
    factors[7] = 1.0 + 9.5e-8;
    const GradientCheckReport report = gradient_check(
        cube(doubles({20, 20}, factors)), {Tensor::full({20, 20}, 0.9, DType::float64)}, {.tolerance = 1e-7});
    EXPECT_TRUE(report.passed()) << "an error of 9e-8 of every gradient is one of 9e-8 in every direction";
    std::vector<double> x(400, 0.05);
    x[3] = 1.0;
    std::vector<double> wrong(400, 1.0 + 1e-4);
    wrong[3] = 1.0;
    const GradientCheckReport small =
        gradient_check(cube(doubles({20, 20}, wrong)), {doubles({20, 20}, x)}, {.tolerance = 1e-6, .seed = 1});
    EXPECT_FALSE(small.passed());
    EXPECT_TRUE(small.orders[0].inputs[0].together);
    EXPECT_NE(small.text().find("worst at input 0["), std::string::npos) << small.text();
    EXPECT_NE(small.text().find("] and others at once: analytic "), std::string::npos) << small.text();
}

TEST(FailedGradientCheck, NamesTheElementAtWhichTheFunctionCannotBeMeasured) {
    const auto root = [](const Inputs& in) { return sqrt(in[0]); };
    EXPECT_EQ(error_of([&] {
                  gradient_check(root, {doubles({3}, {1, 2, 0})}, {.names = {"x"}});
              }).substr(0, 64),
              "gradient_check: the function is not finite near its input; got -");
    const std::string error = error_of([&] { gradient_check(root, {doubles({3}, {1, 2, 0})}, {.names = {"x"}}); });
    EXPECT_TRUE(error.ends_with(" at x[2]")) << error;
    const auto square = [](const Inputs& in) { return in[0] * in[0]; };
    const std::string bent = error_of([&] { gradient_check(square, {doubles({2}, {1, 2})}, {.exact = true}); });
    EXPECT_TRUE(bent.find("second difference of ") != bent.npos && bent.ends_with(" at input 0[0]")) << bent;
}

// ---- random functions

TEST(RandomFunction, IsCalledSo) {
    int calls = 0;
    const auto random = [&](const Inputs& in) { return in[0] * (1.0 + 1e-3 * ++calls); };
    const auto alternating = [&](const Inputs& in) { return ++calls % 2 == 0 ? in[0] : relu(in[0]); };
    const auto tiny = [&](const Inputs& in) { return in[0] + 1e-15 * (++calls % 3); };
    const std::string fact = "gradient_check: the function is random: asked twice it must answer the same; got ";
    for (const DifferentiableFunction& f : {DifferentiableFunction(random), {alternating}, {tiny}}) {
        const std::string error = error_of([&] { gradient_check(f, {doubles({2}, {1, -1})}); });
        EXPECT_EQ(error.substr(0, fact.size()), fact);
    }
}

TEST(RandomFunction, OfTheSecondOrderIsOneWhosePullbackIsRandom) {
    int calls = 0;
    const auto f = [&](const Inputs& in) {
        return record(Tensor(in[0].value()), {{in[0], [&](const Variable& g) { return g + 1e-9 * ++calls; }}});
    };
    EXPECT_TRUE(gradient_check(f, {doubles({2}, {1, -1})}).passed());
    EXPECT_NE(error_of([&] {
                  gradient_check(f, {doubles({2}, {1, -1})}, {.order = 2});
              }).find("is random"),
              std::string::npos);
}

// ---- which derivative jumps

std::vector<int> jumps(const OrderReport& order) {
    std::vector<int> result;
    for (const Kink& kink : order.inputs[0].kinks) result.push_back(kink.derivative);
    return result;
}

TEST(Jump, OfTheSecondDerivativeIsNamedInBothOrders) {
    // ½·max(x, 0)² + x
    const auto f = [](const Inputs& in) { return 0.5 * relu(in[0]) * relu(in[0]) + in[0]; };
    const GradientCheckReport report = gradient_check(f, {doubles({3}, {-1, 0, 2})}, {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
    for (const OrderReport& order : report.orders) EXPECT_EQ(jumps(order), std::vector<int>{2}) << report.text();
    EXPECT_NE(report.text().find("  jump of the second derivative at input 0[1]: "), std::string::npos);
    EXPECT_EQ(report.text().find("kink"), std::string::npos) << report.text();
    const Kink& jump = report.orders[0].inputs[0].kinks[0];
    EXPECT_NEAR(std::min(std::abs(jump.before), std::abs(jump.after)), 0.0, 1e-3);
    EXPECT_GT(std::max(std::abs(jump.before), std::abs(jump.after)), 0.49);
}

TEST(Jump, OfHubersSecondDerivativeIsAtItsCorners) {
    const auto f = [](const Inputs& in) { return huber(in[0], doubles({4}, {1, 1, 1, 1})); };
    const GradientCheckReport report = gradient_check(f, {doubles({4}, {2, 0, 1.5, 9})}, {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
    for (const OrderReport& order : report.orders) EXPECT_EQ(jumps(order), (std::vector<int>{2, 2})) << report.text();
}

TEST(Jump, DoesNotHideAWrongGradient) {
    const auto wrong = [](double factor) {
        return [factor](const Inputs& in) {
            const Variable x = stop_gradient(in[0]);
            return record((0.5 * relu(x) * relu(x) + x).value(),
                          {{in[0], [=](const Variable& g) { return factor * g * (relu(x) + 1.0); }}});
        };
    };
    EXPECT_TRUE(gradient_check(wrong(1.0), {doubles({1}, {0})}).passed());
    for (const double factor : {1.000001, 0.999999, 1.1, 1.0000005}) {
        const GradientCheckReport report = gradient_check(wrong(factor), {doubles({1}, {0})});
        EXPECT_FALSE(report.passed()) << factor;
    }
}

TEST(Jump, OfTheFirstDerivativeIsAKinkInBothOrders) {
    const auto f = [](const Inputs& in) { return relu(in[0]) + in[0] * in[0]; };
    const GradientCheckReport report = gradient_check(f, {doubles({2}, {0, 1})}, {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
    for (const OrderReport& order : report.orders) EXPECT_EQ(jumps(order), std::vector<int>{1}) << report.text();
    EXPECT_NE(report.text().find("  kink at input 0[0]\n"), std::string::npos) << report.text();
}

TEST(Jump, OfTheFunctionItselfIsNoKink) {
    const auto step = [](const Inputs& in) {
        return in[0] + record(relu_gradient(Tensor::ones({2}, DType::float64), in[0], 0.0).value(), {});
    };
    const GradientCheckReport report = gradient_check(step, {doubles({2}, {0, 1})});
    EXPECT_EQ(jumps(report.orders[0]), std::vector<int>{0}) << report.text();
    EXPECT_NE(report.text().find("  jump of the function at input 0[0]\n"), std::string::npos) << report.text();
}

// ---- options

TEST(GradientCheckOptions, AreRefusedOutOfRange) {
    const auto refusal = [](const GradientCheckOptions& options) {
        return error_of([&] { gradient_check([](const Inputs& in) { return in[0]; }, {doubles({1}, {1})}, options); });
    };
    EXPECT_EQ(refusal({.samples = -1}), "gradient_check: samples must be at least 0; got -1");
    EXPECT_EQ(refusal({.step = -1e-3}), "gradient_check: step must be at least 0; got -0.001");
    EXPECT_EQ(refusal({.tolerance = std::nan("")}), "gradient_check: tolerance must be at least 0; got nan");
    EXPECT_EQ(refusal({.names = {"x", "y"}}), "gradient_check: there must be at most 1 names; got 2");
}

}  // namespace
}  // namespace adjoint
