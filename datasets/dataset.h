// Dataset: labelled images of one shape, addressed by number.
#pragma once

#include <span>

#include "framework/tensor/shape.h"

namespace adjoint {

/// Labelled images. Every function may be called from any thread.
class Dataset {
  public:
    virtual ~Dataset() = default;

    /// The number of images.
    virtual Index size() const = 0;
    /// [H, W, C], the same for every image.
    virtual Shape image_shape() const = 0;
    /// Writes image `index` to `pixels`, row-major [H, W, C] in 0..1, and returns its label.
    virtual int read(Index index, std::span<float> pixels) const = 0;
};

}  // namespace adjoint
