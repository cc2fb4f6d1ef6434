// Truths about the options of layers: what is out of range is refused when the layer is made, in the option's name.
#include <cmath>

#include "layers/convolution.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Random random(1);

TEST(LayerOptions, OfBatchNormAreRefusedOutOfRange) {
    const auto refusal = [](const BatchNormOptions& options) { return error_of([&] { BatchNorm(options, random); }); };
    EXPECT_EQ(refusal({.channels = 0}), "BatchNorm: channels must be at least 1; got 0");
    EXPECT_EQ(refusal({.channels = 2, .epsilon = -1.0}), "BatchNorm: epsilon must be at least 0; got -1");
    EXPECT_EQ(refusal({.channels = 2, .epsilon = std::nan("")}), "BatchNorm: epsilon must be at least 0; got nan");
    EXPECT_EQ(refusal({.channels = 2, .momentum = 2.0}), "BatchNorm: momentum must be from 0 to 1; got 2");
    EXPECT_EQ(refusal({.channels = 2, .momentum = -0.1}), "BatchNorm: momentum must be from 0 to 1; got -0.1");
    EXPECT_EQ(refusal({.channels = 2, .activation = leaky_relu(-0.5)}),
              "BatchNorm: the activation's slope must be at least 0; got -0.5");
    EXPECT_EQ(refusal({.channels = 2, .epsilon = 0.0, .momentum = 1.0}), "no error");
}

TEST(LayerOptions, OfTheOtherNormalisationsAreRefusedOutOfRange) {
    EXPECT_REFUSAL(LayerNorm({.shape = {3}, .epsilon = -1.0}), "LayerNorm: epsilon must be at least 0; got -1");
    EXPECT_REFUSAL(LayerNorm({.shape = {3, 0}}), "LayerNorm: shape has an empty axis; got [3, 0]");
    EXPECT_REFUSAL(GroupNorm({.channels = 4, .groups = 2, .epsilon = -1.0}),
                   "GroupNorm: epsilon must be at least 0; got -1");
    EXPECT_REFUSAL(InstanceNorm({.channels = 4, .epsilon = -1.0}), "GroupNorm: epsilon must be at least 0; got -1");
}

template <class Layer, class Options>
void expect_refusals(const std::string& name) {
    const auto refusal = [](auto change) {
        Options options{.in_channels = 2, .out_channels = 4, .kernel = {3, 3}};
        change(options);
        return error_of([&] { Layer(options, random); });
    };
    EXPECT_EQ(refusal([](Options& o) { o.in_channels = 0; }), name + ": in_channels must be at least 1; got 0");
    EXPECT_EQ(refusal([](Options& o) { o.out_channels = -2; }), name + ": out_channels must be at least 1; got -2");
    EXPECT_EQ(refusal([](Options& o) { o.kernel = {3, 0}; }), name + ": kernel must be at least 1; got 3,0");
    EXPECT_EQ(refusal([](Options& o) { o.stride = {0, 1}; }), name + ": stride must be at least 1; got 0,1");
    EXPECT_EQ(refusal([](Options& o) { o.dilation = {1, -1}; }), name + ": dilation must be at least 1; got 1,-1");
    EXPECT_EQ(refusal([](Options& o) { o.groups = 0; }),
              name + ": channels must divide into the groups; got 2 in, 4 out, 0 groups");
    EXPECT_EQ(refusal([](Options&) {}), "no error");
}

TEST(LayerOptions, OfConvolutionsAreRefusedOutOfRange) {
    expect_refusals<Conv2D, Conv2DLayerOptions>("Conv2D");
    expect_refusals<Conv2DTranspose, Conv2DTransposeLayerOptions>("Conv2DTranspose");
}

TEST(LayerOptions, OfLinearAreRefusedOutOfRange) {
    EXPECT_REFUSAL(Linear({.in = 0, .out = 2}, random), "Linear: in and out must be at least 1; got 0 and 2");
}

}  // namespace
}  // namespace adjoint
