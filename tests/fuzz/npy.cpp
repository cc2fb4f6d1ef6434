// Fuzzer of .npy files: what is read is written and read again as the same.
#include "train/io/npy.h"

#include "tests/fuzz/fuzzing.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    answers([&] {
        const Tensor tensor = tensor_of_npy("x", std::string(bytes));
        if (!identical(tensor_of_npy("x", npy_of(tensor)), tensor)) std::abort();
    });
}
