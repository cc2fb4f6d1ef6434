#include "datasets/idx.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/ranges.h>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <zlib.h>

#include "datasets/read_file.h"
#include "framework/tensor/error.h"

namespace adjoint {
namespace {

constexpr Index chunk = 1 << 20;  // bytes asked for at a time: no header makes us allocate more than the file can fill
constexpr std::uint8_t unsigned_byte = 0x08;

// The bytes of a file, unpacked where it is gzipped.
class ByteStream {
  public:
    explicit ByteStream(const std::string& path) : path_(path) {
        std::error_code ignored;
        require<MissingInput>(!std::filesystem::is_directory(path, ignored), "{}: expected a file; got a directory",
                              path_);
        if (!is_open_already(path_)) require_file(path_);
        errno = 0;
        file_.reset(gzopen(path.c_str(), "rb"));
        require<MissingInput>(file_ != nullptr, "{}: the file cannot be opened; got {}", path_, std::strerror(errno));
        gzbuffer(file_.get(), 1 << 17);
        packed_ = std::filesystem::file_size(path, ignored);
    }

    const std::string& path() const { return path_; }
    Index position() const { return position_; }

    // Hands out the next `count` bytes piece by piece; `what` says which these are.
    template <class Piece>
    void pass(Index count, const std::string& what, Piece piece) {
        const Index begin = position_;
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min(count, chunk)));
        for (Index passed = 0; passed < count;) {
            const Index wanted = std::min(count - passed, chunk), got = read(bytes.data(), wanted);
            passed += got;
            require<DataError>(got == wanted, "{}: at byte {}: expected {} bytes of {}; got {}", path_, begin, count,
                               what, passed);
            piece(std::span<const std::uint8_t>(bytes).first(static_cast<std::size_t>(got)));
        }
    }

    std::vector<std::uint8_t> take(Index count, const std::string& what) {
        std::vector<std::uint8_t> bytes;
        pass(count, what, [&](auto piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
        return bytes;
    }

    // Reading to the very end also lets zlib compare its checksum.
    void expect_end() {
        std::uint8_t surplus = 0;
        const bool ended = read(&surplus, 1) == 0;
        require<DataError>(ended, "{}: at byte {}: expected the end of the file; got {:#04x}", path_, position_ - 1,
                           surplus);
    }

  private:
    struct Close {
        void operator()(gzFile file) const { gzclose(file); }
    };

    // Returns fewer than `count` at the end of the file only.
    Index read(std::uint8_t* out, Index count) {
        const int got = gzread(file_.get(), out, static_cast<unsigned>(count));
        int code = Z_OK;
        std::string_view message = gzerror(file_.get(), &code);
        message.remove_prefix(message.starts_with(path_ + ": ") ? path_.size() + 2 : 0);
        require<MissingInput>(got == count || code != Z_ERRNO, "{}: at byte {}: the file cannot be read; got {}", path_,
                              position_, message);
        require<DataError>(got == count || code == Z_OK || code == Z_STREAM_END,
                           "{}: at byte {}: the gzip stream is damaged; got {}", path_, position_, message);
        position_ += got;
        require_no_bomb(path_, static_cast<std::uint64_t>(position_), packed_);
        return got;
    }

    std::string path_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::uint64_t packed_ = 0;  // the bytes of the file; of a pipe as many as can be
    Index position_ = 0;
};

std::string element_type(std::uint8_t code) {
    static const std::map<int, std::string> names = {{0x08, "unsigned byte"}, {0x09, "signed byte"}, {0x0B, "int16"},
                                                     {0x0C, "int32"},         {0x0D, "float32"},     {0x0E, "float64"}};
    return fmt::format("{:#04x} ({})", code, names.contains(code) ? names.at(code) : "unknown");
}

// Reads the first four bytes and returns the rank, which is the last of them.
Index read_magic(ByteStream& stream) {
    const std::vector<std::uint8_t> magic = stream.take(4, "an IDX file's magic number");
    require<DataError>(magic[0] == 0 && magic[1] == 0,
                       "{}: at byte 0: an IDX file begins with two bytes 0x00; got {:#04x} {:#04x}", stream.path(),
                       magic[0], magic[1]);
    require<DataError>(magic[2] == unsigned_byte, "{}: at byte 2: element type must be {}; got {}", stream.path(),
                       element_type(unsigned_byte), element_type(magic[2]));
    require<DataError>(magic[3] >= 1, "{}: at byte 3: rank must be at least 1; got 0", stream.path());
    return magic[3];
}

Shape read_extents(ByteStream& stream, Index rank) {
    const Index begin = stream.position();
    const std::vector<std::uint8_t> bytes = stream.take(4 * rank, "extents");
    Shape shape;
    for (auto byte = bytes.begin(); byte != bytes.end(); byte += 4) {
        shape.push_back(Index{byte[0]} << 24 | Index{byte[1]} << 16 | Index{byte[2]} << 8 | Index{byte[3]});
    }
    Index room = (Index{1} << 60) - 1;
    for (const Index extent : shape) {
        require<DataError>(extent >= 1, "{}: at byte {}: every extent must be at least 1; got {}", stream.path(), begin,
                           shape);
        room /= extent;
    }
    require<DataError>(room >= 1, "{}: at byte {}: extents must multiply to less than 2^60; got {}", stream.path(),
                       begin, shape);
    return shape;
}

void require_rank(const IdxArray& array, Index rank, const std::string& path, const char* what) {
    require<DataError>(std::ssize(array.shape) == rank, "{}: at byte 3: {} have rank {}; got rank {}, {}", path, what,
                       rank, array.shape.size(), array.shape);
}

// The file of that name with either separator, plain or gzipped.
std::optional<std::filesystem::path> find_file(const std::filesystem::path& directory, const std::string& stem,
                                               const std::string& suffix) {
    for (const std::string& name : {"-" + suffix, "-" + suffix + ".gz", "." + suffix, "." + suffix + ".gz"}) {
        std::error_code ignored;
        const std::filesystem::file_status status = std::filesystem::status(directory / (stem + name), ignored);
        // A FIFO or a device would be waited for; what is a directory is refused when it is read.
        if (std::filesystem::exists(status) && !std::filesystem::is_other(status)) return directory / (stem + name);
    }
    return std::nullopt;
}

}  // namespace

IdxArray read_idx(const std::string& path, ImageShare share) {
    ByteStream stream(path);
    const Index rank = read_magic(stream);
    IdxArray array;
    array.shape = read_extents(stream, rank);
    const Index count = element_count(array.shape), row = count / array.shape[0];
    Index element = 0;
    stream.pass(count, fmt::format("the elements of {}", array.shape), [&](std::span<const std::uint8_t> piece) {
        array.checksum = checksum_of(std::as_bytes(piece), array.checksum);
        while (!piece.empty()) {  // what is here of one row after another
            const auto length = static_cast<std::size_t>(std::min(std::ssize(piece), row - element % row));
            const auto end = piece.begin() + static_cast<std::ptrdiff_t>(length);
            if (share.has(element / row)) array.elements.insert(array.elements.end(), piece.begin(), end);
            element += static_cast<Index>(length);
            piece = piece.subspan(length);
        }
    });
    stream.expect_end();
    return array;
}

std::optional<MnistFiles> find_mnist(const std::string& directory, bool training) {
    const std::string half = training ? "train" : "t10k";
    for (const char* place : {"", "mnist", "MNIST/raw"}) {
        const auto images = find_file(std::filesystem::path(directory) / place, half + "-images", "idx3-ubyte");
        const auto labels = find_file(std::filesystem::path(directory) / place, half + "-labels", "idx1-ubyte");
        if (images && labels) return MnistFiles{*images, *labels};
    }
    return std::nullopt;
}

IdxDataset::IdxDataset(const MnistFiles& files, std::vector<std::string> classes, ImageShare share)
    : share_(share),
      images_(read_idx(files.images, share_)),
      labels_(read_idx(files.labels)),
      classes_(std::move(classes)) {
    require_rank(images_, 3, files.images, "images [N, H, W]");
    require_rank(labels_, 1, files.labels, "labels [N]");
    require<DataError>(labels_.shape == Shape{size()}, "{}: at byte 4: expected {} labels, one an image of {}; got {}",
                       files.labels, size(), files.images, labels_.shape[0]);
    const auto wrong = std::ranges::find_if(labels_.elements, [&](int label) { return label >= std::ssize(classes_); });
    require<DataError>(wrong == labels_.elements.end(), "{}: label {} is {}, not one of {} classes", files.labels,
                       wrong - labels_.elements.begin(), wrong == labels_.elements.end() ? 0 : *wrong, classes_.size());
}

std::uint32_t IdxDataset::checksum() const {
    const std::uint32_t images =
        joined_checksum(checksum_of(images_.shape), images_.checksum, element_count(images_.shape));
    return checksum_of(labels_.elements, images);
}

int IdxDataset::read(Index index, std::span<float> pixels) const {
    const Index pixel_count = element_count(image_shape());
    require(0 <= index && index < size(), "IdxDataset::read: index must be from 0 to {}; got {}", size() - 1, index);
    require(share_.has(index), "IdxDataset::read: image {} is held by process {}", index, share_.owner(index));
    require(std::ssize(pixels) == pixel_count, "IdxDataset::read: an image has {} pixels; got room for {}", pixel_count,
            pixels.size());
    const auto first = images_.elements.begin() + share_.place(index) * pixel_count;
    std::transform(first, first + pixel_count, pixels.begin(),
                   [](std::uint8_t byte) { return static_cast<float>(byte) / 255.0F; });
    return labels_.elements[static_cast<std::size_t>(index)];
}

}  // namespace adjoint
