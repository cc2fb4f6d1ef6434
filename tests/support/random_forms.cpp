#include "tests/support/random_forms.h"

#include <algorithm>
#include <array>

#include "framework/tensor/random.h"

namespace adjoint {
namespace {

Padding random_padding(RandomStream& stream) {
    switch (stream.between(0, 5)) {
        case 0:
            return Padding::valid();
        case 1:
            return Padding::same();
        case 2:
            return Padding::full();
        default:
            return Sides{.top = stream.between(-2, 4),
                         .left = stream.between(-2, 4),
                         .bottom = stream.between(-2, 4),
                         .right = stream.between(-2, 4)};
    }
}

// From the smallest image that the filter fits into to a few pixels more.
Index random_image(RandomStream& stream, Padding::Rule rule, Index kernel, Index dilation, Index padding) {
    const bool roomy = rule == Padding::Rule::same || rule == Padding::Rule::full;
    const Index span = dilation * (kernel - 1) + 1;
    return std::max<Index>(1, roomy ? 1 : span - padding) + stream.between(0, 6);
}

// A few channels mostly; else about as many as fill one or more vectors of a processor, or the tiles made of them.
Index random_channels(RandomStream& stream) {
    constexpr std::array<Index, 8> wide = {7, 8, 15, 16, 17, 32, 33, 70};
    if (stream.between(0, 5) > 0) return stream.between(1, 5);
    return wide[static_cast<std::size_t>(stream.between(0, wide.size() - 1))];
}

std::string to_string(const ConvAxis& axis) {
    return fmt::format("image {} kernel {} stride {} dilation {} padding {} and {} output {}", axis.image, axis.kernel,
                       axis.stride, axis.dilation, axis.pad_before, axis.pad_after, axis.output);
}

}  // namespace

std::string to_string(const Conv2DForm& form) {
    return fmt::format("batch {}, {} channels to {} filters in {} groups; height: {}; width: {}", form.batch,
                       form.channels, form.filters, form.groups, to_string(form.height), to_string(form.width));
}

Conv2DForm random_form(const Random& random) {
    RandomStream stream(random);
    const Index kind = stream.between(0, 7);
    const bool depthwise = kind == 0, small_groups = kind == 1;
    const auto group_channels = [&] {
        return depthwise ? 1 : small_groups ? stream.between(1, 5) : random_channels(stream);
    };
    const Conv2DOptions options{.stride = {stream.between(1, 4), stream.between(1, 4)},
                                .padding = random_padding(stream),
                                .dilation = {stream.between(1, 3), stream.between(1, 3)},
                                .groups = depthwise      ? stream.between(2, 5) * random_channels(stream)
                                          : small_groups ? stream.between(2, 40)
                                                         : std::max<Index>(1, stream.between(-2, 5))};
    const Shape weight{stream.between(1, 7), stream.between(1, 7), group_channels(), options.groups * group_channels()};
    const Sides& sides = options.padding.sides();
    const Padding::Rule rule = options.padding.rule();
    const Shape image{stream.between(1, 3),
                      random_image(stream, rule, weight[0], options.dilation.height, sides.top + sides.bottom),
                      random_image(stream, rule, weight[1], options.dilation.width, sides.left + sides.right),
                      options.groups * weight[2]};
    return Conv2DForm::of("random_form", image, weight, options);
}

Tensor random_integers(const Shape& shape, const Random& random, DType dtype) {
    std::vector<double> elements(element_count(shape));
    for (std::size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<double>(random.below(7, i)) - 3.0;
    return Tensor(shape, elements, dtype);
}

}  // namespace adjoint
