// Matrices of the convolution commands: operands, typed or in .npy files, and results, printed or written.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "framework/conventions/layouts.h"

namespace adjoint {

// ---- operands, in a system's layout; a matrix is one image of one channel, or one filter

struct Operand {
    Tensor value;
    bool from_file;
};

/// The array in a .npy file, or typed as parse_numbers reads it, or either of what a pipe brings, which "-" names where
/// it is standard input. Throws Error, beginning with the option's name, where typed numbers are none.
Operand read_operand(const char* option, const std::string& text);
/// The same for one number a channel, [C].
Operand read_bias(const char* option, const std::string& text);

/// What was asked for; else the wider type of the files; else, when all is typed, float64.
DType common_dtype(const std::string& asked, std::span<const Operand> operands);

/// An operand of fewer axes as the images or filters that it stands for in its layout. Throws Error, beginning with the
/// option's name, where a rank means nothing.
Variable as_images(const char* option, const Variable& operand, Layout layout);
Variable as_filters(const char* option, const Variable& operand, Layout layout);

// ---- results

/// A tensor that comes of a command, and the file in which it is wanted, if any.
struct Result {
    const char* heading;
    Tensor value;  ///< images, filters, or one number a channel
    std::string file;
    Layout layout;
    bool filters = false;
};

/// Writes the results that have a file; where none has, prints all of them, after `steps`: a matrix for each plane, and
/// a heading where there are several. What is printed goes to standard error where a file, or the one of
/// the `pictures` beside them, is standard output. Throws CannotWrite.
void report(const std::string& steps, const std::vector<Result>& results,
            const std::vector<std::filesystem::path>& pictures);

/// Writes the planes of images, scaled so that the smallest number is black and the largest white, as a PNG file.
/// Throws CannotWrite.
void write_planes(const std::string& file, const Tensor& images, Layout layout);

/// One line for each row of a matrix, entries set flush right under each other, at least `width` wide.
std::vector<std::string> matrix_lines(const std::vector<std::string>& entries, Index columns, std::size_t width = 0);

}  // namespace adjoint
