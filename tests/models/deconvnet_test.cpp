// Truths about feature maps sent back to the pixels: each layer is undone by its transpose, maxima go where they were.
#include "models/deconvnet.h"

#include "framework/ops/elementwise.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/dcgan.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

std::vector<std::string> names(const std::vector<ConvolutionalStage>& stages) {
    std::vector<std::string> result;
    for (const ConvolutionalStage& stage : stages) result.push_back(stage.name);
    return result;
}

Conv2D layer(Index in, Index out, Index kernel, Activation activation, std::uint64_t seed) {
    return Conv2D(
        {.in_channels = in, .out_channels = out, .kernel = {kernel, kernel}, .bias = false, .activation = activation},
        Random(seed));
}

TEST(Stages, AreTheConvolutionsWithWhichANetworkBegins) {
    const Dcgan dcgan{Random(1)};
    const auto stages = stages_of(dcgan.discriminator);
    EXPECT_EQ(names(stages), (std::vector<std::string>{"down1", "down2", "down3", "down4"}));
    EXPECT_TRUE(stages[0].norm == nullptr && stages[1].norm != nullptr && stages[2].norm != nullptr);
    EXPECT_TRUE(stages_of(dcgan.generator).empty());
    EXPECT_EQ(names(Autoencoder(Random(1)).stages()), (std::vector<std::string>{"encoder.down1", "encoder.down2"}));
    EXPECT_EQ(names(Classifier(Random(1)).stages()), (std::vector<std::string>{"conv1", "conv2"}));
}

TEST(FeatureMaps, AreThoseOfTheNetwork) {
    const Dcgan dcgan{Random(1)};
    const Tensor image = Random(2).normal({1, 28, 28, 1});
    expect_equal(FeatureMaps(stages_of(dcgan.discriminator), image).value(), dcgan.discriminator(image));
    const Autoencoder autoencoder{Random(1)};
    EXPECT_EQ(FeatureMaps(autoencoder.stages(), image).value().shape(), (Shape{1, 7, 7, 64}));
    EXPECT_EQ(FeatureMaps(Classifier(Random(1)).stages(), image).value().shape(), (Shape{1, 7, 7, 64}));
}

TEST(Projection, OfOneConvolutionIsItsTransposeOfTheRectifiedMaps) {
    const Conv2D conv = layer(2, 3, 3, {}, 1);
    const FeatureMaps maps({{.name = "conv", .convolution = &conv}}, Random(2).normal({1, 6, 5, 2}));
    const Tensor y = Random(3).normal({1, 4, 3, 3});
    const Conv2DForm form = Conv2DForm::of("test", {1, 6, 5, 2}, conv.weight.shape(), conv.options);
    expect_equal(maps.project(y), conv2d_input_gradient(relu(y), conv.weight, form));
}

TEST(Projection, GoesThroughEachLayerInTurnRectifyingOnItsWay) {
    const Conv2D first = layer(1, 4, 3, relu(), 1), second = layer(4, 2, 2, relu(), 2);
    const FeatureMaps both({{.name = "a", .convolution = &first}, {.name = "b", .convolution = &second}},
                           Random(3).normal({1, 7, 7, 1}));
    const FeatureMaps lower({{.name = "a", .convolution = &first}}, Random(3).normal({1, 7, 7, 1}));
    const FeatureMaps upper({{.name = "b", .convolution = &second}}, lower.value());
    const Tensor y = Random(4).uniform({1, 4, 4, 2});
    expect_equal(both.project(y), lower.project(upper.project(y)));
}

TEST(Projection, MultipliesByWhatBatchNormalisationMultipliedBy) {
    const Conv2D conv = layer(1, 2, 3, {}, 1);
    const BatchNorm norm({.channels = 2}, Random(1));
    norm.scale.assign(Tensor({2}, {3, 5}));
    norm.running_variance.assign(Tensor({2}, {4 - 1e-5, 25 - 1e-5}));
    const Tensor image = Random(2).normal({1, 5, 5, 1}), y = Random(4).uniform({1, 3, 3, 2});
    const FeatureMaps plain({{.name = "conv", .convolution = &conv}}, image);
    const FeatureMaps normed({{.name = "conv", .convolution = &conv, .norm = &norm}}, image);
    expect_equal(normed.project(y), plain.project((y * Variable(Tensor({2}, {1.5, 1}))).value()), 1e-6);
}

TEST(Projection, PutsMaximaWhereTheyWere) {
    const Conv2D pixel({.in_channels = 1, .out_channels = 1, .kernel = {1, 1}, .bias = false}, Random(1));
    pixel.weight.assign(Tensor({1, 1, 1, 1}, {2}));
    const Tensor image({1, 2, 4, 1}, {1, 0, 0, 0,  //
                                      0, 3, 5, 4});
    const FeatureMaps maps({{.name = "pixel", .convolution = &pixel, .pooled = true}}, image);
    expect_tensor(maps.value(), {1, 1, 2, 1}, {6, 10});
    expect_tensor(maps.project(Tensor({1, 1, 2, 1}, {7, 8})), {1, 2, 4, 1}, {0, 0, 0, 0, 0, 14, 16, 0});
    expect_tensor(maps.project_largest(0), {1, 2, 4, 1}, {0, 0, 0, 0, 0, 0, 20, 0});
}

TEST(StrongestMaps, ComeInTheOrderOfTheirLargestActivations) {
    const Conv2D pixel({.in_channels = 1, .out_channels = 4, .kernel = {1, 1}, .bias = false}, Random(1));
    pixel.weight.assign(Tensor({1, 1, 1, 4}, {1, -3, 4, 2}));
    const FeatureMaps maps({{.name = "pixel", .convolution = &pixel}}, Tensor({1, 1, 2, 1}, {-1, 1}));
    EXPECT_EQ(maps.strongest(2), (std::vector<Index>{2, 1}));
    EXPECT_EQ(maps.strongest(100), (std::vector<Index>{2, 1, 3, 0}));
}

// What one activation sends back lies where it looked.
TEST(Projection, OfTheLargestActivationIsZeroOutsideItsField) {
    const Classifier classifier{Random(1)};
    const FeatureMaps maps(classifier.stages(), Random(2).uniform({1, 28, 28, 1}));
    for (const Index map : maps.strongest(5)) {
        const Tensor projection = maps.project_largest(map);
        Index rows = 0;
        for (Index h = 0; h < 28; ++h) {
            bool any = false;
            for (Index w = 0; w < 28; ++w) any = any || projection[h * 28 + w] != 0.0;
            rows += any;
        }
        EXPECT_GT(rows, 0) << "map " << map;
        EXPECT_LE(rows, 14) << "map " << map;  // 5 rows of maxima of 2×2, each of 5 rows of pixels: 2·4 + 2 + 4
    }
}

}  // namespace
}  // namespace adjoint
