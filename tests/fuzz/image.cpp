// Fuzzer of PNG and JPEG images, with the EXIF in them. Checksums of a PNG are made right, so that more than these is
// seen. What the checks let through the decoder gets here, not in a process of its own, where nobody would see it fall.
#include <array>
#include <cstddef>

#include "datasets/image_file.h"
#include "datasets/images/picture_decoder.h"
#include "tests/fuzz/fuzzing.h"
#include "tests/support/image_files.h"

void adjoint::fuzzing::try_bytes(std::string_view bytes) {
    static std::array<std::byte, std::size_t{1} << 21> memory;  // larger pictures take longer, and nothing else
    const std::string file = with_right_checksums(std::string(bytes));
    const Bytes content(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
    const ImageContainer container = inspect_image(content);
    if (container.height * container.width > std::ssize(memory)) return;
    for (const int channels : {1, 3}) {
        const DecoderTask task = {content, container.height, container.width, channels};
        if (container.damage.empty() && decode_within(memory, task).outcome == DecoderAnswer::out_of_memory) return;
    }
    answers([&] { decode_picture("x", file, bytes.size() % 2 == 0 ? 1 : 3); });
}
