// Truths about the summary of a network: a line for each layer in the order of its calls, with the numbers that its
// sizes decide.
#include "layers/analysis/model_summary.h"

#include <gtest/gtest.h>

#include "layers/convolution.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"

namespace adjoint {
namespace {

TEST(ModelSummary, SaysOfEachLayerWhatItsSizesDecide) {
    const Sequential net(Conv2D({.in_channels = 3, .out_channels = 8, .kernel = {3, 3}}, Random(1)),
                         BatchNorm({.channels = 8}, Random(2)));
    const std::vector<LayerSummary> layers = summarize(net, Tensor::zeros({2, 6, 5, 3}));
    ASSERT_EQ(layers.size(), 2u);
    EXPECT_EQ(layers[0].kind, "Conv2D");
    EXPECT_EQ(layers[0].input, (Shape{2, 6, 5, 3}));
    EXPECT_EQ(layers[0].output, (Shape{2, 4, 3, 8}));
    EXPECT_EQ(layers[0].parameters, 3 * 3 * 3 * 8 + 8);
    EXPECT_EQ(layers[0].bytes, 4 * (3 * 3 * 3 * 8 + 8));
    EXPECT_EQ(layers[0].activations, 4 * 2 * 4 * 3 * 8);
    EXPECT_EQ(layers[0].flops, 2 * (2 * 4 * 3) * (3 * 3 * 3) * 8);
    EXPECT_FALSE(layers[0].covers_unevenly);
    EXPECT_EQ(layers[1].kind, "BatchNorm");
    EXPECT_EQ(layers[1].parameters, 2 * 8);
    EXPECT_EQ(layers[1].bytes, 4 * 4 * 8) << "with the running mean and variance, which no training changes";
    EXPECT_EQ(layers[1].flops, 0);
    EXPECT_EQ(parameter_count(net), layers[0].parameters + layers[1].parameters);
    EXPECT_EQ(weight_bytes(net), layers[0].bytes + layers[1].bytes);
}

TEST(ModelSummary, CallsANetworkWithoutPartsAll) {
    const std::vector<LayerSummary> layers = summarize(Linear({.in = 3, .out = 5}, Random(1)), Tensor::zeros({7, 3}));
    ASSERT_EQ(layers.size(), 1u);
    EXPECT_EQ(layers[0].name, "all");
    EXPECT_EQ(layers[0].kind, "Linear");
}

TEST(ModelSummary, SaysWhichTransposedConvolutionCoversUnevenly) {
    const auto uneven = [](Index kernel) {
        const Conv2DTranspose layer({.in_channels = 1, .out_channels = 1, .kernel = {kernel, kernel}, .stride = {2, 2}},
                                    Random(1));
        return summarize(layer, Tensor::zeros({1, 4, 4, 1}))[0].covers_unevenly;
    };
    EXPECT_TRUE(uneven(3));
    EXPECT_FALSE(uneven(4));
}

}  // namespace
}  // namespace adjoint
