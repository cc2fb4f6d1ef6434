// Number grids: calculations with matrices drawn side by side, as on paper, with signs between them.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/shape.h"

namespace adjoint {

using Lines = std::vector<std::string>;

/// A matrix, some of whose entries may be missing.
struct Grid {
    Index columns;
    std::vector<double> numbers;
    std::vector<bool> present;
};

/// a·b entry by entry, missing where a is.
Grid product(const Grid& a, const Grid& b);
double sum(const Grid& a);

/// As short as on paper: rounding errors in the last digits are left out.
std::string brief(double number);

/// A line for each row, with a point for each missing entry; columns are at least `width` wide.
Lines draw(const Grid& matrix, std::size_t width = 0);

/// Two blocks of lines next to each other; a sign stands between them at the middle of the left one.
Lines beside(const Lines& left, const std::string& sign, const Lines& right);

/// Lines under a heading.
Lines headed(const std::string& heading, const Lines& lines);

/// The lines as one text, a little to the right.
std::string indented(const Lines& lines);

}  // namespace adjoint
