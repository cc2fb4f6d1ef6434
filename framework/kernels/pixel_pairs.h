// Pixel pairs: both sides of a form in bfloat16, as the gradient of filters multiplies them.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "framework/kernels/tap_groups.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/precision.h"

namespace adjoint::direct {

/// The pixels of both sides, rounded, in pairs: output pixels (2m, 2m + 1) of a line, and for each image pixel of a
/// line and its borders the pair with that which the next output pixel sees in its place; zeros beyond the ends.
class PixelPairs {
  public:
    PixelPairs(const Conv2DForm& form, const float* x, const float* y)
        : form_(form),
          outputs_(ceil_divide(form.width.output, Index{2})),
          images_(std::max<Index>(0, form.width.pixel(2 * outputs_ - 2, form.width.kernel - 1) + 1 - first_)),
          x_(form.batch * form.height.image * images_ * form.channels),
          y_(form.batch * form.height.output * outputs_ * form.filters) {
        const ConvAxis& axis = form.width;
        pair(pixels(x, form, Side::image), form.batch * form.height.image,
             {.first = first_, .step = 1, .partner = axis.stride}, {x_.data(), images_, form.channels});
        pair(pixels(y, form, Side::output), form.batch * form.height.output, {.first = 0, .step = 2, .partner = 1},
             {y_.data(), outputs_, form.filters});
    }

    Pixels<const Bfloat16Pair> image() const { return {x_.data(), images_, form_.channels}; }
    Pixels<const Bfloat16Pair> output() const { return {y_.data(), outputs_, form_.filters}; }
    /// Every tap leads to every pair.
    std::shared_ptr<const AxisTaps> taps() const {
        AxisTaps taps{.sources = images_, .targets = outputs_, .runs = {}, .groups = {}};
        for (Index l = 0; l < form_.width.kernel; ++l)
            taps.runs.push_back({{form_.width.pixel(0, l) - first_, 2 * form_.width.stride}, {0, 1}, outputs_});
        return std::make_shared<const AxisTaps>(taps);
    }

  private:
    struct Pairing {
        Index first, step, partner;
    };

    static void pair(const Pixels<const float>& from, Index lines, const Pairing& pairing,
                     const Pixels<Bfloat16Pair>& to) {
        const std::vector<float> zeros(static_cast<std::size_t>(from.stride));
        parallel_for(lines, [&](Index line) {
            const auto pixel = [&](Index j) { return 0 <= j && j < from.width ? from.at(line, j) : zeros.data(); };
            for (Index m = 0; m < to.width; ++m) {
                const Index j = pairing.first + m * pairing.step;
                const float *const left = pixel(j), *const right = pixel(j + pairing.partner);
                Bfloat16Pair* const pairs = to.at(line, m);
                for (Index c = 0; c < to.stride; ++c) pairs[c] = bfloat16_pair(left[c], right[c]);
            }
        });
    }

    const Conv2DForm& form_;
    Index first_ = form_.width.pixel(0, 0);  // of a line's pixels, or of the border before them
    Index outputs_, images_;                 // pairs of a line
    Scratch<Bfloat16Pair> x_, y_;
};

}  // namespace adjoint::direct
