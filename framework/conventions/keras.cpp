#include "framework/conventions/keras.h"

#include <algorithm>

#include "framework/conventions/terms.h"
#include "framework/error.h"
#include "framework/shaping.h"

namespace adjoint::keras {
namespace {

constexpr Terms conv2d_terms{.operation = "keras::conv2d",
                             .input = {"input", "[N, H, W, C_in]", {0, 1, 2, 3}},
                             .weight = {"kernel", "[K, L, C_in / groups, C_out]", {0, 1, 2, 3}},
                             .bias = "bias",
                             .stride = "strides",
                             .dilation = "dilation_rate",
                             .groups = "groups"};

constexpr Terms conv2d_transpose_terms{.operation = "keras::conv2d_transpose",
                                       .input = conv2d_terms.input,
                                       .weight = {"kernel", "[K, L, C_out / groups, C_in]", {0, 1, 2, 3}},
                                       .bias = "bias",
                                       .stride = "strides",
                                       .dilation = "dilation_rate",
                                       .groups = "groups",
                                       .transposed = true};

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
    const std::size_t rank = output_shape.size();
    require(rank == 2 || rank == 4, "{}: output_shape must be [H, W] or [N, H, W, C_out]; got {}",
            conv2d_transpose_terms.operation, output_shape);
    if (rank == 2) return {output_shape[0], output_shape[1]};
    require(output_shape[0] == batch && output_shape[3] == channels,
            "{}: output_shape must have the input's {} images and the kernel's {} channels; got {}",
            conv2d_transpose_terms.operation, batch, channels, output_shape);
    return {output_shape[1], output_shape[2]};
}

void require_output_padding(const Conv2DTransposeOptions& o) {
    const Terms& terms = conv2d_transpose_terms;
    require(!o.output_shape, "{}: the output's size is given twice; got both output_shape and output_padding",
            terms.operation);
    require_at_least(terms, "output_padding", 0, *o.output_padding);
    require(o.output_padding->height < o.strides.height && o.output_padding->width < o.strides.width,
            "{}: strides must be greater than output_padding; got strides {},{}, output_padding {},{}", terms.operation,
            o.strides.height, o.strides.width, o.output_padding->height, o.output_padding->width);
}

}  // namespace

Conv2DForm conv2d_form(const Shape& input, const Shape& kernel, const Conv2DOptions& o) {
    const Understood call = understand(conv2d_terms, {.input = input,
                                                      .weight = kernel,
                                                      .bias = o.bias,
                                                      .stride = o.strides,
                                                      .dilation = o.dilation_rate,
                                                      .groups = o.groups});
    return Conv2DForm::of(conv2d_terms.operation, call.image, call.filters,
                          {.stride = o.strides,
                           .padding = padding_of(conv2d_terms, o.padding),
                           .dilation = o.dilation_rate,
                           .groups = o.groups});
}

Conv2DForm conv2d_transpose_form(const Shape& input, const Shape& kernel, const Conv2DTransposeOptions& o) {
    const Terms& terms = conv2d_transpose_terms;
    const Understood call = understand(terms, {.input = input,
                                               .weight = kernel,
                                               .bias = o.bias,
                                               .stride = o.strides,
                                               .dilation = o.dilation_rate,
                                               .groups = o.groups});
    adjoint::Conv2DTransposeOptions options{
        .stride = o.strides, .padding = padding_of(terms, o.padding), .dilation = o.dilation_rate, .groups = o.groups};
    const auto form = [&] { return transposed_form(call.image, call.filters, options, terms.operation); };
    if (o.output_padding) {
        require_output_padding(o);
        options.output_padding = o.output_padding;
    } else if (o.output_shape) {
        options.output_size = size_of(*o.output_shape, call.image[0], call.filters[2] * o.groups);
    } else if (options.padding.rule() == adjoint::Padding::Rule::valid) {
        const Conv2DForm fewest = form();
        options.output_size = Size2D{std::max(fewest.height.image, call.image[1] * o.strides.height),
                                     std::max(fewest.width.image, call.image[2] * o.strides.width)};
    }
    return form();
}

Variable conv2d(const Variable& input, const Variable& kernel, const Conv2DOptions& o) {
    return adjoint::conv2d(input, kernel, conv2d_form(input.shape(), kernel.shape(), o), {.bias = o.bias});
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
    return conv2d_input_gradient(input, kernel, conv2d_transpose_form(input.shape(), kernel.shape(), o),
                                 {.bias = o.bias});
}

}  // namespace adjoint::keras
