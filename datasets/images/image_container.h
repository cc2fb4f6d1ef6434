// Container of an image: what a PNG or JPEG file holds around its pixels, found and checked before they are decoded.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace adjoint {

using Bytes = std::span<const std::uint8_t>;

/// Parts of the file; one that is not there has no data().
struct ImageContainer {
    std::string damage =
        {};  ///< what a decoder would refuse, or fill with grey or noise: "an empty file"; "" where nothing is wrong
    std::int64_t height = 0, width = 0;             ///< as stored
    Bytes exif = {};                                ///< what a camera noted, as a TIFF file: APP1 or eXIf
    Bytes header = {}, palette = {}, opacity = {};  ///< of a PNG: IHDR, PLTE before the pixels, and tRNS
};

/// The damage of a file of either kind that was cut.
constexpr const char* ends_early = "a file that ends before its image does";

/// Looks through the bytes of a file. A PNG must begin with its header and have a right checksum in every chunk up to
/// IEND, a JPEG every segment and scan up to its end-of-image marker; what follows is ignored.
/// Source: CIPA DC-008 (EXIF), section 4.7, and those of the two formats.
ImageContainer inspect_image(Bytes file);

}  // namespace adjoint
