// Element types of files: what the formats call them, and how their elements become those of a tensor.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// A type of the elements that files hold.
struct ElementType {
    std::string_view name;         ///< as NumPy and its relatives call it, else as the file does: float16, F8_E4M3
    std::string_view npy;          ///< in a .npy file, behind the order of the bytes: f2; none where NumPy has none
    std::string_view safetensors;  ///< F16
    std::uint64_t bits;            ///< of an element
    /// The tensor of such elements, whose bytes lie in the machine's order or in the reverse of it: float32 and float64
    /// stay, smaller numbers with a fraction become float32, integers and booleans float64, rounded beyond 2⁵³. None
    /// where no tensor can hold them.
    Tensor (*tensor)(const Shape& shape, std::string_view bytes, bool reversed);

    /// How many bytes so many elements take; the last may have bits to spare.
    std::uint64_t bytes(const Shape& shape) const;
};

/// The type by its name in a format, or nothing.
const ElementType* npy_type(std::string_view name);
const ElementType* safetensors_type(std::string_view name);

/// The names in a safetensors file of all types that a tensor can hold.
std::vector<std::string_view> readable_safetensors_types();

/// Whether a file could hold such a shape, if it were large enough. An empty axis excuses no other.
bool is_countable(const Shape& shape);

/// The elements as they lie in memory, as long as the tensor lives.
std::string_view bytes_of(const Tensor& tensor);

}  // namespace adjoint
