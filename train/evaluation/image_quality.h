// Quality of images: PSNR by pixels, SSIM by the structure of their neighbourhoods, and how much is a checkerboard.
#pragma once

#include "framework/autograd/tape.h"

namespace adjoint {

/// The peak signal-to-noise ratio of each image in decibels: −10·log₁₀ mean (x − y)², infinite where x = y.
/// Shapes: x, y [N, H, W, C] in 0..1; the result [N], float64.
Tensor peak_signal_to_noise_ratio(const Tensor& x, const Tensor& y);

/// The structural similarity of each image, from −1 to 1, where x = y:
///   mean of (2·μx·μy + 0.01²)·(2·σxy + 0.03²) / ((μx² + μy² + 0.01²)·(σx² + σy² + 0.03²))
/// over all windows of 11×11 pixels that lie in the image and all channels; the moments μ and σ are weighted by a
/// normal distribution of deviation 1.5 pixels.   Shapes: x, y [N, H, W, C] in 0..1, H, W ≥ 11; the result [N],
/// float64.
/// Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
/// similarity", 2004.
Tensor structural_similarity(const Tensor& x, const Tensor& y);

/// How much of the first thousand images [N, H, W, C] at most is a pattern of period 2: see checkerboard_share. A
/// decoder's upsampling by 2 leaves such a pattern, where it leaves any.
double checkerboards(const Tensor& images);

}  // namespace adjoint
