#include "datasets/image_folder.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <regex>
#include <span>
#include <zlib.h>

#include "datasets/read_file.h"
#include "datasets/square_crop.h"
#include "framework/tensor/error.h"
#include "framework/tensor/parallel.h"

namespace {

// No file makes the decoder allocate more than a picture of the largest size needs.
void* limited_realloc(void* memory, std::size_t size) {
    return size <= (std::size_t{1} << 30) ? std::realloc(memory, size) : nullptr;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_MAX_DIMENSIONS (1 << 16)
#define STBI_MALLOC(size) limited_realloc(nullptr, size)
#define STBI_REALLOC(memory, size) limited_realloc(memory, size)
#define STBI_FREE(memory) std::free(memory)
#include <stb/stb_image.h>

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr Index most_pixels = Index{1} << 26;
constexpr std::uintmax_t most_bytes = 1 << 28;

using Bytes = std::span<const std::uint8_t>;

constexpr std::array<std::uint8_t, 8> png_signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::array<std::uint8_t, 3> jpeg_signature = {0xff, 0xd8, 0xff};
const std::string ends_early = "a file that ends before its image does";

bool begins_with(Bytes file, Bytes signature) {
    return file.size() >= signature.size() && std::equal(signature.begin(), signature.end(), file.begin());
}

std::uint32_t big_endian(Bytes four) {
    return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// Chunks follow one another: length, name, data, checksum of name and data.
std::string png_damage(Bytes file) {
    std::size_t at = png_signature.size();
    while (file.size() - at >= 12) {
        const std::size_t length = big_endian(file.subspan(at, 4));
        if (file.size() - at - 12 < length) return ends_early;
        const Bytes named = file.subspan(at + 4, 4 + length);
        const std::string name(named.begin(), named.begin() + 4);
        if (crc32(0, named.data(), static_cast<uInt>(named.size())) != big_endian(file.subspan(at + 8 + length, 4))) {
            return fmt::format("a wrong checksum of the chunk at byte {}", at);
        }
        if (name == "IEND") return "";
        at += 12 + length;
    }
    return ends_early;
}

// The next marker after compressed data: a byte FF followed by neither 00, which stands for FF itself, nor a restart.
std::size_t end_of_scan(Bytes file, std::size_t at) {
    while (at + 1 < file.size()) {
        const std::uint8_t next = file[at + 1];
        if (file[at] == 0xff && next != 0x00 && next != 0xff && !(0xd0 <= next && next <= 0xd7)) break;
        ++at;
    }
    return at;
}

// Segments follow one another: FF, kind, and a length that counts itself; after the head of a scan comes its data.
std::string jpeg_damage(Bytes file) {
    constexpr std::uint8_t end_of_image = 0xd9, start_of_scan = 0xda;
    std::size_t at = 2;
    while (at + 1 < file.size()) {
        if (file[at] != 0xff) return fmt::format("{:#04x} where a segment should begin, at byte {}", file[at], at);
        const std::uint8_t kind = file[at + 1];
        if (kind == 0xff) {  // as many as one likes may fill the space between segments
            ++at;
            continue;
        }
        if (kind == end_of_image) return "";
        if (file.size() - at < 4) return ends_early;
        const std::size_t length = std::size_t{file[at + 2]} << 8 | file[at + 3];
        at += 2 + length;
        if (kind == start_of_scan) at = end_of_scan(file, at);
    }
    return ends_early;
}

// What is wrong with the bytes of a PNG or JPEG file as a container, which a decoder would fill with grey or noise; ""
// where nothing is. A PNG must have a right checksum in every chunk up to IEND, a JPEG every segment and scan up to its
// end-of-image marker; what follows is ignored.   Source: ISO/IEC 15948 (PNG), section 5; ITU-T T.81 (JPEG), annex B.
std::string image_damage(Bytes file) {
    if (file.empty()) return "an empty file";
    if (begins_with(file, png_signature)) return png_damage(file);
    if (begins_with(file, jpeg_signature)) return jpeg_damage(file);
    return "a file of another kind";
}

struct Picture {
    PixelView view;
    std::unique_ptr<std::uint8_t, void (*)(void*)> bytes;
};

Picture decode(const std::string& path, Index channels) {
    const auto refuse_unless = [&](bool good, const auto& reason) {
        require<DataError>(good, "{}: must be a PNG or JPEG image; got {}", path, reason);
    };
    std::error_code unknown;
    const std::uintmax_t size = fs::is_regular_file(path, unknown) ? fs::file_size(path) : 0;
    require<DataError>(size <= most_bytes, "{}: must have at most {} bytes; got {}", path, most_bytes, size);
    const std::string content = read_file(path);
    const std::span file(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
    const std::string damage = image_damage(file);
    refuse_unless(damage.empty(), damage);
    const int length = static_cast<int>(file.size());
    int width = 0, height = 0, own_channels = 0;
    const bool known = stbi_info_from_memory(file.data(), length, &width, &height, &own_channels) != 0;
    refuse_unless(known, known ? "" : stbi_failure_reason());
    require<DataError>(Index{width} * height <= most_pixels, "{}: must have at most {} pixels; got {} × {}", path,
                       most_pixels, width, height);
    std::uint8_t* const bytes =
        stbi_load_from_memory(file.data(), length, &width, &height, &own_channels, static_cast<int>(channels));
    refuse_unless(bytes != nullptr, bytes ? "" : stbi_failure_reason());
    return {{height, width, channels, bytes}, {bytes, stbi_image_free}};
}

bool is_image(const fs::path& path) {
    static const std::regex name(R"([^.][\s\S]*\.(png|jpe?g))", std::regex::icase);
    return std::regex_match(path.filename().string(), name);
}

// The folder directly beneath the dataset's own in which a file is, or "" where it is in none.
std::string label_of(const fs::path& file, const fs::path& folder) {
    const fs::path relative = file.lexically_relative(folder);
    return relative.has_parent_path() ? relative.begin()->string() : "";
}

}  // namespace

Tensor read_image(const std::string& path, Index channels) {
    require(channels == 1 || channels == 3, "read_image: channels must be 1 or 3; got {}", channels);
    const Picture picture = decode(path, channels);
    return Tensor::build<float>({picture.view.height, picture.view.width, channels}, [&](std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(picture.view.bytes[i]) / 255.0f;
    });
}

ImageFolder::ImageFolder(const std::string& folder, const Options& options) : options_(options) {
    require(options.image_size >= 1 && (options.channels == 1 || options.channels == 3),
            "ImageFolder: images must be of at least 1 pixel, with 1 or 3 channels; got {} and {}", options.image_size,
            options.channels);
    find_files(folder);
    require<MissingInput>(!files_.empty(), "{}: must hold PNG or JPEG images; got none", folder);
    check_files();
    require<DataError>(!files_.empty(), "{}: must hold an image that can be read; got {} that cannot", folder,
                       skipped_.size());
}

void ImageFolder::find_files(const std::string& folder) {
    std::error_code error;
    require<MissingInput>(fs::is_directory(folder, error), "{}: must be a folder of images; got {}", folder,
                          fs::exists(folder, error) ? "a file" : "no such directory");
    std::vector<std::pair<std::string, fs::path>> found;  // the label's name and the file
    for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (is_image(entry->path()) && entry->is_regular_file(error)) {
            found.emplace_back(label_of(entry->path(), folder), entry->path());
        }
        error.clear();
    }
    require<MissingInput>(!error, "{}: cannot be read; got {}", folder, error.message());
    std::sort(found.begin(), found.end());
    for (const auto& [label, path] : found) {
        if (labels_.empty() || labels_.back() != label) labels_.push_back(label);
        files_.push_back({path, static_cast<int>(labels_.size()) - 1});
    }
}

void ImageFolder::check_files() {
    parallel_for(size(), [&](Index i) {
        File& file = files_[static_cast<std::size_t>(i)];
        try {
            decode(file.path, options_.channels);
        } catch (const Error& error) {
            file.fault = error.what();
        }
    });
    for (const File& file : files_) {
        require<DataError>(file.fault.empty() || options_.skip_bad, "{}", file.fault);
        if (!file.fault.empty()) skipped_.push_back(file.fault);
    }
    std::erase_if(files_, [](const File& file) { return !file.fault.empty(); });
}

int ImageFolder::read(Index index, std::span<float> pixels) const {
    require(0 <= index && index < size(), "ImageFolder::read: index must be from 0 to {}; got {}", size() - 1, index);
    const File& file = files_[static_cast<std::size_t>(index)];
    square_crop(decode(file.path, options_.channels).view, options_.image_size, pixels);
    return file.label;
}

}  // namespace adjoint
