// Operands of a convolution from the command line: .npy files or typed matrices, in a system's layout; a matrix is one
// image of one channel, or one filter.
#pragma once

#include <span>
#include <string>

#include "framework/conventions/layouts.h"

namespace adjoint {

struct Operand {
    Tensor value;
    bool from_file;
};

/// Throws Error, beginning with the option's name, unless `text` is a matrix or the name of a .npy file.
Operand read_operand(const char* option, const std::string& text);
/// The same for one number a channel, [C].
Operand read_bias(const char* option, const std::string& text);

/// What was asked for; else the wider type of the files; else, when all is typed, float64.
DType common_dtype(const std::string& asked, std::span<const Operand> operands);

/// An operand of fewer axes as the images or filters that it stands for in its layout. Throws Error, beginning with the
/// option's name, where a rank means nothing.
Variable as_images(const char* option, const Variable& operand, Layout layout);
Variable as_filters(const char* option, const Variable& operand, Layout layout);

}  // namespace adjoint
