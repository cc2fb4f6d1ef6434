#include "framework/conventions/pytorch.h"

#include <fmt/ranges.h>

#include "framework/conventions/terms.h"
#include "framework/tensor/error.h"

namespace adjoint::pytorch {
namespace {

constexpr Terms conv2d_terms{.operation = "pytorch::conv2d",
                             .layout = Layout::unbatched_too,
                             .input = {"input", "[N, C_in, H, W] or [C_in, H, W]"},
                             .weight = {"weight", "[C_out, C_in / groups, K, L]"}};
constexpr Terms conv_transpose2d_terms =
    conv2d_terms.transpose("pytorch::conv_transpose2d", "[C_in, C_out / groups, K, L]");

// adjoint's `same` is PyTorch's where the stride is 1: d·(K − 1) zeros, the larger half after the image.
adjoint::Padding padding_of(const Conv2dOptions& o) {
    if (const Size2D* const pair = std::get_if<Size2D>(&o.padding)) {
        require_at_least(conv2d_terms, "padding", 0, *pair);
        return Padding::symmetric(*pair);
    }
    const std::string& word = std::get<std::string>(o.padding);
    require(word == "same" || word == "valid", "{}: padding must be 'same', 'valid' or two numbers; got '{}'",
            conv2d_terms.operation, word);
    require(word == "valid" || o.stride == Size2D{1, 1}, "{}: padding='same' takes a stride of 1; got stride {},{}",
            conv2d_terms.operation, o.stride.height, o.stride.width);
    return word == "same" ? Padding::same() : Padding::valid();
}

// [H, W] of an output_size, which may be as long as the input's shape; torch does not read its other axes either.
Size2D size_of(const Shape& output_size, const Shape& input) {
    const std::size_t rank = output_size.size();
    require(rank == 2 || rank == input.size(), "{}: output_size must be [H, W] or {}; got {}",
            conv_transpose2d_terms.operation, input.size() == 3 ? "[C_out, H, W]" : "[N, C_out, H, W]", output_size);
    return {output_size[rank - 2], output_size[rank - 1]};
}

}  // namespace

Conv2DForm conv2d_form(const Shape& input, const Shape& weight, const Conv2dOptions& o) {
    NormalizedCall call = normalize(conv2d_terms, input, weight, o.bias,
                                    {.stride = o.stride, .dilation = o.dilation, .groups = o.groups});
    call.options.padding = padding_of(o);
    return call.form();
}

Conv2DForm conv_transpose2d_form(const Shape& input, const Shape& weight, const ConvTranspose2dOptions& o) {
    NormalizedCall call = normalize(
        conv_transpose2d_terms, input, weight, o.bias,
        {.stride = o.stride, .padding = Padding::symmetric(o.padding), .dilation = o.dilation, .groups = o.groups});
    require_at_least(conv_transpose2d_terms, "padding", 0, o.padding);
    if (o.output_size) {
        call.options.output_size = size_of(*o.output_size, input);
    } else {
        call.options.output_padding = o.output_padding;
    }
    return call.form();
}

Variable conv2d(const Variable& input, const Variable& weight, const Conv2dOptions& o) {
    return convolve(conv2d_terms, input, weight, conv2d_form(input.shape(), weight.shape(), o), o.bias);
}

Variable conv_transpose2d(const Variable& input, const Variable& weight, const ConvTranspose2dOptions& o) {
    return convolve(conv_transpose2d_terms, input, weight, conv_transpose2d_form(input.shape(), weight.shape(), o),
                    o.bias);
}

}  // namespace adjoint::pytorch
