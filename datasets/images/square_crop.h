// Square crop: cuts a picture of any size to a square and resizes it to what a model takes.
#pragma once

#include <cstdint>
#include <span>

#include "framework/tensor/shape.h"

namespace adjoint {

/// Pixels as a file has them: row-major [height, width, channels], 0..255.
struct PixelView {
    Index height;
    Index width;
    Index channels;
    const std::uint8_t* bytes;
};

/// Writes the largest square in the middle, of side S = min(height, width), as an image [side, side, channels] in 0..1.
/// Output pixel i looks at u = (i + ½)·S / side and weighs pixel j of the square, along each axis, with
///   max(0, 1 − |j + ½ − u| / r) / (their sum),   r = max(1, S / side),
/// which interpolates where the image becomes larger, averages where it becomes smaller, and changes nothing where S =
/// side.
/// Source: PIL's and PyTorch's `bilinear` with antialiasing.
void square_crop(const PixelView& picture, Index side, std::span<float> image);

/// The side to which pictures of such a side are best resized: the largest of 28, 32 and 64 that is not larger, or 28.
Index suitable_side(Index side);

}  // namespace adjoint
