#include "train/data/image_input.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "datasets/batches.h"
#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "datasets/images/square_crop.h"
#include "datasets/read_file.h"
#include "framework/ops/shape_ops.h"
#include "train/io/npy.h"

namespace adjoint {
namespace {

// The array with pixels in 0..1.
Tensor in_unit_range(const std::string& name, const Tensor& array) {
    const std::vector<double> values = array.to_vector();
    const auto byte = [](double v) { return v >= 0.0 && v <= 255.0 && v == std::floor(v); };
    const auto unit = [](double v) { return v >= 0.0 && v <= 1.0; };
    if (std::ranges::all_of(values, unit)) return array.cast(DType::float32);
    if (std::ranges::all_of(values, byte)) {
        return Tensor::build<float>(array.shape(), [&](std::span<float> out) {
            std::ranges::transform(values, out.begin(), [](double v) { return static_cast<float>(v) / 255.0f; });
        });
    }
    const bool fractions = std::ranges::any_of(values, [&](double v) { return unit(v) && !byte(v); });
    const auto wrong = std::ranges::find_if(values, [&](double v) { return fractions ? !unit(v) : !byte(v); });
    throw DataError(fmt::format("{}: pixels must be in 0..1, or whole numbers 0..255; got {} in image {}", name, *wrong,
                                (wrong - values.begin()) / std::max<Index>(1, array.size() / array.extent(0))));
}

// Grey from colours by their luminance, colours from grey as they are.   Source: ITU-R BT.601.
Tensor with_channels(const Tensor& images, Index channels) {
    const Index own = images.extent(3);
    if (own == channels) return images;
    Shape shape = images.shape();
    shape[3] = channels;
    const float* const in = images.data<float>().data();
    return Tensor::build<float>(shape, [&](std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const float* const pixel = in + static_cast<Index>(i) / channels * own;
            out[i] = own == 1 ? pixel[0] : 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
        }
    });
}

// As images of a folder are, which hold bytes.
Tensor resized(const Tensor& images, Index side) {
    const Index N = images.extent(0), H = images.extent(1), W = images.extent(2), C = images.extent(3);
    if (H == side && W == side) return images;
    const auto pixels = images.data<float>();
    std::vector<std::uint8_t> bytes(pixels.size());
    std::ranges::transform(pixels, bytes.begin(),
                           [](float v) { return static_cast<std::uint8_t>(std::lround(255.0f * v)); });
    return Tensor::build<float>({N, side, side, C}, [&](std::span<float> out) {
        const Index length = side * side * C;
        for (Index n = 0; n < N; ++n)
            square_crop({H, W, C, bytes.data() + n * H * W * C}, side, out.subspan(n * length, length));
    });
}

ImageInput read_one(const std::string& path, const ImageSize& size) {
    namespace fs = std::filesystem;
    ImageInput input;
    if (fs::is_directory(path)) {
        const ImageFolder folder(path, {.image_size = size.side, .channels = size.channels, .skip_bad = true});
        for (const std::string& fault : folder.skipped()) spdlog::warn("skipped: {}", fault);
        for (Index i = 0; i < folder.size(); ++i) input.names.push_back(folder.path(i));
        input.images = first_batch(folder, folder.size()).images;
        return input;
    }
    const std::string content = read_input(path);
    if (fs::path(path).extension() == ".npy" || is_npy(content)) {
        input.images = image_array(path, tensor_of_npy(path, content), size);
        for (Index i = 0; i < input.images.extent(0); ++i) input.names.push_back(fmt::format("{}[{}]", path, i));
    } else {
        input.names = {path};
        const Picture picture = decode_picture(path, content, size.channels);
        input.images = resized(as_images(path, image_of(picture)), size.side);
    }
    return input;
}

}  // namespace

Tensor as_images(const std::string& name, const Tensor& array) {
    Shape shape = array.shape();
    const auto colours = [&] { return shape.back() == 1 || shape.back() == 3; };
    if (shape.size() == 3 && colours()) shape.insert(shape.begin(), 1);  // [H, W, C]
    if (shape.size() == 2) shape.insert(shape.begin(), 1);               // [H, W]
    if (shape.size() == 3) shape.push_back(1);                           // [N, H, W]
    require<DataError>(shape.size() == 4 && colours() && element_count(shape) > 0,
                       "{}: images must be [N, H, W, 1 or 3], [N, H, W] or one of such; got {}", name, array.shape());
    return array.reshaped(shape);
}

Tensor image_array(const std::string& name, const Tensor& array, const ImageSize& size) {
    return resized(with_channels(in_unit_range(name, as_images(name, array)), size.channels), size.side);
}

ImageInput read_image_input(const std::vector<std::string>& paths, const ImageSize& size) {
    ImageInput all;
    std::vector<Variable> parts;
    for (const std::string& path : paths) {
        ImageInput one = read_one(path, size);
        all.names.insert(all.names.end(), one.names.begin(), one.names.end());
        parts.push_back(one.images);
    }
    require(!parts.empty(), "an image must be named; got none");
    all.images = concatenate(parts, 0).value();
    return all;
}

}  // namespace adjoint
