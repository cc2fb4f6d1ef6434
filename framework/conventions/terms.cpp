#include "framework/conventions/terms.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/ops/shape_ops.h"
#include "framework/tensor/error.h"

namespace adjoint {
namespace {

void require_axes(const Terms& terms, const Terms::Argument& argument, const Shape& shape, Index may_be_empty) {
    require(shape.size() == 4, "{}: {} must be {}; got {}", terms.operation, argument.name, argument.axes, shape);
    require(std::all_of(shape.begin() + may_be_empty, shape.end(), [](Index extent) { return extent > 0; }),
            "{}: {} has an empty axis; got {}", terms.operation, argument.name, shape);
}

}  // namespace

void require_at_least(const Terms& terms, const char* argument, Index least, const Size2D& pair) {
    require(pair.height >= least && pair.width >= least, "{}: {} must be at least {}; got {},{}", terms.operation,
            argument, least, pair.height, pair.width);
}

NormalizedCall normalize(const Terms& terms, const Shape& input, const Shape& weight,
                         const std::optional<Variable>& bias, const Conv2DTransposeOptions& o) {
    Shape x = input;
    if (terms.layout == Layout::unbatched_too && x.size() == 3) x.insert(x.begin(), 1);
    require_axes(terms, terms.input, x, /*may_be_empty=*/1);
    require_axes(terms, terms.weight, weight, /*may_be_empty=*/0);
    require_at_least(terms, terms.stride, 1, o.stride);
    require_at_least(terms, terms.dilation, 1, o.dilation);
    require(o.groups >= 1, "{}: {} must be at least 1; got {}", terms.operation, terms.groups, o.groups);

    const bool last = terms.layout == Layout::channels_last;
    NormalizedCall call{.terms = terms,
                        .image = last ? x : Shape{x[0], x[2], x[3], x[1]},
                        .filters = last ? weight : Shape{weight[2], weight[3], weight[1], weight[0]},
                        .options = o};
    const Index channels = element_count({call.filters[2], o.groups}, terms.operation), outputs = call.filters[3];
    const Index expected = terms.transposed ? outputs : channels, made = terms.transposed ? channels : outputs;
    require(call.image[3] == expected, "{}: {} has {} channels, {} expects {}; got {} {}, {} {}{}", terms.operation,
            terms.input.name, call.image[3], terms.weight.name, expected, terms.input.name, x, terms.weight.name,
            weight, o.groups == 1 ? "" : fmt::format(", {} {}", terms.groups, o.groups));
    require(outputs % o.groups == 0, "{}: {} {} does not divide {} channels; got {} {}", terms.operation, terms.groups,
            o.groups, outputs, terms.weight.name, weight);
    require(!bias || bias->shape() == Shape{made}, "{}: {} must be [{}]; got {}", terms.operation, terms.bias, made,
            bias ? bias->shape() : Shape{});
    return call;
}

Conv2DForm NormalizedCall::form() const {
    if (terms.transposed) return transposed_form(image, filters, options, terms.operation);
    return Conv2DForm::of(
        terms.operation, image, filters,
        {.stride = options.stride, .padding = options.padding, .dilation = options.dilation, .groups = options.groups});
}

Variable convolve(const Terms& terms, const Variable& input, const Variable& weight, const Conv2DForm& form,
                  const std::optional<Variable>& bias) {
    const Variable x = images_channels_last(input, terms.layout), w = filters_channels_last(weight, terms.layout);
    const Variable y =
        terms.transposed ? conv2d_input_gradient(x, w, form, {.bias = bias}) : conv2d(x, w, form, {.bias = bias});
    if (terms.layout == Layout::channels_last) return y;
    const Variable result = nhwc_to_nchw(y);
    if (input.rank() == 4) return result;
    return reshape(result, {result.extent(1), result.extent(2), result.extent(3)});
}

}  // namespace adjoint
