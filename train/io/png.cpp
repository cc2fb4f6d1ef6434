#include "train/io/png.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/ranges.h>
#include <zlib.h>

namespace {
// zlib's files are a fraction of stb's own. Frees with free, as stb asks.
unsigned char* compressed(unsigned char* data, int size, int* compressed_size, int /*quality*/) {
    uLongf length = compressBound(static_cast<uLong>(size));
    auto* const result = static_cast<unsigned char*>(std::malloc(length));
    if (result != nullptr && compress2(result, &length, data, static_cast<uLong>(size), Z_BEST_COMPRESSION) == Z_OK) {
        *compressed_size = static_cast<int>(length);
        return result;
    }
    std::free(result);
    return nullptr;
}
}  // namespace
#define STBIW_ZLIB_COMPRESS compressed
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

#include "framework/ops/loops.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/shape.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

constexpr Index margin = 2;             // pixels between images
constexpr float margin_colour = 0.25f;  // dark grey, to set black images apart

// The numbers of a PNG file have their highest byte first.
std::string big_endian(auto number, int width) {
    std::string bytes;
    for (int i = width; i-- > 0;) bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> 8 * i));
    return bytes;
}

// Length of the content, type, content, and the checksum of both.
std::string chunk(const std::string& type, const std::string& content) {
    const std::string checked = type + content;
    const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size());
    return big_endian(content.size(), 4) + checked + big_endian(crc, 4);
}

// The whole picture is replaced, shown, and left as it is.
std::string frame_control(std::uint32_t sequence, const Tensor& frame, Index milliseconds) {
    constexpr int x = 0, y = 0, milliseconds_a_second = 1000, dispose_none = 0, blend_source = 0;
    return big_endian(sequence, 4) + big_endian(frame.extent(1), 4) + big_endian(frame.extent(0), 4) +
           big_endian(x, 4) + big_endian(y, 4) + big_endian(milliseconds, 2) + big_endian(milliseconds_a_second, 2) +
           big_endian(dispose_none, 1) + big_endian(blend_source, 1);
}

}  // namespace

Tensor from_unit_to_symmetric(const Tensor& x) {
    return map(x, [](auto v) { return 2 * v - 1; });
}

Tensor from_symmetric_to_unit(const Tensor& x) {
    return map(x, [](auto v) { return (v + 1) / 2; });
}

Tensor picture_grid(const Tensor& images) {
    return picture_grid(images, static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(images.extent(0))))));
}

Tensor picture_grid(const Tensor& images, Index columns) {
    require(images.rank() == 4 && columns >= 1, "picture_grid: images must be [N, H, W, C]; got {}", images.shape());
    const Index count = images.extent(0), height = images.extent(1), row_length = images.extent(2) * images.extent(3);
    const Index channels = images.extent(3), rows = ceil_divide(count, columns);
    const Index grid_height = rows * (height + margin) + margin;
    const Index grid_length = columns * (row_length + margin * channels) + margin * channels;
    return Tensor::build<float>({grid_height, grid_length / channels, channels}, [&](std::span<float> out) {
        std::fill(out.begin(), out.end(), margin_colour);
        for (Index n = 0; n < count; ++n) {
            const Index top = n / columns * (height + margin) + margin;
            const Index left = n % columns * (row_length + margin * channels) + margin * channels;
            for (Index h = 0; h < height; ++h) {
                std::copy_n(images.data<float>().data() + (n * height + h) * row_length, row_length,
                            out.data() + (top + h) * grid_length + left);
            }
        }
    });
}

Tensor picture_pairs(const Tensor& above, const Tensor& below, Index columns) {
    require(above.rank() == 4 && above.shape() == below.shape(),
            "picture_pairs: the batches must have one shape [N, H, W, C]; got {} and {}", above.shape(), below.shape());
    require(columns >= 1 && above.extent(0) % columns == 0, "picture_pairs: images must fill rows of {}; got {}",
            columns, above.extent(0));
    const Index H = above.extent(1), W = above.extent(2), C = above.extent(3);
    const auto rows = [&](const Tensor& x) { return reshape(x, {-1, 1, columns, H, W, C}); };
    return picture_grid(reshape(concatenate({rows(above), rows(below)}, 1), {-1, H, W, C}).value(), columns);
}

std::string png_of(const Tensor& image) {
    require(image.rank() == 3 && (image.extent(2) == 1 || image.extent(2) == 3),
            "write_png: the image must be [H, W, 1 or 3]; got {}", image.shape());
    std::vector<std::uint8_t> bytes;
    bytes.reserve(static_cast<std::size_t>(image.size()));
    for (const float value : image.data<float>()) {
        bytes.push_back(static_cast<std::uint8_t>(std::lround(255.0f * std::clamp(value, 0.0f, 1.0f))));
    }
    std::string file;
    const auto append = [](void* content, void* data, int size) {
        static_cast<std::string*>(content)->append(static_cast<const char*>(data), static_cast<std::size_t>(size));
    };
    const auto narrow = [](Index size) { return static_cast<int>(size); };
    const int written =
        stbi_write_png_to_func(append, &file, narrow(image.extent(1)), narrow(image.extent(0)), narrow(image.extent(2)),
                               bytes.data(), narrow(image.extent(1) * image.extent(2)));
    require<SystemFailure>(written != 0, "write_png: there is not enough memory for an image of {}", image.shape());
    return file;
}

void write_png(const std::filesystem::path& path, const Tensor& image) { write_output(path, png_of(image)); }

AnimatedPng::AnimatedPng(Index milliseconds) : milliseconds_(milliseconds) {
    require(1 <= milliseconds && milliseconds <= 65'535, "AnimatedPng: milliseconds must be 1 to 65535; got {}",
            milliseconds);
}

void AnimatedPng::add(const Tensor& frame) {
    const bool first = frames_ == 0;
    require(first || frame.shape() == shape_, "AnimatedPng: the frames must have one shape; got {} and {}", shape_,
            frame.shape());
    // What stb writes: a signature and IHDR, then one IDAT, which is 12 bytes longer than the pixels, and IEND.
    constexpr std::size_t start = 8 + 12 + 13, end = 12;
    const std::string still = png_of(frame), pixels = still.substr(start + 8, still.size() - start - 12 - end);
    if (first) header_ = still.substr(0, start);
    shape_ = frame.shape();
    ++frames_;
    body_ += chunk("fcTL", frame_control(chunks_++, frame, milliseconds_));
    body_ += first ? chunk("IDAT", pixels) : chunk("fdAT", big_endian(chunks_++, 4) + pixels);
}

std::string AnimatedPng::file() const {
    require(frames_ > 0, "AnimatedPng: there must be a frame; got none");
    constexpr std::uint64_t for_ever = 0;
    return header_ + chunk("acTL", big_endian(frames_, 4) + big_endian(for_ever, 4)) + body_ + chunk("IEND", "");
}

}  // namespace adjoint
