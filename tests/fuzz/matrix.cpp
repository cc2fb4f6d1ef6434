// Fuzzer of matrices on the command line.
#include "tests/fuzz/fuzzing.h"
#include "train/convolution/matrices.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const std::string text(bytes);
    if (text.find('/') != text.npos || text.find('-') == 0) return;  // a file's name, or standard input
    answers([&] { read_operand("--input", text); });
    answers([&] { read_bias("--bias", text); });
}
