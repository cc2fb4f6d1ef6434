// Picture decoder: stb_image, which takes all its memory from one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "datasets/images/image_container.h"

namespace adjoint {

/// What became of a file. Numbers and bytes alone, which another process can hand over.
struct DecoderAnswer {
    enum Outcome : std::int32_t { decoded, refused, out_of_memory };

    Outcome outcome = refused;
    std::int32_t height = 0, width = 0, own_channels = 0;  ///< of the picture as the file has it
    std::uint64_t pixels_at = 0;                           ///< where in the memory its pixels begin
    char reason[64] = {};                                  ///< why it is refused
};

/// A PNG or JPEG file with so many pixels by its header, to be decoded to 1 or 3 channels.
struct DecoderTask {
    Bytes file;
    std::int64_t height = 0, width = 0;
    int channels = 0;
};

/// Decodes a file. The data of a PNG are not unpacked to much more than its pixels take. The memory need not be zeros;
/// of what the same memory held before, nothing changes the pixels, even where a damaged file leaves some out.
DecoderAnswer decode_within(std::span<std::byte> memory, const DecoderTask& task);

/// The luminance of a colour in 0..255, as the decoder computes it.
inline std::uint8_t luminance(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
    return static_cast<std::uint8_t>((77 * red + 150 * green + 29 * blue) >> 8);
}

}  // namespace adjoint
