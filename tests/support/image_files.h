// PNG and JPEG files, good and bad, written for tests.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Writes an image [H, W, 1 or 3] of values in 0..1 as a JPEG of the best quality.
void write_jpeg(const std::filesystem::path& path, const Tensor& image);

/// A chunk of a PNG, with its checksum.
std::string png_chunk(const std::string& name, const std::string& data);

/// A PNG, damaged or not, in which every chunk's checksum is made right again; anything else as it is.
std::string with_right_checksums(std::string png);

/// A PNG of this header, and of rows that each have their filter before them.
struct RawPng {
    std::uint32_t width = 1, height = 1;
    std::string rest = std::string("\x08\0\0\0\0", 5);  ///< depth, type of colour, three ways: greys of 8 bits
    std::string rows = {};
};
std::string png_of(const RawPng& png);

/// A PNG whose pixels are indices of a palette, row by row; its parts are left out where they are nothing.
struct IndexedPng {
    int width = 1;
    int height = 1;
    int depth = 8;  ///< bits a pixel
    std::string indices;
    std::optional<std::string> palette = {};  ///< R G B of each colour
    std::optional<std::string> opacity = {};
    bool interlaced = false;
    bool palette_late = false;  ///< behind the pixels
    bool grey = false;          ///< its indices are greys
};
std::string png_of(const IndexedPng& png);

/// Whole numbers of a TIFF file, in either order of bytes.
struct TiffOrder {
    bool little_endian;
    std::string number(std::uint32_t value, int bytes) const;
};

/// The fields of the directory entry that says the orientation.
struct OrientationEntry {
    std::uint32_t orientation = 1;
    std::uint32_t tag = 0x0112;
    std::uint32_t type = 3;  ///< SHORT
    std::uint32_t count = 1;
};

/// The TIFF file of EXIF: a directory of three entries, the second of which is this.
std::string tiff(const OrientationEntry& entry, TiffOrder order);

/// A JPEG or PNG file with a TIFF file put in as EXIF.
std::string with_exif(const std::string& file, const std::string& tiff);

}  // namespace adjoint
