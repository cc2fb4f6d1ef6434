#include "tests/support/image_files.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>
#include <vector>
#include <zlib.h>

#include "tests/support/npy_files.h"

namespace adjoint {
namespace {

const std::string png_signature = "\x89PNG\r\n\x1a\n";

std::string big_endian(std::uint32_t value) { return swapped<std::uint32_t>({value}); }

// Every `right`-th pixel of every `down`-th row from (x, y) on: rows of whole bytes, each behind its filter, none.
struct Pass {
    int x, y, right, down;
};

std::string packed(const IndexedPng& png, const Pass& pass) {
    std::string rows;
    for (int y = pass.y; y < png.height && pass.x < png.width; y += pass.down) {
        rows.push_back('\0');
        int bits = 0;
        for (int x = pass.x; x < png.width; x += pass.right, bits += png.depth) {
            if (bits % 8 == 0) rows.push_back('\0');
            const int index = static_cast<unsigned char>(png.indices[static_cast<std::size_t>(y * png.width + x)]);
            const int right_of_it = std::max(0, 8 - png.depth - bits % 8);  // deeper ones are refused by their header
            rows.back() = static_cast<char>(rows.back() | index << right_of_it);
        }
    }
    return rows;
}

std::string deflated(const std::string& bytes) {
    uLongf size = compressBound(bytes.size());
    std::string result(size, '\0');
    compress(reinterpret_cast<Bytef*>(result.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
             bytes.size());
    return result.substr(0, size);
}

}  // namespace

void write_jpeg(const std::filesystem::path& path, const Tensor& image) {
    std::vector<std::uint8_t> bytes;
    for (const double value : image.to_vector()) bytes.push_back(static_cast<std::uint8_t>(255.0 * value + 0.5));
    const auto extent = [&](int axis) { return static_cast<int>(image.extent(axis)); };
    stbi_write_jpg(path.c_str(), extent(1), extent(0), extent(2), bytes.data(), /*quality=*/100);
}

std::string png_chunk(const std::string& name, const std::string& data) {
    return big_endian(static_cast<std::uint32_t>(data.size())) + name + data + big_endian(crc32_of(name + data));
}

std::string with_right_checksums(std::string png) {
    if (!png.starts_with("\x89PNG")) return png;
    for (std::size_t at = 8; at + 12 <= png.size();) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(png[at + i]);
        if (length > png.size() - at - 12) break;
        const std::string chunk = png_chunk(png.substr(at + 4, 4), png.substr(at + 8, length));
        png.replace(at, chunk.size(), chunk);
        at += chunk.size();
    }
    return png;
}

std::string png_of(const RawPng& png) {
    return png_signature + png_chunk("IHDR", big_endian(png.width) + big_endian(png.height) + png.rest) +
           png_chunk("IDAT", deflated(png.rows)) + png_chunk("IEND", "");
}

std::string png_of(const IndexedPng& png) {
    constexpr char greys = 0, indices = 3;
    const auto narrow = [](int value) { return static_cast<std::uint32_t>(value); };
    const std::string header =
        big_endian(narrow(png.width)) + big_endian(narrow(png.height)) +
        std::string({static_cast<char>(png.depth), png.grey ? greys : indices, 0, 0, png.interlaced});
    const std::vector<Pass> adam7 = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                     {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    std::string pixels;
    for (const Pass& pass : png.interlaced ? adam7 : std::vector<Pass>{{0, 0, 1, 1}}) pixels += packed(png, pass);
    const std::string palette = png.palette ? png_chunk("PLTE", *png.palette) : "";
    return png_signature + png_chunk("IHDR", header) + (png.palette_late ? "" : palette) +
           (png.opacity ? png_chunk("tRNS", *png.opacity) : "") + png_chunk("IDAT", deflated(pixels)) +
           (png.palette_late ? palette : "") + png_chunk("IEND", "");
}

std::string TiffOrder::number(std::uint32_t value, int bytes) const {
    std::string text;
    for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> 8 * (little_endian ? i : bytes - 1 - i)));
    return text;
}

std::string tiff(const OrientationEntry& entry, TiffOrder order) {
    const auto row = [&](const OrientationEntry& fields) {
        return order.number(fields.tag, 2) + order.number(fields.type, 2) + order.number(fields.count, 4) +
               order.number(fields.orientation, 2) + order.number(0, 2);
    };
    constexpr std::uint32_t version = 42, directory = 8, entries = 3, next_directory = 0;
    const OrientationEntry width = {.orientation = 7, .tag = 0x0100}, unit = {.orientation = 2, .tag = 0x0128};
    return (order.little_endian ? "II" : "MM") + order.number(version, 2) + order.number(directory, 4) +
           order.number(entries, 2) + row(width) + row(entry) + row(unit) + order.number(next_directory, 4);
}

std::string with_exif(const std::string& file, const std::string& tiff) {
    constexpr std::size_t after_ihdr = 33, after_start_of_image = 2;
    if (file[0] != '\xff') return std::string(file).insert(after_ihdr, png_chunk("eXIf", tiff));
    const std::string data = std::string("Exif\0\0", 6) + tiff;
    const std::string length = swapped<std::uint16_t>({static_cast<std::uint16_t>(data.size() + 2)});
    return std::string(file).insert(after_start_of_image, "\xff\xe1" + length + data);
}

}  // namespace adjoint
