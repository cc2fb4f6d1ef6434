// JPEG files for tests, and what a file holds.
#pragma once

#include <filesystem>
#include <string>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Writes an image [H, W, 1 or 3] of values in 0..1 as a JPEG of the best quality.
void write_jpeg(const std::filesystem::path& path, const Tensor& image);

/// The bytes of a file.
std::string file_bytes(const std::filesystem::path& path);

}  // namespace adjoint
