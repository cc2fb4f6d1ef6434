// Digit scenes: pictures of several digits that overlap on cluttered ground, and which pixels belong to which, to learn
// segmentation from.
#pragma once

#include "datasets/dataset.h"
#include "framework/tensor/random.h"

namespace adjoint {

/// Scene i, a function of (digits, random, i), is [64, 64, 2]. Channel 0 is the picture: three to five digits of 28×28
/// pixels, the later above the earlier, on a ground of changing brightness with noise and pieces of other digits.
/// Channel 1 is its mask, as Dataset::masked has it: 0 is the ground, 1 + the digit's label where its ink is.
/// Source of the clutter: Mnih et al., "Recurrent models of visual attention", 2014.
class DigitScenes : public Dataset {
  public:
    /// So many scenes of digits [28, 28, 1], of which every process holds all.
    DigitScenes(std::shared_ptr<const Dataset> digits, Index size, const Random& random);

    Index size() const override { return size_; }
    Shape image_shape() const override { return {side, side, 2}; }
    /// background, 0, …, 9
    const std::vector<std::string>& classes() const override { return classes_; }
    bool masked() const override { return true; }
    int read(Index index, std::span<float> pixels) const override;
    std::uint32_t checksum() const override { return checksum_of(std::vector{size_}, digits_->checksum()); }

    static constexpr Index side = 64;

  private:
    std::shared_ptr<const Dataset> digits_;
    Index size_;
    Random random_;
    std::vector<std::string> classes_ = {"background"};
};

}  // namespace adjoint
