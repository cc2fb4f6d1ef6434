// Layers without parameters are their functions, with the defaults that their constructors name; an activation within a
// layer is the same to the bit as one behind it.
#include "layers/lambda.h"

#include "framework/tensor/random.h"
#include "layers/convolution.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
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

// ---- resizing

const Tensor images = Random(1).normal({2, 4, 6, 4});

TEST(ResizingLayers, AreTheirOperations) {
    const MaxPool2DOptions window{.window = {3, 2}, .padding = Padding::same()};
    expect_equal(MaxPool2D(window)(images), max_pool2d(images, window).value);
    expect_equal(MaxPool2D()(images), max_pool2d(images).value);
    const AveragePool2DOptions mean{.window = {3, 2}, .padding = Padding::same(), .count_padding = true};
    expect_equal(AveragePool2D(mean)(images), average_pool2d(images, mean));
    expect_equal(GlobalAveragePool2D()(images), global_average_pool2d(images));
    const ResizeOptions bilinear{.interpolation = Interpolation::bilinear, .align_corners = true};
    expect_equal(Upsample2D({2, 3}, bilinear)(images), upsample2d(images, {2, 3}, bilinear));
    expect_equal(PixelShuffle(2)(images), pixel_shuffle(images, 2));
}

TEST(ResizingLayers, HaveNoStatesAndGoIntoASequential) {
    const Sequential model(MaxPool2D(), Upsample2D({2, 2}), AveragePool2D(), PixelShuffle(2), GlobalAveragePool2D());
    EXPECT_TRUE(model.states().empty());
    EXPECT_EQ(model(images).shape(), (Shape{2, 1}));
}

// ---- activations of layers that have parameters

// What it evaluates to, what it is in training, and the gradients of its parameters and of x.
std::vector<Tensor> results(const Module& model, const Tensor& input) {
    const Random random(3);
    std::uint64_t stream = 0;
    for (const NamedState& each : model.parameters())
        each.state.assign(random.stream(++stream).normal(each.state.shape()));
    std::vector<Variable> watched = model.parameters();
    watched.push_back(input);
    std::vector<Tensor> all = {model(watched.back()).value()};
    Tape tape(watched);
    const Variable y = model(watched.back());
    all.push_back(y.value());
    for (const Variable& g : tape.gradient(y, random.normal(y.shape()))) all.push_back(g.value());
    return all;
}

template <class Layer, class Options>
void expect_the_same_bits_within_and_behind(Options options, const Shape& shape) {
    const Tensor input = Random(2).normal(shape);
    const auto expect_same = [&](Activation within, auto behind) {
        options.activation = {};
        const Sequential apart(Layer(options, Random(1)), std::move(behind));
        options.activation = within;
        const Sequential together{Layer(options, Random(1))};
        const std::vector<Tensor> expected = results(apart, input), actual = results(together, input);
        ASSERT_EQ(actual.size(), expected.size());
        for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_TRUE(identical(actual[i], expected[i])) << i;
    };
    expect_same(relu(), ReLU());
    expect_same(leaky_relu(0.2), LeakyReLU(0.2));
}

TEST(ActivationWithin, LinearIsThatOfALayerBehind) {
    expect_the_same_bits_within_and_behind<Linear>(LinearOptions{.in = 7, .out = 20}, {5, 7});
}

TEST(ActivationWithin, Conv2DIsThatOfALayerBehind) {
    expect_the_same_bits_within_and_behind<Conv2D>(
        Conv2DLayerOptions{.in_channels = 3, .out_channels = 20, .kernel = {3, 3}, .padding = Padding::same()},
        {2, 6, 5, 3});
}

TEST(ActivationWithin, Conv2DTransposeIsThatOfALayerBehind) {
    expect_the_same_bits_within_and_behind<Conv2DTranspose>(
        Conv2DTransposeLayerOptions{.in_channels = 3, .out_channels = 20, .kernel = {4, 4}, .stride = {2, 2}},
        {2, 6, 5, 3});
}

TEST(ActivationWithin, BatchNormIsThatOfALayerBehind) {
    expect_the_same_bits_within_and_behind<BatchNorm>(BatchNormOptions{.channels = 6}, {4, 5, 6});
}

}  // namespace
}  // namespace adjoint
