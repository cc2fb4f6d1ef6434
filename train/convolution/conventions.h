// Conventions of other systems on the command line: each has flags and layouts of its own; what they mean is said by
// framework/conventions.
#pragma once

#include "framework/conventions/layouts.h"
#include "framework/ops/convolution.h"
#include "train/convolution/options.h"

namespace adjoint {

/// A convolution of one direction, as a system speaks it.
struct Convention {
    Layout layout;
    std::function<Conv2DForm(const Shape& input, const Shape& weight)> form;
    std::function<Variable(const Variable& input, const Variable& weight, const std::optional<Variable>& bias)> apply;
};

/// A function of framework/conventions by its name, pytorch::conv2d, or adjoint's conv2d or conv2d_transpose, with the
/// options that are found. Throws Error, beginning with an option's name, where its text is not what the function
/// takes.
Convention make_convention(const std::string& function, const FindText& find);

}  // namespace adjoint
