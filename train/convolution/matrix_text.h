// Matrices typed on the command line, and tensors printed for people.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// The matrix [rows, columns] of float64 that `text` spells: rows end at ';' or a line break, numbers at spaces or
/// commas. Throws Error, beginning with `name`, unless it spells one.
Tensor parse_matrix(const std::string& name, const std::string& text);

/// The shortest text that reads back as the same number; 0 for -0.
std::string shortest(double number, DType dtype);

/// One line for each row, entries set flush right under each other, at least `width` wide.
std::vector<std::string> matrix_lines(const std::vector<std::string>& entries, Index columns, std::size_t width = 0);

/// Images [N, H, W, C] as matrices: one alone if there is one image of one channel, else each [n, c] under a heading,
/// and first of all the shape that they have where they come from.
std::string images_text(const Tensor& images, const Shape& shape);

/// Filters [K, L, C, O] in the same way, each [c, o] under a heading.
std::string filters_text(const Tensor& filters, const Shape& shape);

}  // namespace adjoint
