// Truths about the ways to make images larger: each by literal numbers, all to the transposed convolution's size, and
// how they begin.
#include "models/upsampling.h"

#include "framework/analysis/checkerboard.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/analysis/module_check.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const std::vector<Upsampling> kinds = {Upsampling::transposed, Upsampling::resize, Upsampling::shuffle,
                                       Upsampling::unpool};
const Conv2DTransposeLayerOptions twice = {
    .in_channels = 1, .out_channels = 1, .kernel = {4, 4}, .stride = {2, 2}, .padding = Padding::symmetric({1, 1})};

// The layer of that kind with filters that pass on the pixel in the middle, times `factors`, one for each filter.
std::unique_ptr<Module> passing(Upsampling kind, const std::vector<double>& factors) {
    auto layer = upsampling_layer(twice, {.kind = kind}, Random(1));
    std::vector<double> weights(9 * factors.size(), 0.0);
    std::copy(factors.begin(), factors.end(), weights.begin() + 4 * std::ssize(factors));
    layer->parameters()[0].state.assign(Tensor({3, 3, 1, std::ssize(factors)}, weights, DType::float32));
    return layer;
}

const Tensor x({1, 2, 2, 1}, {1, 2, 3, 4}, DType::float32);

TEST(Upsampling, RepeatsSpreadsOrRearrangesPixels) {
    expect_tensor((*passing(Upsampling::resize, {1}))(x), {1, 4, 4, 1},
                  {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
    expect_tensor((*passing(Upsampling::unpool, {1}))(x), {1, 4, 4, 1},
                  {1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0});
    expect_tensor((*passing(Upsampling::shuffle, {1, 10, 100, 1000}))(x), {1, 4, 4, 1},
                  {1, 10, 2, 20, 100, 1000, 200, 2000, 3, 30, 4, 40, 300, 3000, 400, 4000});
}

TEST(Upsampling, TransposedIsTheTransposedConvolution) {
    const auto layer = upsampling_layer(twice, {}, Random(1));
    const Variable images = Random(2).normal({2, 5, 3, 1});
    EXPECT_TRUE(identical((*layer)(images).value(), Conv2DTranspose(twice, Random(1))(images).value()));
}

TEST(Upsampling, MakesImagesOfOneSizeInEachWay) {
    Conv2DTransposeLayerOptions to_seven = twice, to_fourteen = twice;
    to_seven.kernel = to_fourteen.kernel = {3, 3};
    to_fourteen.output_padding = Size2D{1, 1};
    to_seven.in_channels = to_fourteen.in_channels = 3;
    to_seven.out_channels = to_fourteen.out_channels = 2;
    for (const Upsampling kind : kinds) {
        const auto seven = upsampling_layer(to_seven, {.kind = kind}, Random(1));
        const auto fourteen = upsampling_layer(to_fourteen, {.kind = kind}, Random(1));
        EXPECT_EQ((*seven)(Tensor::zeros({2, 4, 4, 3})).shape(), (Shape{2, 7, 7, 2}));
        EXPECT_EQ((*fourteen)(Tensor::zeros({2, 7, 7, 3})).shape(), (Shape{2, 14, 14, 2}));
        EXPECT_EQ(names(seven->parameters()), (Names{"weight", "bias"}));
    }
}

TEST(Upsampling, BeginsSmoothlyWhereAskedTo) {
    const Variable images = Random(2).normal({3, 6, 6, 1});
    const auto share = [&](Upsampling kind, bool smooth) {
        const auto layer = upsampling_layer(twice, {.kind = kind, .smooth_start = smooth}, Random(1));
        const Variable flat = Tensor::ones({1, 8, 8, 1});
        const Variable y = (*layer)(flat);  // without its border, where filters see zeros
        return checkerboard_share(
                   slice(slice(y, {.axis = 1, .begin = 2, .end = -2}), {.axis = 2, .begin = 2, .end = -2}), {2, 2})
            .item();
    };
    EXPECT_EQ(share(Upsampling::shuffle, true), 0.0);
    EXPECT_NEAR(share(Upsampling::shuffle, false), 1.0, 1e-5) << "a flat image becomes nothing but a pattern";
    EXPECT_EQ(share(Upsampling::transposed, true), 0.0);
    const auto bilinear = upsampling_layer(twice, {.smooth_start = true}, Random(1));
    const Variable y = (*bilinear)(images),
                   expected = upsample2d(images, {2, 2}, {.interpolation = Interpolation::bilinear});
    const auto inside = [](const Variable& v) {
        return slice(slice(v, {.axis = 1, .begin = 1, .end = -1}), {.axis = 2, .begin = 1, .end = -1});
    };
    expect_equal(inside(y), inside(expected), 1e-6);
}

TEST(Upsampling, HasTheRightGradientsInEachWay) {
    Conv2DTransposeLayerOptions options = twice;
    options.in_channels = 2;
    options.out_channels = 3;
    for (const Upsampling kind : kinds) {
        const auto layer = upsampling_layer(options, {.kind = kind}, Random(1));
        const GradientCheckReport report = gradient_check(*layer, Random(2).normal({2, 3, 3, 2}), {.order = 2});
        EXPECT_TRUE(report.passed()) << report.text();
    }
}

TEST(Upsampling, RefusesWhatOnlyATransposedConvolutionCan) {
    Conv2DTransposeLayerOptions uneven = twice;
    uneven.stride = {2, 3};
    EXPECT_REFUSAL(upsampling_layer(uneven, {.kind = Upsampling::resize}, Random(1)),
                   "upsampling: strides must be equal, and filters neither grouped nor dilated; got strides 2,3, 1 "
                   "groups, dilation 1,1");
    EXPECT_NE(upsampling_layer(uneven, {}, Random(1)), nullptr);
}

}  // namespace
}  // namespace adjoint
