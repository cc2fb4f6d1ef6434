#include "framework/ops/convolution_matrix.h"

#include <numeric>

#include "framework/ops/im2col.h"

namespace adjoint {
namespace {

// The patches of an image whose pixels are numbered from 1: which pixel a tap looks at, 0 in the padding.
std::vector<double> pixel_numbers(const Conv2DForm& form) {
    std::vector<double> numbers(static_cast<std::size_t>(element_count(form.image_shape())));
    std::iota(numbers.begin(), numbers.end(), 1.0);
    return patches(Tensor(form.image_shape(), numbers, DType::float64), form).value().to_vector();
}

}  // namespace

SparseMatrix convolution_matrix(const Tensor& w, const Conv2DForm& form) {
    require(w.shape() == form.weight_shape(), "convolution_matrix: the form expects weight {}; got {}",
            form.weight_shape(), w.shape());
    const std::vector<double> numbers = pixel_numbers(form), weights = w.to_vector();
    const Index taps = form.height.kernel * form.width.kernel;
    SparseMatrix matrix{element_count(form.output_shape()), element_count(form.image_shape()), {}};
    for (Index row = 0; row < matrix.rows; ++row) {
        const Index pixel = row / form.filters, o = row % form.filters, group = o / form.group_filters();
        for (Index tap = 0; tap < taps; ++tap) {
            for (Index c = 0; c < form.group_channels(); ++c) {
                const Index channel = group * form.group_channels() + c;
                const Index number = static_cast<Index>(numbers[(pixel * taps + tap) * form.channels + channel]);
                const double weight = weights[(tap * form.group_channels() + c) * form.filters + o];
                if (number > 0) matrix.entries.push_back({row, number - 1, weight});
            }
        }
    }
    return matrix;
}

}  // namespace adjoint
