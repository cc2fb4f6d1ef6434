// Truths about Keras's and TensorFlow's convolutions: their sizes, their paddings and their refusals.
#include "framework/conventions/keras.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Size2D transpose_size(const Shape& input, const Shape& kernel, const keras::Conv2DTransposeOptions& options) {
    const Conv2DForm form = keras::conv2d_transpose_form(input, kernel, options);
    return {form.height.image, form.width.image};
}

// ---- sizes

TEST(KerasConv2D, HasTensorFlowsSizes) {
    // valid: ⌈(H − f + 1) / s⌉, same: ⌈H / s⌉ with f = dilation·(K − 1) + 1.
    for (Index h = 9; h < 14; ++h)
        for (Index k = 1; k < 5; ++k)
            for (Index s = 1; s < 4; ++s)
                for (Index d = 1; d < 3; ++d) {
                    const auto output = [&](const char* padding) {
                        return keras::conv2d_form({1, h, h, 1}, {k, k, 1, 1},
                                                  {.strides = {s, s}, .padding = padding, .dilation_rate = {d, d}})
                            .height.output;
                    };
                    const Index f = d * (k - 1) + 1;
                    EXPECT_EQ(output("valid"), (h - f + 1 + s - 1) / s);
                    EXPECT_EQ(output("same"), (h + s - 1) / s);
                }
}

TEST(KerasConv2DTranspose, HasKerassSizes) {
    for (Index h = 1; h < 5; ++h)
        for (Index k = 1; k < 6; ++k)
            for (Index s = 1; s < 5; ++s)
                for (Index d = 1; d < 3; ++d) {
                    const auto made = [&](const char* padding, std::optional<Index> more = {}) {
                        keras::Conv2DTransposeOptions options{
                            .strides = {s, s}, .padding = padding, .dilation_rate = {d, d}};
                        if (more) options.output_padding = Size2D{*more, *more};
                        return transpose_size({1, h, h, 1}, {k, k, 1, 1}, options).height;
                    };
                    const Index f = d * (k - 1) + 1;
                    EXPECT_EQ(made("valid"), h * s + std::max<Index>(f - s, 0));
                    EXPECT_EQ(made("same"), h * s);
                    for (Index more = 0; more < s; ++more) {
                        EXPECT_EQ(made("valid", more), (h - 1) * s + f + more);
                        const Index same = (h - 1) * s + f % 2 + more;
                        if (same > 0) {
                            EXPECT_EQ(made("same", more), same);
                        }
                    }
                }
}

TEST(KerasConv2DTranspose, MakesTheOutputShapeThatIsNamed) {
    for (const Shape& shape : {Shape{5, 6}, Shape{2, 5, 6, 7}}) {
        EXPECT_EQ(
            transpose_size({2, 3, 3, 4}, {3, 3, 7, 4}, {.strides = {2, 2}, .padding = "SAME", .output_shape = shape}),
            (Size2D{5, 6}));
    }
}

// ---- values

// Values of Keras 3.15 on JAX and torch.
TEST(KerasConv2DTranspose, CutsTheLargerHalfOffBehindUnderSameWithAnOutputPadding) {
    const Tensor row = doubles({1, 1, 3, 1}, {1, 2, 3}), two = doubles({1, 2, 1, 1}, {1, 10}),
                 three = doubles({1, 3, 1, 1}, {1, 10, 100}), four = doubles({1, 4, 1, 1}, {1, 10, 100, 1000});
    const auto made = [&](const Tensor& w, Index stride, Index more) {
        return keras::conv2d_transpose(row, w,
                                       {.strides = {1, stride}, .padding = "same", .output_padding = Size2D{0, more}});
    };
    expect_tensor(made(two, 2, 0), {1, 1, 4, 1}, {10, 2, 20, 3});
    expect_tensor(made(two, 2, 1), {1, 1, 5, 1}, {1, 10, 2, 20, 3});
    expect_tensor(made(three, 2, 0), {1, 1, 5, 1}, {10, 102, 20, 203, 30});
    expect_tensor(made(three, 2, 1), {1, 1, 6, 1}, {1, 10, 102, 20, 203, 30});
    expect_tensor(made(four, 2, 0), {1, 1, 4, 1}, {102, 1020, 203, 2030});
    expect_tensor(made(two, 3, 2), {1, 1, 8, 1}, {1, 10, 0, 2, 20, 0, 3, 30});
}

TEST(KerasConv2DTranspose, LeavesZerosWhereAStrideIsLargerThanTheKernel) {
    expect_tensor(keras::conv2d_transpose(doubles({1, 1, 2, 1}, {1, 2}), doubles({1, 1, 1, 1}, {5}),
                                          {.strides = {1, 3}, .padding = "valid"}),
                  {1, 1, 6, 1}, {5, 0, 0, 10, 0, 0});
}

TEST(KerasConv2DTranspose, IsTheAdjointOfKerassConv2D) {
    const Variable x = random_integers({2, 9, 8, 6}, Random(1)), w = random_integers({3, 4, 3, 4}, Random(2));
    for (const char* padding : {"same", "valid"}) {
        Tape tape({x});
        const Variable y = keras::conv2d(x, w, {.strides = {2, 3}, .padding = padding, .groups = 2});
        const Tensor g = random_integers(y.shape(), Random(3));
        const Variable gradient = tape.gradient(y, g)[0];
        EXPECT_TRUE(equal(keras::conv2d_transpose(
                              g, w, {.strides = {2, 3}, .padding = padding, .output_shape = Shape{9, 8}, .groups = 2})
                              .value(),
                          gradient.value()));
    }
}

TEST(KerasConv2D, TakesExplicitPaddings) {
    const Tensor x = random_integers({1, 4, 5, 2}, Random(1)), w = random_integers({2, 3, 2, 3}, Random(2));
    EXPECT_TRUE(equal(keras::conv2d(x, w, {.padding = Sides{.top = 1, .left = 0, .bottom = 2, .right = 3}}).value(),
                      conv2d(x, w, {.padding = Sides{.top = 1, .left = 0, .bottom = 2, .right = 3}}).value()));
}

TEST(KerasDepthwiseConv2D, GivesEachChannelFiltersOfItsOwn) {
    const Tensor x = random_integers({2, 4, 5, 3}, Random(1)), w = random_integers({2, 3, 3, 2}, Random(2)),
                 b = random_integers({6}, Random(3));
    const Variable y = keras::depthwise_conv2d(x, w, {.bias = b});
    ASSERT_EQ(y.shape(), (Shape{2, 3, 3, 6}));
    for (Index n = 0; n < 2; ++n)
        for (Index i = 0; i < 3; ++i)
            for (Index j = 0; j < 3; ++j)
                for (Index c = 0; c < 3; ++c)
                    for (Index m = 0; m < 2; ++m) {
                        double sum = b[c * 2 + m];
                        for (Index k = 0; k < 2; ++k)
                            for (Index l = 0; l < 3; ++l)
                                sum += x[((n * 4 + i + k) * 5 + j + l) * 3 + c] * w[((k * 3 + l) * 3 + c) * 2 + m];
                        ASSERT_EQ(y.value()[((n * 3 + i) * 3 + j) * 6 + c * 2 + m], sum);
                    }
}

// ---- refusals

TEST(KerasConv2D, RefusesInKerassWords) {
    const auto error = [](const Shape& input, const Shape& kernel, const keras::Conv2DOptions& options) {
        return error_of([&] { keras::conv2d_form(input, kernel, options); });
    };
    EXPECT_EQ(error({28, 28, 3}, {3, 3, 3, 16}, {}), "keras::conv2d: input must be [N, H, W, C_in]; got [28, 28, 3]");
    EXPECT_EQ(error({8, 28, 28, 3}, {3, 3, 1, 16}, {}),
              "keras::conv2d: input has 3 channels, kernel expects 1; got input [8, 28, 28, 3], kernel [3, 3, 1, 16]");
    EXPECT_EQ(error({8, 28, 28, 3}, {3, 3, 3, 16}, {.strides = {0, 1}}),
              "keras::conv2d: strides must be at least 1; got 0,1");
    EXPECT_EQ(error({8, 28, 28, 3}, {3, 3, 3, 16}, {.dilation_rate = {1, 0}}),
              "keras::conv2d: dilation_rate must be at least 1; got 1,0");
    EXPECT_EQ(error({8, 28, 28, 3}, {3, 3, 3, 16}, {.padding = "full"}),
              "keras::conv2d: padding must be 'valid' or 'same'; got 'full'");
    EXPECT_EQ(error({8, 28, 28, 3}, {3, 3, 3, 16}, {.padding = Sides{.bottom = -1}}),
              "keras::conv2d: explicit paddings must not be negative; got top 0, bottom -1, left 0, right 0");
    EXPECT_EQ(error_of([] {
                  keras::depthwise_conv2d(Tensor::ones({1, 4, 4, 3}), Tensor::ones({2, 2, 2, 1}));
              }),
              "keras::depthwise_conv2d: input must be [N, H, W, C], kernel [K, L, C, depth_multiplier]; got input "
              "[1, 4, 4, 3], kernel [2, 2, 2, 1]");
}

TEST(KerasConv2DTranspose, RefusesInKerassWords) {
    const auto error = [](const keras::Conv2DTransposeOptions& options) {
        return error_of([&] { keras::conv2d_transpose_form({8, 7, 7, 16}, {3, 3, 3, 16}, options); });
    };
    EXPECT_EQ(error({.strides = {2, 2}, .output_padding = Size2D{1, 2}}),
              "keras::conv2d_transpose: strides must be greater than output_padding; got strides 2,2, output_padding "
              "1,2");
    EXPECT_EQ(error({.output_padding = Size2D{0, -1}}),
              "keras::conv2d_transpose: output_padding must be at least 0; got 0,-1");
    EXPECT_EQ(error({.strides = {2, 2}, .output_padding = Size2D{1, 1}, .output_shape = Shape{16, 16}}),
              "keras::conv2d_transpose: the output's size is given twice; got both output_shape and output_padding");
    EXPECT_EQ(error({.output_shape = Shape{8, 9, 9}}),
              "keras::conv2d_transpose: output_shape must be [H, W] or [N, H, W, C_out]; got [8, 9, 9]");
    EXPECT_EQ(error({.output_shape = Shape{8, 9, 9, 4}}),
              "keras::conv2d_transpose: output_shape must have the input's 8 images and the kernel's 3 channels; got "
              "[8, 9, 9, 4]");
    EXPECT_EQ(error({.strides = {2, 2}, .padding = "same", .output_shape = Shape{8, 15, 14, 3}}),
              "keras::conv2d_transpose: output height 15 is not possible; got input height 7, kernel 3, stride 2, "
              "dilation 1, padding same, for which 13 to 14 are possible");
}

}  // namespace
}  // namespace adjoint
