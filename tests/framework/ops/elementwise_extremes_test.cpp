// Truths about elementwise functions at extremes, at kinks, at ties and of NaN.
#include <limits>
#include <numbers>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Variable slope_of(Variable (*f)(const Variable&), const Variable& x) {
    Tape tape({x});
    return tape.gradient(sum(f(x)))[0];
}

class ElementwiseExtreme : public testing::TestWithParam<DType> {
  protected:
    const Variable huge = Tensor({3}, {-1e4, 0, 1e4}, GetParam());
};

TEST_P(ElementwiseExtreme, SigmoidSaturatesAtZeroAndOne) {
    expect_tensor(sigmoid(huge), {3}, {0, 0.5, 1});
    expect_tensor(slope_of(sigmoid, huge), {3}, {0, 0.25, 0});
}

TEST_P(ElementwiseExtreme, SoftplusBecomesZeroOrItsArgument) {
    expect_tensor(softplus(huge), {3}, {0, std::numbers::ln2, 1e4}, 1e-7);
    expect_tensor(slope_of(softplus, huge), {3}, {0, 0.5, 1});
}

TEST_P(ElementwiseExtreme, TanhAndErfSaturateAtPlusAndMinusOne) {
    expect_tensor(tanh(huge), {3}, {-1, 0, 1});
    expect_tensor(slope_of(tanh, huge), {3}, {0, 1, 0});
    expect_tensor(erf(huge), {3}, {-1, 0, 1});
    expect_tensor(slope_of(erf, huge), {3}, {0, 2 * std::numbers::inv_sqrtpi, 0}, 1e-7);
}

TEST_P(ElementwiseExtreme, GeluAndEluBecomeConstantOrTheirArgument) {
    const auto elu_of_one = [](const Variable& x) { return elu(x); };
    expect_tensor(gelu(huge), {3}, {0, 0, 1e4});
    expect_tensor(slope_of(gelu, huge), {3}, {0, 0.5, 1});
    expect_tensor(elu(huge), {3}, {-1, 0, 1e4});
    expect_tensor(slope_of(elu_of_one, huge), {3}, {0, 1, 1});
}

TEST_P(ElementwiseExtreme, ReluOfInfinityIsZeroOrInfinity) {
    const Variable x = Tensor({2}, {-infinity, infinity}, GetParam());
    expect_tensor(relu(x), {2}, {0, infinity});
    expect_tensor(slope_of(relu, x), {2}, {0, 1});
}

TEST_P(ElementwiseExtreme, NotANumberGoesThrough) {
    const Variable x = Tensor({1}, {nan}, GetParam()), one = Tensor({1}, {1}, GetParam());
    const auto leaky = [](const Variable& v) { return leaky_relu(v); };
    const auto exponential = [](const Variable& v) { return elu(v); };
    for (Variable (*f)(const Variable&) :
         {&negate, &exp, &log, &sqrt, &abs, &tanh, &sigmoid, &erf, &relu, +leaky, +exponential, &gelu, &softplus}) {
        expect_tensor(f(x), {1}, {nan});
    }
    for (Variable (*f)(const Variable&, const Variable&) : {&add, &subtract, &multiply, &divide, &maximum, &minimum}) {
        expect_tensor(f(x, one), {1}, {nan});
        expect_tensor(f(one, x), {1}, {nan});
    }
    expect_tensor(power(x, 3.0), {1}, {nan});
}

TEST_P(ElementwiseExtreme, PolesAreInfinite) {
    const Variable x = Tensor({1}, {0}, GetParam());
    expect_tensor(log(x), {1}, {-infinity});
    expect_tensor(1.0 / x, {1}, {infinity});
    expect_tensor(power(x, -2.0), {1}, {infinity});
    expect_tensor(log(-1.0 + x), {1}, {nan});
    expect_tensor(sqrt(-1.0 + x), {1}, {nan});
}

INSTANTIATE_TEST_SUITE_P(In, ElementwiseExtreme, testing::Values(DType::float32, DType::float64), TypeName());

TEST(Kink, OfReluHasSlopeZero) { expect_tensor(slope_of(relu, doubles({2}, {0, -0.0})), {2}, {0, 0}); }

TEST(Kink, OfLeakyReluHasTheSlopeOfTheNegativeSide) {
    const auto leaky = [](const Variable& x) { return leaky_relu(x, 0.25); };
    expect_tensor(slope_of(leaky, doubles({2}, {0, -0.0})), {2}, {0.25, 0.25});
}

TEST(Kink, OfEluHasTheSlopeOfTheNegativeSide) {
    const auto steep = [](const Variable& x) { return elu(x, 2.0); };
    expect_tensor(slope_of(steep, doubles({1}, {0})), {1}, {2});
}

TEST(Kink, OfAbsHasSlopeZero) { expect_tensor(slope_of(abs, doubles({2}, {0, -0.0})), {2}, {0, 0}); }

// ---- infinite adjoints: a slope of 0 selects nothing, it does not multiply

TEST(Mask, SelectsZeroOfAnInfiniteAdjoint) {
    const auto pulled_back = [](const std::function<Variable(const Variable&)>& f, double x) {
        const Variable at = Tensor::full({20}, x, DType::float32);
        Tape tape({at});
        return tape.gradient(f(at), Tensor::full({20}, -infinity)).front().value()[7];
    };
    EXPECT_EQ(pulled_back([](const Variable& x) { return relu(x); }, -1), 0);
    EXPECT_EQ(pulled_back([](const Variable& x) { return leaky_relu(x, 0.0); }, -1), 0);
    EXPECT_EQ(pulled_back(abs, 0), 0);
    EXPECT_EQ(pulled_back([](const Variable& x) { return maximum(x, scalar(2, x)); }, 1), 0);
    EXPECT_EQ(pulled_back([](const Variable& x) { return power(x, scalar(0, x)); }, 0), 0);
    EXPECT_EQ(pulled_back([](const Variable& x) { return power(scalar(0, x), x); }, 2), 0);
    EXPECT_EQ(pulled_back([](const Variable& x) { return elu(x); }, infinity), -infinity);
}

// ---- subnormal numbers

// 0 in what computes, whether it is made of arithmetic, of comparisons or of a function of the C library.
TEST_P(ElementwiseExtreme, SubnormalNumbersCountAsZero) {
    const bool small = GetParam() == DType::float32;
    const double subnormal = small ? 1e-40 : 1e-310, least = small ? 0x1p-126 : 0x1p-1022;
    const Variable x = Tensor::full({20}, subnormal, GetParam()), zero = Tensor::zeros({20}, GetParam());
    EXPECT_EQ(x.value()[3], static_cast<double>(small ? static_cast<float>(subnormal) : subnormal)) << "is kept";
    EXPECT_EQ(log(x).value()[3], -infinity);
    EXPECT_EQ((1.0 / x).value()[3], infinity);
    const auto root = [](const Variable& v) { return power(v, 0.5); };
    const auto half = [](const Variable& v) { return maximum(v, 0.5 * v); };
    for (Variable (*f)(const Variable&) :
         {&negate, &expm1, &sqrt, &abs, &tanh, &erf, +[](const Variable& v) { return relu(v); }, &gelu, +root, +half,
          +[](const Variable& v) { return sum(v); }, +[](const Variable& v) { return max(v, 0); },
          +[](const Variable& v) { return mean(v); }}) {
        EXPECT_EQ(f(x).value()[0], 0.0);
    }
    EXPECT_EQ((0.5 * Variable(Tensor::full({20}, least, GetParam()))).value()[3], 0.0) << "a result";
    EXPECT_EQ(exp(Tensor::full({20}, small ? -90.0 : -710.0, GetParam())).value()[3], 0.0) << "a result";
}

// ---- ties

TEST(Maximum, TakesTheLargerElement) {
    expect_tensor(maximum(doubles({3}, {1, 5, -2}), doubles({3}, {4, 2, -2})), {3}, {4, 5, -2});
    expect_tensor(maximum(doubles({2}, {-infinity, infinity}), doubles({}, {0})), {2}, {0, infinity});
}

TEST(Maximum, GivesHalfToEachWhereTheyAreEqual) {
    const Variable a = doubles({3}, {1, 5, -2}), b = doubles({3}, {4, 2, -2});
    Tape tape({a, b});
    const std::vector<Variable> gradients = tape.gradient(maximum(a, b), doubles({3}, {10, 20, 30}));
    expect_tensor(gradients[0], {3}, {0, 20, 15});
    expect_tensor(gradients[1], {3}, {10, 0, 15});
}

TEST(Minimum, TakesTheSmallerElementAndSharesLikeMaximum) {
    const Variable a = doubles({4}, {1, 5, -2, -infinity}), b = doubles({4}, {4, 2, -2, infinity});
    expect_tensor(minimum(a, b), {4}, {1, 2, -2, -infinity});
    Tape tape({a, b});
    const std::vector<Variable> gradients = tape.gradient(minimum(a, b), doubles({4}, {10, 20, 30, 40}));
    expect_tensor(gradients[0], {4}, {10, 0, 15, 40});
    expect_tensor(gradients[1], {4}, {0, 20, 15, 0});
}

// A product of the adjoint with 0 would be NaN.
TEST(MaximumAndMinimum, GiveNothingToTheOtherOneEvenOfAnInfiniteAdjoint) {
    const Variable a = doubles({2}, {1, 5}), b = doubles({2}, {4, 2}), g = doubles({2}, {infinity, nan});
    Tape largest({a, b}), smallest({a, b});
    const std::vector<Variable> of_max = largest.gradient(maximum(a, b), g);
    expect_tensor(of_max[0], {2}, {0, nan});
    expect_tensor(of_max[1], {2}, {infinity, 0});
    const std::vector<Variable> of_min = smallest.gradient(minimum(a, b), g);
    expect_tensor(of_min[0], {2}, {infinity, 0});
    expect_tensor(of_min[1], {2}, {0, nan});
}

TEST(Maximum, OfAVariableWithItselfHasSlopeOne) {
    const auto same = [](const Variable& x) { return maximum(x, x); };
    expect_tensor(slope_of(same, doubles({2}, {3, -1})), {2}, {1, 1});
}

}  // namespace
}  // namespace adjoint
