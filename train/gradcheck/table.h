// Gradient table: the operations, layers, losses and models that there are, and on what their gradients are checked.
#pragma once

#include "train/gradcheck/rows.h"

namespace adjoint {

/// A row for each, in the order of the headers.
const GradientRows& gradient_table();

/// Its parts that have files of their own.
GradientRows convolution_rows();
GradientRows image_rows();
GradientRows convention_rows();
GradientRows layer_rows();
GradientRows loss_rows();
GradientRows model_rows();

}  // namespace adjoint
