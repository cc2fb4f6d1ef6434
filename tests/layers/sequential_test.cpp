// Truths about sequences of layers: they apply in order, have numbers or names, and train and evaluate together.
#include "layers/sequential.h"

#include "layers/dropout.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Linear times(double factor, double offset) {
    Linear layer({.in = 1, .out = 1}, Random(1));
    layer.weight.assign(Tensor({1, 1}, {factor}));
    layer.bias->assign(Tensor({1}, {offset}));
    return layer;
}

TEST(Sequential, AppliesTheFirstLayerFirst) {
    const Sequential net(times(2, -3), ReLU(), times(10, 1));
    expect_tensor(net(Tensor({3, 1}, {1, 2, 3})), {3, 1}, {1, 11, 31});
}

TEST(Sequential, NumbersItsChildrenByPosition) {
    const Sequential net(times(2, 0), ReLU(), times(10, 1));
    EXPECT_EQ(names(net.states()), (Names{"0.weight", "0.bias", "2.weight", "2.bias"}));
}

TEST(Sequential, GrowsUnderNames) {
    Sequential net;
    net.append("first", times(2, 0)).append("half", Dropout(0.5, Random(1))).append("last", times(3, 0));
    EXPECT_EQ(names(net.states()), (Names{"first.weight", "first.bias", "last.weight", "last.bias", "half.steps"}));
    expect_tensor(net(Tensor({1, 1}, {7})), {1, 1}, {42});
}

TEST(Sequential, NestsWithDots) {
    const Sequential net(Sequential(ReLU(), times(2, 0)), times(3, 0));
    EXPECT_EQ(names(net.states()), (Names{"0.1.weight", "0.1.bias", "1.weight", "1.bias"}));
    expect_tensor(net(Tensor({2, 1}, {-1, 1})), {2, 1}, {0, 6});
}

TEST(Sequential, OfNoLayersIsTheIdentity) {
    const Variable x = Tensor({2}, {1, 2});
    EXPECT_EQ(Sequential()(x).id(), x.id());
}

TEST(Sequential, StillWorksAfterItWasMoved) {
    Sequential net(times(2, 0), times(5, 1));
    const Sequential moved = std::move(net);
    expect_tensor(moved(Tensor({1, 1}, {1})), {1, 1}, {11});
}

TEST(Sequential, TrainsAndEvaluatesAllOfItsLayers) {
    Sequential net;
    net.append("half", Dropout(0.5, Random(1)));
    const Tensor x = Tensor::ones({64});
    net.train();
    EXPECT_FALSE(identical(net(x).value(), x));
    net.evaluate();
    const ModeScope training(Mode::train);
    EXPECT_TRUE(identical(net(x).value(), x));
}

}  // namespace
}  // namespace adjoint
