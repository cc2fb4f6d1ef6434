#include "datasets/masked_folder.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fmt/format.h>

#include "datasets/image_file.h"
#include "framework/tensor/error.h"
#include "framework/tensor/parallel.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

// What one mask holds.
struct Seen {
    int largest = 0;
    bool black_and_white = true;
    std::uint32_t checksum = 0;
};

Seen inspect(const std::string& path, const ImageFolder& pictures, Index index) {
    const Picture mask = read_picture(path, 1);
    const PixelView& own = mask.view;
    require<DataError>(!mask.coloured, "{}: a mask must be grey, each pixel the number of its class; got colours",
                       path);
    // Others are stretched to 8 bits when they are read.
    require<DataError>(mask.depth == 8 || mask.depth == 1, "{}: a mask must have 8 bits a pixel, or 1; got {}", path,
                       mask.depth);
    require<DataError>(own.height == pictures.height(index) && own.width == pictures.width(index),
                       "{}: must be as large as {}, {} × {} pixels; got {} × {}", path, pictures.path(index),
                       pictures.height(index), pictures.width(index), own.height, own.width);
    Seen seen{.checksum = mask.checksum};
    for (const std::uint8_t* pixel = own.bytes; pixel != own.bytes + own.height * own.width; ++pixel) {
        seen.largest = std::max<int>(seen.largest, *pixel);
        seen.black_and_white &= *pixel == 0 || *pixel == 255;
    }
    return seen;
}

}  // namespace

MaskedFolder::MaskedFolder(std::shared_ptr<const ImageFolder> pictures, std::string folder, std::string masks,
                           std::vector<std::string> classes)
    : pictures_(std::move(pictures)),
      folder_(std::move(folder)),
      masks_(std::move(masks)),
      classes_(std::move(classes)),
      checksum_(pictures_->checksum()) {
    std::vector<Seen> all(static_cast<std::size_t>(size()));
    std::vector<std::exception_ptr> faults(all.size());
    parallel_for(size(), [&](Index i) {
        try {
            all[static_cast<std::size_t>(i)] = inspect(mask_of(i), *pictures_, i);
        } catch (...) {
            faults[static_cast<std::size_t>(i)] = std::current_exception();
        }
    });
    int largest = 1;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (faults[i]) std::rethrow_exception(faults[i]);  // of several the first
        largest = std::max(largest, all[i].largest);
        white_is_one_ = white_is_one_ && all[i].black_and_white;
        checksum_ = checksum_of(std::vector{all[i].checksum}, checksum_);
    }
    white_is_one_ = white_is_one_ && (classes_.empty() || classes_.size() == 2);
    if (white_is_one_) largest = 1;
    if (classes_.empty()) {
        for (int k = 0; k <= largest; ++k) classes_.push_back(std::to_string(k));
    }
    require<DataError>(largest < std::ssize(classes_), "{}: masks must be of {} classes; got class {}", masks_,
                       classes_.size(), largest);
}

std::string MaskedFolder::mask_of(Index index) const {
    fs::path name = fs::path(pictures_->path(index)).lexically_relative(folder_);
    return (masks_ / name.replace_extension(".png")).string();
}

Shape MaskedFolder::image_shape() const {
    Shape shape = pictures_->image_shape();
    ++shape[2];
    return shape;
}

int MaskedFolder::read(Index index, std::span<float> pixels) const {
    const Shape shape = image_shape();
    require(std::ssize(pixels) == element_count(shape), "MaskedFolder::read: an image has {} numbers; got room for {}",
            element_count(shape), pixels.size());
    const Index side = shape[0], channels = shape[2] - 1;
    std::vector<float> picture(static_cast<std::size_t>(side * side * channels));
    const int label = pictures_->read(index, picture);
    const Picture mask = read_picture(mask_of(index), 1);
    const auto& [height, width, one, bytes] = mask.view;
    const Index square = std::min(height, width), top = (height - square) / 2, left = (width - square) / 2;
    const auto nearest = [&](Index i) { return (2 * i + 1) * square / (2 * side); };  // whose centre is nearest
    auto out = pixels.begin();
    for (Index i = 0; i < side; ++i) {
        for (Index j = 0; j < side; ++j) {
            out = std::copy_n(picture.begin() + (i * side + j) * channels, channels, out);
            const int value = bytes[(top + nearest(i)) * width + left + nearest(j)];
            *out++ = static_cast<float>(white_is_one_ && value == 255 ? 1 : value) / 255.0F;
        }
    }
    return label;
}

}  // namespace adjoint
