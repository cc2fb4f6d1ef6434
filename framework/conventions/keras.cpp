#include "framework/conventions/keras.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/conventions/terms.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/error.h"

namespace adjoint::keras {
namespace {

constexpr Terms conv2d_terms{.operation = "keras::conv2d",
                             .layout = Layout::channels_last,
                             .input = {"input", "[N, H, W, C_in]"},
                             .weight = {"kernel", "[K, L, C_in / groups, C_out]"},
                             .stride = "strides",
                             .dilation = "dilation_rate"};
constexpr Terms conv2d_transpose_terms =
    conv2d_terms.transpose("keras::conv2d_transpose", "[K, L, C_out / groups, C_in]");

NormalizedCall normalized(const Terms& terms, const Shape& input, const Shape& kernel, const auto& o) {
    return normalize(terms, input, kernel, o.bias,
                     {.stride = o.strides, .dilation = o.dilation_rate, .groups = o.groups});
}

adjoint::Padding padding_of(const Terms& terms, const Padding& padding) {
    if (const Sides* const sides = std::get_if<Sides>(&padding)) {
        require(std::min({sides->top, sides->bottom, sides->left, sides->right}) >= 0,
                "{}: explicit paddings must not be negative; got top {}, bottom {}, left {}, right {}", terms.operation,
                sides->top, sides->bottom, sides->left, sides->right);
        return *sides;
    }
    const std::string& word = std::get<std::string>(padding);
    const bool same = word == "same" || word == "SAME";
    require(same || word == "valid" || word == "VALID", "{}: padding must be 'valid' or 'same'; got '{}'",
            terms.operation, word);
    return same ? adjoint::Padding::same() : adjoint::Padding::valid();
}

// [H, W] of an output_shape, whose other axes must be those that come about anyway.
Size2D size_of(const Shape& output_shape, Index batch, Index channels) {
    const char* const operation = conv2d_transpose_terms.operation;
    const std::size_t rank = output_shape.size();
    require(rank == 2 || rank == 4, "{}: output_shape must be [H, W] or [N, H, W, C_out]; got {}", operation,
            output_shape);
    if (rank == 2) return {output_shape[0], output_shape[1]};
    require(output_shape[0] == batch && output_shape[3] == channels,
            "{}: output_shape must have the input's {} images and the kernel's {} channels; got {}", operation, batch,
            channels, output_shape);
    return {output_shape[1], output_shape[2]};
}

void require_output_padding(const Conv2DTransposeOptions& o) {
    const char* const operation = conv2d_transpose_terms.operation;
    require(!o.output_shape, "{}: the output's size is given twice; got both output_shape and output_padding",
            operation);
    require_at_least(conv2d_transpose_terms, "output_padding", 0, *o.output_padding);
    require(o.output_padding->height < o.strides.height && o.output_padding->width < o.strides.width,
            "{}: strides must be greater than output_padding; got strides {},{}, output_padding {},{}", operation,
            o.strides.height, o.strides.width, o.output_padding->height, o.output_padding->width);
}

// What `same` cuts off a result of (H′ − 1)·s + f rows, so that (H′ − 1)·s + f mod 2 + output_padding are left: half of
// it before them, the larger half after; where rows are wanting, they are added after.
Sides sides_of_same(const Conv2DForm& form, const Size2D& output_padding) {
    const auto cut = [](const ConvAxis& axis, Index more) {
        const Index f = axis.span(), total = f - f % 2 - more, before = std::max<Index>(total, 0) / 2;
        return std::pair(before, total - before);
    };
    const auto [top, bottom] = cut(form.height, output_padding.height);
    const auto [left, right] = cut(form.width, output_padding.width);
    return {.top = top, .left = left, .bottom = bottom, .right = right};
}

}  // namespace

Conv2DForm conv2d_form(const Shape& input, const Shape& kernel, const Conv2DOptions& o) {
    NormalizedCall call = normalized(conv2d_terms, input, kernel, o);
    call.options.padding = padding_of(conv2d_terms, o.padding);
    return call.form();
}

Conv2DForm conv2d_transpose_form(const Shape& input, const Shape& kernel, const Conv2DTransposeOptions& o) {
    using Rule = adjoint::Padding::Rule;
    NormalizedCall call = normalized(conv2d_transpose_terms, input, kernel, o);
    call.options.padding = padding_of(conv2d_transpose_terms, o.padding);
    const Rule rule = call.options.padding.rule();
    if (o.output_padding) {
        require_output_padding(o);
        if (rule == Rule::same) {
            call.options.padding = sides_of_same(call.form(), *o.output_padding);
        } else {
            call.options.output_padding = o.output_padding;
        }
    } else if (o.output_shape) {
        call.options.output_size = size_of(*o.output_shape, call.image[0], call.filters[2] * o.groups);
    } else if (rule == Rule::valid) {
        const Conv2DForm fewest = call.form();
        call.options.output_size = Size2D{std::max(fewest.height.image, call.image[1] * o.strides.height),
                                          std::max(fewest.width.image, call.image[2] * o.strides.width)};
    }
    return call.form();
}

Variable conv2d(const Variable& input, const Variable& kernel, const Conv2DOptions& o) {
    return convolve(conv2d_terms, input, kernel, conv2d_form(input.shape(), kernel.shape(), o), o.bias);
}

Variable depthwise_conv2d(const Variable& input, const Variable& kernel, const Conv2DOptions& o) {
    require(kernel.rank() == 4 && input.rank() == 4 && input.extent(3) == kernel.extent(2),
            "keras::depthwise_conv2d: input must be [N, H, W, C], kernel [K, L, C, depth_multiplier]; got input {}, "
            "kernel {}",
            input.shape(), kernel.shape());
    Conv2DOptions options = o;
    options.groups = input.extent(3);
    return conv2d(input, reshape(kernel, {kernel.extent(0), kernel.extent(1), 1, -1}), options);
}

Variable conv2d_transpose(const Variable& input, const Variable& kernel, const Conv2DTransposeOptions& o) {
    return convolve(conv2d_transpose_terms, input, kernel, conv2d_transpose_form(input.shape(), kernel.shape(), o),
                    o.bias);
}

}  // namespace adjoint::keras
