// Truths about standardising: literal values, moments, what it does not see, and its gradient.

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

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
}

TEST(Standardize, HasTheGradientThatItsCommentSays) {
    const Variable x = normal({3, 8}), g = Random(2).normal({3, 8}, DType::float64);
    Tape tape({x});
    const Variable y = standardize(x, {1}, 0.1);
    const auto average = [](const Variable& v) { return mean(v, {1}, Keep::yes); };
    const Variable centred = x - average(x), r = 1.0 / sqrt(average(centred * centred) + 0.1);
    expect_equal(tape.gradient(y, g).front(), r * (g - average(g) - y * average(g * y)), 1e-14);
}

TEST(Standardize, HasDerivativesToSecondOrder) {
    expect_derivatives(
        [](const std::vector<Variable>& in) {
            return standardize(in[0], {0, 2}, 1e-3);
        },
        {normal({2, 2, 3})});
}

}  // namespace
}  // namespace adjoint
