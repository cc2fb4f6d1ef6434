#include "framework/ops/pooling.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/convolution/im2col_loops.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/im2col.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

// ---- windows ----

// How many pixels of the image lie under each window: [1, H′, W′, 1].
Tensor pixels_under_windows(Conv2DForm form, DType dtype) {
    form.batch = form.channels = 1;
    return sum(im2col(Tensor::ones(form.image_shape(), dtype), form), {3, 4}).value();
}

// A window looks at each channel alone, as a filter of a group of one does.
Conv2DForm window_form(const char* operation, const Variable& x, Size2D window, Conv2DOptions options) {
    require_images(operation, x.shape());
    require(window.height >= 1 && window.width >= 1, "{}: the window must be at least 1,1; got {},{}", operation,
            window.height, window.width);
    options.groups = std::max<Index>(1, x.extent(3));
    return Conv2DForm::of(operation, x.shape(), {window.height, window.width, 1, options.groups}, options);
}

void require_windows_on_image(const char* operation, const Conv2DForm& form, const Tensor& pixels) {
    const ConvAxis &h = form.height, &w = form.width;
    const std::vector<double> counts = pixels.to_vector();
    require(std::find(counts.begin(), counts.end(), 0.0) == counts.end(),
            "{}: a window lies in the padding alone; got input {}, window {},{}, stride {},{}, dilation {},{}, padding "
            "{},{} before and {},{} after",
            operation, form.image_shape(), h.kernel, w.kernel, h.stride, w.stride, h.dilation, w.dilation, h.pad_before,
            w.pad_before, h.pad_after, w.pad_after);
}

// ---- maxima ----

// The maxima under windows [begin, end), and their indices in their image.
template <Scalar T>
void find_maxima(const Conv2DForm& form, Index begin, Index end, const T* x, T* y, Index* argmax) {
    const Index channels = form.channels, windows = form.height.output * form.width.output;
    const Index image_size = form.height.image * form.width.image * channels;
    for (Index row = begin; row < end; ++row) {
        const Index image = row / windows * image_size;
        T* const largest = y + row * channels;
        Index* const index = argmax + row * channels;
        bool first = true;
        const auto meet = [&](Index, Index pixel, Index length) {
            for (const Index last = pixel + length; pixel < last; pixel += channels, first = false) {
                for (Index c = 0; c < channels; ++c) {
                    const T candidate = x[pixel + c];
                    if (first || candidate > largest[c] || candidate != candidate) {
                        largest[c] = candidate;
                        index[c] = pixel + c - image;
                    }
                }
            }
        };
        walk_patches(form, 0, row, row + 1, meet, [](Index, Index) {});
    }
}

}  // namespace

Maxima max_pool2d(const Variable& x, const MaxPool2DOptions& options) {
    const auto [window, stride, padding, dilation] = options;
    Conv2DForm form = window_form("max_pool2d", x, window,
                                  {.stride = stride.value_or(window), .padding = padding, .dilation = dilation});
    require_windows_on_image("max_pool2d", form, pixels_under_windows(form, x.dtype()));
    form.groups = 1;  // a walk meets all channels of a pixel together
    const ProfileScope scope("max_pool2d");
    std::vector<Index> indices(static_cast<std::size_t>(element_count(form.output_shape())));
    const Tensor y = Tensor::build(form.output_shape(), x.dtype(), [&]<Scalar T>(std::span<T> out) {
        parallel_rows(form.rows(), form.columns(), [&, in = x.value().data<T>().data()](Index begin, Index end) {
            find_maxima(form, begin, end, in, out.data(), indices.data());
        });
    });
    const GatherIndices argmax(x.shape(), y.shape(), std::move(indices));
    return {record(y, {{x, [argmax](const Variable& g) { return max_unpool2d(g, argmax); }}}, {{"form", form}}),
            argmax};
}

Variable max_unpool2d(const Variable& y, const GatherIndices& argmax) {
    require(y.shape() == argmax.taken(), "max_unpool2d: the argmax is for {}; got {}", argmax.taken(), y.shape());
    return scatter_add(y, argmax);
}

// ---- means ----

Variable average_pool2d(const Variable& x, const AveragePool2DOptions& options) {
    const auto [window, stride, padding, count_padding] = options;
    const Conv2DForm form =
        window_form("average_pool2d", x, window, {.stride = stride.value_or(window), .padding = padding});
    const Tensor pixels = pixels_under_windows(form, x.dtype());
    require_windows_on_image("average_pool2d", form, pixels);
    const Variable total = sum(im2col(x, form), {3, 4});
    return count_padding ? total / static_cast<double>(window.height * window.width) : total / pixels;
}

Variable global_average_pool2d(const Variable& x) {
    require_images("global_average_pool2d", x.shape());
    return mean(x, {1, 2});
}

}  // namespace adjoint
