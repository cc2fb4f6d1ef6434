// Truths about PyTorch's convolutions: their sizes, their layouts and their refusals.
#include "framework/conventions/pytorch.h"

#include <gtest/gtest.h>

#include "framework/conventions/layouts.h"
#include "framework/ops/elementwise.h"
#include "framework/tensor/random.h"
#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Shape conv2d_shape(const Shape& input, const Shape& weight, const pytorch::Conv2dOptions& options) {
    const Conv2DForm form = pytorch::conv2d_form(input, weight, options);
    return {form.batch, form.filters, form.height.output, form.width.output};
}

Shape transpose_shape(const Shape& input, const Shape& weight, const pytorch::ConvTranspose2dOptions& options) {
    const Conv2DForm form = pytorch::conv_transpose2d_form(input, weight, options);
    return {form.batch, form.channels, form.height.image, form.width.image};
}

// ---- sizes, from the documentation of torch.nn.Conv2d and torch.nn.ConvTranspose2d

TEST(PyTorchConv2d, HasTheDocumentedSizes) {
    const Shape input{20, 16, 50, 100};
    EXPECT_EQ(conv2d_shape(input, {33, 16, 3, 3}, {.stride = {2, 2}}), (Shape{20, 33, 24, 49}));
    EXPECT_EQ(conv2d_shape(input, {33, 16, 3, 5}, {.stride = {2, 1}, .padding = Size2D{4, 2}}),
              (Shape{20, 33, 28, 100}));
    EXPECT_EQ(conv2d_shape(input, {33, 16, 3, 5}, {.stride = {2, 1}, .padding = Size2D{4, 2}, .dilation = {3, 1}}),
              (Shape{20, 33, 26, 100}));
    EXPECT_EQ(conv2d_shape({1, 2, 9, 8}, {4, 2, 4, 3}, {.padding = "same", .dilation = {1, 2}}), (Shape{1, 4, 9, 8}));
    EXPECT_EQ(conv2d_shape({1, 2, 9, 8}, {4, 2, 4, 3}, {.stride = {2, 2}, .padding = "valid"}), (Shape{1, 4, 3, 3}));
}

TEST(PyTorchConvTranspose2d, HasTheDocumentedSizes) {
    const Shape input{20, 16, 50, 100};
    EXPECT_EQ(transpose_shape(input, {16, 33, 3, 3}, {.stride = {2, 2}}), (Shape{20, 33, 101, 201}));
    EXPECT_EQ(transpose_shape(input, {16, 33, 3, 5}, {.stride = {2, 1}, .padding = {4, 2}}), (Shape{20, 33, 93, 100}));
}

TEST(PyTorchConvTranspose2d, MakesTheSizesFromTheFewestToAStrideMoreWhateverTheOutputPadding) {
    for (Index h = 15; h < 24; ++h) {
        const auto shape = [&] {
            return transpose_shape({2, 3, 6, 6}, {3, 4, 3, 3},
                                   {.stride = {3, 3}, .output_padding = {2, 2}, .output_size = Shape{h, 20}});
        };
        if (h >= 18 && h <= 20) {
            EXPECT_EQ(shape(), (Shape{2, 4, h, 20}));
        } else {
            EXPECT_EQ(error_of(shape),
                      fmt::format("pytorch::conv_transpose2d: output height {} is not possible; got input height 6, "
                                  "kernel 3, stride 3, dilation 1, padding 0 and 0, for which 18 to 20 are possible",
                                  h));
        }
    }
}

// ---- values

TEST(PyTorchConv2d, IsOursInItsLayoutsAndItsTransposedOneTheAdjoint) {
    for (int which = 0; which < 300; ++which) {
        const Random random = Random(1).stream(which);
        RandomStream stream(random);
        const auto pair = [&](Index least, Index most) {
            return Size2D{stream.between(least, most), stream.between(least, most)};
        };
        const Index groups = stream.between(1, 3), in = groups * stream.between(1, 2),
                    out = groups * stream.between(1, 3);
        const Size2D kernel = pair(1, 3), padding = pair(0, 2), stride = pair(1, 3), dilation = pair(1, 2),
                     size = pair(5, 8);
        const Variable x = random_integers({stream.between(1, 2), in, size.height, size.width}, random),
                       w = random_integers({out, in / groups, kernel.height, kernel.width}, random.stream(1)),
                       b = random_integers({out}, random.stream(2));
        Tape tape({x});
        const Variable y = pytorch::conv2d(
            x, w, {.bias = b, .stride = stride, .padding = padding, .dilation = dilation, .groups = groups});
        const Variable ours = nhwc_to_nchw(
            conv2d(nchw_to_nhwc(x), oihw_to_hwio(w),
                   {.stride = stride, .padding = Padding::symmetric(padding), .dilation = dilation, .groups = groups}) +
            b);
        ASSERT_TRUE(equal(y.value(), ours.value())) << which;
        const Tensor g = random_integers(y.shape(), random.stream(3));
        const Variable back = pytorch::conv_transpose2d(g, w,
                                                        {.stride = stride,
                                                         .padding = padding,
                                                         .groups = groups,
                                                         .dilation = dilation,
                                                         .output_size = Shape{size.height, size.width}});
        ASSERT_TRUE(equal(back.value(), tape.gradient(y, g)[0].value())) << which;
    }
}

TEST(PyTorchConvTranspose2d, AddsItsBiasAndItsOutputPadding) {
    expect_tensor(pytorch::conv_transpose2d(doubles({1, 1, 2}, {1, 2}), doubles({1, 2, 1, 1}, {1, 10}),
                                            {.bias = doubles({2}, {3, 4}), .stride = {1, 3}, .output_padding = {0, 1}}),
                  {2, 1, 5}, {4, 3, 3, 5, 3, 14, 4, 4, 24, 4});
}

TEST(PyTorchConv2d, PutsTheLargerHalfOfAnOddSamePaddingAfterTheImage) {
    expect_tensor(
        pytorch::conv2d(doubles({1, 1, 1, 3}, {1, 2, 3}), doubles({1, 1, 1, 2}, {1, 10}), {.padding = "same"}),
        {1, 1, 1, 3}, {21, 32, 3});
}

TEST(PyTorchConvolutions, TakeOneImageWithoutABatch) {
    const Tensor x = random_integers({3, 5, 4}, Random(3)), w = random_integers({2, 3, 2, 2}, Random(4));
    const Variable y = pytorch::conv2d(x, w), batch = pytorch::conv2d(x.reshaped({1, 3, 5, 4}), w);
    EXPECT_EQ(y.shape(), (Shape{2, 4, 3}));
    EXPECT_EQ(y.value().to_vector(), batch.value().to_vector());
    EXPECT_EQ(pytorch::conv_transpose2d(y, w).shape(), (Shape{3, 5, 4}));
}

// torch reads the last two numbers alone.
TEST(PyTorchConvTranspose2d, TakesAnOutputSizeThatIsTwoNumbersOrAsLongAsTheInputsShape) {
    const Tensor one = Tensor::ones({1, 2, 2}), batch = Tensor::ones({1, 1, 2, 2}), w = Tensor::ones({1, 1, 2, 2});
    const auto made = [&](const Tensor& input, const Shape& size) {
        return pytorch::conv_transpose2d(input, w, {.stride = {2, 2}, .output_size = size}).shape();
    };
    EXPECT_EQ(made(one, {5, 4}), (Shape{1, 5, 4}));
    EXPECT_EQ(made(one, {7, 5, 4}), (Shape{1, 5, 4}));
    EXPECT_EQ(made(batch, {5, 4}), (Shape{1, 1, 5, 4}));
    EXPECT_EQ(made(batch, {1, 7, 5, 4}), (Shape{1, 1, 5, 4}));
    EXPECT_EQ(error_of([&] {
                  made(one, {1, 1, 5, 5});
              }),
              "pytorch::conv_transpose2d: output_size must be [H, W] or [C_out, H, W]; got [1, 1, 5, 5]");
    EXPECT_EQ(error_of([&] {
                  made(batch, {1, 5, 5});
              }),
              "pytorch::conv_transpose2d: output_size must be [H, W] or [N, C_out, H, W]; got [1, 5, 5]");
}

// ---- refusals

std::string conv2d_error(const Shape& input, const Shape& weight, const pytorch::Conv2dOptions& options = {}) {
    return error_of([&] { pytorch::conv2d_form(input, weight, options); });
}
std::string transpose_error(const Shape& input, const Shape& weight,
                            const pytorch::ConvTranspose2dOptions& options = {}) {
    return error_of([&] { pytorch::conv_transpose2d_form(input, weight, options); });
}

TEST(PyTorchConv2d, RefusesInPyTorchsWords) {
    const Shape input{8, 3, 28, 28}, weight{16, 3, 3, 3};
    EXPECT_EQ(conv2d_error({8, 3}, weight),
              "pytorch::conv2d: input must be [N, C_in, H, W] or [C_in, H, W]; got [8, 3]");
    EXPECT_EQ(conv2d_error(input, {16, 3, 3}),
              "pytorch::conv2d: weight must be [C_out, C_in / groups, K, L]; got [16, 3, 3]");
    EXPECT_EQ(conv2d_error({8, 3, 0, 28}, weight), "pytorch::conv2d: input has an empty axis; got [8, 3, 0, 28]");
    EXPECT_EQ(
        conv2d_error(input, {16, 1, 3, 3}),
        "pytorch::conv2d: input has 3 channels, weight expects 1; got input [8, 3, 28, 28], weight [16, 1, 3, 3]");
    EXPECT_EQ(conv2d_error(input, {16, 1, 3, 3}, {.groups = 3}),
              "pytorch::conv2d: groups 3 does not divide 16 channels; got weight [16, 1, 3, 3]");
    EXPECT_EQ(conv2d_error(input, weight, {.bias = Tensor::zeros({3})}), "pytorch::conv2d: bias must be [16]; got [3]");
    EXPECT_EQ(conv2d_error(input, weight, {.stride = {0, 1}}), "pytorch::conv2d: stride must be at least 1; got 0,1");
    EXPECT_EQ(conv2d_error(input, weight, {.padding = Size2D{1, -1}}),
              "pytorch::conv2d: padding must be at least 0; got 1,-1");
    EXPECT_EQ(conv2d_error(input, weight, {.padding = "SAME"}),
              "pytorch::conv2d: padding must be 'same', 'valid' or two numbers; got 'SAME'");
    EXPECT_EQ(conv2d_error(input, weight, {.stride = {1, 2}, .padding = "same"}),
              "pytorch::conv2d: padding='same' takes a stride of 1; got stride 1,2");
    EXPECT_EQ(conv2d_error(input, weight, {.dilation = {1, 14}}),
              "pytorch::conv2d: the filter's width of 29 exceeds the padded image's 28; got input width 28, kernel 3, "
              "dilation 14, padding 0 and 0");
    EXPECT_EQ(conv2d_error(input, weight, {.groups = 0}), "pytorch::conv2d: groups must be at least 1; got 0");
}

TEST(PyTorchConvTranspose2d, RefusesInPyTorchsWords) {
    const Shape input{8, 16, 7, 7}, weight{16, 3, 3, 3};
    EXPECT_EQ(transpose_error({8, 3, 7, 7}, weight),
              "pytorch::conv_transpose2d: input has 3 channels, weight expects 16; got input [8, 3, 7, 7], weight [16, "
              "3, 3, 3]");
    EXPECT_EQ(transpose_error(input, weight, {.bias = Tensor::zeros({3}), .groups = 2}),
              "pytorch::conv_transpose2d: bias must be [6]; got [3]");
    EXPECT_EQ(transpose_error(input, weight, {.padding = {0, -1}}),
              "pytorch::conv_transpose2d: padding must be at least 0; got 0,-1");
    EXPECT_EQ(transpose_error(input, weight, {.stride = {2, 2}, .output_padding = {0, 2}}),
              "pytorch::conv_transpose2d: output padding must be at least 0 and less than the larger of stride and "
              "dilation; got 2 for the width, stride 2, dilation 1");
    EXPECT_EQ(transpose_error({1, 16, 1, 1}, weight, {.padding = {2, 2}}),
              "pytorch::conv_transpose2d: output height -1 is not possible; got input height 1, kernel 3, stride 1, "
              "dilation 1, padding 2 and 2, for which no size is possible");
}

}  // namespace
}  // namespace adjoint
