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
        {};           ///< what a decoder would fill with grey or noise: "an empty file"; "" where nothing is wrong
    Bytes exif = {};  ///< what a camera noted, as a TIFF file: APP1 of a JPEG, eXIf of a PNG
    Bytes header = {}, palette = {}, opacity = {};  ///< of a PNG: IHDR, PLTE before the pixels, and tRNS
};

/// Looks through the bytes of a file. A PNG must have a right checksum in every chunk up to IEND, a JPEG every segment
/// and scan up to its end-of-image marker, and in these only tables, components and scans that can be; what follows is
/// ignored.
/// Source: ISO/IEC 15948 (PNG), sections 5 and 11; ITU-T T.81 (JPEG), annex B; CIPA DC-008 (EXIF), section 4.7.
ImageContainer inspect_image(Bytes file);

}  // namespace adjoint
