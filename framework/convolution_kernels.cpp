#include "framework/convolution_kernels.h"

#include "framework/filter_sums.h"
#include "framework/observer.h"
#include "framework/pixel_sums.h"

namespace adjoint {
namespace {

// A multiplication and an addition for each patch entry and filter of each group.
double flops(const Conv2DForm& form) {
    return 2.0 * static_cast<double>(form.rows()) * static_cast<double>(form.columns() * form.filters);
}

template <Scalar T>
TileFinish<T> tile_finish(const Finish& finish) {
    return {finish.bias ? finish.bias->value().data<T>().data() : nullptr, static_cast<T>(finish.slope)};
}

// Calls sum(first channel, first filter, filters [taps, c, o]) for each group, or once where each channel is one.
template <Scalar T, class Sum>
void for_each_group(const T* w, const Conv2DForm& form, Sum sum) {
    const Index taps = form.height.kernel * form.width.kernel, c = form.group_channels(), o = form.group_filters();
    if (form.depthwise()) {
        const Index all = form.channels;
        return sum(0, 0, FilterMatrix<T>{.data = w, .taps = taps, .length = all, .columns = all, .by_channel = true});
    }
    for (Index group = 0; group < form.groups; ++group) {
        sum(group * c, group * o,
            FilterMatrix<T>{.data = w + group * o,
                            .taps = taps,
                            .length = c,
                            .columns = o,
                            .tap_stride = c * form.filters,
                            .length_stride = form.filters,
                            .column_stride = 1});
    }
}

template <Scalar T>
void convolve(const T* x, const T* w, T* y, const Conv2DForm& form, const Finish& finish) {
    const ResultBands bands{output_bands(form.height), output_bands(form.width), form.width.kernel};
    for_each_group(w, form, [&](Index c, Index o, const FilterMatrix<T>& filters) {
        sum_pixels(form.batch, image_pixels(x, form, c), output_pixels(y, form, o), bands, filters,
                   tile_finish<T>(finish).from(o));
    });
}

template <Scalar T>
void convolve_transposed(const T* y, const T* w, T* x, const Conv2DForm& form, const Finish& finish) {
    const ResultBands bands{image_bands(form.height), image_bands(form.width), form.width.kernel};
    for_each_group(w, form, [&](Index c, Index o, const FilterMatrix<T>& filters) {
        sum_pixels(form.batch, output_pixels(y, form, o), image_pixels(x, form, c), bands, filters.transposed(),
                   tile_finish<T>(finish).from(c));
    });
}

}  // namespace

Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form, const Finish& finish) {
    const ProfileScope scope("conv2d", flops(form));
    require_same_dtype("conv2d", x, w);
    return dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.output_shape(), [&](std::span<T> y) {
            convolve(x.data<T>().data(), w.data<T>().data(), y.data(), form, finish);
        });
    });
}

Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form, const Finish& finish) {
    const ProfileScope scope("conv2d_input_gradient", flops(form));
    require_same_dtype("conv2d_input_gradient", y, w);
    return dispatch(y.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.image_shape(), [&](std::span<T> x) {
            convolve_transposed(y.data<T>().data(), w.data<T>().data(), x.data(), form, finish);
        });
    });
}

Tensor correlate(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    const ProfileScope scope("conv2d_weight_gradient", flops(form));
    require_same_dtype("conv2d_weight_gradient", x, y);
    return dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.weight_shape(), [&](std::span<T> w) {
            sum_filters(x.data<T>().data(), y.data<T>().data(), w.data(), form);
        });
    });
}

}  // namespace adjoint
