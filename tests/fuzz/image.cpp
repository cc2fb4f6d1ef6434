// Fuzzer of PNG and JPEG images, with the EXIF in them. Checksums of a PNG are made right, so that more than these is
// seen.
#include "datasets/image_file.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/image_files.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const std::string file = with_right_checksums(std::string(bytes));
    for (const Index channels : {1, 3}) answers([&] { decode_picture("x", file, channels); });
}
