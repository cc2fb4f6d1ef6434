#include "framework/convolution/conv2d_form.h"

#include <algorithm>
#include <fmt/ranges.h>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

Index divide_rounding_down(Index a, Index b) { return a / b - (a % b < 0 ? 1 : 0); }

// An axis of what the user passed, and of the form that is made of it.
struct SpatialAxis {
    const char* name;
    std::size_t kernel;  // which axis it is of the filters; of an image the next
    Index Size2D::*size;
    Index Sides::*before;
    Index Sides::*after;
    ConvAxis Conv2DForm::*of_form;
};
constexpr SpatialAxis spatial_axes[] = {
    {"height", 0, &Size2D::height, &Sides::top, &Sides::bottom, &Conv2DForm::height},
    {"width", 1, &Size2D::width, &Sides::left, &Sides::right, &Conv2DForm::width},
};

template <class Options>
ConvAxis filter_axis(const SpatialAxis& s, const Shape& weight, const Options& options) {
    return {.kernel = weight[s.kernel],
            .stride = options.stride.*s.size,
            .dilation = options.dilation.*s.size,
            .pad_before = options.padding.sides().*s.before,
            .pad_after = options.padding.sides().*s.after};
}

// Sets output, and before and after where the rule does: the one place where a convolution's output size is computed.
void resolve(ConvAxis& axis, Padding::Rule rule) {
    Index &before = axis.pad_before, &after = axis.pad_after;
    if (rule == Padding::Rule::full) before = after = axis.span() - 1;
    if (rule == Padding::Rule::same) {
        axis.output = ceil_divide(axis.image, axis.stride);
        const Index total = std::max<Index>(axis.reach() - axis.image, 0);
        before = total / 2;
        after = total - before;
    }
    axis.output = divide_rounding_down(axis.image + before + after - axis.span(), axis.stride) + 1;
}

template <class Options>
void require_sane(const std::string& operation, const char* weight_axes, const Shape& image, const Shape& weight,
                  const Options& options) {
    require_images(operation, image);
    require(weight.size() == 4, "{}: weight must be {}; got {}", operation, weight_axes, weight);
    require(std::min({image[1], image[2], image[3]}) > 0, "{}: input has an empty axis; got {}", operation, image);
    require(std::ranges::min(weight) > 0, "{}: weight has an empty axis; got {}", operation, weight);
    for (const auto& [name, size] : {std::pair("stride", options.stride), std::pair("dilation", options.dilation)}) {
        require(size.height >= 1 && size.width >= 1, "{}: {} must be at least 1; got {},{}", operation, name,
                size.height, size.width);
    }
    constexpr Index most = 1 << 30;  // so that 64 bits hold what is computed of these numbers
    const auto [top, left, bottom, right] = options.padding.sides();
    const Size2D pixels{image[1], image[2]}, taps{weight[0], weight[1]};
    for (const auto& [name, size] :
         {std::pair("image", pixels), std::pair("filter", taps), std::pair("stride", options.stride),
          std::pair("dilation", options.dilation), std::pair("padding", Size2D{top, left}),
          std::pair("padding", Size2D{bottom, right})}) {
        require(std::max(size.height, size.width) <= most && std::min(size.height, size.width) >= -most,
                "{}: {} must not exceed {}; got {},{}", operation, name, most, size.height, size.width);
    }
    require(options.groups >= 1, "{}: there must be at least 1 group; got {}", operation, options.groups);
    require(weight[3] % options.groups == 0, "{}: the weight's last axis does not divide into {} groups; got weight {}",
            operation, options.groups, weight);
}

// Sets axis.image so that axis.output comes of it: `resolve` maps `smallest` and the stride − 1 sizes above it to the
// same output.
void choose_image(const std::string& operation, const SpatialAxis& s, const Conv2DTransposeOptions& options,
                  ConvAxis& axis) {
    const Index output = axis.output, reach = axis.reach();
    const Index more = options.output_padding ? (*options.output_padding).*s.size : 0;
    require(more >= 0 && more < std::max(axis.stride, axis.dilation),
            "{}: output padding must be at least 0 and less than the larger of stride and dilation; got {} for the {}, "
            "stride {}, dilation {}",
            operation, more, s.name, axis.stride, axis.dilation);
    Padding::Rule rule = options.padding.rule();
    const bool same = rule == Padding::Rule::same;
    Index smallest = (output - 1) * axis.stride + 1;
    Index chosen = options.output_padding ? smallest + more : output * axis.stride;
    if (!same) {
        resolve(axis, rule);
        // Pixels beyond the last tap are zero whatever the padding there: output padding is so much less of it.
        axis.pad_after -= more;
        rule = Padding::Rule::sides;
        chosen = smallest = reach - axis.pad_before - axis.pad_after;
    }
    const Index largest = smallest + axis.stride - 1;
    axis.image = options.output_size ? (*options.output_size).*s.size : chosen;
    smallest = std::max<Index>(smallest, 1);
    require(axis.image >= smallest && axis.image <= largest,
            "{}: output {} {} is not possible; got input {} {}, kernel {}, stride {}, dilation {}, padding {}, for "
            "which {}",
            operation, s.name, axis.image, s.name, output, axis.kernel, axis.stride, axis.dilation,
            same ? "same" : fmt::format("{} and {}", axis.pad_before, axis.pad_after),
            largest < smallest    ? "no size is possible"
            : largest == smallest ? fmt::format("{} is possible", smallest)
                                  : fmt::format("{} to {} are possible", smallest, largest));
    resolve(axis, rule);
}

}  // namespace

Conv2DForm Conv2DForm::of(const std::string& operation, const Shape& image, const Shape& weight,
                          const Conv2DOptions& options) {
    require_sane(operation, "[K, L, C, O]", image, weight, options);
    require(image[3] == weight[2] * options.groups,
            "{}: input has {} channels, weight expects {}; got input {}, weight {}{}", operation, image[3],
            weight[2] * options.groups, image, weight,
            options.groups == 1 ? "" : fmt::format(", groups {}", options.groups));
    Conv2DForm form{.batch = image[0], .channels = image[3], .filters = weight[3], .groups = options.groups};
    for (const SpatialAxis& s : spatial_axes) {
        ConvAxis& axis = form.*s.of_form = filter_axis(s, weight, options);
        axis.image = image[s.kernel + 1];
        resolve(axis, options.padding.rule());
        require(
            axis.output >= 1,
            "{}: the filter's {} of {} exceeds the padded image's {}; got input {} {}, kernel {}, dilation {}, padding "
            "{} and {}",
            operation, s.name, axis.span(), axis.image + axis.pad_before + axis.pad_after, s.name, axis.image,
            axis.kernel, axis.dilation, axis.pad_before, axis.pad_after);
    }
    element_count(form.output_shape(), operation);  // throws where it is too large
    return form;
}

Conv2DForm transposed_form(const Shape& output, const Shape& weight, const Conv2DTransposeOptions& options,
                           const std::string& operation) {
    require_sane(operation, "[K, L, C_out, C_in]", output, weight, options);
    require(output[3] == weight[3],
            "{}: input has {} channels, weight [K, L, C_out, C_in] expects {}; got input {}, weight {}", operation,
            output[3], weight[3], output, weight);
    require(!options.output_size || !options.output_padding,
            "{}: the output's size is given twice; got both output_size and output_padding", operation);
    Conv2DForm form{
        .batch = output[0], .channels = weight[2] * options.groups, .filters = output[3], .groups = options.groups};
    for (const SpatialAxis& s : spatial_axes) {
        ConvAxis& axis = form.*s.of_form = filter_axis(s, weight, options);
        axis.output = output[s.kernel + 1];
        choose_image(operation, s, options, axis);
    }
    element_count(form.image_shape(), operation);  // throws where it is too large
    return form;
}

}  // namespace adjoint
