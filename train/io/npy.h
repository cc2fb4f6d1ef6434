// .npy files, NumPy's arrays: a header that says what they hold, then the elements.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// The array in a .npy file of format 1 to 3, of either byte order and either axis order. float32 and float64 stay what
/// they are, float16 becomes float32; integers and booleans become float64, rounded beyond 2⁵³.
/// Throws MissingInput when the file cannot be read, and DataError, with the byte where it is so, when it is not such
/// an array. The header is not believed: nothing larger than the file is ever allocated for it.
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
Tensor read_npy(const std::filesystem::path& path);

/// The same where the file is in memory, under the name that errors are to give it.
Tensor tensor_of_npy(std::string name, std::string content);

/// A .npy file of format 1.0 in C order.
std::string npy_of(const Tensor& tensor);

/// Writes npy_of(tensor), atomically. Throws CannotWrite.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// A number of 16 bits, IEEE 754's binary16, as files hold them.
struct Float16 {
    explicit operator float() const;
    std::uint16_t bits;
};

/// The elements as they lie in memory, as long as the tensor lives.
std::string_view bytes_of(const Tensor& tensor);

}  // namespace adjoint
