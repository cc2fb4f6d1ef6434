#include "framework/ops/im2col.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <numeric>

#include "framework/convolution/im2col_loops.h"
#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

// The patch matrix of all channels together.
Conv2DForm ungrouped(Conv2DForm form) {
    form.groups = 1;
    return form;
}

Shape patches_shape(const Conv2DForm& form) {
    return {form.batch, form.height.output, form.width.output, form.height.kernel, form.width.kernel, form.channels};
}

}  // namespace

Variable im2col(const Variable& x, const Conv2DForm& form) {
    require(x.shape() == form.image_shape(), "im2col: the form expects images {}; got {}", form.image_shape(),
            x.shape());
    const ProfileScope scope("im2col");
    const Conv2DForm whole = ungrouped(form);
    const Tensor p = Tensor::build(patches_shape(form), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T* const in = x.value().data<T>().data();
        parallel_rows(whole.rows(), whole.columns(), [&](Index begin, Index end) {
            gather_patches(whole, 0, begin, end, in, out.data() + begin * whole.columns());
        });
    });
    return record(p, {{x, [form](const Variable& g) { return col2im(g, form); }}});
}

Variable col2im(const Variable& p, const Conv2DForm& form) {
    require(p.shape() == patches_shape(form), "col2im: the form expects patches {}; got {}", patches_shape(form),
            p.shape());
    const ProfileScope scope("im2col");
    const Conv2DForm whole = ungrouped(form);
    const Tensor x = Tensor::build(form.image_shape(), p.dtype(), [&]<Scalar T>(std::span<T> out) {
        const T* const in = p.value().data<T>().data();
        const Index pixels = form.height.image * form.width.image * form.channels;
        const Index rows = form.height.output * form.width.output;
        // Patches overlap within an image: one thread adds them, in their order.
        parallel_for(form.batch, [&](Index n) {
            std::fill_n(out.data() + n * pixels, pixels, T{0});
            scatter_patches(whole, 0, n * rows, (n + 1) * rows, in + n * rows * whole.columns(), out.data());
        });
    });
    return record(x, {{p, [form](const Variable& g) { return im2col(g, form); }}});
}

SparseMatrix convolution_matrix(const Tensor& w, const Conv2DForm& form) {
    require(w.shape() == form.weight_shape(), "convolution_matrix: the form expects weight {}; got {}",
            form.weight_shape(), w.shape());
    // The patches of an image whose pixels are numbered from 1: which pixel a tap looks at, 0 in the padding.
    std::vector<double> numbers(static_cast<std::size_t>(element_count(form.image_shape())));
    std::iota(numbers.begin(), numbers.end(), 1.0);
    numbers = im2col(Tensor(form.image_shape(), numbers, DType::float64), form).value().to_vector();
    const std::vector<double> weights = w.to_vector();
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
