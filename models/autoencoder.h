// Which network squeezes a digit into sixteen numbers and draws it again?
#pragma once

#include "layers/activations.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/linear.h"
#include "models/projection.h"

namespace adjoint {

/// 28×28×1 → 14×14×32 → 7×7×64 → 16 → 7×7×64 → 14×14×64 → 28×28×32 → 28×28×1, the pixels as logits.
class Autoencoder : public Module {
  public:
    explicit Autoencoder(const Random& random);

    /// Images [N, 28, 28, 1] in 0..1 to codes [N, 16].
    Variable encode(const Variable& x) const;
    /// Codes [N, 16] to the logits of pixels [N, 28, 28, 1].
    Variable decode(const Variable& z) const;
    /// decode(encode(x)): sigmoid of it are the reconstructed images.
    Variable forward(const Variable& x) const override { return decode(encode(x)); }

    /// The convolutions of the encoder.
    std::vector<ConvolutionalStage> stages() const;

  private:
    Conv2D& down1_;
    Conv2D& down2_;
    Linear& code_;
    Linear& expand_;
    Conv2DTranspose& up1_;
    Conv2DTranspose& up2_;
    Conv2DTranspose& up3_;
};

}  // namespace adjoint
