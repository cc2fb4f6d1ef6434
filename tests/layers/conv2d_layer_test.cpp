// Truths about the convolution layers: what they compute from which filters, how their filters are shaped and named,
// and that the transposed layer runs a convolution backward, its own or that of an encoder.
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "layers/analysis/module_check.h"
#include "layers/convolution.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Random random(5);

Parameter with_random_bias(const Module& layer) {
    const NamedState named = layer.parameters().back();
    named.state.assign(random.stream(99).normal(named.state.shape()));
    return named.state;
}

// ---- Conv2D ---------------------------------------------------------------------------------------------------------

TEST(Conv2DLayer, IsTheConvolutionWithItsOptionsAndABias) {
    const Conv2D layer({.in_channels = 4,
                        .out_channels = 6,
                        .kernel = {3, 2},
                        .stride = {2, 1},
                        .padding = Sides{1, 0, 2, 1},
                        .dilation = {1, 2},
                        .groups = 2},
                       random);
    EXPECT_EQ(layer.weight.shape(), (Shape{3, 2, 2, 6}));
    const Parameter bias = with_random_bias(layer);
    const Tensor x = random.stream(1).normal({2, 7, 6, 4});
    const Variable y =
        conv2d(x, layer.weight,
               Conv2DOptions{.stride = {2, 1}, .padding = Sides{1, 0, 2, 1}, .dilation = {1, 2}, .groups = 2});
    EXPECT_EQ(layer(x).shape(), (Shape{2, 4, 5, 6}));
    expect_equal(layer(x), y + bias, 1e-6);
}

TEST(Conv2DLayer, NamesItsParametersAndBeginsWithoutABias) {
    const Conv2D layer({.in_channels = 1, .out_channels = 2, .kernel = {3, 3}}, random);
    EXPECT_EQ(names(layer.parameters()), (Names{"weight", "bias"}));
    expect_tensor(*layer.bias, {2}, {0, 0});
    const Conv2D bare({.in_channels = 1, .out_channels = 2, .kernel = {3, 3}, .bias = false}, random);
    EXPECT_EQ(bare.parameters().size(), 1u);
    EXPECT_FALSE(bare.bias.has_value());
}

TEST(Conv2DLayer, GivesItsBiasTheSumOfTheAdjointsOfItsChannel) {
    const Conv2D layer({.in_channels = 1, .out_channels = 2, .kernel = {1, 1}}, random);
    Tape tape(layer.parameters());
    const Tensor g({1, 2, 2, 2}, {1, 10, 2, 20, 3, 30, 4, 40});
    expect_tensor(tape.gradient(layer(Tensor::ones({1, 2, 2, 1})), g)[1], {2}, {10, 100});
}

TEST(Conv2DLayer, RefusesGroupsIntoWhichTheChannelsDoNotDivide) {
    EXPECT_REFUSAL(Conv2D({.in_channels = 4, .out_channels = 6, .kernel = {1, 1}, .groups = 3}, random),
                   "Conv2D: channels must divide into the groups; got 4 in, 6 out, 3 groups");
    EXPECT_REFUSAL(Conv2D({.in_channels = 4, .out_channels = 6, .kernel = {1, 1}, .groups = 0}, random),
                   "Conv2D: channels must divide into the groups; got 4 in, 6 out, 0 groups");
}

// ---- Conv2DTranspose ------------------------------------------------------------------------------------------------

TEST(Conv2DTransposeLayer, IsTheInputGradientOfAConvolutionAndABias) {
    const Conv2DTranspose layer({.in_channels = 6,
                                 .out_channels = 4,
                                 .kernel = {3, 3},
                                 .stride = {2, 2},
                                 .padding = Padding::symmetric({1, 1}),
                                 .groups = 2,
                                 .output_padding = Size2D{1, 0}},
                                random);
    EXPECT_EQ(layer.weight.shape(), (Shape{3, 3, 2, 6}));
    const Parameter bias = with_random_bias(layer);
    EXPECT_EQ(bias.shape(), Shape{4});
    const Tensor x = random.stream(2).normal({2, 3, 4, 6});
    const Conv2DForm form = Conv2DForm::of("test", {2, 6, 7, 4}, layer.weight.shape(),
                                           {.stride = {2, 2}, .padding = Padding::symmetric({1, 1}), .groups = 2});
    EXPECT_EQ(layer(x).shape(), (Shape{2, 6, 7, 4}));
    expect_equal(layer(x), conv2d_input_gradient(x, layer.weight, form) + bias, 1e-6);
}

TEST(Conv2DTransposeLayer, PaintsTheSizeThatIsNamed) {
    const Conv2DTranspose layer({.in_channels = 1,
                                 .out_channels = 1,
                                 .kernel = {3, 3},
                                 .stride = {2, 2},
                                 .padding = Padding::same(),
                                 .output_size = Size2D{5, 6}},
                                random);
    EXPECT_EQ(layer(Tensor::ones({1, 3, 3, 1})).shape(), (Shape{1, 5, 6, 1}));
}

TEST(Conv2DTransposeLayer, RunsAnEncoderBackwardAsItsAdjoint) {
    const Conv2D down({.in_channels = 4,
                       .out_channels = 6,
                       .kernel = {3, 3},
                       .stride = {2, 2},
                       .padding = Padding::same(),
                       .groups = 2,
                       .bias = false},
                      random);
    const Conv2DTranspose up(down, Size2D{7, 8}, /*with_bias=*/false);
    EXPECT_TRUE(up.weight.same_as(down.weight));
    EXPECT_TRUE(up.parameters().empty());
    const Variable x = random.stream(3).normal({1, 7, 8, 4}), y = random.stream(4).normal({1, 4, 4, 6});
    EXPECT_EQ(up(y).shape(), x.shape());
    EXPECT_NEAR(sum(down(x) * y).item(), sum(x * up(y)).item(), 1e-4);
}

TEST(Conv2DTransposeLayer, HasABiasOfItsOwnForEachChannelOfTheEncodersImage) {
    const Conv2D down({.in_channels = 4, .out_channels = 6, .kernel = {2, 2}, .groups = 2}, random);
    const Conv2DTranspose up(down);
    EXPECT_EQ(names(up.parameters()), Names{"bias"});
    EXPECT_EQ(up.bias->shape(), Shape{4});
    EXPECT_FALSE(up.bias->same_as(*down.bias));
}

TEST(Conv2DTransposeLayer, RefusesGroupsIntoWhichTheChannelsDoNotDivide) {
    EXPECT_REFUSAL(Conv2DTranspose({.in_channels = 3, .out_channels = 4, .kernel = {1, 1}, .groups = 2}, random),
                   "Conv2DTranspose: channels must divide into the groups; got 3 in, 4 out, 2 groups");
}

TEST(ConvolutionLayers, PassTheGradientCheckWithAnActivation) {
    // So few results that none is within a difference of 0, where the activation has its kink.
    const Tensor x = random.stream(8).normal({1, 2, 2, 2});
    Conv2D down({.in_channels = 2, .out_channels = 4, .kernel = {1, 2}, .activation = leaky_relu(0.2)}, random);
    Conv2DTranspose up({.in_channels = 2, .out_channels = 2, .kernel = {2, 1}, .activation = relu()}, random);
    for (Module* const layer : std::initializer_list<Module*>{&down, &up}) {
        const GradientCheckReport report = gradient_check(*layer, x, {.order = 2});
        EXPECT_TRUE(report.passed()) << report.text();
    }
}

}  // namespace
}  // namespace adjoint
