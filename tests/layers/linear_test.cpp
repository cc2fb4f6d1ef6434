// Truths about the linear layer: y = x·W + b by literal numbers, its gradients, its parameters and what it refuses.
#include "layers/linear.h"

#include "framework/ops/shape_ops.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Tensor x({2, 3}, {1, 2, 3, -1, 0, 1});
const Tensor w({3, 2}, {1, 4, 2, 5, 3, 6});

Linear example() {
    Linear linear({.in = 3, .out = 2}, Random(1));
    linear.weight.assign(w);
    linear.bias->assign(Tensor({2}, {10, 20}));
    return linear;
}

TEST(Linear, MultipliesAndAddsTheBias) { expect_tensor(example()(x), {2, 2}, {24, 52, 12, 22}); }

TEST(Linear, HasTheGradientsOfAProductAndASum) {
    const Linear linear = example();
    Tape tape(linear.parameters());
    const std::vector<Variable> gradients = tape.gradient(linear(x), Tensor({2, 2}, {1, 10, 100, 1000}));
    expect_tensor(gradients[0], {3, 2}, {-99, -990, 2, 20, 103, 1030});
    expect_tensor(gradients[1], {2}, {101, 1010});
}

TEST(Linear, BeginsWithRandomWeightsAndABiasOfZero) {
    const Linear linear({.in = 3, .out = 2}, Random(1));
    EXPECT_TRUE(identical(linear.weight.value(), initializers::glorot_uniform()({3, 2}, {3, 2}, Random(1))));
    expect_tensor(*linear.bias, {2}, {0, 0});
    EXPECT_EQ(names(linear.parameters()), (Names{"weight", "bias"}));
}

TEST(Linear, CanDoWithoutABias) {
    const Linear linear({.in = 3, .out = 2, .bias = false}, Random(1));
    linear.weight.assign(w);
    EXPECT_EQ(linear.parameters().size(), 1u);
    expect_tensor(linear(x), {2, 2}, {14, 32, 2, 2});
}

TEST(Linear, TakesAnyNumberOfLeadingAxes) {
    const Linear linear = example();
    const Variable sequences = concatenate({x, x, x}, 0), y = linear(reshape(sequences, {3, 2, 3}));
    EXPECT_EQ(y.shape(), (Shape{3, 2, 2}));
    expect_equal(reshape(y, {6, 2}), linear(sequences));
}

TEST(LinearTranspose, RunsALayerBackwardWithItsOwnBias) {
    const Linear linear = example();
    const LinearTranspose backward(linear);
    EXPECT_EQ(names(backward.parameters()), (Names{"bias"}));
    backward.bias.assign(Tensor({3}, {100, 200, 300}));
    expect_tensor(backward(Tensor({1, 2}, {1, 10})), {1, 3}, {141, 252, 363});
    // It is the gradient of what it runs backward.
    const Variable input = x, g = Tensor({2, 2}, {1, 10, 100, 1000});
    Tape tape({input});
    backward.bias.assign(Tensor::zeros({3}));
    expect_equal(backward(g), tape.gradient(linear(input), g)[0]);
}

TEST(Linear, RefusesInputsOfAnotherWidth) {
    EXPECT_REFUSAL(example()(Tensor::zeros({2, 4})), "matmul: inner extents differ; got [2, 4] and [3, 2]");
}

}  // namespace
}  // namespace adjoint
