// Truths about the elements that the gradient check compares: all but those at a kink, which it names, or a sample of
// them.
#include <algorithm>
#include <cmath>

#include "framework/analysis/gradient_check.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/random.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

// ---- kinks

TEST(GradientCheckAtAKink, NamesReluAtZeroAndComparesTheRest) {
    const auto f = [](const Inputs& in) { return relu(in[0]) * doubles({3}, {1, 2, 3}); };
    const GradientCheckReport report = gradient_check(f, {doubles({3}, {-1, 0, 1})}, {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
    const InputReport& input = report.orders[0].inputs[0];
    ASSERT_EQ(input.kinks.size(), 1u);
    EXPECT_EQ(input.kinks[0].element, (std::vector<Index>{1}));
    EXPECT_NEAR(std::min(std::abs(input.kinks[0].before), std::abs(input.kinks[0].after)), 0.0, 1e-9);
    EXPECT_GT(std::max(std::abs(input.kinks[0].before), std::abs(input.kinks[0].after)), 0.9);
    EXPECT_NE(report.text().find("kink at input 0[1]: slope "), std::string::npos) << report.text();
}

TEST(GradientCheckAtAKink, NamesAbsAtZeroThoughTheDifferencesAgree) {
    const GradientCheckReport report =
        gradient_check([](const Inputs& in) { return abs(in[0]); }, {doubles({2}, {0, 1})});
    EXPECT_TRUE(report.passed());
    EXPECT_EQ(report.orders[0].inputs[0].kinks.size(), 1u);
}

TEST(GradientCheckAtAKink, NamesEqualNumbersInAMaximum) {
    const auto f = [](const Inputs& in) { return max(in[0], 0); };
    const GradientCheckReport report = gradient_check(f, {doubles({4}, {2, 3, 1, 3})});
    EXPECT_TRUE(report.passed()) << report.text();
    const std::vector<Kink>& kinks = report.orders[0].inputs[0].kinks;
    ASSERT_EQ(kinks.size(), 2u);
    EXPECT_EQ(kinks[0].element, (std::vector<Index>{1}));
    EXPECT_EQ(kinks[1].element, (std::vector<Index>{3}));
}

TEST(GradientCheckAtAKink, PassesBesideIt) {
    // Within the first step, but not within the last.
    const GradientCheckReport report =
        gradient_check([](const Inputs& in) { return relu(in[0]); }, {doubles({3}, {1e-4, -2e-4, 1})}, {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
    EXPECT_TRUE(report.orders[0].inputs[0].kinks.empty());
}

TEST(GradientCheckAtAKink, CatchesAGradientThatIsNotBetweenTheSlopes) {
    const auto wrong = [](const Inputs& in) {
        return record(relu(stop_gradient(in[0])).value(), {{in[0], [](const Variable& g) { return g * 1.5; }}});
    };
    const GradientCheckReport report = gradient_check(wrong, {doubles({1}, {0})});
    EXPECT_FALSE(report.passed());
    EXPECT_TRUE(report.orders[0].inputs[0].kinks.empty());
}

TEST(GradientCheckAtAKink, CatchesAWrongGradientOfASmoothFunctionThatBends) {
    // 1e5·x² bends more than relu seems to: what is smooth becomes so at a smaller step.
    const auto wrong = [](const Inputs& in) {
        return record((1e5 * stop_gradient(in[0]) * stop_gradient(in[0])).value(),
                      {{in[0], [v = in[0]](const Variable& g) { return g * 2.00001e5 * v; }}});
    };
    EXPECT_FALSE(gradient_check(wrong, {doubles({2}, {1e-3, 0.3})}).passed());
}

TEST(GradientCheckAtAKink, CatchesASlopeOfTheWrongSideJustBesideIt) {
    const auto wrong = [](const Inputs& in) {
        return record(relu(stop_gradient(in[0])).value(), {{in[0], [](const Variable& g) { return 0.0 * g; }}});
    };
    EXPECT_FALSE(gradient_check(wrong, {doubles({2}, {1e-4, 1e-4})}).passed());
}

// ---- a sample of a large input

// tanh(x·w), with a gradient that is wrong in some elements of x.
GradientCheckReport check_large(const Tensor& factors, Index samples) {
    const auto f = [&](const Inputs& in) {
        const Variable v = record(Tensor(in[0].value()), {{in[0], [&](const Variable& g) { return g * factors; }}});
        return tanh(matmul(v, in[1]));
    };
    const Random random(8);
    return gradient_check(f,
                          {random.normal({40, 30}, DType::float64), random.stream(1).normal({30, 4}, DType::float64)},
                          {.order = 2, .samples = samples, .names = {"x", "w"}});
}

Tensor factors_with(const std::vector<std::pair<Index, double>>& wrong) {
    std::vector<double> factors(1200, 1.0);
    for (const auto& [element, factor] : wrong) factors[static_cast<std::size_t>(element)] = factor;
    return doubles({40, 30}, factors);
}

TEST(SampledGradientCheck, MovesSoManyElementsOfEachInput) {
    const GradientCheckReport report = check_large(factors_with({}), 7);
    EXPECT_TRUE(report.passed()) << report.text();
    for (const InputReport& input : report.orders[0].inputs) EXPECT_EQ(input.checked, 7);
    EXPECT_EQ(report.orders[1].inputs[2].name, "g");
    EXPECT_NE(report.text().find("7 of 1200"), std::string::npos);
}

TEST(SampledGradientCheck, AgreesWithTheFullOne) {
    const Tensor right = factors_with({}), wrong = factors_with({{17, 1.001}, {400, 0.9}});
    EXPECT_EQ(check_large(right, 5).passed(), check_large(right, 0).passed());
    EXPECT_EQ(check_large(wrong, 5).passed(), check_large(wrong, 0).passed());
    // More samples than elements are all elements.
    EXPECT_EQ(check_large(wrong, 5000).text(), check_large(wrong, 0).text());
}

TEST(SampledGradientCheck, FindsOneWrongElementThatItDidNotDraw) {
    const GradientCheckReport report = check_large(factors_with({{517, 1.01}}), 5);
    EXPECT_FALSE(report.orders[0].passed());
    EXPECT_EQ(report.orders[0].inputs[0].checked, 5);
    EXPECT_EQ(report.orders[0].worst().place(), "x[17, 7]");
    EXPECT_NEAR(report.orders[0].worst().worst.analytic / report.orders[0].worst().worst.numeric, 1.01, 1e-6);
}

TEST(SampledGradientCheck, FindsAnElementThatIsNotANumber) {
    const GradientCheckReport report = check_large(factors_with({{517, std::nan("")}}), 5);
    EXPECT_EQ(report.orders[0].worst().place(), "x[17, 7]");
}

TEST(SampledGradientCheck, DrawsOthersForAnotherSeed) {
    const auto worst_of = [](std::uint64_t seed) {
        const GradientCheckReport report =
            gradient_check([](const Inputs& in) { return exp(in[0]); }, {Random(1).normal({1000}, DType::float64)},
                           {.samples = 1, .seed = seed});
        return report.orders[0].inputs[0].element;
    };
    EXPECT_EQ(worst_of(1), worst_of(1));
    EXPECT_NE(worst_of(1), worst_of(2));
}

}  // namespace
}  // namespace adjoint
