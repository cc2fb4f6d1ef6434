#include "datasets/image_file.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/images/decoder_process.h"
#include "datasets/images/exif_orientation.h"
#include "datasets/images/image_container.h"
#include "datasets/images/picture_decoder.h"
#include "datasets/images/png_container.h"
#include "datasets/read_file.h"
#include "framework/tensor/error.h"

namespace adjoint {
namespace {

constexpr std::uintmax_t most_bytes = 1 << 28;
constexpr Index most_pixels = 1 << 26;

template <class Reason>
void require_image(bool good, const std::string& path, const Reason& reason) {
    require<DataError>(good, "{}: must be a PNG or JPEG image; got {}", path, reason);
}

void require_size(const std::string& path, std::uintmax_t bytes) {
    require<DataError>(bytes <= most_bytes, "{}: must have at most {} bytes; got {}", path, most_bytes, bytes);
}

// What the decoder makes of the file.
Picture decode(const std::string& path, Bytes file, const ImageContainer& container, Index channels) {
    const Index height = container.height, width = container.width;
    const DecodedPicture decoded = decode_apart({file, height, width, static_cast<int>(channels)});
    require_image(decoded.damage.empty(), path, decoded.damage);
    return {{height, width, channels, decoded.bytes.get()}, decoded.bytes, decoded.coloured};
}

// Whether the pixels are indices of a palette; stb_image looks them up without asking how many colours there are.
bool has_indices(const ImageContainer& png) {
    constexpr std::uint8_t indices = 3;
    return !png.header.empty() && png.header[png_colour_type_at] == indices;
}

// Decodes a PNG of palette indices: as one of greys, which are stored alike and come stretched to 0..255. A tRNS, which
// is of another form there, becomes a chunk without meaning.   Source: ISO/IEC 15948 (PNG), sections 6, 11 and 13.
Picture decode_indices(const std::string& path, std::span<std::uint8_t> file, const ImageContainer& png,
                       Index channels) {
    constexpr std::uint8_t greys = 0;
    require_image(!png.palette.empty(), path, "no palette");
    const auto place_of = [&](Bytes part) { return static_cast<std::size_t>(part.data() - file.data()); };
    file[place_of(png.header) + png_colour_type_at] = greys;
    if (png.opacity.data() != nullptr) file[place_of(png.opacity) - 4] = 'x';
    const Picture stretched = decode(path, file, png, /*channels=*/1);
    const int stretch = 255 / ((1 << png.header[png_depth_at]) - 1);
    const auto pixels = static_cast<std::size_t>(stretched.view.height * stretched.view.width);
    const std::shared_ptr<std::uint8_t[]> bytes(new std::uint8_t[pixels * static_cast<std::size_t>(channels)]);
    std::uint8_t* out = bytes.get();
    for (std::size_t p = 0; p < pixels; ++p) {
        const std::size_t index = static_cast<std::size_t>(stretched.bytes[p] / stretch),
                          colours = png.palette.size() / 3;
        if (index >= colours) {
            require_image(false, path, fmt::format("a palette index of {} in a palette of {} colours", index, colours));
        }
        const std::uint8_t* const colour = png.palette.data() + 3 * index;
        out = channels == 3 ? std::copy_n(colour, 3, out)
                            : std::fill_n(out, 1, luminance(colour[0], colour[1], colour[2]));
    }
    return {{stretched.view.height, stretched.view.width, channels, bytes.get()}, bytes, /*coloured=*/true};
}

Picture upright(const Picture& stored, int orientation) {
    if (orientation == 1) return stored;
    const auto& [height, width, channels, unused] = stored.view;
    const auto size = static_cast<std::size_t>(height * width * channels);
    const std::shared_ptr<std::uint8_t[]> bytes(new std::uint8_t[size]);
    turn_upright(stored.view, orientation, {bytes.get(), size});
    const bool turned = orientation >= 5;
    return {{turned ? width : height, turned ? height : width, channels, bytes.get()}, bytes, stored.coloured};
}

}  // namespace

Picture read_picture(const std::string& path, Index channels) {
    const InputFile file(path);
    require_size(path, file.size());
    return decode_picture(path, file.read({}), channels);
}

Picture decode_picture(const std::string& path, std::string content, Index channels) {
    require(channels == 1 || channels == 3, "read_image: channels must be 1 or 3; got {}", channels);
    require_size(path, content.size());
    const std::span file(reinterpret_cast<std::uint8_t*>(content.data()), content.size());
    const ImageContainer container = inspect_image(file);
    require_image(container.damage.empty(), path, container.damage);
    require<DataError>(container.height <= most_pixels / container.width,
                       "{}: must have at most {} pixels; got {} × {}", path, most_pixels, container.width,
                       container.height);
    const std::uint32_t checksum = checksum_of(std::as_bytes(file));
    Picture picture = upright(has_indices(container) ? decode_indices(path, file, container, channels)
                                                     : decode(path, file, container, channels),
                              exif_orientation(container.exif));
    picture.checksum = checksum;
    if (!container.header.empty()) picture.depth = container.header[png_depth_at];
    return picture;
}

Tensor image_of(const Picture& picture) {
    const PixelView& view = picture.view;
    return Tensor::build<float>({view.height, view.width, view.channels}, [&](std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(view.bytes[i]) / 255.0f;
    });
}

Tensor read_image(const std::string& path, Index channels) { return image_of(read_picture(path, channels)); }

}  // namespace adjoint
