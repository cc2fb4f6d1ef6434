// Fuzzer of EXIF, a TIFF file within an image.
#include "datasets/images/exif_orientation.h"
#include "tests/fuzz/fuzzing.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    const int orientation = exif_orientation({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (orientation < 1 || orientation > 8) std::abort();
}
