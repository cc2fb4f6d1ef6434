#include "framework/kernels/conv2d_form.h"

#include <algorithm>

#include "framework/tensor/error.h"
#include "framework/tensor/math.h"

namespace adjoint {
namespace {

Index divide_rounding_down(Index a, Index b) { return a / b - (a % b < 0 ? 1 : 0); }

// ---- one axis ----

// Sets before, after and output from the rest: the one place where a convolution's output size is computed.
void resolve(ConvAxis& axis, Padding::Rule rule, Index before, Index after) {
    switch (rule) {
        case Padding::Rule::valid:
            before = after = 0;
            break;
        case Padding::Rule::full:
            before = after = axis.span() - 1;
            break;
        case Padding::Rule::same: {
            const Index output = ceil_divide(axis.image, axis.stride);
            const Index total = std::max<Index>((output - 1) * axis.stride + axis.span() - axis.image, 0);
            before = total / 2;
            after = total - before;
            break;
        }
        case Padding::Rule::sides:
            break;
    }
    axis.before = before;
    axis.after = after;
    axis.output = divide_rounding_down(axis.image + before + after - axis.span(), axis.stride) + 1;
}

// ---- what the user passed ----

template <class Options>
void require_sane(const std::string& operation, const char* weight_axes, const Shape& image, const Shape& weight,
                  const Options& options) {
    require(image.size() == 4, "{}: input must be [N, H, W, C]; got {}", operation, image);
    require(weight.size() == 4, "{}: weight must be {}; got {}", operation, weight_axes, weight);
    const auto positive = [](Index extent) { return extent > 0; };
    require(std::all_of(image.begin() + 1, image.end(), positive), "{}: input has an empty axis; got {}", operation,
            image);
    require(std::all_of(weight.begin(), weight.end(), positive), "{}: weight has an empty axis; got {}", operation,
            weight);
    const auto [stride, dilation] = std::pair(options.stride, options.dilation);
    require(stride.height >= 1 && stride.width >= 1, "{}: stride must be at least 1; got {},{}", operation,
            stride.height, stride.width);
    require(dilation.height >= 1 && dilation.width >= 1, "{}: dilation must be at least 1; got {},{}", operation,
            dilation.height, dilation.width);
    require(options.groups >= 1, "{}: there must be at least 1 group; got {}", operation, options.groups);
    require(weight[3] % options.groups == 0, "{}: the weight's last axis does not divide into {} groups; got weight {}",
            operation, options.groups, weight);
}

template <class Options>
ConvAxis height_axis(const Shape& weight, const Options& options) {
    return {.image = 0,
            .kernel = weight[0],
            .stride = options.stride.height,
            .dilation = options.dilation.height,
            .before = 0,
            .after = 0,
            .output = 0};
}

template <class Options>
ConvAxis width_axis(const Shape& weight, const Options& options) {
    return {.image = 0,
            .kernel = weight[1],
            .stride = options.stride.width,
            .dilation = options.dilation.width,
            .before = 0,
            .after = 0,
            .output = 0};
}

// ---- the transposed convolution's choice of a size ----

// What the options say of one axis of the image that is to be made.
struct Wish {
    const char* name;  // height or width
    Padding::Rule rule;
    Index before;
    Index after;
    std::optional<Index> size;
    std::optional<Index> output_padding;
};

// The image size for axis.output: `resolve` maps `smallest` and the stride − 1 sizes above it to the same output.
ConvAxis choose_image(const std::string& operation, ConvAxis axis, Wish wish) {
    const Index output = axis.output, more = wish.output_padding.value_or(0);
    require(more >= 0 && more < std::max({axis.stride, axis.dilation, Index{1}}),
            "{}: output padding must be at least 0 and less than the larger of stride and dilation; got {} for the {}, "
            "stride {}, dilation {}",
            operation, more, wish.name, axis.stride, axis.dilation);
    Index smallest, chosen;
    if (wish.rule == Padding::Rule::same) {
        smallest = (output - 1) * axis.stride + 1;
        chosen = wish.output_padding ? smallest + more : output * axis.stride;
    } else {
        resolve(axis, wish.rule, wish.before, wish.after);
        // Pixels beyond the last tap are zero whatever the padding there: output padding is so much less of it.
        wish = {.name = wish.name,
                .rule = Padding::Rule::sides,
                .before = axis.before,
                .after = axis.after - more,
                .size = wish.size,
                .output_padding = {}};
        chosen = smallest = (output - 1) * axis.stride + axis.span() - wish.before - wish.after;
    }
    const Index largest = smallest + axis.stride - 1;
    axis.image = wish.size.value_or(chosen);
    smallest = std::max<Index>(smallest, 1);
    require(axis.image >= smallest && axis.image <= largest,
            "{}: output {} {} is not possible; got input {} {}, kernel {}, stride {}, dilation {}, padding {}, for "
            "which {}",
            operation, wish.name, axis.image, wish.name, output, axis.kernel, axis.stride, axis.dilation,
            wish.rule == Padding::Rule::same ? "same" : fmt::format("{} and {}", wish.before, wish.after),
            largest < smallest    ? "no size is possible"
            : largest == smallest ? fmt::format("{} is possible", smallest)
                                  : fmt::format("{} to {} are possible", smallest, largest));
    resolve(axis, wish.rule, wish.before, wish.after);
    return axis;
}

}  // namespace

Conv2DForm Conv2DForm::of(const std::string& operation, const Shape& image, const Shape& weight,
                          const Conv2DOptions& options) {
    require_sane(operation, "[K, L, C, O]", image, weight, options);
    require(image[3] == weight[2] * options.groups,
            "{}: input has {} channels, weight expects {}; got input {}, weight {}{}", operation, image[3],
            weight[2] * options.groups, image, weight,
            options.groups == 1 ? "" : fmt::format(", groups {}", options.groups));
    Conv2DForm form{.batch = image[0],
                    .channels = image[3],
                    .filters = weight[3],
                    .groups = options.groups,
                    .height = height_axis(weight, options),
                    .width = width_axis(weight, options)};
    form.height.image = image[1];
    form.width.image = image[2];
    const auto [rule, sides] = std::pair(options.padding.rule(), options.padding.sides());
    resolve(form.height, rule, sides.top, sides.bottom);
    resolve(form.width, rule, sides.left, sides.right);
    for (const auto& [side, axis] : {std::pair("height", form.height), std::pair("width", form.width)}) {
        require(
            axis.output >= 1,
            "{}: the filter's {} of {} exceeds the padded image's {}; got input {} {}, kernel {}, dilation {}, padding "
            "{} and {}",
            operation, side, axis.span(), axis.image + axis.before + axis.after, side, axis.image, axis.kernel,
            axis.dilation, axis.before, axis.after);
    }
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
    Conv2DForm form{.batch = output[0],
                    .channels = weight[2] * options.groups,
                    .filters = output[3],
                    .groups = options.groups,
                    .height = height_axis(weight, options),
                    .width = width_axis(weight, options)};
    form.height.output = output[1];
    form.width.output = output[2];
    const auto wish = [&](const char* name, Index Sides::*before, Index Sides::*after, Index Size2D::*axis) {
        const auto along = [axis](const std::optional<Size2D>& size) {
            return size ? std::optional<Index>((*size).*axis) : std::nullopt;
        };
        return Wish{.name = name,
                    .rule = options.padding.rule(),
                    .before = options.padding.sides().*before,
                    .after = options.padding.sides().*after,
                    .size = along(options.output_size),
                    .output_padding = along(options.output_padding)};
    };
    form.height = choose_image(operation, form.height, wish("height", &Sides::top, &Sides::bottom, &Size2D::height));
    form.width = choose_image(operation, form.width, wish("width", &Sides::left, &Sides::right, &Size2D::width));
    return form;
}

}  // namespace adjoint
