// Which layers make images smaller or larger without parameters of their own?
#pragma once

#include "framework/pooling.h"
#include "framework/resampling.h"
#include "layers/activations.h"

namespace adjoint {

/// The largest pixel under each window: max_pool2d.
struct MaxPool2D : Activation {
    explicit MaxPool2D(const MaxPool2DOptions& options = {})
        : Activation([options](const Variable& x) { return max_pool2d(x, options).value; }) {}
};

/// The mean under each window: average_pool2d.
struct AveragePool2D : Activation {
    explicit AveragePool2D(const AveragePool2DOptions& options = {})
        : Activation([options](const Variable& x) { return average_pool2d(x, options); }) {}
};

/// [N, H, W, C] to [N, C]: the mean of each channel.
struct GlobalAveragePool2D : Activation {
    GlobalAveragePool2D() : Activation(global_average_pool2d) {}
};

/// Images larger by a whole factor for each axis: upsample2d.
struct Upsample2D : Activation {
    explicit Upsample2D(const Size2D& factor, const ResizeOptions& options = {})
        : Activation([=](const Variable& x) { return upsample2d(x, factor, options); }) {}
};

/// [N, H, W, r²·C] to [N, r·H, r·W, C]: pixel_shuffle.
struct PixelShuffle : Activation {
    explicit PixelShuffle(Index r) : Activation([r](const Variable& x) { return pixel_shuffle(x, r); }) {}
};

}  // namespace adjoint
