// Typed numbers: an array on the command line, as a matrix "1 2; 3 4" or as NumPy prints it, [[1. 2.] [3. 4.]].
#pragma once

#include <string>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// A float64 array. Rows of a matrix end at ';' or a line break; lists stand in brackets, as deep and as long as each
/// other; numbers end at blanks or commas. Throws Error, beginning with the option's name, where it is neither:
/// `--input: lists must be of one length; [0] has 2, [1] has 1`.
Tensor parse_numbers(const char* option, const std::string& text);

}  // namespace adjoint
