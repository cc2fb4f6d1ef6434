#include "framework/conventions/terms.h"

#include <algorithm>

#include "framework/error.h"

namespace adjoint {
namespace {

Shape rearranged(const Terms& terms, const Terms::Argument& argument, const Shape& shape, std::size_t may_be_empty) {
    require(shape.size() == 4, "{}: {} must be {}; got {}", terms.operation, argument.name, argument.axes, shape);
    require(std::all_of(shape.begin() + static_cast<std::ptrdiff_t>(may_be_empty), shape.end(),
                        [](Index extent) { return extent > 0; }),
            "{}: {} has an empty axis; got {}", terms.operation, argument.name, shape);
    Shape result;
    for (const std::size_t axis : argument.order) result.push_back(shape[axis]);
    return result;
}

}  // namespace

void require_at_least(const Terms& terms, const char* argument, Index least, const Size2D& pair) {
    require(pair.height >= least && pair.width >= least, "{}: {} must be at least {}; got {},{}", terms.operation,
            argument, least, pair.height, pair.width);
}

Understood understand(const Terms& terms, const Call& call) {
    const Shape image = rearranged(terms, terms.input, call.input, /*may_be_empty=*/1);
    const Shape filters = rearranged(terms, terms.weight, call.weight, /*may_be_empty=*/0);
    require_at_least(terms, terms.stride, 1, call.stride);
    require_at_least(terms, terms.dilation, 1, call.dilation);
    require(call.groups >= 1, "{}: {} must be at least 1; got {}", terms.operation, terms.groups, call.groups);

    const Index expected = terms.transposed ? filters[3] : filters[2] * call.groups;
    require(image[3] == expected, "{}: {} has {} channels, {} expects {}; got {} {}, {} {}{}", terms.operation,
            terms.input.name, image[3], terms.weight.name, expected, terms.input.name, call.input, terms.weight.name,
            call.weight, call.groups == 1 ? "" : fmt::format(", {} {}", terms.groups, call.groups));
    require(filters[3] % call.groups == 0, "{}: {} {} does not divide {} channels; got {} {}", terms.operation,
            terms.groups, call.groups, filters[3], terms.weight.name, call.weight);

    const Index made = terms.transposed ? filters[2] * call.groups : filters[3];
    require(!call.bias || call.bias->shape() == Shape{made}, "{}: {} must be [{}]; got {}", terms.operation, terms.bias,
            made, call.bias ? call.bias->shape() : Shape{});
    return {.image = image, .filters = filters};
}

}  // namespace adjoint
