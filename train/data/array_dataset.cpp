#include "train/data/array_dataset.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>

#include "datasets/images/square_crop.h"
#include "train/io/npy.h"
#include "train/io/npz.h"

namespace adjoint {
namespace {

using Arrays = std::map<std::string, Tensor>;

struct NamedArray {
    std::string name;
    Tensor array;
};

std::optional<NamedArray> find(const Arrays& arrays, const std::string& file, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        if (const auto found = arrays.find(name); found != arrays.end())
            return NamedArray{file + ": " + name, found->second};
    }
    return std::nullopt;
}

std::vector<int> labels_in(const NamedArray& labels, Index images) {
    const auto& [name, array] = labels;
    require<DataError>(array.size() == images, "{}: there must be a label for each of {} images; got {}", name, images,
                       array.shape());
    std::vector<int> result;
    for (const double label : array.to_vector()) {
        require<DataError>(label >= 0.0 && label < 65'536.0 && label == std::floor(label),
                           "{}: a label must be a whole number from 0; got {} of image {}", name, label, result.size());
        result.push_back(static_cast<int>(label));
    }
    return result;
}

std::shared_ptr<const Dataset> dataset_of(const NamedArray& images, const std::optional<NamedArray>& labels,
                                          const ImageSize& size, std::vector<std::string> classes) {
    const Tensor pixels = image_array(images.name, images.array, size);
    std::vector<int> numbers(static_cast<std::size_t>(pixels.extent(0)), 0);
    if (labels) numbers = labels_in(*labels, pixels.extent(0));
    const int most = *std::ranges::max_element(numbers);
    if (classes.empty()) {
        for (int label = 0; label <= most; ++label) classes.push_back(std::to_string(label));
    }
    require<DataError>(most < std::ssize(classes), "{}: labels must be those of {} classes; got {}",
                       labels ? labels->name : images.name, classes.size(), most);
    return std::make_shared<ArrayDataset>(pixels, std::move(numbers), std::move(classes));
}

Tensor own_share(const Tensor& images, const ImageShare& share) {
    if (share.count == 1) return images;
    Shape shape = images.shape();
    const Index pixels = images.size() / shape[0];
    shape[0] = ceil_divide(shape[0] - share.rank, share.count);
    return Tensor::build<float>(shape, [&](std::span<float> out) {
        for (Index place = 0; place < shape[0]; ++place) {
            const Index image = share.rank + place * share.count;
            std::copy_n(images.data<float>().data() + image * pixels, pixels, out.data() + place * pixels);
        }
    });
}

}  // namespace

ArrayDataset::ArrayDataset(Tensor images, std::vector<int> labels, std::vector<std::string> classes)
    : labels_(std::move(labels)), classes_(std::move(classes)) {
    require(images.rank() == 4 && images.dtype() == DType::float32 && std::ssize(labels_) == images.extent(0),
            "ArrayDataset: there must be float32 images [N, H, W, C] and N labels; got {} and {}", images.shape(),
            labels_.size());
    require(std::ranges::all_of(labels_, [&](int label) { return 0 <= label && label < std::ssize(classes_); }),
            "ArrayDataset: a label must be the number of one of {} classes", classes_.size());
    checksum_ = checksum_of(std::as_bytes(images.data<float>()), checksum_of(labels_));
    images_ = own_share(images, share_);
}

int ArrayDataset::read(Index index, std::span<float> pixels) const {
    require(0 <= index && index < size(), "ArrayDataset::read: index must be from 0 to {}; got {}", size() - 1, index);
    require(share_.has(index), "ArrayDataset::read: image {} is held by process {}", index, share_.owner(index));
    std::copy_n(images_.data<float>().data() + share_.place(index) * std::ssize(pixels), pixels.size(), pixels.begin());
    return labels_[static_cast<std::size_t>(index)];
}

Datasets open_arrays(const std::filesystem::path& file, const ImageSize& size) {
    Arrays arrays;
    if (file.extension() == ".npz") {
        arrays = read_npz(file);
    } else {
        arrays.emplace("images", read_npy(file));
    }
    const auto images = find(arrays, file.string(), {"images", "x", "x_train", "arr_0"});
    std::vector<std::string> names;
    for (const auto& [name, array] : arrays) names.push_back(name);
    require<DataError>(images.has_value(), "{}: must have images, x, x_train or arr_0; got {}", file.string(),
                       fmt::join(names, ", "));
    const Tensor own = as_images(images->name, images->array);
    const ImageSize chosen = {size.side > 0 ? size.side : suitable_side(std::min(own.extent(1), own.extent(2))),
                              size.channels > 0 ? size.channels : own.extent(3)};
    const auto labels = find(arrays, file.string(), {"labels", "y", "y_train", "arr_1"});
    const auto training = dataset_of(*images, labels, chosen, {});
    const auto test = find(arrays, file.string(), {"x_test"});
    Datasets data =
        test ? Datasets{.training = training,
                        .test = dataset_of(*test, find(arrays, file.string(), {"y_test"}), chosen, training->classes())}
             : split_test(training);
    data.name = "arrays";
    data.directory = file;
    return data;
}

}  // namespace adjoint
