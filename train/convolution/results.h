// Results of a convolution: written into the .npy files that are named, or else printed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "framework/conventions/layouts.h"

namespace adjoint {

/// A tensor that comes of a command, the file in which it is wanted, if any, and how it is printed otherwise.
struct Result {
    const char* heading;
    Tensor value;
    std::string file;
    std::function<std::string()> text;
};

Result images_result(const char* heading, const Tensor& images, const std::string& file, Layout layout);
Result filters_result(const char* heading, const Tensor& filters, const std::string& file, Layout layout);
Result bias_result(const char* heading, const Tensor& bias, const std::string& file);

/// Writes the planes of images, scaled so that the smallest number is black and the largest white, as a PNG file.
/// Throws CannotWrite.
void write_planes(const std::string& file, const Tensor& images, Layout layout);

/// Writes the results that have a file; where none has, prints all of them, after `steps`. Throws CannotWrite.
void report(const std::string& steps, const std::vector<Result>& results);

}  // namespace adjoint
