// Truths about the check itself: it passes what is right, catches each way of being wrong and names the worst element,
// and refuses to prove nothing.
#include "framework/analysis/gradient_check.h"

#include <cmath>
#include <limits>

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Tensor x = doubles({2, 2}, {0.5, -1.25, 2, 0.75});
const Tensor y = doubles({2, 2}, {1.5, 0.25, -0.5, 1});

// x², with a pullback to try out.
Variable square(const Variable& v, Pullback pullback) {
    return record((stop_gradient(v) * stop_gradient(v)).value(), {{v, std::move(pullback)}});
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
    EXPECT_LT(report.orders[0].worst().worst.relative_error, 1e-10);
    EXPECT_LT(report.orders[1].worst().worst.relative_error, 1e-9);
}

TEST(GradientCheck, CatchesAWrongSignAFactorThatIsNearlyRightAndAForgottenAdjoint) {
    const auto by = [](double factor) { return [=](const Variable& v, const Variable& g) { return factor * g * v; }; };
    for (const double wrong : {-2.0, 2.0001, 2.000001}) EXPECT_FALSE(check_square(by(wrong)).passed()) << wrong;
    EXPECT_FALSE(check_square([](const Variable& v, const Variable&) { return 2.0 * v; }).passed());
}

TEST(GradientCheck, CatchesOneWrongElement) {
    const auto wrong = [](const Variable& v, const Variable& g) {
        return 2.0 * g * v * doubles({2, 2}, {1, 1, 1.001, 1});
    };
    const GradientCheckReport report = check_square(wrong);
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].worst().element, (std::vector<Index>{1, 0}));
    EXPECT_NEAR(report.orders[0].worst().worst.analytic / report.orders[0].worst().worst.numeric, 1.001, 1e-6);
}

TEST(GradientCheck, CatchesAMissingEdge) {
    const auto missing = [](const Inputs& in) { return in[0] * stop_gradient(in[1]); };
    const GradientCheckReport report = gradient_check(missing, {x, y});
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders[0].worst().worst.analytic, 0.0);
    EXPECT_NE(report.orders[0].worst().worst.numeric, 0.0);
    const auto one_of_two = [](const Inputs& in) { return in[0] * in[0] + stop_gradient(in[0]) * 3.0; };
    EXPECT_FALSE(gradient_check(one_of_two, {x}).passed());
}

TEST(GradientCheck, CatchesAnEdgeThatLeadsToTheWrongInput) {
    const auto f = [](const Inputs& in) {
        const Tensor value = (stop_gradient(in[0]) * stop_gradient(in[1])).value();
        return record(value, {{in[0], [in](const Variable& g) { return g * in[1]; }},
                              {in[0], [in](const Variable& g) { return g * in[0]; }}});
    };
    EXPECT_FALSE(gradient_check(f, {x, y}).passed());
}

TEST(GradientCheck, CatchesAGradientThatIsNotANumber) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const GradientCheckReport report =
        check_square([nan](const Variable& v, const Variable& g) { return nan * g * v; });
    EXPECT_FALSE(report.passed());
    EXPECT_TRUE(std::isinf(report.orders[0].worst().worst.relative_error));
}

TEST(GradientCheck, CatchesInTheSecondOrderAPullbackThatIsNotDifferentiableOrCutsTheAdjoint) {
    const auto frozen = [](const Variable& v, const Variable& g) { return 2.0 * g * stop_gradient(v); };
    const auto cut = [](const Variable& v, const Variable& g) { return 2.0 * stop_gradient(g) * v; };
    for (const GradientCheckReport& report : {check_square(frozen, 2), check_square(cut, 2)}) {
        EXPECT_TRUE(report.orders[0].passed());
        EXPECT_FALSE(report.orders[1].passed());
        EXPECT_FALSE(report.passed());
    }
}

TEST(GradientCheck, HasSomethingToShowForLinearFunctionsInTheSecondOrder) {
    EXPECT_TRUE(gradient_check([](const Inputs& in) { return 3.0 * in[0]; }, {x}, {.order = 2}).passed());
    const auto cut = [](const Inputs& in) {
        return record(Tensor(in[0].value()), {{in[0], [](const Variable& g) { return stop_gradient(g); }}});
    };
    EXPECT_FALSE(gradient_check(cut, {x}, {.order = 2}).passed());
}

TEST(GradientCheck, NamesTheWorstElementWithBothNumbers) {
    const auto f = [](const Inputs& in) { return sum(in[0]) + sum(in[1] * doubles({2, 2}, {1, 1, 1, 2})); };
    const auto wrong = [&f](const Inputs& in) {
        return record(f({stop_gradient(in[0]), stop_gradient(in[1])}).value(),
                      {{in[0],
                        [](const Variable& g) {
                            return broadcast_to(g, {2, 2});
                        }},
                       {in[1], [](const Variable& g) {
                            return g * doubles({2, 2}, {1, 1, 1, 1});
                        }}});
    };
    const GradientCheckReport report = gradient_check(wrong, {x, y}, {.names = {"weight", "bias"}});
    const InputReport& worst = report.orders.at(0).worst();
    EXPECT_EQ(worst.name, "bias");
    EXPECT_EQ(worst.element, (std::vector<Index>{1, 1}));
    EXPECT_NEAR(worst.worst.numeric / worst.worst.analytic, 2.0, 1e-9);
    EXPECT_NEAR(worst.worst.relative_error, 0.5, 1e-9);
    const std::string summary = report.text().substr(0, report.text().find('\n'));
    EXPECT_EQ(summary, fmt::format("order 1: FAILED, worst at bias[1, 1]: analytic {:.12g}, numeric {:.12g}, relative "
                                   "error 5.00e-01, {:.0e} ulps (tolerance 1e-07)",
                                   worst.worst.analytic, worst.worst.numeric, static_cast<double>(worst.worst.ulps)));
}

TEST(GradientCheck, MeasuresTheErrorOfAnInputByItsOwnGradients) {
    const auto off = [](const Inputs& in) {
        return 1000.0 * exp(in[0]) + square(in[1], [v = in[1]](const Variable& g) { return 2.000002 * g * v; });
    };
    const GradientCheckReport report = gradient_check(off, {x, y});
    EXPECT_FALSE(report.passed());
    EXPECT_EQ(report.orders.at(0).worst().name, "input 1");
}

TEST(GradientCheck, ObeysItsTolerance) {
    const auto off = [](const Inputs& in) {
        return square(in[0], [v = in[0]](const Variable& g) { return 2.002 * g * v; });
    };
    EXPECT_TRUE(gradient_check(off, {x}, {.tolerance = 1e-2}).passed());
    EXPECT_FALSE(gradient_check(off, {x}, {.tolerance = 1e-4}).passed());
}

TEST(GradientCheck, RefusesFloat32AndAnOrderBelowOne) {
    const auto same = [](const Inputs& in) { return in[0]; };
    EXPECT_EQ(error_of([&] { gradient_check(same, {Tensor::ones({2})}); }),
              "gradient_check: inputs must be float64; got float32");
    EXPECT_EQ(error_of([&] { gradient_check(same, {x}, {.order = 0}); }),
              "gradient_check: order must be at least 1; got 0");
}

TEST(GradientCheck, RefusesValuesThatAreNotFinite) {
    const std::string fact = "gradient_check: the function is not finite near its input; got ";
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return 1e308 * exp(in[0]); }, {x}); }).substr(0, 63),
              fact);
    EXPECT_EQ(error_of([] { gradient_check([](const Inputs& in) { return log(in[0]); }, {x}); }).substr(0, 63), fact);
}

// ---- a check that proves nothing

std::string vacuity_of(const DifferentiableFunction& f, const Tensor& at) {
    try {
        gradient_check(f, {at});
    } catch (const VacuousCheck& refusal) {
        return refusal.what();
    }
    return "not vacuous";
}

TEST(GradientCheck, RefusesGradientsThatAreAllZero) {
    const std::string zero = "gradient_check: all gradients are zero, so the check would prove nothing; got 1 inputs";
    EXPECT_EQ(vacuity_of([](const Inputs& in) { return 0.0 * in[0]; }, x), zero);
    EXPECT_EQ(vacuity_of([](const Inputs&) { return Variable(y); }, x), zero);
    EXPECT_EQ(vacuity_of([](const Inputs& in) { return in[0]; }, x), "not vacuous");
}

TEST(GradientCheck, RefusesInputsThatAreAllAtKinks) {
    EXPECT_EQ(vacuity_of([](const Inputs& in) { return relu(in[0]); }, Tensor::zeros({3}, DType::float64)),
              "gradient_check: every element lies at a kink, so the check would prove nothing; got 1 inputs");
}

TEST(GradientCheck, HoldsAThirdDerivativeThatVanishesForRight) {
    const GradientCheckReport report = gradient_check([](const Inputs& in) { return in[0]; }, {x}, {.order = 3});
    EXPECT_TRUE(report.passed()) << report.text();
}

// ---- in whole numbers

const Tensor whole_x = doubles({2, 2}, {1, -2, 3, 0}), whole_y = doubles({2, 2}, {-1, 4, 2, 5});

TEST(ExactGradientCheck, PassesAProductBitForBitInEveryOrder) {
    const auto f = [](const Inputs& in) { return matmul(in[0], in[1]); };
    const GradientCheckReport report = gradient_check(f, {whole_x, whole_y}, {.order = 3, .exact = true});
    EXPECT_TRUE(report.passed()) << report.text();
    for (const OrderReport& order : report.orders) {
        EXPECT_TRUE(order.exact);
        EXPECT_EQ(order.tolerance, 0.0);
        for (const InputReport& input : order.inputs) EXPECT_EQ(input.larger().ulps, 0u);
    }
    EXPECT_EQ(report.text().substr(0, 32), "order 1: exact in whole numbers\n");
    EXPECT_EQ(report.adjoint->forward, report.adjoint->reverse);
}

TEST(ExactGradientCheck, CatchesAnErrorInTheLastBits) {
    const auto f = [](const Inputs& in) {
        return record(Tensor(in[0].value()), {{in[0], [](const Variable& g) { return g * (1.0 + 0x1p-52); }}});
    };
    const GradientCheckReport report = gradient_check(f, {whole_x}, {.exact = true});
    EXPECT_FALSE(report.passed());
    EXPECT_GE(report.orders[0].worst().worst.ulps, 1u);
    EXPECT_LE(report.orders[0].worst().worst.ulps, 2u);
    EXPECT_NE(report.text().find(" ulps\n"), std::string::npos) << report.text();
}

TEST(ExactGradientCheck, RefusesWhatItCannotSay) {
    const auto square_of = [](const Inputs& in) { return in[0] * in[0]; };
    EXPECT_EQ(error_of([&] { gradient_check(square_of, {whole_x}, {.exact = true}); }).substr(0, 78),
              "gradient_check: an exact check needs a function that is linear in each input; ");
    EXPECT_EQ(error_of([&] { gradient_check(square_of, {x}, {.exact = true}); }),
              "gradient_check: an exact check needs whole numbers; got input 0.5");
}

// ---- forward and reverse

TEST(AdjointCheck, ComparesForwardWithReverseFromTheSecondOrderOn) {
    const auto f = [](const Inputs& in) { return matmul(tanh(in[0]), in[1]); };
    EXPECT_FALSE(gradient_check(f, {x, y}).adjoint);
    const GradientCheckReport report = gradient_check(f, {x, y}, {.order = 2});
    ASSERT_TRUE(report.adjoint);
    EXPECT_TRUE(report.adjoint->passed());
    EXPECT_LT(report.adjoint->relative_error, 1e-14);
    EXPECT_NE(report.text().find("adjoints: passed"), std::string::npos) << report.text();
}

TEST(AdjointCheck, CatchesAPullbackWhoseOwnPullbackIsWrong) {
    const auto f = [](const Inputs& in) {
        const Pullback pullback = [](const Variable& g) {
            return record((stop_gradient(g) * 3.0).value(), {{g, [](const Variable& h) { return h * 2.0; }}});
        };
        return record((stop_gradient(in[0]) * 3.0).value(), {{in[0], pullback}});
    };
    const GradientCheckReport report = gradient_check(f, {x}, {.order = 2});
    EXPECT_TRUE(report.orders[0].passed());
    EXPECT_FALSE(report.adjoint->passed());
    EXPECT_NEAR(report.adjoint->forward / report.adjoint->reverse, 2.0 / 3.0, 1e-12);
    EXPECT_FALSE(report.passed());
}

// ---- the report

TEST(GradientComparison, CountsTheDoublesFromOneNumberToTheOther) {
    const auto ulps = [](double a, double b) { return GradientComparison::of(a, b, 1.0).ulps; };
    EXPECT_EQ(ulps(1.0, 1.0), 0u);
    EXPECT_EQ(ulps(1.0, 1.0 + 0x1p-52), 1u);
    EXPECT_EQ(ulps(2.0, 2.0 - 0x1p-52), 1u);
    EXPECT_EQ(ulps(-1.0, -1.0 - 0x1p-52), 1u);
    EXPECT_EQ(ulps(0.0, -0.0), 0u);
    EXPECT_EQ(ulps(0x1p-1074, -0x1p-1074), 2u);
    EXPECT_EQ(ulps(0.0, std::numeric_limits<double>::quiet_NaN()), UINT64_MAX);
}

}  // namespace
}  // namespace adjoint
