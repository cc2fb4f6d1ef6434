#include "train/evaluation/image_quality.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>

#include "framework/analysis/checkerboard.h"
#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/loops.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

void require_images(const char* operation, const Tensor& x, const Tensor& y) {
    require(x.rank() == 4 && x.shape() == y.shape(), "{}: the images must have one shape [N, H, W, C]; got {} and {}",
            operation, x.shape(), y.shape());
}

// The weights of a window, [11, 11, 1, 1]; they add up to 1.
Variable normal_window() {
    constexpr Index size = 11;
    constexpr double deviation = 1.5;
    std::vector<double> weights;
    for (Index k = 0; k < size; ++k) {
        for (Index l = 0; l < size; ++l) {
            const double squares = static_cast<double>((k - 5) * (k - 5) + (l - 5) * (l - 5));
            weights.push_back(std::exp(-squares / (2.0 * deviation * deviation)));
        }
    }
    const Variable window = Tensor({size, size, 1, 1}, weights, DType::float64);
    return window / sum(window);
}

// Each channel as an image of its own, [N·C, H, W, 1].
Variable planes(const Tensor& images) {
    const Variable apart = transpose(Variable(images.cast(DType::float64)), {0, 3, 1, 2});
    return reshape(apart, {-1, images.extent(1), images.extent(2), 1});
}

}  // namespace

Tensor peak_signal_to_noise_ratio(const Tensor& x, const Tensor& y) {
    require_images("peak_signal_to_noise_ratio", x, y);
    const Variable difference = Variable(x.cast(DType::float64)) - y.cast(DType::float64);
    return map(mean(difference * difference, {1, 2, 3}).value(), [](auto square) { return -10 * std::log10(square); });
}

Tensor structural_similarity(const Tensor& x, const Tensor& y) {
    require_images("structural_similarity", x, y);
    const Variable window = normal_window(), a = planes(x), b = planes(y);
    const auto local_mean = [&](const Variable& v) { return conv2d(v, window); };
    const Variable mean_a = local_mean(a), mean_b = local_mean(b);
    const Variable variance_a = local_mean(a * a) - mean_a * mean_a, variance_b = local_mean(b * b) - mean_b * mean_b;
    const Variable covariance = local_mean(a * b) - mean_a * mean_b;
    constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
    const Variable similarity = (2.0 * mean_a * mean_b + c1) * (2.0 * covariance + c2) /
                                ((mean_a * mean_a + mean_b * mean_b + c1) * (variance_a + variance_b + c2));
    return mean(reshape(mean(similarity, {1, 2, 3}), {x.extent(0), x.extent(3)}), {1}).value();
}

double checkerboards(const Tensor& images) {
    constexpr Index most = 1000;
    return checkerboard_share(slice(images, {.axis = 0, .end = std::min(most, images.extent(0))}), {2, 2}).item();
}

}  // namespace adjoint
