// Augmentation: a dataset whose images are a little different in each epoch, so that no model learns them by heart.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "datasets/dataset.h"
#include "framework/tensor/random.h"

namespace adjoint {

/// Which changes are made to images.
struct Augmentation {
    bool shift = false;       ///< along each axis by whole pixels, up to a fourteenth of the size: −2..2 of 28
    bool flip = false;        ///< left and right exchanged, of one image in two
    bool rotate = false;      ///< about the centre, by −15°..15°
    bool brightness = false;  ///< times 0.8..1.2

    /// Those that a text names: `shift,flip,rotate,brightness` or some of these; none where it is empty.
    /// Throws `augmentation: must be some of shift, flip, rotate, brightness, with commas between; got zoom`.
    static Augmentation parse(const std::string& text);
};

/// How one image is changed: mirrored first, then rotated, then moved, then made brighter.
struct Distortion {
    bool mirrored = false;    ///< left and right
    double angle = 0.0;       ///< radians, counter-clockwise as one looks at it
    Index down = 0;           ///< pixels
    Index right = 0;          ///< pixels
    double brightness = 1.0;  ///< a factor
};

/// Writes an image [H, W, C] in 0..1, changed, to `out`, in 0..1 too. At (i, j) stands what stood at
///   (a, b) = (c·u + s·v, c·v − s·u),  mirrored (a, −b),   u = i − down,  v = j − right,
/// rows and columns counted from the centre of the image; c and s are the angle's cosine and sine. Between pixels it
/// interpolates linearly; outside the image there is what stands at the nearest place of its edge.
void distort(std::span<const float> image, const Shape& shape, const Distortion& distortion, std::span<float> out);

/// The images of a dataset, each changed at random: by a function of (random, index) alone, whatever else is read, and
/// on whichever thread. Another `random` for each epoch gives other images.
class Augmented : public Dataset {
  public:
    Augmented(std::shared_ptr<const Dataset> whole, const Augmentation& augmentation, const Random& random)
        : whole_(std::move(whole)), augmentation_(augmentation), random_(random) {}

    Index size() const override { return whole_->size(); }
    Shape image_shape() const override { return whole_->image_shape(); }
    const std::vector<std::string>& classes() const override { return whole_->classes(); }
    std::uint32_t checksum() const override { return whole_->checksum(); }  // of what is changed
    std::optional<Index> holder(Index index) const override { return whole_->holder(index); }
    bool masked() const override { return whole_->masked(); }
    int read(Index index, std::span<float> pixels) const override;

    /// How image `index` is changed.
    Distortion distortion(Index index) const;

  private:
    std::shared_ptr<const Dataset> whole_;
    Augmentation augmentation_;
    Random random_;
};

}  // namespace adjoint
