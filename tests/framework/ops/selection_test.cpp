// Truths about comparing and choosing: ones where a comparison holds, what is not chosen has no part in values and
// gradients, whatever it is, and what is refused.
#include "framework/ops/selection.h"

#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Selection : public testing::TestWithParam<DType> {
  protected:
    const Variable a = Tensor({5}, {1, 2, 3, -infinity, nan}, GetParam());
    const Variable b = Tensor({5}, {2, 2, -3, infinity, nan}, GetParam());
};
INSTANTIATE_TEST_SUITE_P(In, Selection, testing::Values(DType::float32, DType::float64), TypeName());

// ---- comparisons

TEST_P(Selection, ComparisonsAreOneWhereTheyHold) {
    expect_tensor(less(a, b), {5}, {1, 0, 0, 1, 0});
    expect_tensor(less_equal(a, b), {5}, {1, 1, 0, 1, 0});
    expect_tensor(greater(a, b), {5}, {0, 0, 1, 0, 0});
    expect_tensor(greater_equal(a, b), {5}, {0, 1, 1, 0, 0});
    expect_tensor(equal(a, b), {5}, {0, 1, 0, 0, 0});
    expect_tensor(not_equal(a, b), {5}, {1, 0, 1, 1, 1});
    EXPECT_STREQ(name(less(a, b).dtype()), name(GetParam()));
}

TEST_P(Selection, OperatorsAreTheComparisons) {
    EXPECT_TRUE(identical(a < b, less(a, b)));
    EXPECT_TRUE(identical(a <= b, less_equal(a, b)));
    EXPECT_TRUE(identical(a > b, greater(a, b)));
    EXPECT_TRUE(identical(a >= b, greater_equal(a, b)));
    expect_tensor(a < 2, {5}, {1, 0, 0, 1, 0});
    expect_tensor(a <= 2, {5}, {1, 1, 0, 1, 0});
    expect_tensor(a > 2, {5}, {0, 0, 1, 0, 0});
    expect_tensor(a >= 2, {5}, {0, 1, 1, 0, 0});
}

TEST(Comparison, BroadcastsItsOperands) {
    expect_tensor(less(doubles({2, 1}, {1, 2}), doubles({3}, {0, 2, 3})), {2, 3}, {0, 1, 1, 0, 0, 1});
}

TEST(Comparison, OfZerosOfEitherSignFindsThemEqual) {
    expect_tensor(equal(Variable(doubles({1}, {0.0})), doubles({1}, {-0.0})), {1}, {1});
}

TEST(Comparison, IsAConstant) {
    const Variable x = doubles({2}, {1, 2});
    const Tape tape({x});
    EXPECT_FALSE(tape.depends(x < 1.5));
}

// ---- where

TEST_P(Selection, WhereChoosesOfThreeBroadcastOperands) {
    const Variable condition = Tensor({2, 1}, {1, 0}, GetParam());
    expect_tensor(where(condition, Tensor({3}, {1, 2, 3}, GetParam()), Tensor({}, {9}, GetParam())), {2, 3},
                  {1, 2, 3, 9, 9, 9});
    expect_tensor(where(Tensor({}, {0}), a, b), {5}, {2, 2, -3, infinity, nan});
    expect_tensor(where(condition, Tensor({1, 1, 1}, {4}, GetParam()), Tensor({2, 1, 2}, {5, 6, 7, 8}, GetParam())),
                  {2, 2, 2}, {4, 4, 5, 6, 4, 4, 7, 8});
    expect_tensor(where(condition, Tensor::zeros({0}, GetParam()), Tensor({}, {9}, GetParam())), {2, 0}, {});
}

TEST_P(Selection, WhereTakesAnyNumberButZeroForTrueInEitherElementType) {
    const std::vector<double> conditions = {1, -2, 1e-3, nan, 0, -0.0};
    for (const DType dtype : {DType::float32, DType::float64}) {
        expect_tensor(where(Tensor({6}, conditions, dtype), Tensor({}, {1}, GetParam()), Tensor({}, {2}, GetParam())),
                      {6}, {1, 1, 1, 1, 2, 2});
    }
}

// A product with the mask would make 0·∞ = NaN of each of these.
TEST_P(Selection, WhatIsNotChosenHasNoPartInValueAndGradient) {
    const Variable x = Tensor({3}, {-1, 0, 4}, GetParam()), zero = Tensor({}, {0}, GetParam());
    const auto safe_root = [&](const Variable& v) { return where(v > 0, sqrt(v), zero); };
    expect_tensor(safe_root(x), {3}, {0, 0, 2});
    const Variable other = Tensor({3}, {7, 8, 9}, GetParam()), g = Tensor({3}, {infinity, nan, 5}, GetParam());
    Tape first({x}), second({other});
    expect_tensor(first.gradient(where(x > 0, x, other), g)[0], {3}, {0, 0, 5});
    expect_tensor(second.gradient(where(x <= 0, x, other), g)[0], {3}, {0, 0, 5});
}

TEST(OneHot, IsOneAtTheIndexAlone) {
    expect_tensor(one_hot(Tensor({2, 2}, {0, 2, 1, 1}), 3), {2, 2, 3}, {1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0});
    EXPECT_EQ(one_hot(Tensor({1}, {1}), 2, DType::float64).dtype(), DType::float64);
    EXPECT_EQ(one_hot(Tensor::zeros({0}), 3).shape(), (Shape{0, 3}));
    for (const double index : {-1.0, 3.0, 0.5, nan}) {
        EXPECT_REFUSAL(one_hot(Tensor({1}, {index}, DType::float64), 3),
                       fmt::format("one_hot: an index must be a whole number from 0 to 2; got {}", index));
    }
}

TEST(Where, SharesTheAdjointOut) {
    const Variable a = doubles({2}, {1, 2}), b = doubles({2, 1}, {3, 4}), condition = doubles({2, 2}, {1, 0, 1, 1});
    Tape tape({a, b});
    const std::vector<Variable> gradients = tape.gradient(where(condition, a, b), doubles({2, 2}, {1, 10, 100, 1000}));
    expect_tensor(gradients[0], {2}, {101, 1000});
    expect_tensor(gradients[1], {2, 1}, {10, 0});
}

TEST(Where, HasNoGradientToItsCondition) {
    const Variable condition = doubles({2}, {1, 0}), a = doubles({2}, {1, 2});
    const Tape tape({condition});
    EXPECT_FALSE(tape.depends(where(condition, a, -a)));
}

TEST(Where, HasDerivativesToSecondOrder) {
    const Tensor a = doubles({2, 3}, {0.3, -0.9, 1.2, -0.4, 0.8, -1.5}), b = doubles({3}, {0.6, 1.9, -1.1});
    const Variable condition = doubles({2, 3}, {1, 0, 0, 0, 1, 1});
    expect_derivatives([=](const Inputs& x) { return where(condition, exp(x[0]), x[0] * x[1]); }, {a, b}, 3);
}

// ---- clamp

TEST_P(Selection, ClampKeepsWithinItsBounds) {
    expect_tensor(clamp(a, {.min = 1.5, .max = 2.5}), {5}, {1.5, 2, 2.5, 1.5, nan});
    expect_tensor(clamp(a, {.min = 1.5}), {5}, {1.5, 2, 3, 1.5, nan});
    expect_tensor(clamp(a, {.max = 2.5}), {5}, {1, 2, 2.5, -infinity, nan});
}

TEST_P(Selection, ClampLetsTheAdjointThroughWithinItsBoundsAndOnThem) {
    const Variable x = Tensor({5}, {-1, 0, 0.5, 1, 2}, GetParam());
    Tape tape({x});
    const Variable g = Tensor({5}, {infinity, 1, 2, 3, nan}, GetParam());
    expect_tensor(tape.gradient(clamp(x, {.min = 0, .max = 1}), g)[0], {5}, {0, 1, 2, 3, 0});
}

TEST(Clamp, HasDerivativesToSecondOrder) {
    const Tensor x = doubles({4}, {-1.7, -0.2, 0.3, 1.4});
    expect_derivatives([](const Inputs& in) { return clamp(in[0] * in[0], {.min = 0.05, .max = 2}); }, {x});
}

// ---- refusals

TEST(SelectionRefusal, NamesOperationAndOperands) {
    const Variable a = Tensor::zeros({2, 3}), b = Tensor::zeros({4}), other_type = doubles({3}, {1, 2, 3});
    EXPECT_REFUSAL(a < b, "less: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(a <= b, "less_equal: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(a > b, "greater: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(a >= b, "greater_equal: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(equal(a, b), "equal: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(not_equal(a, other_type), "not_equal: operands differ in element type; got float32 and float64");
    EXPECT_REFUSAL(where(a, a, b), "where: shapes do not broadcast; got [2, 3] and [4]");
    EXPECT_REFUSAL(where(b, a, a), "where: shapes do not broadcast; got [4] and [2, 3]");
    EXPECT_REFUSAL(where(a, a, other_type), "where: operands differ in element type; got float32 and float64");
}

TEST(ClampRefusal, OfBoundsThatAreNone) {
    const Variable x = Tensor::zeros({2});
    EXPECT_REFUSAL(clamp(x, {.min = 1, .max = 0}), "clamp: min must not exceed max; got 1 and 0");
    EXPECT_REFUSAL(clamp(x, {.min = nan}), "clamp: min must not exceed max; got nan and inf");
}

}  // namespace
}  // namespace adjoint
