// Truths about stacking, splitting, reversing and looking up rows: where each element goes, that each is undone by
// another, and what is refused.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/derivatives.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

class Rearranging : public testing::TestWithParam<DType> {
  protected:
    const Variable x = Tensor({2, 3}, {1, 2, 3, 4, 5, 6}, GetParam());
    const Variable y = Tensor({2, 3}, {7, 8, 9, 10, 11, 12}, GetParam());
};
INSTANTIATE_TEST_SUITE_P(In, Rearranging, testing::Values(DType::float32, DType::float64), TypeName());

TEST_P(Rearranging, StackPutsThePartsAlongANewAxis) {
    expect_tensor(stack({x, y}), {2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    expect_tensor(stack({x, y}, 1), {2, 2, 3}, {1, 2, 3, 7, 8, 9, 4, 5, 6, 10, 11, 12});
    expect_tensor(stack({x, y}, -1), {2, 3, 2}, {1, 7, 2, 8, 3, 9, 4, 10, 5, 11, 6, 12});
    expect_tensor(stack({Tensor({}, {1}, GetParam()), Tensor({}, {2}, GetParam())}), {2}, {1, 2});
    expect_tensor(stack({x}, -3), {1, 2, 3}, {1, 2, 3, 4, 5, 6});
}

TEST_P(Rearranging, SplitUndoesConcatenate) {
    const std::vector<Variable> parts = split(concatenate({x, y}, 1), {3, 3}, 1);
    ASSERT_EQ(parts.size(), 2u);
    expect_equal(parts[0], x);
    expect_equal(parts[1], y);
    const std::vector<Variable> uneven = split(x, {1, 0, 2}, -1);
    expect_tensor(uneven[0], {2, 1}, {1, 4});
    expect_tensor(uneven[1], {2, 0}, {});
    expect_tensor(uneven[2], {2, 2}, {2, 3, 5, 6});
    EXPECT_EQ(split(x, {1, 1}).size(), 2u);
}

TEST_P(Rearranging, FlipReversesAxes) {
    expect_tensor(flip(x, {1}), {2, 3}, {3, 2, 1, 6, 5, 4});
    expect_tensor(flip(x, {0}), {2, 3}, {4, 5, 6, 1, 2, 3});
    expect_tensor(flip(x), {2, 3}, {6, 5, 4, 3, 2, 1});
    expect_tensor(flip(x, {-1, 0}), {2, 3}, {6, 5, 4, 3, 2, 1});
    expect_equal(flip(flip(x, {1}), {1}), x);
    expect_tensor(flip(Tensor::zeros({2, 0}, GetParam())), {2, 0}, {});
}

TEST_P(Rearranging, IndexSelectTakesEntriesOfAnAxis) {
    const Tensor twice({3}, {2, 0, 2});
    expect_tensor(index_select(x, twice, 1), {2, 3}, {3, 1, 3, 6, 4, 6});
    expect_tensor(index_select(x, doubles({1}, {1})), {1, 3}, {4, 5, 6});
    expect_tensor(index_select(x, Tensor::zeros({0}), -1), {2, 0}, {});
}

TEST_P(Rearranging, IndexSelectOfWholeNumbersOfAnyShapeLooksUpRows) {
    const Tensor words({2, 2}, {1, 0, 0, 0});
    expect_tensor(index_select(x, words), {2, 2, 3}, {4, 5, 6, 1, 2, 3, 1, 2, 3, 1, 2, 3});
    expect_tensor(index_select(x, Tensor({}, {2}), 1), {2}, {3, 6});
}

TEST_P(Rearranging, IndexSelectAddsTheAdjointsOfWhatWasTakenTwice) {
    Tape tape({x});
    const Variable rows = index_select(x, Tensor({2, 2}, {1, 0, 1, 1}));
    const Variable g = Tensor({2, 2, 3}, {1, 2, 3, 4, 5, 6, 10, 20, 30, 100, 200, 300}, GetParam());
    expect_tensor(tape.gradient(rows, g)[0], {2, 3}, {4, 5, 6, 111, 222, 333});
}

TEST_P(Rearranging, KeepsTheElementType) {
    for (const Variable& moved : {stack({x, y}), split(x, {2})[0], flip(x), index_select(x, Tensor({1}, {0}))})
        EXPECT_STREQ(name(moved.dtype()), name(GetParam()));
}

TEST(Rearranging, HasDerivativesToSecondOrder) {
    const Tensor cube = doubles({2, 3, 2}, {0.3, -0.9, 1.2, -0.4, 0.8, -1.5, 0.6, 1.9, -1.1, 0.1, -0.7, 1.5});
    for (const Index axis : {0, 1, -1}) {
        expect_derivatives([=](const Inputs& x) { return stack({x[0], square(x[0])}, axis); }, {cube});
        expect_derivatives([=](const Inputs& x) { return flip(square(x[0]), {axis}); }, {cube});
        expect_derivatives(
            [=](const Inputs& x) {
                return square(index_select(x[0], Tensor({3}, {1, 0, 1}), axis));
            },
            {cube});
    }
    expect_derivatives(
        [](const Inputs& x) {
            const std::vector<Variable> parts = split(x[0], {2, 1}, 1);
            return parts[0] * parts[1];
        },
        {cube});
}

TEST(RearrangingRefusal, OfPartsThatDoNotFit) {
    const Variable x = Tensor::zeros({2, 3}), y = Tensor::zeros({4, 2});
    EXPECT_REFUSAL(stack({}), "stack: there must be at least one part; got none");
    EXPECT_REFUSAL(stack({x, y}), "stack: shapes must agree; got [2, 3] and [4, 2]");
    EXPECT_REFUSAL(stack({x, doubles({2, 3}, {1, 2, 3, 4, 5, 6})}),
                   "stack: operands differ in element type; got float32 and float64");
    EXPECT_REFUSAL(stack({x}, 3), "stack: axis 3 does not exist; got shape [2, 3, 1]");
    const std::string fact = "split: the sizes must add up to axis 1's extent; got ";
    EXPECT_REFUSAL(split(x, {1, 1}, 1), fact + "[1, 1] of shape [2, 3]");
    EXPECT_REFUSAL(split(x, {2, 2}, 1), fact + "[2, 2] of shape [2, 3]");
    EXPECT_REFUSAL(split(x, {4, -1}, 1), fact + "[4, -1] of shape [2, 3]");
    EXPECT_REFUSAL(split(x, {}, 1), fact + "[] of shape [2, 3]");
    EXPECT_REFUSAL(flip(x, {2}), "flip: axis 2 does not exist; got shape [2, 3]");
}

TEST(IndexSelectRefusal, OfWhatIsNoIndex) {
    const Variable x = Tensor::zeros({5, 2});
    const auto refusal = [&](double index) { return error_of([&] { index_select(x, doubles({1}, {index})); }); };
    const std::string fact = "index_select: an index must be a whole number from 0 to 4; got ";
    EXPECT_EQ(refusal(5), fact + "5");
    EXPECT_EQ(refusal(-1), fact + "-1");
    EXPECT_EQ(refusal(1.5), fact + "1.5");
    EXPECT_EQ(refusal(std::numeric_limits<double>::quiet_NaN()), fact + "nan");
    EXPECT_REFUSAL(index_select(x, Tensor({1}, {0}), 2), "index_select: axis 2 does not exist; got shape [5, 2]");
}

}  // namespace
}  // namespace adjoint
