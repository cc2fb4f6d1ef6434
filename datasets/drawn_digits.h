// Drawn digits: an endless supply for when there is no data at hand, drawn stroke by stroke.
#pragma once

#include <cstdint>
#include <span>

namespace adjoint {

/// Draws image `index` under `seed` into 28x28 row-major pixels in 0..1 (0 background, 1 ink) and returns its label
/// 0..9. Image and label are a function of (seed, index). As in MNIST, the ink fits a box of 20x20 pixels that is
/// placed with its centre of mass in the middle of the image.
int draw_digit(std::uint64_t seed, std::uint64_t index, std::span<float, 28 * 28> pixels);

}  // namespace adjoint
