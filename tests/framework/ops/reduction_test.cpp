// Truths about operations that take axes away: values by definition, first and second derivatives, exact sums in a
// fixed order, ties, extremes and NaN.
#include "framework/ops/reduction.h"

#include <cmath>
#include <fmt/ranges.h>
#include <limits>

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Reduction : public testing::TestWithParam<DType> {
  protected:
    const Variable counted = Tensor({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, GetParam());
};
INSTANTIATE_TEST_SUITE_P(In, Reduction, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Reduction, SumsAnyAxes) {
    expect_tensor(sum(counted), {}, {78});
    expect_tensor(sum(counted, {0}), {3, 2}, {8, 10, 12, 14, 16, 18});
    expect_tensor(sum(counted, {1}), {2, 2}, {9, 12, 27, 30});
    expect_tensor(sum(counted, {2}), {2, 3}, {3, 7, 11, 15, 19, 23});
    expect_tensor(sum(counted, {0, 1}), {2}, {36, 42});
    expect_tensor(sum(counted, {0, 2}), {3}, {18, 26, 34});
    expect_tensor(sum(counted, {1, 2}), {2}, {21, 57});
    expect_tensor(sum(counted, {2, 0, 1}), {}, {78});
    expect_tensor(sum(counted, {-1}), {2, 3}, {3, 7, 11, 15, 19, 23});
}

TEST_P(Reduction, KeepsAxesAtOneWhereAsked) {
    expect_tensor(sum(counted, {0, 2}, Keep::yes), {1, 3, 1}, {18, 26, 34});
    expect_tensor(sum(counted, {}, Keep::yes), {1, 1, 1}, {78});
    expect_tensor(mean(counted, {1}, Keep::yes), {2, 1, 2}, {3, 4, 9, 10});
    expect_tensor(max(counted, 1, Keep::yes), {2, 1, 2}, {5, 6, 11, 12});
}

TEST_P(Reduction, DividesASumByItsCountForTheMean) {
    expect_tensor(mean(counted), {}, {6.5});
    expect_tensor(mean(counted, {0, 2}), {3}, {4.5, 6.5, 8.5});
    expect_tensor(mean(counted, {-2}), {2, 2}, {3, 4, 9, 10});
}

TEST_P(Reduction, FindsTheLargestAlongAnAxis) {
    const Variable x = Tensor({2, 3}, {3, -1, 2, -5, -4, -6}, GetParam());
    expect_tensor(max(x, 1), {2}, {3, -4});
    expect_tensor(max(x, 0), {3}, {3, -1, 2});
    expect_tensor(max(x, -1), {2}, {3, -4});
    expect_tensor(max(Tensor({2}, {-infinity, -infinity}, GetParam()), 0), {}, {-infinity});
}

TEST_P(Reduction, SumsNothingToZero) {
    expect_tensor(sum(Tensor::zeros({0, 3}, GetParam())), {}, {0});
    expect_tensor(sum(Tensor::zeros({0, 3}, GetParam()), {0}), {3}, {0, 0, 0});
    expect_tensor(sum(Tensor::zeros({2, 0}, GetParam()), {0}), {0}, {});
    expect_tensor(sum(Tensor({}, {4}, GetParam())), {}, {4});
}

TEST_P(Reduction, LetsNotANumberThrough) {
    for (const std::vector<double>& elements : {std::vector<double>{nan, 1, 2}, {1, nan, 2}, {1, 2, nan}}) {
        const Variable x = Tensor({3}, elements, GetParam());
        expect_tensor(sum(x), {}, {nan});
        expect_tensor(max(x, 0), {}, {nan});
        expect_tensor(log_softmax(x), {3}, {nan, nan, nan});
    }
    std::vector<double> many(100, 1.0);
    many[37] = nan;
    expect_tensor(max(Tensor({100}, many, GetParam()), 0), {}, {nan});
    expect_tensor(max(Tensor({50, 2}, many, GetParam()), 0), {2}, {1, nan});
}

TEST_P(Reduction, LogSoftmaxOfExtremesIsFiniteAndRight) {
    const Variable x = Tensor({2, 3}, {-1e4, 0, 1e4, 1e4, 1e4, -1e4}, GetParam());
    expect_tensor(log_softmax(x), {2, 3}, {-2e4, -1e4, 0, -std::log(2.0), -std::log(2.0), -2e4 - std::log(2.0)}, 1e-6);
    expect_tensor(softmax(x), {2, 3}, {0, 0, 1, 0.5, 0.5, 0}, 1e-6);
    Tape tape({x});
    expect_tensor(tape.gradient(sum(log_softmax(x)))[0], {2, 3}, {1, 1, -2, -0.5, -0.5, 1}, 1e-6);
}

TEST_P(Reduction, SoftmaxSumsToOneAlongItsAxis) {
    const Tensor x = Random(1).normal(Shape{3, 4, 5}, GetParam());
    for (const Index axis : {0, 1, 2, -1}) {
        const Variable total = sum(softmax(x, axis), {axis});
        expect_equal(total, Tensor::ones(total.shape(), GetParam()), 1e-6);
    }
}

TEST_P(Reduction, LogSoftmaxIsItsDefinition) {
    const Tensor x = Random(2).normal(Shape{3, 4, 5}, GetParam());
    for (const Index axis : {0, 1, 2}) {
        expect_equal(log_softmax(x, axis), x - log(sum(exp(x), {axis}, Keep::yes)), 1e-6);
    }
    expect_equal(log_softmax(x), log_softmax(x, 2));
}

TEST_P(Reduction, LogSoftmaxOfInfinityIsItsLimit) {
    expect_tensor(log_softmax(Tensor({3}, {infinity, 0, infinity}, GetParam())), {3},
                  {-std::log(2.0), -infinity, -std::log(2.0)}, 1e-7);
}

TEST_P(Reduction, LogSoftmaxIgnoresWhatIsImpossible) {
    const Variable x = Tensor({2}, {0, -infinity}, GetParam());
    expect_tensor(log_softmax(x), {2}, {0, -infinity});
}

// ---- Derivatives ------------------------------------------------------------------------------------------------

const Tensor cube = doubles({2, 3, 2}, {0.3, -0.9, 1.2, -0.4, 0.8, -1.5, 0.6, 1.9, -1.1, 0.1, -0.7, 1.5});
const Tensor row = doubles({1, 3}, {0.6, -1.4, 1.1});

TEST(ReductionDerivative, OfASumOrMeanOverAnyAxesAgreesWithFiniteDifferencesToSecondOrder) {
    for (const std::vector<Index>& axes : {std::vector<Index>{}, {0}, {1}, {0, 2}, {-1}}) {
        for (const Keep keep : {Keep::no, Keep::yes}) {
            expect_derivatives([&](const Inputs& x) { return sum(x[0], axes, keep); }, {cube});
            expect_derivatives([&](const Inputs& x) { return mean(x[0], axes, keep); }, {cube});
        }
    }
}

TEST(ReductionDerivative, AlongAnAxisAgreesWithFiniteDifferencesToSecondOrder) {
    for (const Index axis : {0, 1, -1}) {
        expect_derivatives([&](const Inputs& x) { return max(x[0], axis); }, {cube});
        expect_derivatives([&](const Inputs& x) { return max(x[0], axis, Keep::yes); }, {cube});
        expect_derivatives([&](const Inputs& x) { return log_softmax(x[0], axis); }, {cube});
        expect_derivatives([&](const Inputs& x) { return softmax(x[0], axis); }, {cube});
    }
}

TEST(ReductionDerivative, OfBroadcastingAgreesWithFiniteDifferencesToSecondOrder) {
    for (const Shape& shape : {Shape{1, 2}, Shape{3, 1}, Shape{}})
        expect_derivatives([&](const Inputs& x) { return sum_to(x[0], shape); }, {cube});
    for (const Shape& shape : {Shape{4, 3}, Shape{2, 2, 3}})
        expect_derivatives([&](const Inputs& x) { return broadcast_to(x[0], shape); }, {row});
}

TEST(LogSoftmax, HasThirdDerivatives) {
    expect_derivatives([](const Inputs& x) { return log_softmax(x[0]); }, {row}, 3);
}

TEST(Max, SharesTheAdjointEquallyBetweenTies) {
    const Variable x = doubles({2, 3}, {5, 1, 5, 2, 2, 2});
    Tape tape({x});
    expect_tensor(tape.gradient(max(x, 1), doubles({2}, {10, 30}))[0], {2, 3}, {5, 0, 5, 10, 10, 10});
}

TEST(Max, RefusesAnAxisWithoutElements) {
    EXPECT_REFUSAL(max(Tensor::zeros({2, 0}), 1), "max: there must be an element along axis 1; got shape [2, 0]");
    EXPECT_EQ(max(Tensor::zeros({0, 2}), 1).shape(), Shape{0});
}

TEST(ReductionRefusal, OfAnAxisNamesOperationAxisAndShape) {
    const Variable x = Tensor::zeros({2, 3});
    const std::string fact = ": axis 2 does not exist; got shape [2, 3]";
    EXPECT_REFUSAL(sum(x, {2}), "sum" + fact);
    EXPECT_REFUSAL(mean(x, {2}), "mean" + fact);
    EXPECT_REFUSAL(max(x, 2), "max" + fact);
    EXPECT_REFUSAL(log_softmax(x, 2), "log_softmax" + fact);
    EXPECT_REFUSAL(sum(x, {1, -1}), "sum: an axis is named twice; got axes [1, -1]");
}

// ---- Standardising -----------------------------------------------------------------------------------------------

Tensor normal(const Shape& shape) { return Random(1).normal(shape, DType::float64); }

TEST(Standardize, IsItsEquation) {
    // Mean 3, variance 3.5.
    const double r = 1 / std::sqrt(3.5 + 0.01);
    expect_tensor(standardize(doubles({1, 4}, {1, 2, 3, 6}), {-1}, 0.01), {1, 4}, {-2 * r, -r, 0, 3 * r}, 1e-15);
}

TEST(Standardize, GivesMeanZeroAndVarianceOneOverItsAxesAlone) {
    const Variable y = standardize(normal({4, 5, 6}) * 3.0 + 7.0, {0, 2}, 0.0);
    expect_tensor(mean(y, {0, 2}), {5}, std::vector<double>(5, 0.0), 1e-14);
    expect_tensor(mean(y * y, {0, 2}), {5}, std::vector<double>(5, 1.0), 1e-14);
}

TEST(Standardize, DoesNotSeeShiftAndScale) {
    const Variable x = normal({3, 8});
    expect_equal(standardize(4.0 * x - 100.0, {1}, 0.0), standardize(x, {1}, 0.0), 1e-12);
}

TEST(Standardize, OfAConstantIsZero) {
    expect_tensor(standardize(Tensor::full({2, 3}, 7.0), {1}, 1e-5), {2, 3}, {0, 0, 0, 0, 0, 0});
    EXPECT_REFUSAL(standardize(Tensor::zeros({2, 3}), {1}, -1.0), "standardize: epsilon must be at least 0; got -1");
}

TEST(PowerOfTwo, IsThatBelowTheLargestMagnitude) {
    const Tensor x({4, 2}, {1, -5, 8, 7.9, 1e-9, 0, 3, -infinity});
    expect_tensor(power_of_two(x, {1}, 0.3), {4, 1}, {4, 8, 0.25, 1});
}

TEST(Standardize, HasTheGradientThatItsCommentSays) {
    const Variable x = normal({3, 8}), g = Random(2).normal({3, 8}, DType::float64);
    Tape tape({x});
    const Variable y = standardize(x, {1}, 0.1);
    const auto average = [](const Variable& v) { return mean(v, {1}, Keep::yes); };
    const Variable centred = x - average(x), r = 1.0 / sqrt(average(centred * centred) + 0.1);
    expect_equal(tape.gradient(y, g).front(), r * (g - average(g) - y * average(g * y)), 1e-14);
}

TEST(Standardize, OverflowsNowhereAndLosesNothing) {
    for (const double size : {1e-30, 1e-3, 1.0, 1e25, 1.5e38}) {
        const Variable x = Tensor({2, 2}, {size, -size, -size, size});
        for (const std::vector<Index>& axes : {std::vector<Index>{1}, {0, 1}})
            expect_tensor(standardize(x, axes, 0.0), {2, 2}, {1, -1, -1, 1}, 1e-6);
    }
    expect_tensor(standardize(doubles({1, 2}, {1e300, -1e300}), {1}, 1e-5), {1, 2}, {1, -1}, 1e-15);
    expect_tensor(standardize(Tensor({1, 2}, {1e-30, -1e-30}), {1}, 1e-4), {1, 2}, {1e-28, -1e-28}, 1e-34);
}

// ---- Large tensors ----------------------------------------------------------------------------------------------

TEST(LargeSum, OfOnesIsExactInFloat32) {
    const Index count = (1 << 24) + 16;  // one by one it would stop at 2²⁴
    EXPECT_EQ(sum(Tensor::ones({count})).item(), static_cast<double>(count));
}

TEST(LargeSum, LosesNoDigitInFloat32) {
    const Index count = 1'000'000;
    for (const Shape& shape : {Shape{count, 1}, Shape{count / 8, 8}, Shape{1, count}}) {
        const double tenth = static_cast<double>(0.1F);
        EXPECT_EQ(sum(Tensor::full(shape, 0.1)).item(), static_cast<double>(static_cast<float>(tenth * count)));
        EXPECT_EQ(mean(Tensor::full(shape, 0.1)).item(), tenth);
        expect_tensor(mean(Tensor::full(shape, 0.1), {0}), {shape[1]}, std::vector<double>(shape[1], tenth));
    }
}

TEST(LargeSum, IsInfiniteOnlyWhereItMustBe) {
    expect_tensor(sum(Tensor({3}, {3e38, 3e38, -3e38})), {}, {3e38}, 1e-7);
    for (const std::vector<Index>& axes : {std::vector<Index>{}, {0, 2}, {1}}) {
        EXPECT_NEAR(mean(Tensor::full({2, 3, 4}, 3e38), axes).value()[0], 3e38, 1e31);
        EXPECT_EQ(mean(Tensor::full({2, 3, 4}, 1.5e308, DType::float64), axes).value()[0], 1.5e308);
    }
    EXPECT_EQ(sum(Tensor({2}, {3e38, 3e38})).item(), infinity);
}

TEST(LargeSum, CountsEveryElementOnceForEveryShape) {
    const std::vector<std::pair<Shape, std::vector<Index>>> cases = {
        {{100003}, {0}},      {{5003, 20}, {0}},   {{20, 5003}, {1}},        {{7, 11003}, {1}},
        {{11003, 1}, {0, 1}}, {{3, 4001, 9}, {1}}, {{40, 3, 999}, {0, 2}},   {{2, 50, 2, 500}, {1, 3}},
        {{7, 40009}, {0}},    {{7, 8, 9001}, {1}}, {{1, 8, 1, 8192}, {1, 3}}};
    for (const auto& [shape, axes] : cases) {
        SCOPED_TRACE(fmt::format("{} over {}", shape, axes));
        const Variable total = sum(Tensor::ones(shape), axes);
        const double count = static_cast<double>(element_count(shape)) / static_cast<double>(total.size());
        expect_equal(total, Tensor::full(total.shape(), count));
    }
}

TEST(LargeSum, IsTheExactSumOfWholeNumbers) {
    const Index rows = 9001, columns = 12;
    std::vector<double> elements, expected(columns, 0.0);
    for (Index i = 0; i < rows * columns; ++i) {
        elements.push_back(static_cast<double>(i * 7919 % 101) - 50);
        expected[i % columns] += elements.back();
    }
    const Tensor x({rows, columns}, elements);
    expect_tensor(sum(x, {0}), {columns}, expected);
    expect_tensor(sum(transpose(x), {1}), {columns}, expected);
}

TEST(LargeMax, IsFoundInEveryBlock) {
    const Index size = 100003;
    for (Index at = 0; at < size; at += 3571) {
        std::vector<double> elements(size, -1.0);
        elements[at] = 2.0;
        EXPECT_EQ(max(Tensor({size}, elements), 0).item(), 2.0) << "at " << at;
    }
}

}  // namespace
}  // namespace adjoint
