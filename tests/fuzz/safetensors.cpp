// Fuzzer of safetensors files: header, origin, values and what NumPy is given of them.
#include "train/io/safetensors.h"

#include "tests/fuzz/fuzzing.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const MemoryFile file(bytes);
    answers([&] {
        const StoredSafetensors stored = open_safetensors(file.path());
        for (const auto& named : stored.tensors) {
            answers([&] { named.second.tensor(); });
            answers([&] { named.second.npy(); });
        }
    });
}
