// Checkerboard artifacts of transposed convolutions: where they come from, and how strong they are in an image.
#pragma once

#include "framework/autograd/tape.h"
#include "framework/convolution/conv2d_form.h"

namespace adjoint {

/// Whether the transposed convolution of this form adds more taps up in some pixels than in others, even far from the
/// border: of a filter's taps k·d some remainder by the stride s is met more often than another. Without dilation that
/// is so unless s divides K. Filters can learn to make up for it, but at first they draw a pattern of period s.
/// Source: Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", Distill, 2016.
bool covers_unevenly(const Conv2DForm& form);

/// How much of the images is a pattern that repeats every `period` pixels: Σ P² / Σ (x − mean x)², where P, the part of
/// x − mean x at the frequencies a / period.height and b / period.width, has at each pixel the mean of x − mean x over
/// all pixels that are whole periods away. It is 1 for a checkerboard and any other such pattern, near 0 for a smooth
/// image, and 0 for one of a single colour; means are those of each channel of each image.
/// Shapes: x [N, H, W, C], of which rows and columns beyond the last whole period are left out; a single number.
/// Throws `checkerboard_share: a period must fit into the image; got 3,2 and [1, 2, 8, 1]`.
Variable checkerboard_share(const Variable& x, const Size2D& period);

}  // namespace adjoint
