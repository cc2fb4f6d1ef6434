// Truths about the check itself: it passes what is right, catches each way of being wrong and names the worst element,
// and refuses to prove nothing.
#include "framework/gradient_check.h"

#include <cmath>
#include <limits>

#include "framework/elementwise.h"
#include "framework/matmul.h"
#include "framework/reduction.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Tensor x = doubles({2, 2}, {0.5, -1.25, 2, 0.75});
const Tensor y = doubles({2, 2}, {1.5, 0.25, -0.5, 1});

// x², with a pullback to try out.
Variable square(const Variable& v, Pullback pullback) {
    return record((constant(v) * constant(v)).value(), {{v, std::move(pullback)}});
}

GradientCheckReport check_square(const std::function<Variable(const Variable& v, const Variable& g)>& pullback,
                                 int order = 1) {
    const auto f = [&](const Inputs& in) {
        return square(in[0], [v = in[0], &pullback](const Variable& g) { return pullback(v, g); });
    };
    return gradient_check(f, {x}, {.order = order});
}

TEST(GradientCheck, PassesWhatIsRightToThirdOrder) {
    const auto right = [](const Variable& v, const Variable& g) { return 2.0 * g * v; };
    const GradientCheckReport report = check_square(right, 3);
    EXPECT_TRUE(report.passed()) << report.text();
    ASSERT_EQ(report.orders.size(), 3U);
    for (int order = 1; order <= 3; ++order) EXPECT_EQ(report.orders[order - 1].order, order);
}

TEST(GradientCheck, IsMorePreciseThanItsTolerance) {
    const auto f = [](const Inputs& in) { return matmul(tanh(in[0]), sigmoid(in[1])); };
    const GradientCheckReport report = gradient_check(f, {x, y}, {.order = 2});
    EXPECT_LT(report.orders[0].relative_error, 1e-10);
    EXPECT_LT(report.orders[1].relative_error, 1e-9);
}

TEST(GradientCheck, CatchesAWrongSign) {
    EXPECT_FALSE(check_square([](const Variable& v, const Variable& g) { return -2.0 * g * v; }).passed());
}

TEST(GradientCheck, CatchesAFactorThatIsNearlyRight) {
    EXPECT_FALSE(check_square([](const Variable& v, const Variable& g) { return 2.0001 * g * v; }).passed());
    EXPECT_FALSE(check_square([](const Variable& v, const Variable& g) { return 2.000001 * g * v; }).passed());
}

TEST(GradientCheck, CatchesOneWrongElement) {
    const auto wrong = [](const Variable& v, const Variable& g) {
        return 2.0 * g * v * doubles({2, 2}, {1, 1, 1.001, 1});
    };
    const GradientCheckReport report = check_square(wrong);
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].element, (std::vector<Index>{1, 0}));
    EXPECT_NEAR(report.orders[0].analytic / report.orders[0].numeric, 1.001, 1e-6);
}

TEST(GradientCheck, CatchesAPullbackThatForgetsTheAdjoint) {
    EXPECT_FALSE(check_square([](const Variable& v, const Variable&) { return 2.0 * v; }).passed());
}

TEST(GradientCheck, CatchesAMissingEdge) {
    const auto f = [](const Inputs& in) { return in[0] * constant(in[1]); };
    const GradientCheckReport report = gradient_check(f, {x, y});
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].analytic, 0.0);
    EXPECT_NE(report.orders[0].numeric, 0.0);
}

TEST(GradientCheck, CatchesAnEdgeThatLeadsToTheWrongInput) {
    const auto f = [](const Inputs& in) {
        const Tensor value = (constant(in[0]) * constant(in[1])).value();
        return record(value, {{in[0], [in](const Variable& g) { return g * in[1]; }},
                              {in[0], [in](const Variable& g) { return g * in[0]; }}});
    };
    EXPECT_FALSE(gradient_check(f, {x, y}).passed());
}

TEST(GradientCheck, CatchesAnAdjointThatIsOverwrittenInsteadOfAdded) {
    const auto f = [](const Inputs& in) { return in[0] * in[0] + constant(in[0]) * 3.0; };
    EXPECT_FALSE(gradient_check(f, {x}).passed());
}

TEST(GradientCheck, CatchesAGradientThatIsNotANumber) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const GradientCheckReport report =
        check_square([nan](const Variable& v, const Variable& g) { return nan * g * v; });
    EXPECT_FALSE(report.passed());
    EXPECT_TRUE(std::isinf(report.orders[0].relative_error));
}

TEST(GradientCheck, CatchesInTheSecondOrderAPullbackThatIsNotDifferentiable) {
    const auto frozen = [](const Variable& v, const Variable& g) { return 2.0 * g * constant(v); };
    EXPECT_TRUE(check_square(frozen, 1).passed());
    const GradientCheckReport report = check_square(frozen, 2);
    EXPECT_TRUE(report.orders[0].passed());
    EXPECT_FALSE(report.orders[1].passed());
    EXPECT_FALSE(report.passed());
}

TEST(GradientCheck, CatchesInTheSecondOrderAPullbackThatCutsTheAdjoint) {
    const auto frozen = [](const Variable& v, const Variable& g) { return 2.0 * constant(g) * v; };
    EXPECT_TRUE(check_square(frozen, 1).passed());
    EXPECT_FALSE(check_square(frozen, 2).passed());
}

TEST(GradientCheck, HasSomethingToShowForLinearFunctionsInTheSecondOrder) {
    EXPECT_TRUE(gradient_check([](const Inputs& in) { return 3.0 * in[0]; }, {x}, {.order = 2}).passed());
    const auto cut = [](const Inputs& in) {
        return record(Tensor(in[0].value()), {{in[0], [](const Variable& g) { return constant(g); }}});
    };
    EXPECT_FALSE(gradient_check(cut, {x}, {.order = 2}).passed());
}

TEST(GradientCheck, NamesTheWorstElementWithBothNumbers) {
    const auto f = [](const Inputs& in) { return sum(in[0]) + sum(in[1] * doubles({2, 2}, {1, 1, 1, 2})); };
    const auto wrong = [&f](const Inputs& in) {
        return record(f({constant(in[0]), constant(in[1])}).value(), {{in[0],
                                                                       [](const Variable& g) {
                                                                           return broadcast_to(g, {2, 2});
                                                                       }},
                                                                      {in[1], [](const Variable& g) {
                                                                           return g * doubles({2, 2}, {1, 1, 1, 1});
                                                                       }}});
    };
    const GradientCheckReport report = gradient_check(wrong, {x, y}, {.names = {"weight", "bias"}});
    const GradientCheckWorst& worst = report.orders.at(0);
    EXPECT_EQ(worst.input, "bias");
    EXPECT_EQ(worst.element, (std::vector<Index>{1, 1}));
    EXPECT_NEAR(worst.numeric / worst.analytic, 2.0, 1e-9);
    EXPECT_NEAR(worst.relative_error, 0.5, 1e-9);
    EXPECT_EQ(report.text(),
              fmt::format("order 1: FAILED, worst at bias[1, 1]: analytic {:.12g}, numeric {:.12g}, relative error "
                          "5.00e-01 (tolerance 1e-07)\n",
                          worst.analytic, worst.numeric));
}

TEST(GradientCheck, MeasuresTheErrorOfAnInputByItsOwnGradients) {
    const auto off = [](const Inputs& in) {
        return 1000.0 * exp(in[0]) + square(in[1], [v = in[1]](const Variable& g) { return 2.000002 * g * v; });
    };
    const GradientCheckReport report = gradient_check(off, {x, y});
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders.at(0).input, "input 1");
}

TEST(GradientCheck, NumbersInputsWithoutNames) {
    const GradientCheckReport report = gradient_check([](const Inputs& in) { return exp(in[0]); }, {x});
    EXPECT_EQ(report.orders.at(0).input, "input 0");
    EXPECT_EQ(report.text().substr(0, 32), "order 1: passed, worst at input ");
}

TEST(GradientCheck, ObeysItsTolerance) {
    const auto off = [](const Inputs& in) {
        return square(in[0], [v = in[0]](const Variable& g) { return 2.002 * g * v; });
    };
    EXPECT_TRUE(gradient_check(off, {x}, {.tolerance = 1e-2}).passed());
    EXPECT_FALSE(gradient_check(off, {x}, {.tolerance = 1e-4}).passed());
}

TEST(GradientCheck, RefusesGradientsThatAreAllZero) {
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return 0.0 * in[0]; }, {x}); }),
              "gradient_check: all gradients are zero, so the check would prove nothing; got 1 inputs");
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs&) { return Variable(y); }, {x}); }),
              "gradient_check: all gradients are zero, so the check would prove nothing; got 1 inputs");
}

TEST(GradientCheck, RefusesFloat32) {
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return in[0]; }, {Tensor::ones({2})}); }),
              "gradient_check: inputs must be float64; got float32");
}

TEST(GradientCheck, RefusesValuesThatAreNotFinite) {
    const std::string fact = "gradient_check: the function is not finite near its input; got ";
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return 1e308 * exp(in[0]); }, {x}); }).substr(0, 63),
              fact);
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return log(in[0]); }, {x}); }).substr(0, 63), fact);
}

TEST(GradientCheck, RefusesAnOrderBelowOne) {
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return in[0]; }, {x}, {.order = 0}); }),
              "gradient_check: order must be at least 1; got 0");
}

TEST(GradientCheck, LeavesNoTapeLive) {
    gradient_check([](const Inputs& in) { return exp(in[0]); }, {x}, {.order = 2});
    EXPECT_FALSE(Tape::recording());
}

}  // namespace
}  // namespace adjoint
