// Truths about ONNX's Conv and ConvTranspose, as their specification defines them: four pads, rules for them, and sizes
// from which they follow.
#include "framework/conventions/onnx.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

#include "framework/conventions/layouts.h"
#include "framework/ops/elementwise.h"
#include "framework/tensor/random.h"
#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

// The operand of the specification's examples: 0, 1, 2, … in one image of one channel.
Tensor counting(Index height, Index width) {
    std::vector<double> pixels(static_cast<std::size_t>(height * width));
    std::iota(pixels.begin(), pixels.end(), 0.0);
    return doubles({1, 1, height, width}, pixels);
}

// ---- forms

// All that a form says but for the padding behind the image, of which no tap tells.
std::string sums(Conv2DForm form) {
    form.height.pad_after = form.width.pad_after = 0;
    return to_string(form);
}

TEST(OnnxOptions, OfAFormAreReadAsThatForm) {
    int whole = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const Conv2DForm form = random_form(Random(seed));
        const Sides pads = form.pads();
        const Shape weight = {form.filters, form.group_channels(), form.height.kernel, form.width.kernel};
        const Shape image = {form.batch, form.channels, form.height.image, form.width.image};
        const Shape output = {form.batch, form.filters, form.height.output, form.width.output};
        if (std::min({pads.top, pads.left, pads.bottom, pads.right}) < 0) {
            EXPECT_EQ(error_of([&] { onnx::conv_options(form); }),
                      fmt::format("onnx: Conv must not crop its input; got pads {},{},{},{}", pads.top, pads.left,
                                  pads.bottom, pads.right));
            continue;
        }
        ++whole;
        EXPECT_EQ(to_string(onnx::conv_form(image, weight, onnx::conv_options(form))), to_string(form));
        EXPECT_EQ(sums(onnx::conv_transpose_form(output, weight, onnx::conv_transpose_options(form))), sums(form));
    }
    EXPECT_GT(whole, 100);
}

// ---- Conv

TEST(OnnxConv, SumsTheWindowsOfTheSpecificationsExamples) {
    const Tensor x = counting(7, 5), w = Tensor::ones({1, 1, 3, 3}, DType::float64);
    expect_tensor(onnx::conv(x, w, {.pads = Sides{1, 1, 1, 1}, .strides = {2, 2}}), {1, 1, 4, 3},
                  {12, 27, 24, 63, 108, 81, 123, 198, 141, 112, 177, 124});
    expect_tensor(onnx::conv(x, w, {.pads = Sides{0, 0, 0, 0}, .strides = {2, 2}}), {1, 1, 3, 2},
                  {54, 72, 144, 162, 234, 252});
    // Unlike pads: rows only.
    expect_tensor(onnx::conv(x, w, {.pads = Sides{1, 0, 1, 0}, .strides = {2, 2}}), {1, 1, 4, 2},
                  {21, 33, 99, 117, 189, 207, 171, 183});
}

TEST(OnnxConv, PutsTheLargerHalfOfAnOddPaddingWhereTheRuleSays) {
    const Tensor x = doubles({1, 1, 1, 3}, {1, 2, 3}), w = doubles({1, 1, 1, 2}, {1, 10});
    expect_tensor(onnx::conv(x, w, {.auto_pad = "SAME_UPPER"}), {1, 1, 1, 3}, {21, 32, 3});
    expect_tensor(onnx::conv(x, w, {.auto_pad = "SAME_LOWER"}), {1, 1, 1, 3}, {10, 21, 32});
    expect_tensor(onnx::conv(x, w, {.auto_pad = "VALID"}), {1, 1, 1, 2}, {21, 32});
}

TEST(OnnxConv, IsOursInItsLayouts) {
    for (int which = 0; which < 300; ++which) {
        const Random random = Random(1).stream(which);
        RandomStream stream(random);
        const Index group = stream.between(1, 3), in = group * stream.between(1, 2), out = group * stream.between(1, 3);
        const Size2D kernel{stream.between(1, 3), stream.between(1, 3)};
        const Sides pads{stream.between(0, 2), stream.between(0, 2), stream.between(0, 2), stream.between(0, 2)};
        const Size2D strides{stream.between(1, 3), stream.between(1, 3)},
            dilations{stream.between(1, 2), stream.between(1, 2)};
        const Tensor x = random_integers({stream.between(1, 2), in, stream.between(5, 8), stream.between(5, 8)},
                                         random),
                     w = random_integers({out, in / group, kernel.height, kernel.width}, random.stream(1)),
                     b = random_integers({out}, random.stream(2));
        const Variable y = onnx::conv(
            x, w,
            {.B = b, .dilations = dilations, .group = group, .kernel_shape = kernel, .pads = pads, .strides = strides});
        const Variable ours = conv2d(nchw_to_nhwc(x), oihw_to_hwio(w),
                                     {.stride = strides, .padding = pads, .dilation = dilations, .groups = group});
        ASSERT_TRUE(equal(y.value(), nhwc_to_nchw(ours + b).value())) << which;
    }
}

// ---- ConvTranspose: the examples of the specification, 3 × 3 counting numbers through two filters of ones

std::vector<double> twice(std::vector<double> plane) {
    plane.insert(plane.end(), plane.begin(), plane.begin() + static_cast<std::ptrdiff_t>(plane.size()));
    return plane;
}

const Tensor examples_w = Tensor::ones({1, 2, 3, 3}, DType::float64);

TEST(OnnxConvTranspose, AddsTheBlocksOfTheSpecificationsExample) {
    expect_tensor(onnx::conv_transpose(counting(3, 3), examples_w), {1, 2, 5, 5}, twice({0, 1,  3,  3,  2,   //
                                                                                         3, 8,  15, 12, 7,   //
                                                                                         9, 21, 36, 27, 15,  //
                                                                                         9, 20, 33, 24, 13,  //
                                                                                         6, 13, 21, 15, 8}));
}

const std::vector<double> ten_by_eight = twice({0, 0, 1,  1, 3,  2, 2, 0,  //
                                                0, 0, 1,  1, 3,  2, 2, 0,  //
                                                0, 0, 1,  1, 3,  2, 2, 0,  //
                                                3, 3, 7,  4, 9,  5, 5, 0,  //
                                                3, 3, 7,  4, 9,  5, 5, 0,  //
                                                3, 3, 7,  4, 9,  5, 5, 0,  //
                                                6, 6, 13, 7, 15, 8, 8, 0,  //
                                                6, 6, 13, 7, 15, 8, 8, 0,  //
                                                6, 6, 13, 7, 15, 8, 8, 0,  //
                                                0, 0, 0,  0, 0,  0, 0, 0});

// By an output_shape the total padding is −1 on each axis: ⌊−1/2⌋ = −1 of it at the end, 0 at the beginning.
TEST(OnnxConvTranspose, AppendsARowAndAColumnOfZerosForOutputShapeWhateverThePadsOrOutputPaddingOrBoth) {
    constexpr Size2D shape{10, 8}, strides{3, 2};
    for (const onnx::ConvTransposeOptions& options : std::vector<onnx::ConvTransposeOptions>{
             {.output_shape = shape, .strides = strides},
             {.output_padding = {1, 1}, .strides = strides},
             {.kernel_shape = Size2D{3, 3}, .output_padding = {1, 1}, .output_shape = shape, .strides = strides},
             {.output_shape = shape, .pads = Sides{1, 1, 1, 1}, .strides = strides}}) {
        expect_tensor(onnx::conv_transpose(counting(3, 3), examples_w, options), {1, 2, 10, 8}, ten_by_eight);
    }
}

TEST(OnnxConvTranspose, CropsByPads) {
    expect_tensor(onnx::conv_transpose(counting(3, 3), examples_w, {.pads = Sides{1, 2, 1, 2}, .strides = {3, 2}}),
                  {1, 2, 7, 3}, twice({1, 1, 3, 1, 1, 3, 7, 4, 9, 7, 4, 9, 7, 4, 9, 13, 7, 15, 13, 7, 15}));
}

TEST(OnnxConvTranspose, MakesStrideTimesTheInputUnderSame) {
    const std::vector<double> upper = twice({0, 0, 1,  1,  3,  2,   //
                                             0, 0, 1,  1,  3,  2,   //
                                             3, 3, 8,  5,  12, 7,   //
                                             3, 3, 7,  4,  9,  5,   //
                                             9, 9, 20, 11, 24, 13,  //
                                             6, 6, 13, 7,  15, 8});
    expect_tensor(onnx::conv_transpose(counting(3, 3), examples_w, {.auto_pad = "SAME_UPPER", .strides = {2, 2}}),
                  {1, 2, 6, 6}, upper);
    // Of the 7 × 7 unpadded numbers SAME_UPPER leaves the last out, SAME_LOWER the first.
    expect_tensor(onnx::conv_transpose(counting(1, 2), Tensor::ones({1, 1, 1, 3}, DType::float64),
                                       {.auto_pad = "SAME_LOWER", .strides = {1, 2}}),
                  {1, 1, 1, 4}, {0, 1, 1, 1});
    expect_tensor(onnx::conv_transpose(counting(1, 2), Tensor::ones({1, 1, 1, 3}, DType::float64),
                                       {.auto_pad = "SAME_UPPER", .strides = {1, 2}}),
                  {1, 1, 1, 4}, {0, 0, 1, 1});
}

// The specification's equations, spelled out: total padding, and how it is split.
TEST(OnnxConvTranspose, SplitsAnyTotalPaddingAsSpecified) {
    int negative = 0, odd = 0;
    for (int which = 0; which < 2000; ++which) {
        const Random random = Random(2).stream(which);
        RandomStream stream(random);
        const Index group = stream.between(1, 2), in = group * stream.between(1, 2), out = group * stream.between(1, 2);
        const Size2D kernel{stream.between(1, 4), stream.between(1, 4)};
        const Size2D strides{stream.between(1, 4), stream.between(1, 4)},
            dilations{stream.between(1, 3), stream.between(1, 3)};
        const Size2D more{stream.between(0, strides.height - 1), stream.between(0, strides.width - 1)};
        const std::string auto_pad = std::array{"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}[stream.between(0, 3)];
        const Tensor x = random_integers({1, in, stream.between(1, 4), stream.between(1, 4)}, random),
                     w = random_integers({in, out / group, kernel.height, kernel.width}, random.stream(1));
        const bool named = stream.between(0, 2) > 0 || auto_pad == "NOTSET" || auto_pad == "VALID";
        const Size2D output = named ? Size2D{stream.between(1, 20), stream.between(1, 20)}
                                    : Size2D{strides.height * x.extent(2), strides.width * x.extent(3)};
        const auto split = [&](Index input, Index Size2D::*axis) {
            const Index total =
                strides.*axis * (input - 1) + more.*axis + (kernel.*axis - 1) * dilations.*axis + 1 - output.*axis;
            negative += total < 0;
            odd += total % 2 != 0;
            const Index half = static_cast<Index>(std::floor(static_cast<double>(total) / 2));
            return auto_pad == "SAME_UPPER" ? std::pair(half, total - half) : std::pair(total - half, half);
        };
        const auto [top, bottom] = split(x.extent(2), &Size2D::height);
        const auto [left, right] = split(x.extent(3), &Size2D::width);
        const Variable y = onnx::conv_transpose(x, w,
                                                {.auto_pad = auto_pad,
                                                 .dilations = dilations,
                                                 .group = group,
                                                 .output_padding = more,
                                                 .output_shape = named ? std::optional(output) : std::nullopt,
                                                 .strides = strides});
        const Variable ours = conv2d_transpose(nchw_to_nhwc(x), oihw_to_hwio(w),
                                               {.stride = strides,
                                                .padding = Sides{top, left, bottom, right},
                                                .dilation = dilations,
                                                .groups = group,
                                                .output_size = output});
        ASSERT_TRUE(equal(y.value(), nhwc_to_nchw(ours).value())) << which << " " << auto_pad;
    }
    EXPECT_GE(negative, 1000);
    EXPECT_GE(odd, 1000);
}

// ---- refusals

TEST(OnnxConv, RefusesInOnnxsWords) {
    const Shape x{8, 3, 28, 28}, w{16, 3, 3, 3};
    const auto error = [](const Shape& X, const Shape& W, const onnx::ConvOptions& options) {
        return error_of([&] { onnx::conv_form(X, W, options); });
    };
    EXPECT_EQ(error({8, 3, 28}, w, {}), "onnx::conv: X must be [N, C, H, W]; got [8, 3, 28]");
    EXPECT_EQ(error(x, {16, 1, 3, 3}, {.group = 4}),
              "onnx::conv: X has 3 channels, W expects 4; got X [8, 3, 28, 28], W [16, 1, 3, 3], group 4");
    EXPECT_EQ(error(x, w, {.B = Tensor::zeros({1, 16})}), "onnx::conv: B must be [16]; got [1, 16]");
    EXPECT_EQ(error(x, w, {.auto_pad = "SAME"}),
              "onnx::conv: auto_pad must be one of NOTSET, VALID, SAME_UPPER, SAME_LOWER; got SAME");
    EXPECT_EQ(error(x, w, {.auto_pad = "SAME_UPPER", .pads = Sides{1, 1, 1, 1}}),
              "onnx::conv: pads cannot be used together with auto_pad SAME_UPPER; got both");
    EXPECT_EQ(error(x, w, {.pads = Sides{1, 1, -1, 1}}), "onnx::conv: pads must not be negative; got 1,1,-1,1");
    EXPECT_EQ(error(x, w, {.kernel_shape = Size2D{3, 5}}),
              "onnx::conv: kernel_shape must be that of W; got 3,5, W [16, 3, 3, 3]");
    EXPECT_EQ(error(x, w, {.strides = {0, 1}}), "onnx::conv: strides must be at least 1; got 0,1");
    EXPECT_EQ(error(x, w, {.dilations = {1, 0}}), "onnx::conv: dilations must be at least 1; got 1,0");
}

TEST(OnnxConvTranspose, RefusesInOnnxsWords) {
    const auto error = [](const onnx::ConvTransposeOptions& options) {
        return error_of([&] { onnx::conv_transpose_form({8, 16, 7, 7}, {16, 3, 3, 3}, options); });
    };
    EXPECT_EQ(error({.output_padding = {0, -1}}), "onnx::conv_transpose: output_padding must be at least 0; got 0,-1");
    EXPECT_EQ(error({.output_shape = Size2D{0, 9}}), "onnx::conv_transpose: output_shape must be at least 1; got 0,9");
    EXPECT_EQ(
        error({.pads = Sides{5, 0, 5, 0}}),
        "onnx::conv_transpose: output height -1 is not possible; got input height 7, kernel 3, stride 1, dilation "
        "1, padding 5 and 5, for which no size is possible");
}

}  // namespace
}  // namespace adjoint
