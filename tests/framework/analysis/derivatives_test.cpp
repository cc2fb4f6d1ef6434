// Products with first and second derivatives are those of matrices that can be written down, and of each other.
#include "framework/analysis/derivatives.h"

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Tensor a = doubles({2, 3}, {1, 2, 3, 4, 5, 6});
const Variable three = doubles({3}, {0.5, -1, 2});

Variable product(const Inputs& x) { return reshape(matmul(a, reshape(x[0], {3, 1})), {2}); }
Variable cubes(const Inputs& x) { return x[0] * x[0] * x[0]; }
Variable mixed(const Inputs& x) { return tanh(matmul(x[0], x[1])) * exp(x[1]); }
Variable sum_of_cubes(const Inputs& x) { return sum(cubes(x)); }

Inputs square_matrices(std::uint64_t stream) {
    const Random random = Random(6).stream(stream);
    return {random.stream(0).normal({2, 2}, DType::float64), random.stream(1).normal({2, 2}, DType::float64)};
}

TEST(InnerProduct, AddsTheProductsOfAllElements) {
    EXPECT_EQ(inner_product({three, Variable(a)}, {three, Variable(a)}).item(), 5.25 + 91.0);
    EXPECT_EQ(error_of([] { inner_product({three}, {}); }),
              "inner_product: both lists must be equally long; got 1 and 0 tensors");
    EXPECT_EQ(error_of([] { inner_product({three}, {Variable(a)}); }),
              "inner_product: shapes differ; got [3] and [2, 3]");
}

TEST(Vjp, IsTheTransposedMatrixTimesV) {
    expect_tensor(vjp(product, {three}, doubles({2}, {10, 1})).at(0), {3}, {14, 25, 36});
}

TEST(Jvp, IsTheMatrixTimesU) { expect_tensor(jvp(product, {three}, {doubles({3}, {1, 0, -1})}), {2}, {-2, -2}); }

TEST(Jvp, IsTheSlopeAlongU) {
    const Inputs x = square_matrices(0), u = square_matrices(1);
    const double h = 1e-5;
    const auto at = [&](double t) { return mixed({x[0] + u[0] * t, x[1] + u[1] * t}); };
    expect_equal(jvp(mixed, x, u), (at(h) - at(-h)) / (2 * h), 1e-8);
}

TEST(Hvp, IsTheSecondDerivativeTimesU) {
    expect_tensor(hvp(sum_of_cubes, {three}, {doubles({3}, {1, 2, -1})}).at(0), {3}, {3, -12, -12});
}

TEST(Hvp, IsSymmetric) {
    const auto f = [](const Inputs& x) { return sum(mixed(x)); };
    const Inputs x = square_matrices(5), u = square_matrices(6), v = square_matrices(7);
    EXPECT_NEAR(inner_product(v, hvp(f, x, u)).item(), inner_product(u, hvp(f, x, v)).item(), 1e-12);
}

TEST(Hvp, IsZeroForALinearFunction) {
    const auto f = [](const Inputs& x) { return sum(product(x)); };
    expect_tensor(hvp(f, {three}, {three}).at(0), {3}, {0, 0, 0});
}

TEST(Hvp, WantsASingleNumber) {
    EXPECT_EQ(error_of([] { hvp(cubes, {three}, {three}); }),
              "Tape::gradient: without a seed y must be a single number; got y [3]");
}

TEST(Jacobian, IsTheMatrix) { expect_tensor(jacobian(product, {three}).at(0), {2, 3}, a.to_vector()); }

TEST(Jacobian, HasTheOutputsAxesThenTheInputs) {
    const std::vector<Variable> parts = jacobian(mixed, square_matrices(0));
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].shape(), (Shape{2, 2, 2, 2}));
    EXPECT_EQ(jacobian(sum_of_cubes, {three}).at(0).shape(), (Shape{3}));
    EXPECT_EQ(jacobian(product, {doubles({3, 1}, {1, 2, 3})}).at(0).shape(), (Shape{2, 3, 1}));
}

TEST(Jacobian, TimesUIsJvp) {
    const Inputs x = square_matrices(0), u = square_matrices(1);
    const std::vector<Variable> parts = jacobian(mixed, x);
    const auto times = [](const Variable& part, const Variable& direction) {
        return reshape(matmul(reshape(part, {4, 4}), reshape(direction, {4, 1})), {2, 2});
    };
    expect_equal(times(parts[0], u[0]) + times(parts[1], u[1]), jvp(mixed, x, u), 1e-13);
}

TEST(Jacobian, OfConv2DInItsWeightIsThePatchMatrix) {
    const Tensor image = doubles({1, 2, 2, 1}, {1, 2, 3, 4});
    const auto f = [&](const Inputs& x) { return conv2d(image, x[0], {.padding = Sides{.right = 1}}); };
    expect_tensor(reshape(jacobian(f, {Tensor::ones({1, 2, 1, 1}, DType::float64)}).at(0), {4, 2}), {4, 2},
                  {1, 2, 2, 0, 3, 4, 4, 0});
}

TEST(Derivatives, AreZeroWhereNothingDepends) {
    const auto f = [](const Inputs&) { return Variable(a); };
    expect_tensor(vjp(f, {three}, a).at(0), {3}, {0, 0, 0});
    expect_tensor(jvp(f, {three}, {three}), {2, 3}, {0, 0, 0, 0, 0, 0});
    expect_equal(jacobian(f, {three}).at(0), Tensor::zeros({2, 3, 3}, DType::float64));
}

TEST(Derivatives, AreDifferentiatedByAnOuterTape) {
    // J·u of x³ is 3·x²·u, whose gradient is 6·x·u.
    const Variable u = doubles({3}, {1, 2, 3});
    Tape tape({three});
    expect_tensor(tape.gradient(sum(jvp(cubes, {three}, {u}))).at(0), {3}, {3, -12, 36}, 1e-14);
    Tape second({three});
    expect_tensor(second.gradient(sum(hvp(sum_of_cubes, {three}, {u}).at(0))).at(0), {3}, {6, 12, 18}, 1e-14);
}

TEST(Derivatives, LeaveNoTapeLive) {
    jacobian(cubes, {three});
    jvp(cubes, {three}, {three});
    hvp(sum_of_cubes, {three}, {three});
    EXPECT_FALSE(Tape::recording());
}

}  // namespace
}  // namespace adjoint
