// Truths about the likeness of images: closed forms where images are constant or shifted, and the definition window by
// window.
#include "train/evaluation/image_quality.h"

#include <cmath>
#include <limits>

#include "framework/ops/shape_ops.h"
#include "framework/tensor/random.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

Tensor constant_image(double value, const Shape& shape = {1, 12, 12, 1}) { return Tensor::full(shape, value); }

TEST(PeakSignalToNoiseRatio, IsTwentyDecibelsForErrorsOfATenth) {
    const Tensor x({2, 1, 2, 1}, {0.2, 0.3, 0.5, 0.5}, DType::float64),
        y({2, 1, 2, 1}, {0.3, 0.2, 0.51, 0.49}, DType::float64);
    expect_tensor(peak_signal_to_noise_ratio(x, y), {2}, {20, 40}, 1e-9);
}

TEST(PeakSignalToNoiseRatio, IsInfiniteForEqualImages) {
    const Tensor x = Random(1).uniform({1, 3, 4, 3});
    EXPECT_EQ(peak_signal_to_noise_ratio(x, x).item(), std::numeric_limits<double>::infinity());
}

TEST(StructuralSimilarity, IsOneForEqualImagesAndLessForOthers) {
    const Tensor x = Random(1).uniform({3, 13, 17, 3}), y = Random(2).uniform({3, 13, 17, 3});
    expect_tensor(structural_similarity(x, x), {3}, {1, 1, 1}, 1e-9);
    for (const double value : structural_similarity(x, y).to_vector()) EXPECT_LT(std::abs(value), 0.3);
}

TEST(StructuralSimilarity, OfConstantImagesComparesTheirLightAlone) {
    const double a = 0.25, b = 0.75, c1 = 1e-4;
    EXPECT_NEAR(structural_similarity(constant_image(a), constant_image(b)).item(),
                (2 * a * b + c1) / (a * a + b * b + c1), 1e-9);
}

TEST(StructuralSimilarity, IsTheMeanOverWindowsOfTheDefinition) {
    const Index H = 12, W = 13, size = 11;
    const Tensor x = Random(1).uniform({1, H, W, 1}), y = Random(2).uniform({1, H, W, 1});
    double total = 0.0;
    for (Index top = 0; top + size <= H; ++top) {
        for (Index left = 0; left + size <= W; ++left) {
            double weights = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
            for (Index pass = 0; pass < 2; ++pass) {
                for (Index k = 0; k < size; ++k) {
                    for (Index l = 0; l < size; ++l) {
                        const double w = std::exp(-((k - 5) * (k - 5) + (l - 5) * (l - 5)) / 4.5);
                        const double a = x[(top + k) * W + left + l], b = y[(top + k) * W + left + l];
                        if (pass == 0) {
                            weights += w, mx += w * a, my += w * b;
                        } else {
                            xx += w * (a - mx) * (a - mx), yy += w * (b - my) * (b - my), xy += w * (a - mx) * (b - my);
                        }
                    }
                }
                if (pass == 0) mx /= weights, my /= weights;
            }
            xx /= weights, yy /= weights, xy /= weights;
            total += (2 * mx * my + 1e-4) * (2 * xy + 9e-4) / ((mx * mx + my * my + 1e-4) * (xx + yy + 9e-4));
        }
    }
    EXPECT_NEAR(structural_similarity(x, y).item(), total / 6, 1e-9);
    EXPECT_NEAR(structural_similarity(y, x).item(), total / 6, 1e-9);
}

TEST(Checkerboards, AreOfPeriodTwoInBothDirectionsAndOfTheFirstThousandImages) {
    const Tensor board({1, 2, 2, 1}, {1, 0, 0, 1}), stripes({1, 2, 2, 1}, {1, 0, 1, 0});
    EXPECT_NEAR(checkerboards(board), 1.0, 1e-12);
    EXPECT_NEAR(checkerboards(stripes), 1.0, 1e-12);
    EXPECT_EQ(checkerboards(concatenate({Tensor::ones({1000, 2, 2, 1}), board}, 0).value()), 0.0);
    EXPECT_GT(checkerboards(concatenate({Tensor::ones({999, 2, 2, 1}), board}, 0).value()), 0.0);
}

TEST(ImageQuality, RefusesImagesOfDifferentShapes) {
    const Tensor x = constant_image(0), wide = constant_image(0, {1, 12, 13, 1}), flat = constant_image(0, {2, 2});
    const std::string rule = ": the images must have one shape [N, H, W, C]; got ";
    EXPECT_EQ(error_of([&] { structural_similarity(x, wide); }),
              "structural_similarity" + rule + "[1, 12, 12, 1] and [1, 12, 13, 1]");
    EXPECT_EQ(error_of([&] { peak_signal_to_noise_ratio(flat, flat); }),
              "peak_signal_to_noise_ratio" + rule + "[2, 2] and [2, 2]");
}

}  // namespace
}  // namespace adjoint
