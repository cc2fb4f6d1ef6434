// Truths about states: they belong to all who share them, keep their shape, and stay a parameter or a buffer.
#include "layers/normalization.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

TEST(State, IsAHandleWhoseCopiesShareTheValue) {
    const State state(Tensor({2}, {1, 2})), copy = state, other(Tensor({2}, {1, 2}));
    copy.assign(Tensor({2}, {3, 4}));
    expect_tensor(state, {2}, {3, 4});
    EXPECT_TRUE(copy.same_as(state));
    EXPECT_FALSE(other.same_as(state));
}

TEST(State, RefusesAValueOfAnotherShapeAndKeepsItsOwn) {
    const State state(Tensor({2}, {1, 2}));
    EXPECT_EQ(error_of([&] { state.assign(Tensor::zeros({3})); }),
              "State::assign: the shape must stay; got [3] for [2]");
    EXPECT_EQ(error_of([&] {
                  state.assign(Tensor::zeros({1, 2}));
              }),
              "State::assign: the shape must stay; got [1, 2] for [2]");
    expect_tensor(state, {2}, {1, 2});
}

TEST(State, BecomesAVariableOfWhichNoTapeKnowsWhenItIsGivenATensor) {
    const State state(Tensor({}, {3}));
    const Variable before = state;
    const Tape tape({before});
    EXPECT_TRUE(tape.depends(state));
    state.assign(Tensor({}, {4}));
    EXPECT_FALSE(tape.depends(state));
    state.substitute(before);
    EXPECT_TRUE(tape.depends(state));
}

TEST(State, StaysAParameterOrABufferWhateverItsValue) {
    const BatchNorm norm({.channels = 2}, Random(1));
    norm.scale.assign(Tensor({2}, {4, 5}));
    EXPECT_TRUE(norm.scale.variable().is_parameter());
    norm.scale.substitute(Tensor({2}, {6, 7}));
    EXPECT_FALSE(norm.scale.variable().is_parameter());
    norm.scale.assign(Tensor({2}, {8, 9}));
    EXPECT_TRUE(norm.scale.variable().is_parameter());
    norm.running_mean.assign(Tensor({2}, {1, 1}));
    EXPECT_FALSE(norm.running_mean.variable().is_parameter());
}

}  // namespace
}  // namespace adjoint
