// .npy files, NumPy's arrays: a header that says what they hold, then the elements.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "train/io/stored_tensor.h"

namespace adjoint {

/// The array in a .npy file of format 1 to 3, of either byte order and either axis order. float32 and float64 stay what
/// they are, float16 becomes float32; integers and booleans become float64, rounded beyond 2⁵³.
/// Throws MissingInput when the file cannot be read, and DataError, with the byte where it is so, when it is not such
/// an array. The header is not believed: nothing larger than the file is ever allocated for it.
/// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
Tensor read_npy(const std::filesystem::path& path);

/// The same where the file is in memory, under the name that errors are to give it.
Tensor tensor_of_npy(std::string name, std::string content);

/// Whether a file begins as a .npy file does.
bool is_npy(std::string_view beginning);

/// Reads a file, or the first `most` bytes of it where it has more.
using ReadBeginning = std::function<std::string(std::size_t most)>;

/// The array in a .npy file of which only the header is read yet, under the name that errors are to give it.
StoredTensor stored_npy(const std::string& name, const ReadBeginning& read);

/// A .npy file of format 1.0 in C order.
std::string npy_of(const Tensor& tensor);

/// The same of elements as they lie in memory, whose type NumPy calls so: i8, b1.
std::string npy_of(std::string_view type, const Shape& shape, std::string_view bytes);

/// Writes npy_of(tensor), atomically, or to a pipe, as write_output does. Throws CannotWrite.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace adjoint
