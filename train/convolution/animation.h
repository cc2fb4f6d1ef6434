// Animations of the convolutions: how each number comes about, a step a frame.
#pragma once

#include <string>
#include <vector>

#include "train/convolution/drawing.h"
#include "train/convolution/steps.h"

namespace adjoint {

/// One line of a picture, and what it looks like after each step.
struct Scene {
    DrawnLine before;
    std::vector<DrawnLine> steps;
};

/// Scenes one after another, below each other.
using Animation = std::vector<Scene>;

/// Each output: the patch under the filter, in the image with the zeros around it, and the outputs so far.
/// All three throw as the functions of steps.h do.
Animation conv2d_animation(const Tensor& x, const Tensor& w, const Conv2DForm& form);

/// First each input element: the block that lands, and the sum so far, the darker the more blocks have met; what
/// padding cuts off is grey. Then the same numbers as of an ordinary convolution of stride 1: the input with s − 1
/// zeros between its elements, and zeros around them, under the filter turned by 180°.
Animation conv2d_transpose_animation(const Tensor& y, const Tensor& w, const Conv2DForm& form);

/// Each tap of the filter: the pixels that it saw, a stride apart, times the output gradient.
Animation conv2d_weight_gradient_animation(const Tensor& x, const Tensor& y, const Conv2DForm& form);

/// The animated PNG file, a step a frame.
std::string animated(const Animation& animation);
/// A still picture [H, W, 3] of the first, the middle and the last step of each scene.
Tensor still_strip(const Animation& animation);

}  // namespace adjoint
