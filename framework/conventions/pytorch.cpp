#include "framework/conventions/pytorch.h"

#include "framework/conventions/layouts.h"
#include "framework/conventions/terms.h"
#include "framework/error.h"
#include "framework/shaping.h"

namespace adjoint::pytorch {
namespace {

constexpr Terms conv2d_terms{.operation = "pytorch::conv2d",
                             .input = {"input", "[N, C_in, H, W] or [C_in, H, W]", {0, 2, 3, 1}},
                             .weight = {"weight", "[C_out, C_in / groups, K, L]", {2, 3, 1, 0}},
                             .bias = "bias",
                             .stride = "stride",
                             .dilation = "dilation",
                             .groups = "groups"};

constexpr Terms conv_transpose2d_terms{.operation = "pytorch::conv_transpose2d",
                                       .input = conv2d_terms.input,
                                       .weight = {"weight", "[C_in, C_out / groups, K, L]", {2, 3, 1, 0}},
                                       .bias = "bias",
                                       .stride = "stride",
                                       .dilation = "dilation",
                                       .groups = "groups",
                                       .transposed = true};

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

// One image [C, H, W] is a batch of one.
Shape batched(Shape input) {
    if (input.size() == 3) input.insert(input.begin(), 1);
    return input;
}

Variable unbatched(const Variable& output, const Variable& input) {
    if (input.rank() != 3) return output;
    return reshape(output, Shape(output.shape().begin() + 1, output.shape().end()));
}

}  // namespace

Conv2DForm conv2d_form(const Shape& input, const Shape& weight, const Conv2dOptions& o) {
    const Understood call = understand(conv2d_terms, {.input = batched(input),
                                                      .weight = weight,
                                                      .bias = o.bias,
                                                      .stride = o.stride,
                                                      .dilation = o.dilation,
                                                      .groups = o.groups});
    return Conv2DForm::of(conv2d_terms.operation, call.image, call.filters,
                          {.stride = o.stride, .padding = padding_of(o), .dilation = o.dilation, .groups = o.groups});
}

Conv2DForm conv_transpose2d_form(const Shape& input, const Shape& weight, const ConvTranspose2dOptions& o) {
    const Terms& terms = conv_transpose2d_terms;
    const Understood call = understand(terms, {.input = batched(input),
                                               .weight = weight,
                                               .bias = o.bias,
                                               .stride = o.stride,
                                               .dilation = o.dilation,
                                               .groups = o.groups});
    require_at_least(terms, "padding", 0, o.padding);
    Conv2DTransposeOptions options{
        .stride = o.stride, .padding = Padding::symmetric(o.padding), .dilation = o.dilation, .groups = o.groups};
    if (o.output_size) {
        const Shape& size = *o.output_size;
        require(size.size() == 2 || size.size() == 4, "{}: output_size must be [H, W] or [N, C_out, H, W]; got {}",
                terms.operation, size);
        options.output_size = Size2D{size[size.size() - 2], size[size.size() - 1]};
    } else {
        options.output_padding = o.output_padding;
    }
    return transposed_form(call.image, call.filters, options, terms.operation);
}

Variable conv2d(const Variable& input, const Variable& weight, const Conv2dOptions& o) {
    const Variable x = reshape(input, batched(input.shape()));
    const Conv2DForm form = conv2d_form(x.shape(), weight.shape(), o);
    return unbatched(nhwc_to_nchw(adjoint::conv2d(nchw_to_nhwc(x), oihw_to_hwio(weight), form, {.bias = o.bias})),
                     input);
}

Variable conv_transpose2d(const Variable& input, const Variable& weight, const ConvTranspose2dOptions& o) {
    const Variable y = reshape(input, batched(input.shape()));
    const Conv2DForm form = conv_transpose2d_form(y.shape(), weight.shape(), o);
    return unbatched(nhwc_to_nchw(conv2d_input_gradient(nchw_to_nhwc(y), oihw_to_hwio(weight), form, {.bias = o.bias})),
                     input);
}

}  // namespace adjoint::pytorch
