// Stored tensor: what a file says of a tensor, and what it holds, which is read when it is asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "framework/tensor/tensor.h"

namespace adjoint {

struct StoredTensor {
    std::string type;     ///< as NumPy calls it, else as the file does: float16, F8_E4M3, <U5
    Shape shape;          ///< in the order of its axes, whatever that of its elements
    std::uint64_t bytes;  ///< of all elements; 0 where that is not known
    /// No model has such: texts, objects, records, complex numbers of a .npy file.
    bool foreign;
    /// The numbers as a tensor has them. Throws DataError, with the file, the name and the type, where it cannot.
    std::function<Tensor()> tensor;
    /// A .npy file of the elements as they are; of bfloat16, which NumPy has not, as float32. Throws DataError where
    /// NumPy has no such type.
    std::function<std::string()> npy;
};

using StoredTensors = std::map<std::string, StoredTensor>;  ///< by name

}  // namespace adjoint
