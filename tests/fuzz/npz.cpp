// Fuzzer of .npz archives.
#include "train/io/npz.h"

#include "tests/fuzz/fuzzing.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const MemoryFile file(bytes);
    answers([&] {
        for (const auto& named : open_npz(file.path())) {
            answers([&] { named.second.tensor(); });
            answers([&] { named.second.npy(); });
        }
    });
}
