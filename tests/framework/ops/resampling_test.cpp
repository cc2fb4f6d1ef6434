// Truths about resampling: documented examples, what it does to constants and ramps, its relation to pooling and to
// transposed convolutions, and what is refused.
#include "framework/ops/resampling.h"

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/pooling.h"
#include "framework/ops/reduction.h"
#include "tests/support/derivatives.h"
#include "tests/support/random_forms.h"

namespace adjoint {
namespace {

constexpr ResizeOptions bilinear{.interpolation = Interpolation::bilinear};
constexpr ResizeOptions aligned{.interpolation = Interpolation::bilinear, .align_corners = true};

constexpr ResizeOptions bicubic{.interpolation = Interpolation::bicubic};

const Tensor one_to_four = doubles({1, 2, 2, 1}, {1, 2, 3, 4});

// ---- examples -------------------------------------------------------------------------------------------------------

// The examples in PyTorch's documentation of Upsample.
TEST(Upsample2D, GivesTheExamplesOfPyTorch) {
    expect_tensor(upsample2d(one_to_four, {2, 2}), {1, 4, 4, 1}, {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4});
    expect_tensor(upsample2d(one_to_four, {2, 2}, bilinear), {1, 4, 4, 1},
                  {1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4});
    const double third = 1.0 / 3;
    std::vector<double> expected;
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) expected.push_back(1 + third * j + 2 * third * i);
    }
    expect_tensor(upsample2d(one_to_four, {2, 2}, aligned), {1, 4, 4, 1}, expected, 1e-15);
}

// The example in Keras' documentation of UpSampling2D.
TEST(Upsample2D, GivesTheExampleOfKeras) {
    const Tensor x({2, 2, 1, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    expect_tensor(upsample2d(x, {1, 2}), {2, 2, 2, 3},
                  {0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8, 6, 7, 8, 9, 10, 11, 9, 10, 11});
}

TEST(Resize2D, TakesTheNearestPixelByCentres) {
    const Tensor x = doubles({1, 1, 6, 1}, {0, 1, 2, 3, 4, 5});
    expect_tensor(resize2d(x, {1, 2}), {1, 1, 2, 1}, {1, 4});
    expect_tensor(resize2d(x, {1, 3}), {1, 1, 3, 1}, {1, 3, 5});
    expect_tensor(resize2d(x, {1, 4}), {1, 1, 4, 1}, {0, 2, 3, 5});
    expect_tensor(resize2d(x, {1, 9}), {1, 1, 9, 1}, {0, 1, 1, 2, 3, 3, 4, 5, 5});
}

TEST(Resize2D, InterpolatesBetweenNeighboursWhereAnImageShrinks) {
    const Tensor x = doubles({1, 1, 6, 1}, {0, 1, 4, 9, 16, 25});
    expect_tensor(resize2d(x, {1, 3}, bilinear), {1, 1, 3, 1}, {0.5, 6.5, 20.5});
    expect_tensor(resize2d(x, {1, 2}, bilinear), {1, 1, 2, 1}, {1, 16});
    expect_tensor(resize2d(x, {1, 2}, aligned), {1, 1, 2, 1}, {0, 25});
    expect_tensor(resize2d(x, {1, 1}, aligned), {1, 1, 1, 1}, {0});
}

// PyTorch's weights at a quarter and three quarters between two pixels; beyond the border is the outermost pixel.
TEST(Resize2D, InterpolatesBicubicallyAsPyTorch) {
    const Tensor x = doubles({1, 1, 6, 1}, {0, 0, 0, 1, 0, 0});
    expect_tensor(upsample2d(x, {1, 2}, bicubic), {1, 1, 12, 1},
                  {0, 0, 0, -0.03515625, -0.10546875, 0.26171875, 0.87890625, 0.87890625, 0.26171875, -0.10546875,
                   -0.03515625, 0},
                  1e-15);
    expect_tensor(upsample2d(doubles({1, 1, 2, 1}, {0, 1}), {1, 2}, bicubic), {1, 1, 4, 1},
                  {-0.10546875, 0.2265625, 0.7734375, 1.10546875}, 1e-15);
}

TEST(Resize2D, KeepsConstantsBicubically) {
    for (const Index to : {1, 3, 7, 20})
        expect_tensor(resize2d(doubles({1, 1, 7, 1}, std::vector<double>(7, 3.0)), {1, to}, bicubic), {1, 1, to, 1},
                      std::vector<double>(static_cast<std::size_t>(to), 3.0), 1e-14);
}

// ---- what resampling keeps ------------------------------------------------------------------------------------------

class ResamplingMatrix : public testing::TestWithParam<ResizeOptions> {};
INSTANTIATE_TEST_SUITE_P(Of, ResamplingMatrix, testing::Values(ResizeOptions{}, bilinear, aligned),
                         [](const testing::TestParamInfo<ResizeOptions>& row) {
                             return row.param.align_corners                              ? "bilinear_aligned"
                                    : row.param.interpolation == Interpolation::bilinear ? "bilinear"
                                                                                         : "nearest";
                         });

TEST_P(ResamplingMatrix, OfEachSizeHasRowsThatSumToOneWithoutNegativeEntries) {
    for (Index from = 1; from <= 7; ++from) {
        for (Index to = 1; to <= 9; ++to) {
            const SparseMatrix r = resampling_matrix({.from = from, .to = to}, GetParam());
            expect_tensor(sum(r.dense(DType::float64), {1}), {to}, std::vector<double>(to, 1.0), 1e-15);
            for (const SparseMatrix::Entry& entry : r.entries) EXPECT_GT(entry.value, 0.0);
        }
    }
}

TEST_P(ResamplingMatrix, ToTheSameSizeIsTheIdentity) {
    const Tensor x = Random(1).normal({2, 5, 3, 2});
    EXPECT_TRUE(equal(resize2d(x, {5, 3}, GetParam()).value(), x));
}

TEST(BilinearResamplingMatrix, IsTheSameFromBothEnds) {
    for (const ResizeOptions& options : {bilinear, aligned}) {
        for (const auto& [from, to] : {std::pair(4, 8), {4, 7}, {6, 3}, {5, 2}, {1, 3}}) {
            const std::vector<double> r =
                resampling_matrix({.from = from, .to = to}, options).dense(DType::float64).to_vector();
            expect_tensor(doubles({to, from}, r), {to, from}, std::vector<double>(r.rbegin(), r.rend()), 1e-15);
        }
    }
}

TEST(Resize2D, KeepsALinearRampWithAlignedCornersFromEndToEnd) {
    const Tensor ramp = doubles({1, 1, 4, 1}, {0, 3, 6, 9});
    expect_tensor(resize2d(ramp, {1, 10}, aligned), {1, 1, 10, 1}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 1e-15);
}

TEST(Upsample2D, IsUndoneByAveragePoolingWhereNearest) {
    const Tensor x = random_integers({2, 3, 4, 2}, Random(1));
    EXPECT_TRUE(equal(average_pool2d(upsample2d(x, {2, 4}), {.window = {2, 4}}).value(), x));
}

TEST(Upsample2D, ToTheNearestIsTheTransposedConvolutionWithAFilterOfOnes) {
    const Tensor x = random_integers({2, 3, 4, 2}, Random(1));
    const Variable y = conv2d_transpose(x, Tensor::ones({3, 2, 1, 2}, DType::float64), {.stride = {3, 2}, .groups = 2});
    EXPECT_TRUE(equal(upsample2d(x, {3, 2}).value(), y.value()));
}

TEST(Resize2D, HasDerivativesToSecondOrder) {
    const Tensor x = Random(1).normal({2, 3, 4, 2}, DType::float64);
    for (const ResizeOptions& options : {ResizeOptions{}, bilinear, aligned}) {
        expect_derivatives([=](const std::vector<Variable>& in) { return resize2d(in[0], {5, 2}, options); }, {x});
    }
}

// ---- refusals -------------------------------------------------------------------------------------------------------

TEST(ResamplingRefusal, OfSizesAndFactorsThatAreNotPositive) {
    EXPECT_REFUSAL(resize2d(one_to_four, {Index{1} << 40, Index{1} << 40}),
                   "resize2d: a shape has too many elements; got [1, 1099511627776, 1099511627776, 1]");
    EXPECT_REFUSAL(upsample2d(one_to_four, {Index{1} << 62, 1}),
                   "upsample2d: a shape has too many elements; got [4611686018427387904, 2]");
    EXPECT_REFUSAL(resize2d(one_to_four, {0, 4}), "resize2d: the size must be at least 1,1; got 0,4");
    EXPECT_REFUSAL(upsample2d(one_to_four, {0, 2}), "upsample2d: the factor must be at least 1,1; got 0,2");
}

TEST(ResamplingRefusal, OfWhatIsNoBatchOfImages) {
    EXPECT_REFUSAL(resize2d(Tensor::zeros({2, 2}), {4, 4}), "resize2d: input must be [N, H, W, C]; got [2, 2]");
    EXPECT_REFUSAL(upsample2d(Tensor::zeros({1, 0, 2, 1}), {2, 2}),
                   "upsample2d: input has an empty axis; got [1, 0, 2, 1]");
}

TEST(ResamplingRefusal, OfAlignedCornersWhereTheNearestIsTaken) {
    EXPECT_REFUSAL(resize2d(one_to_four, {4, 4}, {.align_corners = true}),
                   "resize2d: corners are aligned between pixels; got nearest");
}

}  // namespace
}  // namespace adjoint
