// Which operations, layers, losses and models are there, and on what are their gradients checked?
#pragma once

#include "train/gradient_rows.h"

namespace adjoint {

/// A row for each, in the order of the headers.
const std::vector<GradientRow>& gradient_table();

/// The part of it that is the convolution family.
void append_convolutions(std::vector<GradientRow>& rows);

}  // namespace adjoint
