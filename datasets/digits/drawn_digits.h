// Drawn digits: an endless supply for when there is no data at hand, drawn stroke by stroke, and the pen that draws.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/dataset.h"

namespace adjoint {

/// Draws image `index` under `seed` into 28x28 row-major pixels in 0..1 (0 background, 1 ink) and returns its label
/// 0..9. Image and label are a function of (seed, index). As in MNIST, the ink fits a box of 20x20 pixels that is
/// placed with its centre of mass in the middle of the image.
int draw_digit(std::uint64_t seed, std::uint64_t index, std::span<float, 28 * 28> pixels);

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
    const std::vector<std::string>& classes() const override { return ten_classes(); }
    std::uint32_t checksum() const override { return checksum_of(std::vector{range_}); }
    int read(Index index, std::span<float> pixels) const override {
        return draw_digit(range_.seed, range_.first + static_cast<std::uint64_t>(index), pixels.first<28 * 28>());
    }

  private:
    Range range_;
};

/// Where the pen is and half the width of the line it leaves there.
struct PenDab {
    double x;
    double y;
    double radius;
    bool touches_down = false;  ///< begins a stroke: no line leads here from the dab before
};

/// Scales and moves the drawing so that the longer side of its ink spans a square of size * size, in whose middle it
/// lies.
void fit_to_box(std::span<PenDab> dabs, double size);

/// Inks the lines between successive dabs onto a square of side * side pixels, each with edges that fade over `edge`
/// pixels.
std::vector<float> ink(std::span<const PenDab> dabs, int side, double edge);

}  // namespace adjoint
