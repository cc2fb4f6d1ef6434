// Autoencoder task: drawing each image again from a few numbers, a little better every step.
#pragma once

#include "datasets/dataset.h"
#include "models/autoencoder.h"
#include "train/optim/optimizers.h"

namespace adjoint {

class Findings;

/// One step on images [N, H, W, C] in 0..1, to be made of what is seen of them: themselves, or a noisy copy; returns
/// its loss.
double autoencoder_step(const Module& model, Optimizer& optimizer, const Variable& seen, const Variable& images);

/// The losses a pixel, PSNR and SSIM of reconstructed images.
void measure_autoencoder(const Module& model, const std::shared_ptr<const Dataset>& images, Findings& findings);

}  // namespace adjoint
