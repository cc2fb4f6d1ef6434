// Super-resolution: small images made large again, with detail that interpolation cannot know.
//
// Source: Dong, Loy and Tang, "Accelerating the super-resolution convolutional neural network", 2016, and Shi et al.,
// 2016, for working on the small image and enlarging last; Kim, Lee and Lee, "Accurate image super-resolution using
// very deep convolutional networks", 2016, for adding to what interpolation makes.
#pragma once

#include "layers/convolution.h"
#include "models/image_model.h"

namespace adjoint {

struct SuperResolutionOptions {
    Index channels = 1;
    Index width = 32;
    Index scale = 2;  ///< how many pixels of the large image one of the small image stands for, each way
    UpsamplingOptions upsampling = {};
};

/// y = bicubic(x) + up(relu(conv(… relu(conv(x))))), four convolutions of 3×3 and `width` filters, then a layer that
/// makes their result larger.   Shapes: x [N, h, w, channels] of any size, y [N, scale·h, scale·w, channels]; both in
/// 0..1, but for what y overshoots.
class SuperResolution : public Module {
  public:
    explicit SuperResolution(const Random& random, const SuperResolutionOptions& options = {});
    Variable forward(const Variable& x) const override;

    const Index scale;

  private:
    std::vector<const Conv2D*> body_;
    const Module* up_;
};

/// What a camera of fewer pixels sees of x: each pixel is the mean of scale×scale.   Shapes: x [N, H, W, C], the result
/// [N, ⌊H / scale⌋, ⌊W / scale⌋, C].
Variable shrink(const Variable& x, Index scale);
/// The part of x that shrink(x) has seen: whole blocks of scale×scale pixels.
Variable seen_part(const Variable& x, Index scale);
/// Bicubic interpolation to scale times the size: what a model has to beat.
Variable enlarge_bicubic(const Variable& x, Index scale);

}  // namespace adjoint
