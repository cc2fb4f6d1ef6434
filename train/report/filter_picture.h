// Picture of the filters nearest to the pixels.
#pragma once

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Whether a weight holds several filters of one or three channels, [K, L, 1 or 3, O]: those of a convolution of
/// images, or of a transposed convolution that draws them.
bool touches_pixels(const Tensor& weight);

/// The filters of such a weight side by side, magnified: grey for 0, white for the largest |w| and black for −|w|.
Tensor filter_picture(const Tensor& weight);

}  // namespace adjoint
