#include "train/io/animated_png.h"

#include <string_view>
#include <zlib.h>

#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr std::size_t signature_size = 8;

// The numbers of a PNG file have their highest byte first.
std::string big_endian(auto number, int width) {
    std::string bytes;
    for (int i = width; i-- > 0;) bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> 8 * i));
    return bytes;
}

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

// Length of the content, type, content, and the checksum of both.
std::string chunk(const std::string& type, const std::string& content) {
    const std::string checked = type + content;
    const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
    return big_endian(content.size(), 4) + checked + big_endian(crc, 4);
}

// The contents of a file's chunks of one type, in a row.
std::string contents(std::string_view png, std::string_view type) {
    std::string found;
    for (png.remove_prefix(signature_size); !png.empty();) {
        const std::size_t length = number(png);
        if (png.substr(4, 4) == type) found += png.substr(8, length);
        png.remove_prefix(length + 12);
    }
    return found;
}

// The whole picture is replaced, shown, and left as it is.
std::string frame_control(std::uint32_t sequence, const Tensor& frame, Index milliseconds) {
    constexpr int x = 0, y = 0, milliseconds_a_second = 1000, dispose_none = 0, blend_source = 0;
    return big_endian(sequence, 4) + big_endian(frame.extent(1), 4) + big_endian(frame.extent(0), 4) +
           big_endian(x, 4) + big_endian(y, 4) + big_endian(milliseconds, 2) + big_endian(milliseconds_a_second, 2) +
           big_endian(dispose_none, 1) + big_endian(blend_source, 1);
}

}  // namespace

std::string animated_png(const std::vector<Tensor>& frames, Index milliseconds) {
    require(!frames.empty(), "animated_png: there must be a frame; got none");
    require(1 <= milliseconds && milliseconds <= 65'535, "animated_png: milliseconds must be 1 to 65535; got {}",
            milliseconds);
    constexpr std::uint64_t for_ever = 0;
    std::string file;
    std::uint32_t sequence = 0;
    for (const Tensor& frame : frames) {
        require(frame.shape() == frames[0].shape(), "animated_png: the frames must have one shape; got {} and {}",
                frames[0].shape(), frame.shape());
        const std::string still = png_of(frame);
        const bool first = file.empty();
        if (first) {
            file = still.substr(0, signature_size) + chunk("IHDR", contents(still, "IHDR")) +
                   chunk("acTL", big_endian(frames.size(), 4) + big_endian(for_ever, 4));
        }
        file += chunk("fcTL", frame_control(sequence++, frame, milliseconds));
        const std::string pixels = contents(still, "IDAT");
        file += first ? chunk("IDAT", pixels) : chunk("fdAT", big_endian(sequence++, 4) + pixels);
    }
    return file + chunk("IEND", "");
}

}  // namespace adjoint
