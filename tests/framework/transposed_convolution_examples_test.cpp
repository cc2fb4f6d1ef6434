// What does a transposed convolution do? The examples with which the question is asked and answered, number by number:
// each element of the input is multiplied by the whole filter, not turned round, and the products are laid down a
// stride apart, adding where they overlap.
#include <gtest/gtest.h>

#include "framework/convolution.h"
#include "framework/elementwise.h"
#include "framework/reduction.h"
#include "framework/shaping.h"
#include "tests/support/expectations.h"
#include "tests/support/random_forms.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

// One image, or one filter, of one channel.
Tensor image(Index height, Index width, const std::vector<double>& pixels) {
    return doubles({1, height, width, 1}, pixels);
}
Tensor filter(Index height, Index width, const std::vector<double>& taps) {
    return doubles({height, width, 1, 1}, taps);
}

// The filters turned by 180 degrees, their input channels and output channels exchanged: what a convolution needs to do
// the work of the transposed one.
Tensor rotated(const Tensor& w) {
    const Index height = w.extent(0), width = w.extent(1), channels = w.extent(2), filters = w.extent(3);
    std::vector<double> elements;
    for (Index k = height - 1; k >= 0; --k)
        for (Index l = width - 1; l >= 0; --l)
            for (Index o = 0; o < filters; ++o)
                for (Index c = 0; c < channels; ++c)
                    elements.push_back(w[((k * width + l) * channels + c) * filters + o]);
    return Tensor({height, width, filters, channels}, elements, w.dtype());
}

// The image with stride − 1 zeros between its pixels.
Tensor spread(const Tensor& y, Size2D stride) {
    const Index height = y.extent(1), width = y.extent(2), channels = y.extent(3);
    const Shape shape{y.extent(0), (height - 1) * stride.height + 1, (width - 1) * stride.width + 1, channels};
    std::vector<double> elements(element_count(shape), 0.0);
    for (Index n = 0; n < y.extent(0); ++n)
        for (Index i = 0; i < height; ++i)
            for (Index j = 0; j < width; ++j)
                for (Index c = 0; c < channels; ++c)
                    elements[((n * shape[1] + i * stride.height) * shape[2] + j * stride.width) * channels + c] =
                        y[((n * height + i) * width + j) * channels + c];
    return Tensor(shape, elements, y.dtype());
}

// ---- number by number ----

TEST(TransposedConvolution, LaysDownTheFilterAsItIsAndNotTurnedRound) {
    const Variable result = conv2d_transpose(image(2, 2, {-67, -77, -117, -127}),
                                             filter(3, 3, {-1, 2, -3, 4, -5, 6, -7, 8, -9}), {.stride = {2, 2}});
    expect_tensor(result, {1, 5, 5, 1}, {67,   -134, 278,   -154,  231,   //
                                         -268, 335,  -710,  385,   -462,  //
                                         586,  -770, 1620,  -870,  1074,  //
                                         -468, 585,  -1210, 635,   -762,  //
                                         819,  -936, 1942,  -1016, 1143});
    EXPECT_EQ(result.value()[0], -67.0 * -1.0);  // and not −67 · −9 = 603
}

TEST(TransposedConvolution, UpscalesBySamePaddingToStrideTimesTheInput) {
    expect_tensor(conv2d_transpose(image(3, 3, {0, 0, 1.5, 0, 1, 0, 0, 0, 0}), filter(2, 2, {1, 2, 3, 4}),
                                   {.stride = {2, 2}, .padding = Padding::same()}),
                  {1, 6, 6, 1}, {0, 0, 0, 0, 1.5, 3,  //
                                 0, 0, 0, 0, 4.5, 6,  //
                                 0, 0, 1, 2, 0,   0,  //
                                 0, 0, 3, 4, 0,   0,  //
                                 0, 0, 0, 0, 0,   0,  //
                                 0, 0, 0, 0, 0,   0});
}

TEST(TransposedConvolution, RepeatsEachPixelWhenAFilterOfOnesIsAsLargeAsTheStride) {
    expect_tensor(conv2d_transpose(image(3, 5, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}),
                                   filter(2, 2, {1, 1, 1, 1}), {.stride = {2, 2}}),
                  {1, 6, 10, 1}, {0,  0,  1,  1,  2,  2,  3,  3,  4,  4,   //
                                  0,  0,  1,  1,  2,  2,  3,  3,  4,  4,   //
                                  5,  5,  6,  6,  7,  7,  8,  8,  9,  9,   //
                                  5,  5,  6,  6,  7,  7,  8,  8,  9,  9,   //
                                  10, 10, 11, 11, 12, 12, 13, 13, 14, 14,  //
                                  10, 10, 11, 11, 12, 12, 13, 13, 14, 14});
}

// One finds this example printed with a result of 4 × 4 that begins 0 1 2 0, 1 3 4 2; by the definition printed beside
// it, out[i + a, j + b] += in[i, j] · filter[a, b], the result is 3 × 3.
TEST(TransposedConvolution, AddsWhereProductsOverlap) {
    expect_tensor(conv2d_transpose(image(2, 2, {1, 2, 3, 4}), filter(2, 2, {0, 1, 1, 0})), {1, 3, 3, 1},
                  {0, 1, 2,  //
                   1, 5, 4,  //
                   3, 4, 0});
}

// (H′ − 1)·s − 2p + k = 2·2 − 2 + 2 = 4; the other size that the convolution maps to 3 is 5.
TEST(TransposedConvolution, OfThreeWithStrideTwoPaddingOneKernelTwoHasSizeFourOrFive) {
    const auto size = [](std::optional<Size2D> wanted) {
        return conv2d_transpose(Tensor::ones({1, 3, 3, 1}), Tensor::ones({2, 2, 1, 1}),
                                {.stride = {2, 2}, .padding = Padding::symmetric({1, 1}), .output_size = wanted})
            .shape();
    };
    EXPECT_EQ(size(std::nullopt), (Shape{1, 4, 4, 1}));
    EXPECT_EQ(size(Size2D{5, 5}), (Shape{1, 5, 5, 1}));
    EXPECT_NE(error_of([&] { size(Size2D{3, 3}); }).find("4 to 5 are possible"), std::string::npos);
    EXPECT_NE(error_of([&] { size(Size2D{6, 6}); }).find("4 to 5 are possible"), std::string::npos);
}

// How many products meet in each pixel of a row: the origin of checkerboard patterns, and their cure.
TEST(TransposedConvolution, OverlapsEvenlyOnlyWhereTheStrideDividesTheKernel) {
    const auto overlaps = [](Index kernel) {
        return conv2d_transpose(Tensor::ones({1, 1, 4, 1}), Tensor::ones({1, kernel, 1, 1}), {.stride = {1, 2}})
            .value()
            .to_vector();
    };
    EXPECT_EQ(overlaps(3), (std::vector<double>{1, 1, 2, 1, 2, 1, 2, 1, 1}));
    EXPECT_EQ(overlaps(4), (std::vector<double>{1, 1, 2, 2, 2, 2, 2, 2, 1, 1}));
}

// ---- the same in other words ----

// What tf.gradients(f, x) is to f = Σ out·g: the gradients of ⟨conv2d(x, w), g⟩.
std::vector<Variable> gradients(const Variable& x, const Variable& w, const Variable& g, const Conv2DOptions& options) {
    Tape tape({x, w});
    return tape.gradient(conv2d(x, w, options), g);
}

TEST(InputGradientOfAConvolution, IsTheSameInFourWays) {
    const Tensor x = random_integers({2, 7, 8, 3}, Random(1)), w = random_integers({3, 5, 3, 4}, Random(2)),
                 g = random_integers({2, 5, 4, 4}, Random(3));
    const Variable by_tape = gradients(x, w, g, {})[0];
    const Variable by_hand = conv2d(g, rotated(w), {.padding = Padding::full()});
    const Variable by_name = conv2d_input_gradient(g, w, Conv2DForm::of("conv2d", x.shape(), w.shape(), {}));
    const Variable by_transpose = conv2d_transpose(g, w, {.output_size = Size2D{7, 8}});
    EXPECT_TRUE(equal(by_hand.value(), by_tape.value()));
    EXPECT_TRUE(equal(by_name.value(), by_tape.value()));
    EXPECT_TRUE(equal(by_transpose.value(), by_tape.value()));
}

// The batch takes the place of the channels, and the stride exchanges roles with the dilation.
Variable weight_gradient_as_convolution(const Variable& x, const Variable& g, const Conv2DOptions& options) {
    const Variable result = conv2d(transpose(x, {3, 1, 2, 0}), transpose(g, {1, 2, 0, 3}),
                                   {.stride = options.dilation, .dilation = options.stride});
    return transpose(result, {1, 2, 0, 3});
}

TEST(WeightGradientOfAConvolution, IsTheSameInThreeWays) {
    const Tensor x = random_integers({2, 7, 8, 3}, Random(1)), w = random_integers({3, 5, 3, 4}, Random(2)),
                 g = random_integers({2, 5, 4, 4}, Random(3));
    const Variable by_tape = gradients(x, w, g, {})[1];
    const Variable by_hand = weight_gradient_as_convolution(x, g, {});
    const Variable by_name = conv2d_weight_gradient(x, g, Conv2DForm::of("conv2d", x.shape(), w.shape(), {}));
    EXPECT_TRUE(equal(by_hand.value(), by_tape.value()));
    EXPECT_TRUE(equal(by_name.value(), by_tape.value()));
}

TEST(WeightGradientOfAConvolution, ExchangesStrideAndDilation) {
    const Conv2DOptions options{.stride = {2, 3}, .dilation = {3, 1}};
    const Tensor x = random_integers({3, 13, 11, 2}, Random(1)), w = random_integers({3, 2, 2, 4}, Random(2)),
                 g = random_integers({3, 4, 4, 4}, Random(3));
    EXPECT_TRUE(equal(weight_gradient_as_convolution(x, g, options).value(), gradients(x, w, g, options)[1].value()));
}

TEST(TransposedConvolution, IsAConvolutionWithTheFiltersTurnedAndTheirChannelsExchanged) {
    const Tensor activations = random_integers({1, 28, 28, 32}, Random(4), DType::float32),
                 w = random_integers({7, 7, 1, 32}, Random(5), DType::float32);
    const Variable result = conv2d_transpose(activations, w, {.padding = Padding::same()});
    const Conv2DForm form = Conv2DForm::of("conv2d", {1, 28, 28, 1}, w.shape(), {.padding = Padding::same()});
    EXPECT_EQ(result.shape(), (Shape{1, 28, 28, 1}));
    EXPECT_TRUE(equal(conv2d(activations, rotated(w), {.padding = Padding::same()}).value(), result.value()));
    EXPECT_TRUE(equal(conv2d_input_gradient(activations, w, form).value(), result.value()));
}

TEST(TransposedConvolution, IsAConvolutionWithAFractionalStride) {
    const Tensor y = random_integers({2, 4, 3, 5}, Random(6)), w = random_integers({3, 2, 2, 5}, Random(7));
    for (const Size2D stride : {Size2D{1, 1}, Size2D{2, 3}, Size2D{5, 1}, Size2D{3, 4}}) {
        EXPECT_TRUE(equal(conv2d_transpose(y, w, {.stride = stride}).value(),
                          conv2d(spread(y, stride), rotated(w), {.padding = Padding::full()}).value()))
            << "stride " << stride.height << ", " << stride.width;
    }
}

// ⟨conv2d(x, w), y⟩ = ⟨x, conv2d_transpose(y, w)⟩ with one and the same set of options.
TEST(TransposedConvolution, IsTheAdjointOfTheConvolutionWithTheSameOptions) {
    const Tensor x = random_integers({2, 9, 8, 6}, Random(8)), w = random_integers({3, 2, 2, 9}, Random(9));
    const Variable y = conv2d(x, w, {.stride = {2, 3}, .padding = Padding::same(), .dilation = {2, 1}, .groups = 3});
    const Tensor g = random_integers(y.shape(), Random(10));
    const Variable back = conv2d_transpose(
        g, w,
        {.stride = {2, 3}, .padding = Padding::same(), .dilation = {2, 1}, .groups = 3, .output_size = Size2D{9, 8}});
    EXPECT_EQ(sum(y * g).item(), sum(x * back).item());
}

TEST(TransposedConvolution, UndoesNothingButTheSizes) {
    const Tensor x = random_integers({2, 9, 8, 3}, Random(8)), w = random_integers({3, 2, 3, 4}, Random(9));
    const Conv2DOptions options{.stride = {2, 3}, .padding = Padding::same()};
    const Variable there = conv2d(x, w, options);
    const Variable back =
        conv2d_transpose(there, w, {.stride = options.stride, .padding = options.padding, .output_size = Size2D{9, 8}});
    EXPECT_EQ(back.shape(), x.shape());
    EXPECT_FALSE(equal(back.value(), x));
}

}  // namespace
}  // namespace adjoint
