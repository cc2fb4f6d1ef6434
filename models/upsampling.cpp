#include "models/upsampling.h"

#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"

namespace adjoint {
namespace {

// The pixels up to this size.
Variable cut(const Variable& y, const Size2D& size) {
    return slice(slice(y, {.axis = 1, .end = size.height}), {.axis = 2, .end = size.width});
}

}  // namespace

UpsamplingConv2D::UpsamplingConv2D(const Conv2DTransposeLayerOptions& o, Index channels, const Initializer& initializer,
                                   const Random& random)
    : Conv2D({.in_channels = o.in_channels,
              .out_channels = channels * o.out_channels,
              .kernel = {3, 3},
              .padding = Padding::same(),
              .bias = o.bias,
              .activation = o.activation,
              .initializer = initializer},
             random),
      transposed_(o) {
    require(o.stride.height == o.stride.width && o.groups == 1 && o.dilation == Size2D{1, 1},
            "upsampling: strides must be equal, and filters neither grouped nor dilated; got strides {},{}, {} groups, "
            "dilation {},{}",
            o.stride.height, o.stride.width, o.groups, o.dilation.height, o.dilation.width);
}

Size2D UpsamplingConv2D::size_after(const Variable& x) const {
    const Conv2DTransposeLayerOptions& o = transposed_;
    const Conv2DForm form = transposed_form(
        x.shape(), {o.kernel.height, o.kernel.width, o.out_channels, o.in_channels},
        {.stride = o.stride, .padding = o.padding, .output_size = o.output_size, .output_padding = o.output_padding},
        "upsampling");
    return {form.height.image, form.width.image};
}

ResizeConv2D::ResizeConv2D(const Conv2DTransposeLayerOptions& o, const Random& random)
    : UpsamplingConv2D(o, 1, o.initializer, random) {}

Variable ResizeConv2D::forward(const Variable& x) const { return Conv2D::forward(resize2d(x, size_after(x))); }

ShuffleConv2D::ShuffleConv2D(const Conv2DTransposeLayerOptions& o, bool smooth_start, const Random& random)
    : UpsamplingConv2D(o, o.stride.height * o.stride.width,
                       smooth_start ? initializers::icnr(o.stride.height, o.initializer) : o.initializer, random) {}

Variable ShuffleConv2D::forward(const Variable& x) const {
    return cut(pixel_shuffle(Conv2D::forward(x), factor()), size_after(x));
}

UnpoolConv2D::UnpoolConv2D(const Conv2DTransposeLayerOptions& o, const Random& random)
    : UpsamplingConv2D(o, 1, o.initializer, random) {}

Variable UnpoolConv2D::forward(const Variable& x) const {
    // The first channels that pixel_shuffle takes are those of the upper left corner.
    const Index s = factor(), zeros = (s * s - 1) * x.extent(3);
    return Conv2D::forward(cut(pixel_shuffle(pad(x, {.axis = 3, .after = zeros}), s), size_after(x)));
}

std::unique_ptr<Module> upsampling_layer(const Conv2DTransposeLayerOptions& o, const UpsamplingOptions& options,
                                         const Random& random) {
    switch (options.kind) {
        case Upsampling::resize:
            return std::make_unique<ResizeConv2D>(o, random);
        case Upsampling::shuffle:
            return std::make_unique<ShuffleConv2D>(o, options.smooth_start, random);
        case Upsampling::unpool:
            return std::make_unique<UnpoolConv2D>(o, random);
        case Upsampling::transposed:
            break;
    }
    Conv2DTransposeLayerOptions transposed = o;
    if (options.smooth_start) transposed.initializer = initializers::bilinear();
    return std::make_unique<Conv2DTranspose>(transposed, random);
}

}  // namespace adjoint
