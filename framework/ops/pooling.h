// Pooling: the largest, or the mean, of what lies under a window at each output pixel, for each channel alone.
//
// The window walks over the image as a filter does: Conv2DForm says which sizes fit together.
// Throws, for example:
//   max_pool2d: the filter's height of 5 exceeds the padded image's 4; got input height 4, kernel 5, dilation 1, …
#pragma once

#include <optional>

#include "framework/convolution/conv2d_form.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {

struct MaxPool2DOptions {
    Size2D window = {2, 2};
    std::optional<Size2D> stride = {};  ///< by default the window: each pixel lies under one
    Padding padding = Padding::valid();
    Size2D dilation = {1, 1};
};

/// Maxima, and their indices, which are also called switches.
struct Maxima {
    Variable value;
    GatherIndices argmax;
};

/// y[n, i, j, c] = max x[n, i·s + k·d − p, j·s + l·d − p, c] over the taps k, l that lie in the image: padding never
/// wins, of equal ones the first does, and NaN does always. value is gather(x, argmax): to go back is max_unpool2d.
/// Shapes: x [N, H, W, C], value [N, H′, W′, C].   Gradient: x ← max_unpool2d(g, argmax).
Maxima max_pool2d(const Variable& x, const MaxPool2DOptions& options = {});

/// Each element of y goes to where its maximum was, all else is 0: scatter_add(y, argmax). Where windows overlap and
/// share a maximum, they add.   Gradient: y ← gather(g, argmax).
/// Source: Zeiler, Taylor and Fergus, "Adaptive deconvolutional networks", 2011.
Variable max_unpool2d(const Variable& y, const GatherIndices& argmax);

struct AveragePool2DOptions {
    Size2D window = {2, 2};
    std::optional<Size2D> stride = {};  ///< by default the window: each pixel lies under one
    Padding padding = Padding::valid();
    /// Whether zeros of the padding count as pixels: by default they do in PyTorch, never in Keras.
    bool count_padding = false;
};

/// y[n, i, j, c] = the mean of x[n, i·s + k − p, j·s + l − p, c] over the taps k, l.
/// Shapes: x [N, H, W, C], y [N, H′, W′, C].   Gradient: each pixel gets g / count of every window it lies under.
Variable average_pool2d(const Variable& x, const AveragePool2DOptions& options = {});

/// The mean of each channel of each image.   Shapes: x [N, H, W, C], y [N, C].   Gradient: x ← g / (H·W), repeated.
Variable global_average_pool2d(const Variable& x);

}  // namespace adjoint
