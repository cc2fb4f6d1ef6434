#include "train/data/data_record.h"

#include <fmt/format.h>
#include <tuple>

namespace adjoint {

bool DataRecord::same_images(const DataRecord& other) const {
    const auto key = [](const DataRecord& r) { return std::tie(r.name, r.training, r.validation, r.test, r.checksum); };
    return key(*this) == key(other);
}

std::string DataRecord::text() const {
    return fmt::format("{}{}: {} training, {} validation, {} test images, checksum {}", name,
                       directory.empty() ? "" : " in " + directory, training, validation, test, checksum);
}

}  // namespace adjoint
