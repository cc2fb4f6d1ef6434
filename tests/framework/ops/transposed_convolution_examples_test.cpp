// Transposed convolution by example: the numbers that layers/transposed_convolution.md speaks of, and the same
// operation in other words, as a convolution, a matrix and a pixel shuffle.
#include <gtest/gtest.h>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
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

// The filters turned by 180 degrees, their input channels and output channels exchanged.
Tensor rot180(const Tensor& w) {
    const Index height = w.extent(0), width = w.extent(1), channels = w.extent(2), filters = w.extent(3);
    std::vector<double> elements;
    for (Index tap = height * width - 1; tap >= 0; --tap)
        for (Index o = 0; o < filters; ++o)
            for (Index c = 0; c < channels; ++c) elements.push_back(w[(tap * channels + c) * filters + o]);
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

// out[i + a, j + b] += in[i, j] · filter[a, b].
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

struct Recipe {
    Index kernel;
    Conv2DOptions options;
    bool short_one;  // whether conv2d(g, rot180(w)) with padding full, or same for same, is the input's gradient
};
const std::vector<Recipe> recipes = {
    {3, {}, true},
    {4, {}, true},
    {3, {.dilation = {2, 2}}, true},
    {3, {.padding = Padding::same()}, true},
    {7, {.padding = Padding::same()}, true},
    {4, {.padding = Padding::same()}, false},
    {3, {.stride = {2, 2}}, false},
    {3, {.stride = {2, 3}, .dilation = {3, 1}}, false},
    {4, {.stride = {2, 2}, .padding = Padding::same()}, false},
    {5, {.stride = {3, 3}, .padding = Padding::same(), .dilation = {2, 2}}, false},
};

// A convolution with the gradient of its output, in whole numbers, and what a tape makes of that.
struct Example {
    explicit Example(const Recipe& recipe)
        : options(recipe.options),
          x(random_integers({2, 13, 14, 3}, Random(1))),
          w(random_integers({recipe.kernel, recipe.kernel, 3, 4}, Random(2))),
          form(Conv2DForm::of("conv2d", x.shape(), w.shape(), options)),
          g(random_integers(form.output_shape(), Random(3))) {
        const Variable input = x, weight = w;
        Tape tape({input, weight});
        gradients = tape.gradient(conv2d(input, weight, form), g);
    }

    const Conv2DOptions options;
    const Tensor x, w;
    const Conv2DForm form;
    const Tensor g;
    std::vector<Variable> gradients;
};

// So many zeros before and after an image, each a function of the axis; below 0 they crop.
template <class F>
Sides zeros(const Conv2DForm& form, F before, F after) {
    return {before(form.height), before(form.width), after(form.height), after(form.width)};
}
using OfAxis = Index (*)(const ConvAxis&);

TEST(InputGradientOfAConvolution, IsTheSameInFourWays) {
    for (const Recipe& recipe : recipes) {
        const Example e(recipe);
        const OfAxis before = [](const ConvAxis& a) { return a.span() - 1 - a.pad_before; };
        const OfAxis after = [](const ConvAxis& a) { return a.image - (a.output - 1) * a.stride - 1 + a.pad_before; };
        const Variable by_hand = conv2d(spread(e.g, e.options.stride), rot180(e.w),
                                        {.padding = zeros(e.form, before, after), .dilation = e.options.dilation});
        const Variable by_transpose = conv2d_transpose(e.g, e.w,
                                                       {.stride = e.options.stride,
                                                        .padding = e.options.padding,
                                                        .dilation = e.options.dilation,
                                                        .output_size = Size2D{13, 14}});
        expect_equal(e.gradients[0], by_hand);
        expect_equal(e.gradients[0], by_transpose);
        expect_equal(e.gradients[0], conv2d_input_gradient(e.g, e.w, e.form));

        const bool same = e.options.padding.rule() == Padding::Rule::same;
        const Variable short_recipe = conv2d(e.g, rot180(e.w),
                                             {.stride = e.options.stride,
                                              .padding = same ? Padding::same() : Padding::full(),
                                              .dilation = e.options.dilation});
        EXPECT_EQ(static_cast<bool>(equal(short_recipe.value(), e.gradients[0].value())), recipe.short_one);
    }
}

// The batch takes the place of the channels, and the stride exchanges roles with the dilation.
TEST(WeightGradientOfAConvolution, IsTheSameInThreeWays) {
    for (const Recipe& recipe : recipes) {
        const Example e(recipe);
        const OfAxis before = [](const ConvAxis& a) { return a.pad_before; };
        const OfAxis after = [](const ConvAxis& a) {
            return (a.output - 1) * a.stride + a.span() - a.pad_before - a.image;
        };
        const Variable by_hand = conv2d(
            transpose(e.x, {3, 1, 2, 0}), transpose(e.g, {1, 2, 0, 3}),
            {.stride = e.options.dilation, .padding = zeros(e.form, before, after), .dilation = e.options.stride});
        expect_equal(e.gradients[1], transpose(by_hand, {1, 2, 0, 3}));
        expect_equal(e.gradients[1], conv2d_weight_gradient(e.x, e.g, e.form));
    }
}

TEST(TransposedConvolution, IsAConvolutionWithAFractionalStride) {
    const Tensor y = random_integers({2, 4, 3, 5}, Random(6)), w = random_integers({3, 2, 2, 5}, Random(7));
    for (const Size2D stride : {Size2D{1, 1}, Size2D{2, 3}, Size2D{5, 1}, Size2D{3, 4}}) {
        EXPECT_TRUE(equal(conv2d_transpose(y, w, {.stride = stride}).value(),
                          conv2d(spread(y, stride), rot180(w), {.padding = Padding::full()}).value()))
            << "stride " << stride.height << ", " << stride.width;
    }
}

// Most of what a filter sees of an image with zeros between its pixels are these zeros.
TEST(TransposedConvolution, SparesTheMultiplicationsOfAFractionalStride) {
    const auto multiplications = [](const Conv2DForm& form) { return form.rows() * form.columns() * form.filters; };
    const Conv2DForm transposed =
        transposed_form({1, 7, 7, 128}, {4, 4, 64, 128}, {.stride = {2, 2}, .padding = Padding::symmetric({1, 1})});
    const Conv2DForm fractional =
        Conv2DForm::of("conv2d", {1, 13, 13, 128}, {4, 4, 128, 64}, {.padding = Padding::symmetric({2, 2})});
    EXPECT_EQ(fractional.output_shape(), (Shape{1, 14, 14, 64}));
    EXPECT_EQ(transposed.image_shape(), (Shape{1, 14, 14, 64}));
    EXPECT_EQ(multiplications(transposed), 6'422'528);
    EXPECT_EQ(multiplications(fractional), 25'690'112);
}

TEST(TransposedConvolution, IsAPixelShuffleWhereTheKernelIsAsLargeAsTheStride) {
    const Index c = 3, s = 2, o = 4;
    const Tensor x = random_integers({2, 5, 6, c}, Random(1)), w = random_integers({1, 1, c, s * s * o}, Random(2));
    const Variable kernel = transpose(reshape(w, {c, s, s, o}), {1, 2, 3, 0});  // [K, L, C_out, C_in]
    expect_equal(conv2d_transpose(x, kernel, {.stride = {s, s}}), pixel_shuffle(conv2d(x, w), s));
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

// The rows of its matrix are orthonormal, and as many as the pixels.
TEST(TransposedConvolution, UndoesTheHaarFilters) {
    const Tensor x = random_integers({1, 4, 6, 1}, Random(8));
    const Tensor haar = doubles({2, 2, 1, 4}, {.5, .5, .5, .5, .5, -.5, .5, -.5, .5, .5, -.5, -.5, .5, -.5, -.5, .5});
    expect_equal(conv2d_transpose(conv2d(x, haar, {.stride = {2, 2}}), haar, {.stride = {2, 2}}), x);
}

// What comes back through a rectifier: where its input was positive, where the adjoint is, or both.
TEST(Rectifier, OfAGradientADeconvnetAndGuidedBackpropagation) {
    const Variable x = doubles({4}, {1, -1, 2, -2}), g = doubles({4}, {3, 4, -5, 6});
    expect_tensor(relu_gradient(g, x, 0.0), {4}, {3, 0, -5, 0});
    expect_tensor(relu(g), {4}, {3, 4, 0, 6});
    expect_tensor(relu(relu_gradient(g, x, 0.0)), {4}, {3, 0, 0, 0});
}

}  // namespace
}  // namespace adjoint
