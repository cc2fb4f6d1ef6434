// Upsampling: four ways in which a layer of a decoder makes images larger by a stride s. One is the transposed
// convolution; the others are convolutions that stand in for it and make images of the same size.
#pragma once

#include <memory>

#include "layers/convolution.h"

namespace adjoint {

enum class Upsampling { transposed, resize, shuffle, unpool };

struct UpsamplingOptions {
    Upsampling kind = Upsampling::transposed;
    /// Whether a transposed convolution begins as bilinear interpolation, a shuffle with blocks of one colour (ICNR).
    bool smooth_start = false;
};

/// The transposed convolution of these options, or what stands in for it.
/// Throws where what stands in for it cannot: unless strides are equal, and filters neither grouped nor dilated.
std::unique_ptr<Module> upsampling_layer(const Conv2DTransposeLayerOptions& transposed,
                                         const UpsamplingOptions& options, const Random& random);

/// A convolution of 3×3 that comes after or before its images are made larger.
class UpsamplingConv2D : public Conv2D {
  protected:
    /// With so many channels for each of the transposed convolution's.
    UpsamplingConv2D(const Conv2DTransposeLayerOptions& transposed, Index channels, const Initializer& initializer,
                     const Random& random);
    /// H and W of what the transposed convolution makes of x.
    Size2D size_after(const Variable& x) const;
    /// s.
    Index factor() const { return transposed_.stride.height; }

  private:
    const Conv2DTransposeLayerOptions transposed_;
};

/// Each pixel becomes s×s of its kind, then the filters look at 3×3 of them.   Shapes: w [3, 3, in, out].
/// Source: Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", Distill, 2016.
struct ResizeConv2D : UpsamplingConv2D {
    ResizeConv2D(const Conv2DTransposeLayerOptions& transposed, const Random& random);
    Variable forward(const Variable& x) const override;
};

/// s² filters for each channel, whose results become the s×s pixels of a block.   Shapes: w [3, 3, in, s²·out].
/// Source: Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional
/// neural network", 2016.
struct ShuffleConv2D : UpsamplingConv2D {
    ShuffleConv2D(const Conv2DTransposeLayerOptions& transposed, bool smooth_start, const Random& random);
    Variable forward(const Variable& x) const override;
};

/// Each pixel goes to the upper left corner of s×s, the others are 0; then the filters.   Shapes: w [3, 3, in, out].
/// Source: Dosovitskiy, Springenberg and Brox, "Learning to generate chairs with convolutional neural networks", 2015.
struct UnpoolConv2D : UpsamplingConv2D {
    UnpoolConv2D(const Conv2DTransposeLayerOptions& transposed, const Random& random);
    Variable forward(const Variable& x) const override;
};

}  // namespace adjoint
