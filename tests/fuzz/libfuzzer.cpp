// Entry of libFuzzer, which calls it with bytes that it makes up: millions of times.
#include "tests/fuzz/fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    adjoint::fuzzing::try_bytes({reinterpret_cast<const char*>(data), size});
    return 0;
}
