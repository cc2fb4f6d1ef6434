// IDX files, good and bad, written for tests.
#pragma once

#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "datasets/idx.h"
#include "tests/support/expectations.h"
#include "tests/support/npy_files.h"
#include "tests/support/temporary_directory.h"

namespace adjoint {

/// Tests with a directory of their own.
class IdxFiles : public testing::Test {
  protected:
    std::filesystem::path write(const std::string& name, const std::string& content) const {
        write_bytes(directory_ / name, content);
        return directory_ / name;
    }

    const TemporaryDirectory temporary_;
    const std::filesystem::path directory_ = temporary_.path();
};

/// The bytes of an IDX file, written after the definition of the format.
std::string encode(const IdxArray& array);

std::string gzipped(const std::string& bytes);

IdxArray random_array(const Shape& shape);

}  // namespace adjoint
