// Integrity check of image files: finds what a decoder would fill with grey or noise.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace adjoint {

/// What is wrong with the bytes of a PNG or JPEG file as a container, or "" where nothing is. A PNG must have a right
/// checksum in every chunk up to IEND, a JPEG every segment and scan up to its end-of-image marker; what follows is
/// ignored.
/// Source: ISO/IEC 15948 (PNG), section 5; ITU-T T.81 (JPEG), annex B.
std::string image_damage(std::span<const std::uint8_t> file);

}  // namespace adjoint
