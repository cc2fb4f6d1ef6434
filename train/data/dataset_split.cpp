#include "train/data/dataset_split.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

#include "framework/tensor/error.h"

namespace adjoint {

DataRecord Datasets::record() const {
    DataRecord record = {.name = name,
                         .directory = directory.empty() ? "" : std::filesystem::absolute(directory).string(),
                         .image_shape = picture_shape(*training),
                         .classes = training->classes()};
    std::vector<std::uint32_t> checksums;
    const auto add = [&](const std::shared_ptr<const Dataset>& images) {
        if (images) checksums.push_back(images->checksum());
        return images ? images->size() : 0;
    };
    record.training = add(training);
    record.validation = add(validation);
    record.test = add(test);
    record.checksum = fmt::format("{:08x}", checksum_of(checksums));
    return record;
}

std::string Datasets::called() const {
    return directory.empty() ? name : fmt::format("{} in {}", name, directory.string());
}

std::optional<double> parse_fraction(const std::string& text) {
    char* end = nullptr;
    double part = std::strtod(text.c_str(), &end);
    if (*end == '/') part /= std::strtod(end + 1, &end);
    const bool number = !text.empty() && *end == '\0' && 0.0 <= part && part < 1.0;
    return number ? std::optional(part) : std::nullopt;
}

void split_validation(Datasets& data, double part, const Random& random) {
    if (part == 0.0) return;
    const Index size = data.training->size();
    require<DataError>(size >= 2, "{}: there must be two training images or more, one of them for validation; got {}",
                       data.called(), size);
    const Index count = std::clamp<Index>(std::llround(part * static_cast<double>(size)), 1, size - 1);
    const std::vector<Index> order = shuffled(size, random);
    std::vector<Index> chosen(order.begin(), order.begin() + count), others(order.begin() + count, order.end());
    std::ranges::sort(chosen);
    std::ranges::sort(others);
    data.validation = std::make_shared<Subset>(data.training, std::move(chosen));
    data.training = std::make_shared<Subset>(data.training, std::move(others));
}

Datasets split_test(const std::shared_ptr<const Dataset>& images) {
    constexpr Index twelfth = 12;
    std::vector<Index> training, test;
    for (Index i = 0; i < images->size(); ++i) (i % twelfth == 0 ? test : training).push_back(i);
    return {.training = std::make_shared<Subset>(images, std::move(training)),
            .test = std::make_shared<Subset>(images, std::move(test))};
}

Datasets one_batch_of(const Datasets& data, Index batch_size, const Random& order) {
    const Index size = data.training->size(), count = std::min(batch_size, size);
    std::vector<Index> batch = shuffled(size, order), repeated;
    batch.resize(static_cast<std::size_t>(count));
    for (Index b = 0; b < size / count; ++b) repeated.insert(repeated.end(), batch.begin(), batch.end());
    const auto once = std::make_shared<Subset>(data.training, std::move(batch));
    return {.name = data.name,
            .directory = data.directory,
            .training = std::make_shared<Subset>(data.training, std::move(repeated)),
            .validation = once,
            .test = once};
}

}  // namespace adjoint
