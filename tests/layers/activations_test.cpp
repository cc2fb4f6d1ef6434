// Truths about layers without parameters: each is its function, with the defaults that its constructor names.
#include "layers/activations.h"

#include "tests/support/values.h"

namespace adjoint {
namespace {

const Variable x = Tensor({2, 3}, {-2, -0.5, 0, 0.25, 1, 3});

TEST(Activations, AreTheirFunctions) {
    expect_equal(ReLU()(x), relu(x));
    expect_equal(LeakyReLU(0.2)(x), leaky_relu(x, 0.2));
    expect_equal(ELU(1.5)(x), elu(x, 1.5));
    expect_equal(GELU()(x), gelu(x));
    expect_equal(Tanh()(x), tanh(x));
    expect_equal(Sigmoid()(x), sigmoid(x));
    expect_equal(Softplus()(x), softplus(x));
}

TEST(Activations, AreTheseNumbers) {
    expect_tensor(ReLU()(x), {2, 3}, {0, 0, 0, 0.25, 1, 3});
    expect_tensor(LeakyReLU()(x), {2, 3}, {-0.02, -0.005, 0, 0.25, 1, 3}, 1e-7);
    expect_tensor(ELU()(x), {2, 3}, {std::exp(-2.0) - 1, std::exp(-0.5) - 1, 0, 0.25, 1, 3}, 1e-6);
    expect_tensor(Sigmoid()(Tensor({2}, {0, 1})), {2}, {0.5, 1 / (1 + std::exp(-1.0))}, 1e-6);
    expect_tensor(GELU()(Tensor({2}, {0, 1})), {2}, {0, 0.8413447460685429}, 1e-6);
}

TEST(Activations, OwnNoStates) {
    EXPECT_TRUE(ReLU().states().empty());
    EXPECT_TRUE(Flatten().states().empty());
}

TEST(Flatten, KeepsTheBatchAndJoinsTheRest) {
    expect_tensor(Flatten()(Tensor({2, 1, 2, 1}, {1, 2, 3, 4})), {2, 2}, {1, 2, 3, 4});
    EXPECT_EQ(Flatten()(Tensor({2}, {1, 2})).shape(), (Shape{2, 1}));
}

TEST(Reshape, KeepsTheBatchAndGivesEachElementAShape) {
    expect_tensor(Reshape({3, 1})(x), {2, 3, 1}, {-2, -0.5, 0, 0.25, 1, 3});
    EXPECT_EQ(Reshape({1, -1})(x).shape(), (Shape{2, 1, 3}));
    EXPECT_NE(error_of([] { Reshape({2})(x); }), "no error");
}

}  // namespace
}  // namespace adjoint
