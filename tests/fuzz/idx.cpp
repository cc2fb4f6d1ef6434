// Fuzzer of IDX files, plain and gzipped.
#include "datasets/idx.h"

#include "tests/fuzz/fuzzing.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const MemoryFile file(bytes);
    answers([&] { read_idx(file.path()); });
}
