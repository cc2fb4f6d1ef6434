// Layers that make images smaller or larger without parameters of their own.
#pragma once

#include "framework/ops/pooling.h"
#include "framework/ops/resampling.h"
#include "layers/activations.h"

namespace adjoint {

/// The largest pixel under each window: max_pool2d.
struct MaxPool2D : Lambda {
    explicit MaxPool2D(const MaxPool2DOptions& options = {})
        : Lambda([options](const Variable& x) { return max_pool2d(x, options).value; }) {}
};

/// The mean under each window: average_pool2d.
struct AveragePool2D : Lambda {
    explicit AveragePool2D(const AveragePool2DOptions& options = {})
        : Lambda([options](const Variable& x) { return average_pool2d(x, options); }) {}
};

/// [N, H, W, C] to [N, C]: the mean of each channel.
struct GlobalAveragePool2D : Lambda {
    GlobalAveragePool2D() : Lambda(global_average_pool2d) {}
};

/// Images larger by a whole factor for each axis: upsample2d.
struct Upsample2D : Lambda {
    explicit Upsample2D(const Size2D& factor, const ResizeOptions& options = {})
        : Lambda([=](const Variable& x) { return upsample2d(x, factor, options); }) {}
};

/// [N, H, W, r²·C] to [N, r·H, r·W, C]: pixel_shuffle.
struct PixelShuffle : Lambda {
    explicit PixelShuffle(Index r) : Lambda([r](const Variable& x) { return pixel_shuffle(x, r); }) {}
};

}  // namespace adjoint
