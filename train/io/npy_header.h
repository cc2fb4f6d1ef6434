// Header of a .npy file: the magic bytes, a version, and a Python dictionary:
//   {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
#pragma once

#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <string_view>

#include "framework/tensor/error.h"
#include "framework/tensor/shape.h"

namespace adjoint {

constexpr std::string_view npy_magic = "\x93NUMPY";

/// A file that is read from front to back, and whose errors say at which byte.
class NpyFile {
  public:
    /// Throws MissingInput unless there is such a file and it can be read.
    explicit NpyFile(const std::filesystem::path& path);
    /// A file that is in memory, under the name that errors are to give it.
    NpyFile(std::string name, std::string content);

    Index position() const { return position_; }
    Index remaining() const { return size_ - position_; }

    /// The next `length` bytes, which are `what`. Throws DataError when they are not there.
    std::string read(Index length, const char* what);

    /// Throws DataError `<path>: byte <byte>: <message>` unless `holds`.
    template <class... Args>
    void check(bool holds, Index byte, fmt::format_string<Args...> message, Args&&... args) const {
        if (holds) return;
        const std::string fact = fmt::format(message, std::forward<Args>(args)...);
        throw DataError(fmt::format("{}: byte {}: {}", name_, byte, fact));
    }

  private:
    std::string name_;
    std::unique_ptr<std::istream> stream_;
    Index size_ = 0;
    Index position_ = 0;
};

struct NpyHeader {
    std::string type;     ///< as '<f8'
    Index type_byte = 0;  ///< where it stands
    bool fortran_order = false;
    Shape shape;
};

/// Reads up to the first element. Throws DataError.
NpyHeader read_npy_header(NpyFile& file);

}  // namespace adjoint
