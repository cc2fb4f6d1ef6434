#include "train/report/filter_picture.h"

#include <algorithm>
#include <cmath>

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr Index magnification = 8, columns = 16;

// Each pixel of images [N, H, W, C] as a square of pixels.
Variable magnified(const Variable& images) {
    const Index N = images.extent(0), H = images.extent(1), W = images.extent(2), C = images.extent(3);
    const Variable apart = reshape(images, {N, H, 1, W, 1, C});
    const Variable repeated = apart * Tensor::ones({N, H, magnification, W, magnification, C});
    return reshape(repeated, {N, H * magnification, W * magnification, C});
}

}  // namespace

bool touches_pixels(const Tensor& weight) {
    return weight.rank() == 4 && weight.extent(0) > 1 && (weight.extent(2) == 1 || weight.extent(2) == 3) &&
           weight.extent(3) > 1;
}

Tensor filter_picture(const Tensor& weight) {
    require(touches_pixels(weight), "filter_picture: the weight must be [K, L, 1 or 3, O]; got {}", weight.shape());
    const Tensor w = weight.cast(DType::float32);
    double largest = 0.0;
    for (const double value : w.to_vector()) largest = std::max(largest, std::abs(value));
    const Variable shades = Variable(w) / (largest > 0.0 ? 2.0 * largest : 1.0) + 0.5;
    return picture_grid(magnified(transpose(shades, {3, 0, 1, 2})).value(), std::min(columns, weight.extent(3)));
}

}  // namespace adjoint
