// Truths about layer, group and instance normalisation: documented examples, moments, the two ends of the family,
// parameters, and what is refused.
#include "layers/normalization.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/states.h"
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
    EXPECT_EQ(names(norm.states()), (Names{"scale", "shift"}));
    norm.scale.assign(Tensor({2}, {2, 3}));
    norm.shift.assign(Tensor({2}, {10, 20}));
    expect_tensor(norm(Tensor({1, 2}, {-50, 50})), {1, 2}, {8, 23}, 1e-6);
}

TEST(LayerNormRefusal, OfAnotherShapeThanItsOwn) {
    const auto refusal = [](const Shape& shape) {
        const LayerNorm norm({.shape = {2, 4}});
        return error_of([&] { norm(Tensor::zeros(shape)); });
    };
    EXPECT_EQ(refusal({3, 4, 2}), "LayerNorm: input must be [..., 2, 4]; got [3, 4, 2]");
    EXPECT_EQ(refusal({4}), "LayerNorm: input must be [..., 2, 4]; got [4]");
    EXPECT_REFUSAL(LayerNorm({.shape = {}}), "LayerNorm: there must be an axis to normalise over; got none");
}

// ---- groups

// Channels with means and deviations of their own.
Variable images() {
    const Variable offsets = Tensor({4}, {-5, 0, 3, 100}), deviations = Tensor({4}, {0.1, 3, 1, 2});
    return Random(7).normal({3, 6, 5, 4}) * deviations + offsets;
}

TEST(GroupNorm, BringsEachGroupOfNeighbouringChannelsOfEachExampleToMeanZeroAndVarianceOne) {
    const GroupNorm norm({.channels = 4, .groups = 2});
    const Variable y = reshape(norm(images()), {3, 30, 2, 2});
    expect_tensor(mean(y, {1, 3}), {3, 2}, std::vector<double>(6, 0.0), 1e-5);
    expect_tensor(mean(y * y, {1, 3}), {3, 2}, std::vector<double>(6, 1.0), 1e-4);
}

// Two groups of two channels at two pixels: 1, 3 | 0, 10 and 5, 7 | 20, 30; means 4 and 15, variances 5 and 125.
TEST(GroupNorm, IsItsEquation) {
    const GroupNorm norm({.channels = 4, .groups = 2, .epsilon = 0.0});
    norm.scale->assign(Tensor({4}, {1, 2, 1, -1}));
    norm.shift->assign(Tensor({4}, {0, 1, 0, 0}));
    const double a = 1 / std::sqrt(5.0), b = 1 / std::sqrt(125.0);
    expect_tensor(norm(Tensor({1, 2, 4}, {1, 3, 0, 10, 5, 7, 20, 30})), {1, 2, 4},
                  {-3 * a, 1 - 2 * a, -15 * b, 5 * b, a, 1 + 6 * a, 5 * b, -15 * b}, 1e-6);
}

TEST(GroupNorm, OfOneGroupIsLayerNormOverPixelsAndChannels) {
    expect_equal(GroupNorm({.channels = 4, .groups = 1})(images()), LayerNorm({.shape = {6, 5, 4}})(images()), 1e-5);
}

TEST(InstanceNorm, IsGroupNormWithAGroupForEachChannel) {
    expect_equal(InstanceNorm({.channels = 4})(images()), GroupNorm({.channels = 4, .groups = 4})(images()));
}

TEST(InstanceNorm, BringsEachChannelOfEachExampleToMeanZeroAndVarianceOne) {
    const Variable y = InstanceNorm({.channels = 4, .epsilon = 0.0})(images());
    expect_tensor(mean(y, {1, 2}), {3, 4}, std::vector<double>(12, 0.0), 1e-4);
    expect_tensor(mean(y * y, {1, 2}), {3, 4}, std::vector<double>(12, 1.0), 1e-4);
}

TEST(InstanceNorm, HasParametersWhereAskedFor) {
    EXPECT_TRUE(InstanceNorm({.channels = 4}).states().empty());
    EXPECT_EQ(names(InstanceNorm({.channels = 4, .affine = true}).states()), (Names{"scale", "shift"}));
}

TEST(GroupNorm, LooksAtNoOtherExample) {
    const GroupNorm norm({.channels = 4, .groups = 2});
    const Variable first = slice(images(), {.axis = 0, .end = 1});
    expect_equal(norm(first), slice(norm(images()), {.axis = 0, .end = 1}));
}

TEST(GroupNormRefusal, OfWhatDoesNotFit) {
    EXPECT_REFUSAL(GroupNorm({.channels = 6, .groups = 4}),
                   "GroupNorm: the channels must divide into the groups; got 6 channels, 4 groups");
    const GroupNorm norm({.channels = 4, .groups = 4});
    EXPECT_REFUSAL(norm(Tensor::zeros({2, 3})), "GroupNorm: input must be [N, ..., 4]; got [2, 3]");
    EXPECT_REFUSAL(norm(Tensor::zeros({2, 4})), "GroupNorm: a group needs more than one value; got [2, 4] in 4 groups");
}

}  // namespace
}  // namespace adjoint
