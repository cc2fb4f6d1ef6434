// What draws images from latents in a trained run?
#pragma once

#include <functional>

#include "framework/variable.h"
#include "models/image_model.h"
#include "train/run_directory.h"

namespace adjoint {

/// Noise [N, 1, 1, latent] to images [N, H, W, C] in 0..1.
struct Generator {
    std::function<Tensor(const Variable& noise)> draw;
    ImageModelOptions sizes;
};

/// The generator of a run of dcgan or wgan-gp, with the weights that RunDirectory::weights(weights) names.
/// Throws `<command>: only a dcgan or a wgan-gp draws new images; got a run of autoencoder in runs/first`.
Generator generator_of(const char* command, const RunDirectory& run, const std::string& weights);

/// Images [count, H, W, C] in 0..1; image i is a function of the generator, the seed and i.
Tensor draw_images(const Generator& generator, Index count, std::uint64_t seed);

}  // namespace adjoint
