// Truths about broadcasting as a linear map: its values, and its two directions as adjoints of one another.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/random.h"
#include "tests/support/expectations.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(BroadcastTo, RepeatsAxesOfOneAndLeadingOnes) {
    expect_tensor(broadcast_to(doubles({2, 1}, {1, 2}), {2, 3}), {2, 3}, {1, 1, 1, 2, 2, 2});
    expect_tensor(broadcast_to(doubles({2}, {1, 2}), {3, 2}), {3, 2}, {1, 2, 1, 2, 1, 2});
    expect_tensor(broadcast_to(doubles({}, {7}), {2, 2}), {2, 2}, {7, 7, 7, 7});
    expect_tensor(broadcast_to(doubles({1}, {7}), {0}), {0}, {});
    expect_tensor(broadcast_to(doubles({1}, {infinity}), {2}), {2}, {infinity, infinity});
}

TEST(BroadcastTo, AndSumToTheirOwnShapeAreTheOperandItself) {
    const Variable x = Tensor::zeros({2, 3});
    Tape tape({x});
    EXPECT_EQ(broadcast_to(x, {2, 3}).id(), x.id());
    EXPECT_EQ(sum_to(x, {2, 3}).id(), x.id());
}

TEST(BroadcastTo, IsTheAdjointOfSumTo) {
    const std::vector<std::pair<Shape, Shape>> pairs = {{{3}, {2, 3}},    {{2, 1}, {2, 3}},          {{}, {2, 3}},
                                                        {{1, 1}, {2, 3}}, {{4, 1, 3}, {5, 4, 2, 3}}, {{2, 3}, {2, 3}}};
    for (const auto& [small, large] : pairs) {
        const Variable x = Random(1).normal(small, DType::float64), y = Random(2).normal(large, DType::float64);
        EXPECT_NEAR(sum(broadcast_to(x, large) * y).item(), sum(x * sum_to(y, small)).item(), 1e-13);
    }
}

TEST(BroadcastTo, RefusesWhatDoesNotFit) {
    const Variable x = Tensor::zeros({3});
    EXPECT_REFUSAL(broadcast_to(x, {2, 4}), "broadcast_to: [3] does not broadcast to [2, 4]");
    EXPECT_REFUSAL(broadcast_to(x, {1}), "broadcast_to: [3] does not broadcast to [1]");
    EXPECT_REFUSAL(broadcast_to(x, {}), "broadcast_to: [3] does not broadcast to []");
    EXPECT_REFUSAL(broadcast_to(Tensor::zeros({1, 3}), {3}), "broadcast_to: [1, 3] does not broadcast to [3]");
}

TEST(SumTo, RefusesWhatWasNotBroadcastFromThere) {
    const Variable x = Tensor::zeros({2, 3});
    EXPECT_REFUSAL(sum_to(x, {4}), "sum_to: [4] does not broadcast to [2, 3]");
    EXPECT_REFUSAL(sum_to(x, {3, 2}), "sum_to: [3, 2] does not broadcast to [2, 3]");
    EXPECT_REFUSAL(sum_to(x, {1, 2, 3}), "sum_to: [1, 2, 3] does not broadcast to [2, 3]");
}

TEST(SumTo, SumsAnEmptyAxisToZero) { expect_tensor(sum_to(doubles({0, 2}, {}), {1, 2}), {1, 2}, {0, 0}); }

}  // namespace
}  // namespace adjoint
