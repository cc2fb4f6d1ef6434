#include "framework/convolution_kernels.h"

#include "framework/filter_sums.h"
#include "framework/pixel_sums.h"
#include "framework/profile.h"

namespace adjoint {
namespace {

// A multiplication and an addition for each patch entry and filter of each group.
double flops(const Conv2DForm& form) {
    return 2.0 * static_cast<double>(form.rows()) * static_cast<double>(form.columns() * form.filters);
}

// The epilogue, for the channels from `first` on.
template <Scalar T>
TileFinish<T> tile_finish(const Epilogue& epilogue, Index first) {
    return {epilogue.bias ? epilogue.bias->data<T>().data() + first : nullptr, static_cast<T>(epilogue.slope)};
}

template <Scalar T>
void convolve(const T* x, const T* w, T* y, const Conv2DForm& form, const Epilogue& epilogue) {
    const ResultBands bands{output_bands(form.height), output_bands(form.width), form.width.kernel};
    const Index taps = form.height.kernel * form.width.kernel, c = form.group_channels(), o = form.group_filters();
    const auto sum = [&](Index group, const FilterMatrix<T>& filters) {
        sum_pixels(form.batch, image_pixels(x, form, group * c), output_pixels(y, form, group * o), bands, filters,
                   tile_finish<T>(epilogue, group * o));
    };
    if (form.depthwise()) return sum(0, {w, taps, form.channels, form.channels, form.channels, 1, 1, true});
    for (Index group = 0; group < form.groups; ++group)
        sum(group, {w + group * o, taps, c, o, c * form.filters, form.filters, 1});
}

template <Scalar T>
void convolve_transposed(const T* y, const T* w, T* x, const Conv2DForm& form, const Epilogue& epilogue) {
    const ResultBands bands{image_bands(form.height), image_bands(form.width), form.width.kernel};
    const Index taps = form.height.kernel * form.width.kernel, c = form.group_channels(), o = form.group_filters();
    const auto sum = [&](Index group, const FilterMatrix<T>& filters) {
        sum_pixels(form.batch, output_pixels(y, form, group * o), image_pixels(x, form, group * c), bands, filters,
                   tile_finish<T>(epilogue, group * c));
    };
    if (form.depthwise()) return sum(0, {w, taps, form.channels, form.channels, form.channels, 1, 1, true});
    for (Index group = 0; group < form.groups; ++group)
        sum(group, {w + group * o, taps, o, c, c * form.filters, 1, form.filters});
}

}  // namespace

Tensor convolve(const Tensor& x, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue) {
    const Timed timed("conv2d", flops(form));
    require_same_dtype("conv2d", x, w);
    return dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.output_shape(), [&](std::span<T> y) {
            convolve(x.data<T>().data(), w.data<T>().data(), y.data(), form, epilogue);
        });
    });
}

Tensor convolve_transposed(const Tensor& y, const Tensor& w, const Conv2DForm& form, const Epilogue& epilogue) {
    const Timed timed("conv2d_input_gradient", flops(form));
    require_same_dtype("conv2d_input_gradient", y, w);
    return dispatch(y.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.image_shape(), [&](std::span<T> x) {
            convolve_transposed(y.data<T>().data(), w.data<T>().data(), x.data(), form, epilogue);
        });
    });
}

Tensor correlate(const Tensor& x, const Tensor& y, const Conv2DForm& form) {
    const Timed timed("conv2d_weight_gradient", flops(form));
    require_same_dtype("conv2d_weight_gradient", x, y);
    return dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(form.weight_shape(), [&](std::span<T> w) {
            sum_filters(x.data<T>().data(), y.data<T>().data(), w.data(), form);
        });
    });
}

}  // namespace adjoint
