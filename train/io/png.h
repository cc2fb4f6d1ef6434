// PNG pictures of images, in grids and pairs, still and animated.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/image_file.h"

namespace adjoint {

/// From 0..1, as files and datasets have it, to −1..1, as a generator draws it, and back.
Tensor from_unit_to_symmetric(const Tensor& x);
Tensor from_symmetric_to_unit(const Tensor& x);

/// Images [N, H, W, 1 or 3] side by side in rows of `columns`, by default as many as there are rows, with a margin
/// between them.
Tensor picture_grid(const Tensor& images, Index columns);
Tensor picture_grid(const Tensor& images);

/// Two batches of images as rows of pairs: `columns` of the first, below them the same of the second, and so on.
Tensor picture_pairs(const Tensor& above, const Tensor& below, Index columns);

/// The PNG file of an image [H, W, 1 or 3] of values in 0..1; values outside are clipped.
std::string png_of(const Tensor& image);

/// Writes png_of(image), atomically. Throws CannotWrite.
void write_png(const std::filesystem::path& path, const Tensor& image);

/// Frames, shown one after another, over and over; what knows only still pictures shows the first.
/// Source: Portable Network Graphics Specification, third edition, acTL, fcTL and fdAT.
class AnimatedPng {
  public:
    /// Each frame is shown so long. Throws unless milliseconds are 1 to 65535.
    explicit AnimatedPng(Index milliseconds);
    /// Adds a frame [H, W, 1 or 3] of values in 0..1. Throws unless it has the shape of those before it.
    void add(const Tensor& frame);
    std::uint32_t frames() const { return frames_; }
    /// The file. Throws where there is no frame.
    std::string file() const;

  private:
    Index milliseconds_;
    Shape shape_;
    std::uint32_t frames_ = 0, chunks_ = 0;
    std::string header_, body_;
};

}  // namespace adjoint
