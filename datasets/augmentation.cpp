#include "datasets/augmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <sstream>
#include <vector>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

struct Kind {
    const char* name;
    bool Augmentation::*chosen;
};
constexpr std::array kinds = {Kind{"shift", &Augmentation::shift}, Kind{"flip", &Augmentation::flip},
                              Kind{"rotate", &Augmentation::rotate}, Kind{"brightness", &Augmentation::brightness}};

// The pixels on both sides of a place on an axis, and how far it is from the first to the second, 0..1.
struct Neighbours {
    Index first;
    Index second;
    double way;
};

Neighbours around(double place, Index size) {
    const double inside = std::clamp(place, 0.0, static_cast<double>(size - 1));
    const auto first = static_cast<Index>(inside);
    return {first, std::min(first + 1, size - 1), inside - static_cast<double>(first)};
}

}  // namespace

Augmentation Augmentation::parse(const std::string& text) {
    Augmentation result;
    std::istringstream names(text);
    for (std::string name; std::getline(names, name, ',');) {
        const auto kind = std::ranges::find(kinds, name, &Kind::name);
        require(kind != kinds.end(),
                "augmentation: must be some of shift, flip, rotate, brightness, with commas between; got {}",
                name.empty() ? "nothing" : name);
        result.*kind->chosen = true;
    }
    return result;
}

void distort(std::span<const float> image, const Shape& shape, const Distortion& distortion, std::span<float> out) {
    require(shape.size() == 3 && std::ssize(image) == element_count(shape) && out.size() == image.size(),
            "distort: both images must be [H, W, C]; got {} and {} pixels of a shape with {} axes", image.size(),
            out.size(), shape.size());
    const auto [mirrored, angle, down, right, brightness] = distortion;
    const Index height = shape[0], width = shape[1], channels = shape[2];
    const double c = std::cos(angle), s = std::sin(angle);
    const double middle_row = static_cast<double>(height - 1) / 2, middle_column = static_cast<double>(width - 1) / 2;
    float* pixel = out.data();
    for (Index i = 0; i < height; ++i) {
        for (Index j = 0; j < width; ++j) {
            const double u = static_cast<double>(i - down) - middle_row;
            const double v = static_cast<double>(j - right) - middle_column;
            const double a = c * u + s * v, b = c * v - s * u;
            const Neighbours row = around(middle_row + a, height);
            const Neighbours column = around(middle_column + (mirrored ? -b : b), width);
            for (Index k = 0; k < channels; ++k) {
                const auto between_columns = [&, way = column.way](Index y) {
                    const float* const line = image.data() + y * width * channels + k;
                    return std::lerp(double{line[column.first * channels]}, double{line[column.second * channels]},
                                     way);
                };
                const double value = std::lerp(between_columns(row.first), between_columns(row.second), row.way);
                *pixel++ = static_cast<float>(std::clamp(brightness * value, 0.0, 1.0));
            }
        }
    }
}

Distortion Augmented::distortion(Index index) const {
    // Each change has numbers of its own, so that it is the same whichever others are made.
    const Random random = random_.stream(static_cast<std::uint64_t>(index));
    const auto within = [&](double most, std::uint64_t number) { return most * (2 * random.uniform(number) - 1); };
    const auto pixels_within = [&](Index most, std::uint64_t number) {
        return static_cast<Index>(random.below(static_cast<std::uint64_t>(2 * most + 1), number)) - most;
    };
    const Shape shape = image_shape();
    Distortion distortion;
    if (augmentation_.flip) distortion.mirrored = random.uniform(0) < 0.5;
    if (augmentation_.rotate) distortion.angle = within(15, 1) * std::numbers::pi / 180;
    if (augmentation_.shift) distortion.down = pixels_within(shape[0] / 14, 2);
    if (augmentation_.shift) distortion.right = pixels_within(shape[1] / 14, 3);
    if (augmentation_.brightness) distortion.brightness = 1 + within(0.2, 4);
    return distortion;
}

int Augmented::read(Index index, std::span<float> pixels) const {
    std::vector<float> image(pixels.size());
    const int label = whole_->read(index, image);
    distort(image, image_shape(), distortion(index), pixels);
    return label;
}

}  // namespace adjoint
