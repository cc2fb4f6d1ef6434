// Truths about layer normalisation: a documented example, moments, its parameters, and what is refused.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/analysis/module_check.h"
#include "layers/normalization.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

// The example in Keras' documentation of LayerNormalization.
TEST(LayerNorm, GivesTheExampleOfKeras) {
    const LayerNorm norm({.shape = {2}});
    const Tensor x({5, 2}, {0, 10, 20, 30, 40, 50, 60, 70, 80, 90});
    expect_tensor(norm(x), {5, 2}, {-1, 1, -1, 1, -1, 1, -1, 1, -1, 1}, 1e-6);
}

TEST(LayerNorm, NormalisesEachExampleOverTheInnermostAxesByItself) {
    const LayerNorm norm({.shape = {3, 4}, .epsilon = 0.0});
    const Variable offsets = Tensor({5, 1, 1}, {0, 1, -1, 100, 7}), x = Random(1).normal({5, 3, 4}) + offsets;
    const Variable y = norm(x);
    expect_tensor(mean(y, {1, 2}), {5}, std::vector<double>(5, 0.0), 1e-5);
    expect_tensor(mean(y * y, {1, 2}), {5}, std::vector<double>(5, 1.0), 1e-5);
}

TEST(LayerNorm, ScalesAndShiftsEachElementOfAnExample) {
    LayerNorm norm({.shape = {2}});
    ASSERT_EQ(norm.states().size(), 2u);
    EXPECT_EQ(norm.states()[0].name, "scale");
    EXPECT_EQ(norm.states()[1].name, "shift");
    norm.scale.assign(Tensor({2}, {2, 3}));
    norm.shift.assign(Tensor({2}, {10, 20}));
    expect_tensor(norm(Tensor({1, 2}, {-50, 50})), {1, 2}, {8, 23}, 1e-6);
}

TEST(LayerNorm, HasDerivativesToSecondOrderInItsInputAndParameters) {
    LayerNorm norm({.shape = {3}});
    const GradientCheckReport report = gradient_check(norm, Random(1).normal({2, 2, 3}), {.order = 2});
    EXPECT_TRUE(report.passed()) << report.text();
}

TEST(LayerNormRefusal, OfAnotherShapeThanItsOwn) {
    const auto refusal = [](const Shape& shape) {
        const LayerNorm norm({.shape = {2, 4}});
        return error_of([&] { norm(Tensor::zeros(shape)); });
    };
    EXPECT_EQ(refusal({3, 4, 2}), "LayerNorm: input must be [..., 2, 4]; got [3, 4, 2]");
    EXPECT_EQ(refusal({4}), "LayerNorm: input must be [..., 2, 4]; got [4]");
    EXPECT_EQ(error_of([] { LayerNorm({.shape = {}}); }),
              "LayerNorm: there must be an axis to normalise over; got none");
}

}  // namespace
}  // namespace adjoint
