#include "datasets/images/square_crop.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

// Weights of the pixels first, first + 1, … for one output pixel.
struct Taps {
    Index first;
    std::vector<float> weights;
};

std::vector<Taps> triangle_taps(Index from, Index to) {
    const double scale = static_cast<double>(from) / static_cast<double>(to), r = std::max(1.0, scale);
    std::vector<Taps> all;
    for (Index i = 0; i < to; ++i) {
        const double u = (static_cast<double>(i) + 0.5) * scale;
        const Index first = std::max(Index{0}, static_cast<Index>(std::floor(u - r)));
        const Index last = std::min(from - 1, static_cast<Index>(std::ceil(u + r)));
        std::vector<double> weights;
        double sum = 0.0;
        for (Index j = first; j <= last; ++j) {
            weights.push_back(std::max(0.0, 1.0 - std::abs(static_cast<double>(j) + 0.5 - u) / r));
            sum += weights.back();
        }
        Taps taps{first, {}};
        for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
        all.push_back(std::move(taps));
    }
    return all;
}

}  // namespace

void square_crop(const PixelView& picture, Index side, std::span<float> image) {
    const Index square = std::min(picture.height, picture.width), channels = picture.channels;
    require(square >= 1 && side >= 1 && std::ssize(image) == side * side * channels,
            "square_crop: the image must have room for {0} × {0} × {1} pixels of a picture that has some; got room for "
            "{2} of {3} × {4}",
            side, channels, image.size(), picture.height, picture.width);
    const Index top = (picture.height - square) / 2, left = (picture.width - square) / 2;
    const std::vector<Taps> taps = triangle_taps(square, side);
    const Index length = side * channels;
    std::vector<float> narrowed(static_cast<std::size_t>(length));  // a row of the square at its new width
    std::fill(image.begin(), image.end(), 0.0f);
    for (Index row = 0; row < square; ++row) {
        const std::uint8_t* const bytes = picture.bytes + ((top + row) * picture.width + left) * channels;
        for (Index k = 0; k < length; ++k) {
            const Taps& across = taps[static_cast<std::size_t>(k / channels)];
            const std::uint8_t* byte = bytes + across.first * channels + k % channels;
            float sum = 0.0f;
            for (const float weight : across.weights) {
                sum += weight * static_cast<float>(*byte);
                byte += channels;
            }
            narrowed[static_cast<std::size_t>(k)] = sum / 255.0f;
        }
        for (Index i = 0; i < side; ++i) {
            const Taps& down = taps[static_cast<std::size_t>(i)];
            const Index tap = row - down.first;
            if (tap < 0 || tap >= std::ssize(down.weights)) continue;
            const float weight = down.weights[static_cast<std::size_t>(tap)];
            float* const out = image.data() + i * length;
            for (Index k = 0; k < length; ++k) out[k] += weight * narrowed[static_cast<std::size_t>(k)];
        }
    }
}

Index suitable_side(Index side) { return side >= 64 ? 64 : side >= 32 ? 32 : 28; }

}  // namespace adjoint
