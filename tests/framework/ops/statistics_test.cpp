// Truths about variances, products, extremes and running sums along axes: values by definition, derivatives where
// elements are 0 or equal, whole numbers for indices, and what is refused.
#include <limits>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"
#include "tests/support/derivatives.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Statistics : public testing::TestWithParam<DType> {
  protected:
    const Variable x = Tensor({2, 3}, {3, -1, 1, -5, -4, -6}, GetParam());
};
INSTANTIATE_TEST_SUITE_P(In, Statistics, testing::Values(DType::float32, DType::float64), TypeName());

const Tensor cube = doubles({2, 3, 2}, {0.3, -0.9, 1.2, -0.4, 0.8, -1.5, 0.6, 1.9, -1.1, 0.1, -0.7, 1.5});

// ---- variance

TEST_P(Statistics, VarianceIsTheMeanSquareOfDeviations) {
    expect_tensor(var(x, {0}), {3}, {16, 2.25, 12.25});
    expect_tensor(var(x, {1}, Keep::yes), {2, 1}, {8.0 / 3, 2.0 / 3}, 1e-7);
    expect_tensor(var(x), {}, {64.0 / 6}, 1e-7);
    expect_tensor(var(Tensor({1}, {7}, GetParam())), {}, {0});
}

TEST_P(Statistics, VarianceWithACorrectionOfOneDividesByOneLess) {
    expect_tensor(var(x, {1}, Keep::no, 1), {2}, {4, 1});
    expect_tensor(var(x, {0, 1}, Keep::no, 1), {}, {12.8}, 1e-7);
}

TEST_P(Statistics, VarianceDoesNotSeeTheMean) { expect_tensor(var(x + 4096.0), {}, {64.0 / 6}, 1e-7); }

TEST(Var, HasDerivativesToThirdOrder) {
    for (const std::vector<Index>& axes : {std::vector<Index>{}, {1}, {-1, 0}}) {
        expect_derivatives([&](const Inputs& in) { return var(in[0], axes, Keep::yes, 1); }, {cube}, 3);
    }
}

TEST(Var, RefusesTooFewElements) {
    const Variable one = Tensor::zeros({1, 3});
    EXPECT_REFUSAL(var(one, {0}, Keep::no, 1),
                   "var: there must be more than 1 elements along the axes; got shape [1, 3]");
    EXPECT_REFUSAL(var(Tensor::zeros({0})), "var: there must be more than 0 elements along the axes; got shape [0]");
    EXPECT_REFUSAL(var(one, {2}), "var: axis 2 does not exist; got shape [1, 3]");
    EXPECT_EQ(var(Tensor::zeros({0, 3}), {1}).shape(), Shape{0});
}

// ---- product

TEST_P(Statistics, ProductMultipliesAnyAxes) {
    expect_tensor(prod(x), {}, {360});
    expect_tensor(prod(x, {0}), {3}, {-15, 4, -6});
    expect_tensor(prod(x, {-1}, Keep::yes), {2, 1}, {-3, -120});
    expect_tensor(prod(Tensor({}, {4}, GetParam())), {}, {4});
    expect_tensor(prod(Tensor({2}, {2, nan}, GetParam())), {}, {nan});
}

TEST_P(Statistics, ProductOfNothingIsOne) {
    expect_tensor(prod(Tensor::zeros({2, 0}, GetParam()), {1}), {2}, {1, 1});
    expect_tensor(prod(Tensor::zeros({0, 3}, GetParam())), {}, {1});
    expect_tensor(prod(Tensor::zeros({0, 2}, GetParam()), {1}), {0}, {});
}

// No quotient of the product by an element could say this.
TEST_P(Statistics, ProductHasTheProductOfAllOthersAsSlopeWhereElementsAreZero) {
    const auto slope = [](const Variable& v) {
        Tape tape({v});
        return tape.gradient(prod(v))[0];
    };
    expect_tensor(slope(Tensor({5}, {2, 0, 3, 5, 7}, GetParam())), {5}, {0, 210, 0, 0, 0});
    expect_tensor(slope(Tensor({3}, {2, 0, 0}, GetParam())), {3}, {0, 0, 0});
    expect_tensor(slope(Tensor({1}, {9}, GetParam())), {1}, {1});
    expect_tensor(slope(Tensor({0}, {}, GetParam())), {0}, {});
}

TEST(Prod, HasDerivativesToThirdOrderThroughZeros) {
    const Tensor zeros = doubles({2, 3}, {0, 1.5, 0, -0.5, 2, 0});
    expect_derivatives([](const Inputs& in) { return prod(in[0], {1}); }, {zeros}, 3);
    for (const std::vector<Index>& axes : {std::vector<Index>{}, {1}, {0, 2}})
        expect_derivatives([&](const Inputs& in) { return prod(in[0], axes); }, {cube});
}

// ---- extremes

TEST_P(Statistics, MinFindsTheSmallestAlongAnAxis) {
    expect_tensor(min(x, 1), {2}, {-1, -6});
    expect_tensor(min(x, 0, Keep::yes), {1, 3}, {-5, -4, -6});
    expect_tensor(min(Tensor({2}, {infinity, infinity}, GetParam()), 0), {}, {infinity});
    expect_tensor(min(Tensor({3}, {1, nan, 2}, GetParam()), 0), {}, {nan});
    for (const Index axis : {0, 1}) EXPECT_TRUE(identical(min(x, axis).value(), (-max(-x, axis)).value()));
}

TEST_P(Statistics, ExtremesShareTheAdjointBetweenEqualOnesAndGiveNoneToOthers) {
    const Variable tied = Tensor({2, 3}, {5, 1, 5, 2, 2, 2}, GetParam());
    const Variable g = Tensor({2}, {infinity, 30}, GetParam());
    Tape largest({tied}), smallest({tied});
    expect_tensor(largest.gradient(max(tied, 1), g)[0], {2, 3}, {infinity, 0, infinity, 10, 10, 10});
    expect_tensor(smallest.gradient(min(tied, 1), g)[0], {2, 3}, {0, infinity, 0, 10, 10, 10});
}

TEST(Min, HasDerivativesToSecondOrder) {
    for (const Index axis : {0, 1, -1}) expect_derivatives([&](const Inputs& in) { return min(in[0], axis); }, {cube});
}

TEST_P(Statistics, ArgmaxNamesTheFirstLargest) {
    expect_tensor(argmax(x, 1), {2}, {0, 1});
    expect_tensor(argmax(x, 0), {3}, {0, 0, 0});
    expect_tensor(argmax(x, -1, Keep::yes), {2, 1}, {0, 1});
    expect_tensor(argmax(Tensor({4}, {1, 7, 7, 2}, GetParam()), 0), {}, {1});
    expect_tensor(argmax(Tensor({4}, {1, nan, 7, nan}, GetParam()), 0), {}, {1});
    expect_tensor(argmax(Tensor({2}, {-infinity, -infinity}, GetParam()), 0), {}, {0});
    EXPECT_STREQ(name(argmax(x, 1).dtype()), "float64");
}

TEST(Argmax, IsWhereMaxStands) {
    const Variable x = Random(1).normal({40, 50, 60}, DType::float64);
    for (const Index axis : {0, 1, 2}) {
        const Variable indices = Tensor(
            {x.extent(axis)},
            [&] {
                std::vector<double> counted(static_cast<std::size_t>(x.extent(axis)));
                for (std::size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<double>(i);
                return counted;
            }(),
            DType::float64);
        Shape along(3, 1);
        along[static_cast<std::size_t>(axis)] = -1;
        const Variable here = equal(reshape(indices, along), argmax(x, axis, Keep::yes));
        EXPECT_TRUE(identical(sum(where(here, x, doubles({}, {0})), {axis}).value(), max(x, axis).value()));
    }
}

TEST(ExtremeRefusal, OfAnAxisWithoutElements) {
    const Variable none = Tensor::zeros({2, 0});
    EXPECT_REFUSAL(min(none, 1), "min: there must be an element along axis 1; got shape [2, 0]");
    EXPECT_REFUSAL(argmax(none, 1), "argmax: there must be an element along axis 1; got shape [2, 0]");
    EXPECT_REFUSAL(argmax(none, 2), "argmax: axis 2 does not exist; got shape [2, 0]");
}

// ---- running sums

TEST_P(Statistics, CumsumAddsAllBefore) {
    expect_tensor(cumsum(x, 1), {2, 3}, {3, 2, 3, -5, -9, -15});
    expect_tensor(cumsum(x, 0), {2, 3}, {3, -1, 1, -2, -5, -5});
    expect_tensor(cumsum(Tensor::zeros({2, 0}, GetParam()), 1), {2, 0}, {});
    expect_tensor(cumsum(Tensor({3}, {1, nan, 2}, GetParam()), 0), {3}, {1, nan, nan});
}

// In float32 alone the sum would stay at 2²⁴, to which 1 cannot be added.
TEST(Cumsum, CountsBeyondTheWholeNumbersOfFloat32) {
    const Index count = (1 << 24) + 1000;
    EXPECT_EQ(cumsum(Tensor::ones({count}), 0).value()[count - 1], static_cast<double>(count));
}

TEST(Cumsum, GivesTheSameBitsOnAnyNumberOfThreads) {
    const Tensor x = Random(1).normal({300, 40, 50});
    const auto with_threads = [&](int count) {
        const WithThreads threads(count);
        return cumsum(x, 1).value();
    };
    EXPECT_TRUE(identical(with_threads(1), with_threads(7)));
}

TEST(Cumsum, HasDerivativesToSecondOrder) {
    for (const Index axis : {0, 1, -1}) {
        expect_derivatives([&](const Inputs& in) { return cumsum(square(in[0]), axis); }, {cube});
    }
}

TEST(CumsumRefusal, OfAnAxisThatIsNotThere) {
    EXPECT_REFUSAL(cumsum(Tensor::zeros({2}), 1), "cumsum: axis 1 does not exist; got shape [2]");
}

}  // namespace
}  // namespace adjoint
