// U-Net: says of each pixel what it is part of. It sees an image smaller and smaller, and large again, and on the way
// up looks once more at what it saw at the same size on the way down.
//
// Source: Ronneberger, Fischer and Brox, "U-Net: convolutional networks for biomedical image segmentation", 2015, with
// convolutions that keep the size, and batch normalisation.
#pragma once

#include "layers/convolution.h"
#include "layers/sequential.h"
#include "models/upsampling.h"

namespace adjoint {

struct UNetOptions {
    Index channels = 1;
    Index classes = 2;
    Index width = 16;  ///< channels at full size; each time the image is halved they double
    UpsamplingOptions upsampling = {};
};

/// 64×64×w → 32×32×2w → 16×16×4w → 8×8×8w → 16×16×4w → 32×32×2w → 64×64×w → 64×64×classes, two convolutions of 3×3 at
/// each size, each normalised and rectified, maxima of 2×2 on the way down, a transposed convolution with kernel 2 and
/// stride 2 on the way up, beside whose channels those of the way down are laid.
class UNet : public Module {
  public:
    explicit UNet(const Random& random, const UNetOptions& options = {});

    /// H and W must be whole multiples of this, as images are halved three times.
    static constexpr Index unit = 8;

    /// Images [N, H, W, channels] to the logits of each pixel's classes [N, H, W, classes].
    /// Throws `UNet: height and width must divide by 8; got [1, 28, 28, 1]`.
    Variable forward(const Variable& x) const override;

  private:
    std::vector<const Sequential*> down_, up_;  // from the largest image on, and from the smallest
    std::vector<const Module*> enlarge_;
    const Conv2D* decide_;
};

/// What training lowers: the cross-entropy of each pixel's class, and how little the areas of each class overlap,
///   mean −Σₖ t[k]·log p[k]   +   1 − meanₖ (2·Σ p[k]·t[k] + 1) / (Σ p[k] + Σ t[k] + 1)
/// with p = softmax(x) and sums over all pixels of the batch. Classes of few pixels count as much in the second as
/// those of many.   Shapes: logits x and targets t, 1 at each pixel's class and else 0, [N, H, W, classes].
/// Source: Milletari, Navab and Ahmadi, "V-Net", 2016, for the second, the Dice loss.
Variable segmentation_loss(const Variable& x, const Variable& t);

}  // namespace adjoint
