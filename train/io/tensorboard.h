// TensorBoard event files: records of protocol buffers, each safely there before the next is begun.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// An event file of its own in a directory, which is made where it is not there yet. TensorBoard reads the files of a
/// directory one after another, so that training that goes on begins a new one: events.out.tfevents.TIME.HOST.
/// Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, and record_writer.cc beside them.
class TensorBoardWriter {
  public:
    /// What earlier files of the directory say of first_step and of later steps no longer counts.   Throws CannotWrite.
    TensorBoardWriter(const std::filesystem::path& directory, std::int64_t first_step);

    /// Metrics under their names, rounded to float32.   Throws CannotWrite.
    void scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values);

    /// An image [H, W, 1 or 3] of values in 0..1; values outside are clipped.   Throws CannotWrite.
    void image(std::int64_t step, const std::string& tag, const Tensor& image);

    const std::filesystem::path& path() const { return path_; }

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    void append(const std::string& event);

    std::filesystem::path path_;
    std::unique_ptr<std::FILE, Close> file_;
};

/// How an event file holds `data`: its length as 8 bytes, their masked CRC, the data, and its masked CRC as 4 bytes,
/// all little-endian.   masked(c) = (c rotated right by 15 bits) + a282ead8₁₆ for c = crc32c(bytes).
std::string tfrecord(std::string_view data);

/// CRC-32C, the cyclic redundancy check of Castagnoli's polynomial 1EDC6F41₁₆, bits reversed.   Source: RFC 3720, B.4.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace adjoint
