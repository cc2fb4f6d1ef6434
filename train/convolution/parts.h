// Parts of a convolution: what one element does by itself, as a matrix with a hole wherever it reaches nothing. For one
// image of one channel and one filter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/convolution/conv2d_form.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// A matrix, some of whose entries may be missing.
struct Grid {
    Index columns;
    std::vector<std::optional<double>> numbers;
};

Grid image_grid(const Tensor& image);    ///< [1, H, W, 1]
Grid filter_grid(const Tensor& filter);  ///< [K, L, 1, 1]

/// conv2d: the patch of x under the filter, where output e is made.
Grid patch_of(const Tensor& x, const Conv2DForm& form, Index e);
/// conv2d_input_gradient: the block that element e of y becomes.
Grid block_of(const Tensor& y, const Tensor& w, const Conv2DForm& form, Index e);
/// conv2d_weight_gradient: the pixels of x that tap e of the filter sees, one for each output.
Grid seen_by(const Tensor& x, const Conv2DForm& form, Index e);

/// Which pixels of the image meet output e, or tap e of the filter: ones there.
Grid pixels_of_output(const Conv2DForm& form, Index e);
Grid pixels_of_tap(const Conv2DForm& form, Index e);

/// The place of an element in a matrix of so many columns.
struct Place {
    Index row;
    Index column;
};
Place place(Index element, Index columns);
std::string text(const Place& p);

/// As short as on paper: rounding errors in the last digits are left out.
std::string brief(double number);

}  // namespace adjoint
