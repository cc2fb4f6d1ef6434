// IDX files, good and bad, written for tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "datasets/idx.h"
#include "tests/support/expectations.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {

using Bytes = std::vector<std::uint8_t>;

void write_bytes(const std::filesystem::path& path, const Bytes& content);

/// Tests with a directory of their own.
class IdxFiles : public testing::Test {
  protected:
    std::filesystem::path write(const std::string& name, const Bytes& content) const {
        write_bytes(directory_ / name, content);
        return directory_ / name;
    }

    const TemporaryDirectory temporary_;
    const std::filesystem::path directory_ = temporary_.path();
};

Bytes joined(Bytes first, const Bytes& second);

/// The bytes of an IDX file, written after the definition of the format.
Bytes encode(const IdxArray& array);

Bytes gzipped(const Bytes& bytes);

IdxArray random_array(const Shape& shape);

}  // namespace adjoint
