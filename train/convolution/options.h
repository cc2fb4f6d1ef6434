// Options typed as text: `2` or `2,1` for height and width; `same`, `1` or `0,0,1,1` for padding. A struct of options
// is read as a whole: each field from the flag of its name.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "framework/convolution/conv2d_form.h"

namespace adjoint {

/// What was typed after an option, and the name that errors about it begin with.
struct TypedText {
    std::string option;
    std::string text;
};

/// Throws Error `<what> is too large; got [1, 20000, 20000, 1], of more than 268435456 numbers` where `shape` has more
/// elements than `most`, before anything computes them: few numbers that are typed may ask for it.
void require_affordable(const std::string& what, const Shape& shape, Index most);

/// The whole numbers in `1,2,3`. Throws Error, saying what was expected, unless the text is that and there are as many
/// as one of `counts`, if any are given.
std::vector<Index> parse_integers(const TypedText& typed, const char* expected,
                                  std::initializer_list<std::size_t> counts = {});

/// The two numbers in `H,W`, or one for both. Throws Error unless the text is that.
Size2D parse_pair(const TypedText& typed);

/// A text as the value of a field. All throw Error unless it is one.
void parse(const TypedText& typed, Index& groups);  ///< a number from 1
inline void parse(const TypedText& typed, bool& value) { value = typed.text == "yes"; }
inline void parse(const TypedText& typed, std::string& word) { word = typed.text; }
inline void parse(const TypedText& typed, Size2D& pair) { pair = parse_pair(typed); }
void parse(const TypedText& typed, Shape& shape);      ///< as a Size2D, or all of a shape
void parse(const TypedText& typed, Sides& sides);      ///< `TOP,LEFT,BOTTOM,RIGHT`
void parse(const TypedText& typed, Padding& padding);  ///< a rule's name, one number, `H,W` or `TOP,LEFT,BOTTOM,RIGHT`
/// PyTorch's padding: a word, or integers for opposite sides.
void parse(const TypedText& typed, std::variant<Size2D, std::string>& padding);
/// Keras's padding: a word, or TensorFlow's explicit paddings `0,0,TOP,BOTTOM,LEFT,RIGHT,0,0`.
void parse(const TypedText& typed, std::variant<std::string, Sides>& padding);

/// Finds what was typed by the flag, and by the name that the options struct has for it: --stride and --strides.
using FindText = std::function<std::optional<TypedText>(const std::string& flag, const std::string& own_name)>;

/// Options with each field that has a flag read from what was typed, if anything was; an empty text leaves an optional
/// field empty.
template <class Options>
Options parse_options(const FindText& find) {
    Options o = {};
    const auto read = [&find](auto& field, const char* flag, const char* own_name = nullptr) {
        const std::optional<TypedText> typed = find(flag, own_name ? own_name : flag);
        if (!typed) return;
        if constexpr (requires { field.reset(); }) {
            field.reset();
            if (!typed->text.empty()) parse(*typed, field.emplace());
        } else {
            parse(*typed, field);
        }
    };
    if constexpr (requires { o.kernel; }) read(o.kernel, "--kernel");
    if constexpr (requires { o.kernel_shape; }) read(o.kernel_shape, "--kernel-shape");
    if constexpr (requires { o.window; }) read(o.window, "--window");
    if constexpr (requires { o.stride; }) read(o.stride, "--stride");
    if constexpr (requires { o.strides; }) read(o.strides, "--stride", "--strides");
    if constexpr (requires { o.padding; }) read(o.padding, "--padding");
    if constexpr (requires { o.auto_pad; }) read(o.auto_pad, "--auto-pad");
    if constexpr (requires { o.pads; }) read(o.pads, "--pads");
    if constexpr (requires { o.dilation; }) read(o.dilation, "--dilation");
    if constexpr (requires { o.dilations; }) read(o.dilations, "--dilation", "--dilations");
    if constexpr (requires { o.dilation_rate; }) read(o.dilation_rate, "--dilation", "--dilation-rate");
    if constexpr (requires { o.groups; }) read(o.groups, "--groups");
    if constexpr (requires { o.group; }) read(o.group, "--groups");
    if constexpr (requires { o.output_size; }) read(o.output_size, "--output-size");
    if constexpr (requires { o.output_shape; }) read(o.output_shape, "--output-size", "--output-shape");
    if constexpr (requires { o.output_padding; }) read(o.output_padding, "--output-padding");
    if constexpr (requires { o.count_padding; }) read(o.count_padding, "--count-padding");
    if constexpr (requires { o.interpolation; }) read(o.interpolation, "--interpolation");
    if constexpr (requires { o.align_corners; }) read(o.align_corners, "--align-corners");
    return o;
}

}  // namespace adjoint
