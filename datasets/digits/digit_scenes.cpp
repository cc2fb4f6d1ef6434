#include "datasets/digits/digit_scenes.h"

#include <algorithm>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

constexpr Index digit_side = 28, pieces = 12, piece_side = 9;

// A scene while it is made.
class Canvas {
  public:
    Canvas(std::span<float> pixels, const Random& random) : pixels_(pixels), draws_(random) {}

    // Brightness that changes from corner to corner, with noise.
    void fill_ground(const Random& noise) {
        const double base = number(0.0, 0.25), down = number(-0.2, 0.2), right = number(-0.2, 0.2);
        for (Index i = 0; i < side; ++i) {
            for (Index j = 0; j < side; ++j) {
                const auto place = static_cast<std::uint64_t>(i * side + j);
                const double slope = down * static_cast<double>(i) + right * static_cast<double>(j);
                const double value = base + slope / static_cast<double>(side) + 0.1 * noise.uniform(place);
                picture(i, j) = static_cast<float>(std::clamp(value, 0.0, 1.0));
                mask(i, j) = 0.0F;
            }
        }
    }

    // Lays a square of a digit somewhere, its ink of some strength above what is there; it is seen as `label`, or is
    // clutter where that is 0.
    void lay(std::span<const float> digit, Index square, int label) {
        const Index from_top = draws_.between(0, digit_side - square),
                    from_left = draws_.between(0, digit_side - square);
        const Index top = draws_.between(-square / 4, side - 3 * square / 4);
        const Index left = draws_.between(-square / 4, side - 3 * square / 4);
        const auto strength = static_cast<float>(number(0.6, 1.0));
        for (Index i = std::max<Index>(0, -top); i < square && top + i < side; ++i) {
            for (Index j = std::max<Index>(0, -left); j < square && left + j < side; ++j) {
                const float ink = digit[static_cast<std::size_t>((from_top + i) * digit_side + from_left + j)];
                float& pixel = picture(top + i, left + j);
                pixel += ink * (strength - pixel);
                if (label > 0 && ink > 0.5F) mask(top + i, left + j) = static_cast<float>(label) / 255.0F;
            }
        }
    }

    Index between(Index first, Index last) { return draws_.between(first, last); }

  private:
    static constexpr Index side = DigitScenes::side;
    float& picture(Index i, Index j) { return pixels_[static_cast<std::size_t>(2 * (i * side + j))]; }
    float& mask(Index i, Index j) { return pixels_[static_cast<std::size_t>(2 * (i * side + j) + 1)]; }
    double number(double low, double high) {
        return low + (high - low) * static_cast<double>(draws_.between(0, 1 << 20)) / (1 << 20);
    }

    std::span<float> pixels_;
    RandomStream draws_;
};

}  // namespace

DigitScenes::DigitScenes(std::shared_ptr<const Dataset> digits, Index size, const Random& random)
    : digits_(std::move(digits)), size_(size), random_(random) {
    require(digits_->image_shape() == Shape{digit_side, digit_side, 1} && digits_->size() >= 1 && size_ >= 1,
            "DigitScenes: there must be digits of 28 × 28 pixels and at least one scene");
    require(!digits_->holder(0), "DigitScenes: every process must hold all digits");
    classes_.insert(classes_.end(), digits_->classes().begin(), digits_->classes().end());
}

int DigitScenes::read(Index index, std::span<float> pixels) const {
    require(0 <= index && index < size_, "DigitScenes::read: index must be from 0 to {}; got {}", size_ - 1, index);
    require(std::ssize(pixels) == element_count(image_shape()),
            "DigitScenes::read: a scene has {} numbers; got room for {}", element_count(image_shape()), pixels.size());
    const Random random = random_.stream(static_cast<std::uint64_t>(index));
    Canvas canvas(pixels, random.stream(0));
    canvas.fill_ground(random.stream(1));
    std::vector<float> digit(static_cast<std::size_t>(digit_side * digit_side));
    for (Index piece = 0; piece < pieces; ++piece) {
        digits_->read(canvas.between(0, digits_->size() - 1), digit);
        canvas.lay(digit, piece_side, 0);
    }
    for (Index count = canvas.between(3, 5); count > 0; --count) {
        const int label = digits_->read(canvas.between(0, digits_->size() - 1), digit);
        canvas.lay(digit, digit_side, label + 1);
    }
    return 0;
}

}  // namespace adjoint
