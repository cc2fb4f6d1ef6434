// Truths about checkerboards: which transposed convolutions make them, and what their measure finds in known patterns.
#include "framework/analysis/checkerboard.h"

#include <numbers>

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/resampling.h"
#include "framework/tensor/random.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Conv2DForm form_of(const Size2D& kernel, const Size2D& stride, const Size2D& dilation = {1, 1}) {
    return transposed_form({1, 12, 12, 1}, {kernel.height, kernel.width, 1, 1},
                           {.stride = stride, .dilation = dilation});
}

// With ones everywhere each pixel is the number of taps that meet in it.
TEST(CoversUnevenly, WhereNotAllInnerPixelsOfATransposedConvolutionOfOnesAreTheSame) {
    for (Index kernel = 1; kernel <= 6; ++kernel) {
        for (Index stride = 1; stride <= 4; ++stride) {
            for (Index dilation = 1; dilation <= 3; ++dilation) {
                const Conv2DForm form = form_of({kernel, 1}, {stride, 1}, {dilation, 1});
                const Tensor taps =
                    conv2d_input_gradient(Tensor::ones(form.output_shape()), Tensor::ones(form.weight_shape()), form)
                        .value();
                const Index width = form.width.image, first = form.height.span() - 1;
                bool uneven = false;
                for (Index i = first; i + first < form.height.image; ++i)
                    uneven |= taps[i * width] != taps[first * width];
                const Conv2DForm turned = form_of({1, kernel}, {1, stride}, {1, dilation});
                for (const Conv2DForm& either : {form, turned}) {
                    EXPECT_EQ(covers_unevenly(either), uneven)
                        << "kernel " << kernel << ", stride " << stride << ", dilation " << dilation;
                }
                EXPECT_EQ(uneven, dilation == 1 ? kernel % stride != 0 : uneven);
            }
        }
    }
}

// An image of `size` × `size` pixels f(i, j).
template <class F>
Tensor image(Index size, F f) {
    std::vector<double> elements;
    for (Index i = 0; i < size; ++i) {
        for (Index j = 0; j < size; ++j) elements.push_back(f(static_cast<double>(i), static_cast<double>(j)));
    }
    return doubles({1, size, size, 1}, elements);
}

double checkerboard(double i, double j) { return std::fmod(i + j, 2.0) == 0.0 ? 1.0 : -1.0; }
double wave(double i, double) { return std::sin(2.0 * std::numbers::pi * i / 12.0); }

TEST(CheckerboardShare, OfAPerfectCheckerboardIsOneWhateverItsStrengthAndBrightness) {
    for (const double strength : {1.0, 0.01}) {
        const Tensor x = image(12, [=](double i, double j) { return 0.3 + strength * checkerboard(i, j); });
        EXPECT_NEAR(checkerboard_share(x, {2, 2}).item(), 1.0, 1e-12);
        EXPECT_NEAR(checkerboard_share(x, {2, 3}).item(), 0.0, 1e-12);
    }
}

TEST(CheckerboardShare, OfAnyPatternOfThePeriodIsOne) {
    const Tensor tile = Random(1).normal({1, 3, 2, 4}, DType::float64);
    std::vector<double> elements;
    for (Index i = 0; i < 9; ++i) {
        for (Index j = 0; j < 8; ++j) {
            for (Index c = 0; c < 4; ++c) elements.push_back(tile[(i % 3 * 2 + j % 2) * 4 + c]);
        }
    }
    EXPECT_NEAR(checkerboard_share(doubles({1, 9, 8, 4}, elements), {3, 2}).item(), 1.0, 1e-12);
}

TEST(CheckerboardShare, OfAWaveOfAnotherFrequencyIsZero) {
    EXPECT_NEAR(checkerboard_share(image(12, wave), {2, 2}).item(), 0.0, 1e-12);
    EXPECT_NEAR(checkerboard_share(image(12, wave), {3, 3}).item(), 0.0, 1e-12);
}

// The wave has half the energy of a checkerboard of strength 1 and is orthogonal to it.
TEST(CheckerboardShare, IsTheShareOfTheEnergy) {
    const Tensor x = image(12, [](double i, double j) { return 5.0 + wave(i, j) + 0.5 * checkerboard(i, j); });
    EXPECT_NEAR(checkerboard_share(x, {2, 2}).item(), 0.25 / (0.25 + 0.5), 1e-12);
}

TEST(CheckerboardShare, OfASingleColourIsZeroInEitherElementType) {
    for (const DType dtype : {DType::float32, DType::float64}) {
        expect_tensor(checkerboard_share(Tensor::full({2, 5, 7, 3}, 0.1, dtype), {2, 2}), {}, {0});
    }
}

TEST(CheckerboardShare, IsNearZeroForALinearRamp) {
    EXPECT_LT(checkerboard_share(image(28, [](double i, double j) { return i + 2 * j; }), {2, 2}).item(), 0.005);
}

TEST(CheckerboardShare, LeavesOutWhatIsBeyondTheLastWholePeriod) {
    const Tensor x = image(5, [](double i, double j) { return i == 4 || j == 4 ? 100.0 * i : checkerboard(i, j); });
    EXPECT_NEAR(checkerboard_share(x, {2, 2}).item(), 1.0, 1e-12);
}

// What the measure is for: a random filter of 3 taps at a stride of 2 draws checkerboards on a smooth image; one on the
// enlarged image draws none.
TEST(CheckerboardShare, TellsATransposedConvolutionThatCoversUnevenlyFromAnEnlargedImage) {
    const Tensor x = image(12, [](double i, double j) { return 1.0 + 0.1 * i + 0.05 * j; });
    const Tensor w = Tensor::ones({3, 3, 1, 1}, DType::float64);
    const Variable uneven = conv2d_transpose(x, w, {.stride = {2, 2}, .padding = Padding::symmetric({1, 1})});
    const Variable enlarged = conv2d(upsample2d(x, {2, 2}), w);
    EXPECT_GT(checkerboard_share(uneven, {2, 2}).item(), 0.5);
    EXPECT_LT(checkerboard_share(enlarged, {2, 2}).item(), 0.05);
}

TEST(CheckerboardShareRefusal, OfAPeriodThatDoesNotFit) {
    EXPECT_EQ(error_of([] {
                  checkerboard_share(Tensor::zeros({1, 2, 8, 1}), {3, 2});
              }),
              "checkerboard_share: a period must fit into the image; got 3,2 and [1, 2, 8, 1]");
    EXPECT_EQ(error_of([] {
                  checkerboard_share(Tensor::zeros({2, 8}), {2, 2});
              }),
              "checkerboard_share: input must be [N, H, W, C]; got [2, 8]");
}

}  // namespace
}  // namespace adjoint
