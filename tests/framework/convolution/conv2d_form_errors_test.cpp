// Truths about errors of sizes that do not fit together in a convolution: which fact is wrong, what was got, and what
// would be possible.
#include <gtest/gtest.h>

#include "framework/convolution/conv2d_form.h"
#include "tests/support/expectations.h"

namespace adjoint {
namespace {

std::string conv2d_error(const Shape& image, const Shape& weight, const Conv2DOptions& options = {}) {
    return error_of([&] { Conv2DForm::of("conv2d", image, weight, options); });
}

std::string transpose_error(const Shape& output, const Shape& weight, const Conv2DTransposeOptions& options = {}) {
    return error_of([&] { transposed_form(output, weight, options); });
}

// A batch of images, filters for them, and an output of those filters.
const Shape images{8, 28, 28, 3}, filters{3, 3, 3, 16}, activations{8, 7, 7, 16};

TEST(FormErrors, NameBothNumbersOfChannels) {
    EXPECT_EQ(conv2d_error({8, 28, 28, 3}, {3, 3, 1, 16}),
              "conv2d: input has 3 channels, weight expects 1; got input [8, 28, 28, 3], weight [3, 3, 1, 16]");
    EXPECT_EQ(
        conv2d_error({8, 28, 28, 4}, {3, 3, 1, 16}, {.groups = 2}),
        "conv2d: input has 4 channels, weight expects 2; got input [8, 28, 28, 4], weight [3, 3, 1, 16], groups 2");
    EXPECT_EQ(transpose_error({8, 7, 7, 5}, filters),
              "conv2d_transpose: input has 5 channels, weight [K, L, C_out, C_in] expects 16; got input [8, 7, 7, 5], "
              "weight [3, 3, 3, 16]");
}

TEST(FormErrors, SpellOutTheAxesThatARankLacks) {
    EXPECT_EQ(conv2d_error({28, 28, 3}, filters), "conv2d: input must be [N, H, W, C]; got [28, 28, 3]");
    EXPECT_EQ(conv2d_error(images, {3, 3, 3}), "conv2d: weight must be [K, L, C, O]; got [3, 3, 3]");
    EXPECT_EQ(transpose_error({7, 7, 16}, filters), "conv2d_transpose: input must be [N, H, W, C]; got [7, 7, 16]");
    EXPECT_EQ(transpose_error(activations, {3}), "conv2d_transpose: weight must be [K, L, C_out, C_in]; got [3]");
}

TEST(FormErrors, NameTheTensorWithAnEmptyAxis) {
    EXPECT_EQ(conv2d_error({8, 0, 28, 3}, filters), "conv2d: input has an empty axis; got [8, 0, 28, 3]");
    EXPECT_EQ(conv2d_error(images, {3, 3, 3, 0}), "conv2d: weight has an empty axis; got [3, 3, 3, 0]");
    EXPECT_EQ(transpose_error({8, 7, 0, 16}, filters), "conv2d_transpose: input has an empty axis; got [8, 7, 0, 16]");
}

TEST(FormErrors, AskForStridesDilationsAndGroupsOfAtLeastOne) {
    EXPECT_EQ(conv2d_error(images, filters, {.stride = {0, 1}}), "conv2d: stride must be at least 1; got 0,1");
    EXPECT_EQ(conv2d_error(images, filters, {.stride = {1, 0}}), "conv2d: stride must be at least 1; got 1,0");
    EXPECT_EQ(conv2d_error(images, filters, {.dilation = {0, 2}}), "conv2d: dilation must be at least 1; got 0,2");
    EXPECT_EQ(conv2d_error(images, filters, {.dilation = {2, -1}}), "conv2d: dilation must be at least 1; got 2,-1");
    EXPECT_EQ(conv2d_error(images, filters, {.groups = 0}), "conv2d: there must be at least 1 group; got 0");
    EXPECT_EQ(transpose_error(activations, filters, {.stride = {1, 0}}),
              "conv2d_transpose: stride must be at least 1; got 1,0");
}

TEST(FormErrors, NameNumbersThatAreTooLargeToComputeWith) {
    constexpr Index huge = Index{1} << 62;
    const std::string most = " must not exceed 1073741824; got ";
    EXPECT_EQ(conv2d_error(images, filters, {.dilation = {huge, 1}}),
              "conv2d: dilation" + most + "4611686018427387904,1");
    EXPECT_EQ(conv2d_error(images, filters, {.stride = {1, huge}}), "conv2d: stride" + most + "1,4611686018427387904");
    EXPECT_EQ(conv2d_error(images, filters, {.padding = Sides{0, 0, huge, 0}}),
              "conv2d: padding" + most + "4611686018427387904,0");
    EXPECT_EQ(conv2d_error(images, filters, {.padding = Sides{-huge, 0, 0, 0}}),
              "conv2d: padding" + most + "-4611686018427387904,0");
    EXPECT_EQ(conv2d_error({0, huge, 1, 3}, filters), "conv2d: image" + most + "4611686018427387904,1");
    EXPECT_EQ(transpose_error(activations, filters, {.stride = {1 << 30, 1 << 30}}),
              "conv2d_transpose: a shape has too many elements; got [8, 6442450947, 6442450947, 3]");
}

TEST(FormErrors, SayWhichAxisDoesNotDivideIntoGroups) {
    EXPECT_EQ(conv2d_error({8, 28, 28, 9}, filters, {.groups = 3}),
              "conv2d: the weight's last axis does not divide into 3 groups; got weight [3, 3, 3, 16]");
    EXPECT_EQ(transpose_error(activations, filters, {.groups = 3}),
              "conv2d_transpose: the weight's last axis does not divide into 3 groups; got weight [3, 3, 3, 16]");
}

TEST(FormErrors, MeasureAFilterThatIsLargerThanThePaddedImage) {
    EXPECT_EQ(
        conv2d_error({8, 4, 28, 3}, filters, {.dilation = {2, 1}}),
        "conv2d: the filter's height of 5 exceeds the padded image's 4; got input height 4, kernel 3, dilation 2, "
        "padding 0 and 0");
    EXPECT_EQ(conv2d_error({8, 28, 4, 3}, {3, 5, 3, 16}, {.stride = {2, 7}, .padding = Sides{1, 2, 3, -3}}),
              "conv2d: the filter's width of 5 exceeds the padded image's 3; got input width 4, kernel 5, dilation 1, "
              "padding 2 and -3");
}

TEST(FormErrors, NameTheOutputSizesThatArePossible) {
    EXPECT_EQ(transpose_error(activations, filters, {.stride = {2, 2}, .output_size = Size2D{17, 16}}),
              "conv2d_transpose: output height 17 is not possible; got input height 7, kernel 3, stride 2, dilation 1, "
              "padding 0 and 0, for which 15 to 16 are possible");
    EXPECT_EQ(transpose_error(activations, filters,
                              {.stride = {2, 3}, .padding = Padding::same(), .output_size = Size2D{14, 18}}),
              "conv2d_transpose: output width 18 is not possible; got input width 7, kernel 3, stride 3, dilation 1, "
              "padding same, for which 19 to 21 are possible");
    EXPECT_EQ(transpose_error(activations, {2, 2, 3, 16}, {.dilation = {3, 2}, .output_size = Size2D{14, 9}}),
              "conv2d_transpose: output height 14 is not possible; got input height 7, kernel 2, stride 1, dilation 3, "
              "padding 0 and 0, for which 10 is possible");
    EXPECT_EQ(transpose_error({8, 1, 1, 16}, filters, {.padding = Padding::symmetric({2, 1})}),
              "conv2d_transpose: output height -1 is not possible; got input height 1, kernel 3, stride 1, dilation 1, "
              "padding 2 and 2, for which no size is possible");
    EXPECT_EQ(transpose_error({8, 1, 1, 16}, filters, {.stride = {3, 3}, .padding = Padding::full()}),
              "conv2d_transpose: output height -1 is not possible; got input height 1, kernel 3, stride 3, dilation 1, "
              "padding 2 and 2, for which 1 is possible");
}

TEST(FormErrors, RefuseASizeThatIsGivenTwice) {
    EXPECT_EQ(transpose_error(activations, filters,
                              {.stride = {2, 2}, .output_size = Size2D{16, 16}, .output_padding = Size2D{1, 1}}),
              "conv2d_transpose: the output's size is given twice; got both output_size and output_padding");
}

TEST(FormErrors, BoundOutputPadding) {
    EXPECT_EQ(
        transpose_error(activations, filters, {.stride = {2, 2}, .output_padding = Size2D{2, 1}}),
        "conv2d_transpose: output padding must be at least 0 and less than the larger of stride and dilation; got "
        "2 for the height, stride 2, dilation 1");
    EXPECT_EQ(
        transpose_error(activations, filters, {.stride = {2, 2}, .output_padding = Size2D{0, -1}}),
        "conv2d_transpose: output padding must be at least 0 and less than the larger of stride and dilation; got "
        "-1 for the width, stride 2, dilation 1");
    EXPECT_EQ(
        transpose_error(activations, filters, {.dilation = {3, 2}, .output_padding = Size2D{2, 2}}),
        "conv2d_transpose: output padding must be at least 0 and less than the larger of stride and dilation; got "
        "2 for the width, stride 1, dilation 2");
}

}  // namespace
}  // namespace adjoint
