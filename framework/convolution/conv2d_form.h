// Convolution shapes: which sizes fit together, the one output-size formula, and every error about shapes.
//
// The letters of the convolution family, here and wherever it is spoken of:
//   N images of H × W pixels and C channels;  filters of K × L taps;  O output channels;  an output of H′ × W′;
//   for each of the two axes a stride s, a dilation d and a padding p before the image (above or left of it).
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "framework/tensor/shape.h"

namespace adjoint {

/// Two numbers, one for each spatial axis.
struct Size2D {
    Index height;
    Index width;
    bool operator==(const Size2D&) const = default;
};

/// Rows and columns of zeros around an image; negative numbers crop it.
struct Sides {
    Index top = 0;
    Index left = 0;
    Index bottom = 0;
    Index right = 0;
};

/// How far the filters may hang over the image's border.
class Padding {
  public:
    enum class Rule { valid, same, full, sides };

    /// Four sides, each its own.
    Padding(const Sides& sides) : rule_(Rule::sides), sides_(sides) {}
    /// Not at all: p = 0.
    static Padding valid() { return Padding(Rule::valid); }
    /// So that H′ = ⌈H / s⌉; an odd number of zeros has the larger half after the image (TensorFlow's SAME).
    static Padding same() { return Padding(Rule::same); }
    /// Wherever a filter touches the image: p = d·(K − 1).
    static Padding full() { return Padding(Rule::full); }
    /// The same on opposite sides, as PyTorch writes it.
    static Padding symmetric(const Size2D& p) { return Sides{p.height, p.width, p.height, p.width}; }

    Rule rule() const { return rule_; }
    const Sides& sides() const { return sides_; }

  private:
    explicit Padding(Rule rule) : rule_(rule) {}

    Rule rule_;
    Sides sides_;
};

struct Conv2DOptions {
    Size2D stride = {1, 1};
    Padding padding = Padding::valid();
    Size2D dilation = {1, 1};
    Index groups = 1;
};

/// One spatial axis of a form, along which tap k joins image pixel h and output pixel i where h = i·s + k·d − p.
struct ConvAxis {
    Index image = 0;
    Index kernel = 0;
    Index stride = 0;
    Index dilation = 0;
    Index pad_before = 0;  ///< p
    Index pad_after = 0;
    Index output = 0;

    /// The pixels from a filter's first tap to its last: d·(K − 1) + 1.
    Index span() const { return dilation * (kernel - 1) + 1; }
    /// The pixels from the first tap of the first output pixel to the last tap of the last.
    Index reach() const { return (output - 1) * stride + span(); }
    /// The pixels of the image and its padding that no tap leads to: fewer than a stride, behind the last.
    Index beyond() const { return image + pad_before + pad_after - reach(); }
    /// h, which in the padding is no pixel of the image.
    Index pixel(Index i, Index k) const { return i * stride + k * dilation - pad_before; }
    auto operator<=>(const ConvAxis&) const = default;
};

/// The trilinear form T(x, w, y) = Σ x[n, i·s + k·d − p, j·s + l·d − p, c] · w[k, l, c, o] · y[n, i, j, o] with all its
/// sizes fixed; x is 0 outside the image. With groups, C and O are cut into that many parts, and a part of y sees its
/// own part of x only.
struct Conv2DForm {
    Index batch;     ///< N
    Index channels;  ///< C
    Index filters;   ///< O
    Index groups;
    ConvAxis height = {};
    ConvAxis width = {};

    /// The form in which `image` [N, H, W, C] meets `weight` [K, L, C / groups, O];
    /// H′ = ⌊(H + pad_before + pad_after − span) / s⌋ + 1. Throws, in the name of `operation`, where they do not fit,
    /// and where a number is beyond 2³⁰.
    static Conv2DForm of(const std::string& operation, const Shape& image, const Shape& weight,
                         const Conv2DOptions& options);

    Index group_channels() const { return channels / groups; }
    Index group_filters() const { return filters / groups; }
    /// Whether every channel has one filter of its own.
    bool depthwise() const { return groups == channels && groups == filters && groups > 1; }
    /// The rows of the patch matrix P(x), one for each output pixel: N·H′·W′.
    Index rows() const { return batch * height.output * width.output; }
    /// The columns of P(x) for one group: K·L·C / groups.
    Index columns() const { return height.kernel * width.kernel * group_channels(); }

    Sides pads() const { return {height.pad_before, width.pad_before, height.pad_after, width.pad_after}; }
    Shape image_shape() const { return {batch, height.image, width.image, channels}; }
    Shape weight_shape() const { return {height.kernel, width.kernel, group_channels(), filters}; }
    Shape output_shape() const { return {batch, height.output, width.output, filters}; }
};

/// A transposed convolution runs a convolution's form from output to input. Several image sizes H give one H′, so it
/// must be told which: by default the smallest, (H′ − 1)·s + span − before − after, or H′·s under `same`; or by name in
/// output_size; or by output_padding, rows and columns more than the smallest, which under `same` is (H′ − 1)·s + 1.
struct Conv2DTransposeOptions {
    Size2D stride = {1, 1};
    Padding padding = Padding::valid();
    Size2D dilation = {1, 1};
    Index groups = 1;
    std::optional<Size2D> output_size = {};
    std::optional<Size2D> output_padding = {};
};

/// The form whose output is `output` [N, H′, W′, O] and whose filters are `weight` [K, L, C / groups, O].
/// Throws, in the name of `operation` and naming the sizes that are possible, when the one asked for is not.
Conv2DForm transposed_form(const Shape& output, const Shape& weight, const Conv2DTransposeOptions& options,
                           const std::string& operation = "conv2d_transpose");

}  // namespace adjoint
