#include "train/io/tensorboard.h"

#include <bit>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <unistd.h>

#include "train/io/atomic_file.h"
#include "train/io/png.h"
#include "train/io/protobuf.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using namespace protobuf;

// The numbers that the .proto files give to the fields of messages.
enum class Event { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 };
enum class SessionLog { status = 1 };
enum class Summary { value = 1 };
enum class Value { tag = 1, simple_value = 2, image = 4 };
enum class Image { height = 1, width = 2, colorspace = 3, encoded_image_string = 4 };

constexpr std::int64_t session_start = 1;  // a status

std::string event_of(std::int64_t step, const std::string& what) {
    const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
    return real(Event::wall_time, now.count()) + whole(Event::step, step) + what;
}

std::string value_of(const std::string& tag, const std::string& what) {
    return bytes(Summary::value, bytes(Value::tag, tag) + what);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    std::uint32_t crc = ~0u;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
    }
    return ~crc;
}

std::string tfrecord(std::string_view data) {
    const auto masked = [](std::string_view part) {
        return little_endian(std::rotr(crc32c(part), 15) + 0xa282ead8u, 4);
    };
    const std::string length = little_endian(data.size(), 8);
    return length + masked(length) + std::string(data) + masked(data);
}

TensorBoardWriter::TensorBoardWriter(const fs::path& directory, std::int64_t first_step) {
    std::error_code failure;
    fs::create_directories(directory, failure);
    if (failure) refuse_to_write(directory, failure.value());
    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    const fs::path name = directory / fmt::format("events.out.tfevents.{:010}.{}", std::time(nullptr), host);
    path_ = name;
    for (int more = 1; !file_; ++more) {  // Of two files of one second, TensorBoard reads the longer name last.
        file_.reset(std::fopen(path_.c_str(), "wbxe"));
        if (!file_ && errno != EEXIST) refuse_to_write(path_, errno);
        if (!file_) path_ = fmt::format("{}.{:04}", name.string(), more);
    }
    append(event_of(0, bytes(Event::file_version, "brain.Event:2")));
    append(event_of(first_step, bytes(Event::session_log, whole(SessionLog::status, session_start))));
}

void TensorBoardWriter::scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& values) {
    std::string content;
    for (const auto& [tag, number] : values) {
        content += value_of(tag, real(Value::simple_value, static_cast<float>(number)));
    }
    append(event_of(step, bytes(Event::summary, content)));
}

void TensorBoardWriter::image(std::int64_t step, const std::string& tag, const Tensor& image) {
    const std::string png = png_of(image);  // throws where the image has other axes
    const std::string content = whole(Image::height, image.extent(0)) + whole(Image::width, image.extent(1)) +
                                whole(Image::colorspace, image.extent(2)) +  // 1 grey, 3 RGB
                                bytes(Image::encoded_image_string, png);
    append(event_of(step, bytes(Event::summary, value_of(tag, bytes(Value::image, content)))));
}

void TensorBoardWriter::append(const std::string& event) {
    const std::string record = tfrecord(event);
    const bool written = std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size();
    if (!written || std::fflush(file_.get()) != 0) refuse_to_write(path_, errno);
}

}  // namespace adjoint
