// Dataset of drawn digits.
#pragma once

#include "datasets/dataset.h"
#include "datasets/drawn_digits.h"

namespace adjoint {

/// Images first, first + 1, … of the endless supply under a seed.
class DigitsDataset : public Dataset {
  public:
    struct Range {
        std::uint64_t seed;
        std::uint64_t first;
        Index size;
    };
    explicit DigitsDataset(const Range& range) : range_(range) {}

    Index size() const override { return range_.size; }
    Shape image_shape() const override { return {28, 28, 1}; }
    int read(Index index, std::span<float> pixels) const override {
        return draw_digit(range_.seed, range_.first + static_cast<std::uint64_t>(index), pixels.first<28 * 28>());
    }

  private:
    Range range_;
};

}  // namespace adjoint
