// How are the sizes of a convolution typed? `2` or `2,1` for height and width; `same`, `1` or `0,0,1,1` for padding.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/conv2d_form.h"

namespace adjoint {

/// The whole numbers in `1,2,3`. Throws Error, beginning with the option's name and saying what was expected, unless
/// `text` is that.
std::vector<Index> parse_integers(const char* option, const std::string& text, const char* expected);

/// The two numbers in `H,W`, or one for both. Throws Error, beginning with the option's name, unless `text` is that.
Size2D parse_pair(const char* option, const std::string& text);
/// The same, or nothing where nothing was typed.
std::optional<Size2D> parse_optional_pair(const char* option, const std::string& text);

/// `TOP,LEFT,BOTTOM,RIGHT`.
Sides parse_sides(const char* option, const std::string& text);

/// A rule's name, or integers: one for all sides, `H,W` for opposite sides alike, or `TOP,LEFT,BOTTOM,RIGHT`.
Padding parse_padding(const std::string& text);

Index parse_groups(const std::string& text);

}  // namespace adjoint
