// Truths about initial values: their moments and bounds, orthonormal matrices, filters that interpolate exactly, and
// that they depend on nothing but their random stream.
#include "layers/initializers.h"

#include <algorithm>

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/convolution.h"
#include "layers/linear.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr Fans fans = {.in = 200, .out = 300};

struct Moments {
    double mean = 0.0;
    double variance = 0.0;
    double largest = 0.0;
};
Moments moments(const Tensor& x) {
    Moments m;
    const double count = static_cast<double>(x.size());
    for (const double value : x.to_vector()) {
        m.mean += value / count;
        m.largest = std::max(m.largest, std::abs(value));
    }
    for (const double value : x.to_vector()) m.variance += (value - m.mean) * (value - m.mean) / count;
    return m;
}

// With 60,000 elements, four standard errors of a normal's variance are 2.3 %, and of its mean 1.6 % of its deviation.
const Shape many = {200, 300};

TEST(HeNormal, HasVarianceTwoOverTheInputs) {
    const Moments m = moments(initializers::he_normal()(many, fans, Random(1)));
    EXPECT_NEAR(m.variance, 2.0 / 200, 0.023 * 2.0 / 200);
    EXPECT_NEAR(m.mean, 0.0, 0.016 * std::sqrt(2.0 / 200));
    EXPECT_GT(m.largest, 3.5 * std::sqrt(2.0 / 200));
}

TEST(GlorotUniform, HasVarianceTwoOverInputsAndOutputsWithinItsBounds) {
    const Moments m = moments(initializers::glorot_uniform()(many, fans, Random(1)));
    const double limit = std::sqrt(6.0 / 500);
    EXPECT_NEAR(m.variance, 2.0 / 500, 0.02 * 2.0 / 500);
    EXPECT_NEAR(m.mean, 0.0, 0.02 * limit);
    EXPECT_LE(m.largest, limit);
    EXPECT_GT(m.largest, 0.999 * limit);
}

TEST(Normal, HasTheMomentsThatAreAskedFor) {
    const Moments m = moments(initializers::normal(0.02, 1.0)(many, fans, Random(1)));
    EXPECT_NEAR(m.variance, 0.0004, 0.023 * 0.0004);
    EXPECT_NEAR(m.mean, 1.0, 0.016 * 0.02);
    EXPECT_NEAR(moments(initializers::normal(0.02)(many, fans, Random(1))).mean, 0.0, 0.016 * 0.02);
}

TEST(Constant, IsTheSameEverywhere) {
    expect_tensor(initializers::constant(0.5)({2, 2}, fans, Random(1)), {2, 2}, {0.5, 0.5, 0.5, 0.5});
}

// ---- the fans that layers name --------------------------------------------------------------------------------------

/// Notes for which fans it is asked.
Initializer noting(Fans& seen) {
    return [&seen](const Shape& shape, const Fans& asked, const Random&) {
        seen = asked;
        return Tensor::zeros(shape);
    };
}

TEST(FansOfLayers, CountWhatAnOutputSumsOverAndWhatAnInputReaches) {
    Fans seen{};
    const Linear linear({.in = 7, .out = 5, .initializer = noting(seen)}, Random(1));
    EXPECT_EQ(seen.in, 7);
    EXPECT_EQ(seen.out, 5);
    const Conv2D conv({.in_channels = 4, .out_channels = 6, .kernel = {3, 2}, .groups = 2, .initializer = noting(seen)},
                      Random(1));
    EXPECT_EQ(seen.groups, 2);
    EXPECT_EQ(seen.in, 3 * 2 * 2);
    EXPECT_EQ(seen.out, 3 * 2 * 3);
}

TEST(FansOfLayers, OfATransposedConvolutionShareTheTapsAmongThePixelsOfAStride) {
    Fans seen{};
    const Conv2DTranspose up({.in_channels = 8,
                              .out_channels = 6,
                              .kernel = {4, 4},
                              .stride = {2, 2},
                              .groups = 2,
                              .initializer = noting(seen)},
                             Random(1));
    EXPECT_EQ(seen.in, 4 * 4 / (2 * 2) * 4);
    EXPECT_EQ(seen.out, 4 * 4 * 3);
}

// ---- orthogonal -----------------------------------------------------------------------------------------------------

TEST(Orthogonal, HasOrthonormalColumnsWhereThereAreMoreRows) {
    const Tensor w = initializers::orthogonal()({3, 3, 4, 5}, fans, Random(1));
    EXPECT_EQ(w.shape(), (Shape{3, 3, 4, 5}));
    const Tensor matrix = w.reshaped({36, 5});
    expect_tensor(matmul(matrix, matrix, {.transpose_a = true}), {5, 5},
                  {1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}, 1e-6);
}

TEST(Orthogonal, HasOrthonormalRowsWhereThoseAreFewer) {
    const Tensor w = initializers::orthogonal()({3, 40}, fans, Random(2));
    expect_tensor(matmul(w, w, {.transpose_b = true}), {3, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1e-6);
}

TEST(Orthogonal, IsOrthogonalInBothWaysWhenSquareAndLargeAndTimesItsGain) {
    const Index n = 60;
    const Tensor w = initializers::orthogonal(2.0)({n, n}, fans, Random(3));
    std::vector<double> four(n * n, 0.0);
    for (Index i = 0; i < n; ++i) four[i * n + i] = 4.0;
    expect_tensor(matmul(w, w, {.transpose_a = true}), {n, n}, four, 2e-6);
    expect_tensor(matmul(w, w, {.transpose_b = true}), {n, n}, four, 2e-6);
}

TEST(Orthogonal, MakesAConvolutionInGroupsOrthogonalInEachOfThem) {
    for (const Index groups : {1, 2, 4}) {
        const Conv2D conv({.in_channels = 8,
                           .out_channels = 8,
                           .kernel = {1, 1},
                           .groups = groups,
                           .initializer = initializers::orthogonal()},
                          Random(1));
        const Tensor x = Random(2).normal({1, 1, 6, 8}), y = conv(x).value();
        const auto products = [](const Tensor& v) {
            const Tensor rows = v.reshaped({6, 8});
            return matmul(rows, rows, {.transpose_b = true});
        };
        expect_equal(products(y), products(x), 1e-5);
    }
}

TEST(Orthogonal, RefusesAVector) {
    EXPECT_REFUSAL(initializers::orthogonal()({3}, fans, Random(1)),
                   "orthogonal: there must be two axes at least; got shape [3]");
}

// ---- bilinear -------------------------------------------------------------------------------------------------------

class Bilinear : public testing::TestWithParam<Index> {
  protected:
    // Enlarges each channel of x by the stride.
    static Tensor enlarged(const Tensor& x) {
        const Index s = GetParam(), kernel = 2 * s - s % 2;
        const Conv2DTranspose up({.in_channels = 2,
                                  .out_channels = 2,
                                  .kernel = {kernel, kernel},
                                  .stride = {s, s},
                                  .padding = Padding::symmetric({s / 2, s / 2}),
                                  .initializer = initializers::bilinear()},
                                 Random(1));
        return up(x).value();
    }
};
INSTANTIATE_TEST_SUITE_P(StrideOf, Bilinear, testing::Values(1, 2, 3, 4, 5), testing::PrintToStringParamName());

TEST_P(Bilinear, EnlargesLinearRampsExactlyInTheInterior) {
    const Index s = GetParam(), height = 5, width = 4;
    const auto ramp = [](double i, double j, Index c) { return c == 0 ? 2 * i - 3 * j + 1 : 7 + i + 5 * j; };
    std::vector<double> elements;
    for (Index i = 0; i < height; ++i) {
        for (Index j = 0; j < width; ++j) {
            for (Index c = 0; c < 2; ++c) elements.push_back(ramp(static_cast<double>(i), static_cast<double>(j), c));
        }
    }
    const Tensor y = enlarged(Tensor({1, height, width, 2}, elements));
    ASSERT_EQ(y.shape(), (Shape{1, height * s, width * s, 2}));
    // Pixel j of y lies at (j + 1/2) / s − 1/2 in x.
    const auto place = [s](Index j) { return (static_cast<double>(j) + 0.5) / static_cast<double>(s) - 0.5; };
    for (Index i = s; i < (height - 1) * s; ++i) {
        for (Index j = s; j < (width - 1) * s; ++j) {
            for (Index c = 0; c < 2; ++c) {
                EXPECT_NEAR(y[(i * width * s + j) * 2 + c], ramp(place(i), place(j), c), 1e-5)
                    << "row " << i << ", column " << j << ", channel " << c;
            }
        }
    }
}

TEST(BilinearInGroups, MakesEachChannelOfItsOwnAlone) {
    const Tensor x = Random(2).normal({1, 3, 4, 6});
    for (const Index groups : {1, 2, 3, 6}) {
        const Conv2D conv({.in_channels = 6,
                           .out_channels = 6,
                           .kernel = {1, 1},
                           .groups = groups,
                           .initializer = initializers::bilinear()},
                          Random(1));
        const Conv2DTranspose transposed({.in_channels = 6,
                                          .out_channels = 6,
                                          .kernel = {1, 1},
                                          .groups = groups,
                                          .initializer = initializers::bilinear()},
                                         Random(1));
        expect_equal(conv(x), x);
        expect_equal(transposed(x), x);
    }
}

TEST(BilinearFilters, OfMoreOutputsThanInputsAreZero) {
    expect_tensor(initializers::bilinear()({2, 2, 1, 2}, {.in = 4, .out = 8, .groups = 1}, Random(1)), {2, 2, 1, 2},
                  {0.25, 0, 0.25, 0, 0.25, 0, 0.25, 0});
}

TEST(BilinearRefusal, OfWhatAreNotFilters) {
    EXPECT_REFUSAL(initializers::bilinear()({3, 3}, fans, Random(1)),
                   "bilinear: filters must be [K, L, C, O]; got shape [3, 3]");
}

// ---- sub-pixel convolution ------------------------------------------------------------------------------------------

// Then a convolution and pixel_shuffle give the image of the plain convolution, enlarged: no checkerboard.
TEST(Icnr, MakesASubPixelConvolutionTheEnlargedPlainOne) {
    const Index r = 3;
    const Tensor w = initializers::icnr(r, initializers::glorot_uniform())({3, 3, 2, r * r * 2}, fans, Random(1));
    const Tensor plain =
        initializers::glorot_uniform()({3, 3, 2, 2}, {.in = fans.in, .out = fans.out / (r * r)}, Random(1));
    const Tensor x = Random(2).normal({2, 5, 4, 2});
    expect_equal(pixel_shuffle(conv2d(x, w, {.padding = Padding::same()}), r),
                 upsample2d(conv2d(x, plain, {.padding = Padding::same()}), {r, r}), 1e-6);
}

TEST(IcnrRefusal, OfFiltersThatAreNoBlocks) {
    EXPECT_REFUSAL(initializers::icnr(2)({3, 3, 1, 6}, fans, Random(1)),
                   "icnr: filters must be [K, L, C, O] with O divisible by 2·2; got shape [3, 3, 1, 6]");
}

TEST(IcnrRefusal, OfGroupsWhichCutTheBlocks) {
    EXPECT_REFUSAL(
        Conv2D(
            {.in_channels = 2, .out_channels = 8, .kernel = {3, 3}, .groups = 2, .initializer = initializers::icnr(2)},
            Random(1)),
        "icnr: there must be one group; got 2");
}

// ---- randomness -----------------------------------------------------------------------------------------------------

TEST(RandomInitializers, AreAFunctionOfTheirStreamAlone) {
    for (const Initializer& f : {initializers::he_normal(), initializers::glorot_uniform(), initializers::normal(1.0),
                                 initializers::orthogonal()}) {
        const Tensor w = f({6, 5}, fans, Random({.seed = 1, .stream = 2}));
        EXPECT_TRUE(identical(f({6, 5}, fans, Random({.seed = 1, .stream = 2})), w));
        EXPECT_FALSE(identical(f({6, 5}, fans, Random({.seed = 1, .stream = 3})), w));
        EXPECT_FALSE(identical(f({6, 5}, fans, Random({.seed = 2, .stream = 2})), w));
    }
}

}  // namespace
}  // namespace adjoint
