#include "train/io/npy_header.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace adjoint {
namespace {

constexpr Index longest_header = 1 << 20;
constexpr std::ptrdiff_t most_axes = 64;  // as in NumPy
constexpr std::size_t longest_word = 64;

/// Reads a Python dictionary of the three keys, in any order.
class HeaderParser {
  public:
    HeaderParser(const NpyFile& file, std::string_view text, Index start) : file_(file), text_(text), start_(start) {}

    NpyHeader parse() {
        NpyHeader header;
        std::array<bool, 3> seen = {};
        expect('{');
        while (!accept('}')) {
            const Index byte = here();
            const std::string key = quoted();
            const auto found = std::find(keys.begin(), keys.end(), key);
            file_.check(
                found != keys.end() && !std::exchange(seen[static_cast<std::size_t>(found - keys.begin())], true), byte,
                "expected each of 'descr', 'fortran_order' and 'shape' once, read {:?}", key);
            expect(':');
            skip_spaces();
            if (key == "descr") header.type_byte = here(), header.type = quoted();
            if (key == "fortran_order") header.fortran_order = boolean();
            if (key == "shape") header.shape = tuple();
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        for (std::size_t key = 0; key < keys.size(); ++key) {
            file_.check(seen[key], here(), "the header ends, but has no '{}'", keys[key]);
        }
        skip_spaces();
        file_.check(at_ == text_.size(), here(), "expected the end of the header, read {}", next());
        return header;
    }

  private:
    static constexpr std::array<std::string_view, 3> keys = {"descr", "fortran_order", "shape"};

    Index here() const { return start_ + static_cast<Index>(at_); }
    std::string next() const { return at_ < text_.size() ? fmt::format("{:?}", text_.substr(at_, 1)) : "its end"; }
    void skip_spaces() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    bool accept(char c) {
        skip_spaces();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    void expect(char c) {
        const bool there = accept(c);
        file_.check(there, here(), "expected '{}' in the header, read {}", c, next());
    }

    std::string quoted() {
        skip_spaces();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        file_.check(quote == '\'' || quote == '"', here(), "expected a quoted word in the header, read {}", next());
        const std::size_t end = text_.find(quote, at_ + 1);
        file_.check(end != text_.npos && end - at_ <= longest_word, here(), "the quoted word does not end");
        const std::string word(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return word;
    }

    bool boolean() {
        skip_spaces();
        const bool value = text_.substr(at_).starts_with("True");
        file_.check(value || text_.substr(at_).starts_with("False"), here(), "expected True or False, read {}", next());
        at_ += value ? 4 : 5;
        return value;
    }

    Shape tuple() {
        Shape shape;
        expect('(');
        while (!accept(')')) {
            shape.push_back(extent());
            file_.check(std::ssize(shape) <= most_axes, here(), "expected at most {} axes, read more", most_axes);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
        return shape;
    }

    Index extent() {
        skip_spaces();
        const Index byte = here();
        const auto digit = [&] { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; };
        file_.check(digit(), byte, "expected an extent in the shape, read {}", next());
        Index value = 0;
        for (; digit(); ++at_) {
            const bool overflow = __builtin_mul_overflow(value, 10, &value) ||
                                  __builtin_add_overflow(value, Index{text_[at_] - '0'}, &value);
            file_.check(!overflow, byte, "the extent in the shape is too large");
        }
        accept('L');  // Python 2 marked its large integers.
        return value;
    }

    const NpyFile& file_;
    std::string_view text_;
    Index start_;
    std::size_t at_ = 0;
};

Index little_endian(std::string_view bytes) {
    Index value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

}  // namespace

NpyFile::NpyFile(const std::filesystem::path& path) : name_(path.string()) {
    std::error_code failure;
    const std::filesystem::file_status status = std::filesystem::status(path, failure);
    require<MissingInput>(!failure, "{}: cannot be read; {}", name_, failure.message());
    require<MissingInput>(std::filesystem::is_regular_file(status), "{}: cannot be read; not a regular file", name_);
    size_ = static_cast<Index>(std::filesystem::file_size(path, failure));
    stream_ = std::make_unique<std::ifstream>(path, std::ios::binary);
    require<MissingInput>(stream_->good(), "{}: cannot be read; {}", name_, std::generic_category().message(errno));
}

NpyFile::NpyFile(std::string name, std::string content) : name_(std::move(name)), size_(std::ssize(content)) {
    stream_ = std::make_unique<std::istringstream>(std::move(content));
}

std::string NpyFile::read(Index length, const char* what) {
    check(length <= remaining(), size_, "the file ends, but {} has {} bytes from byte {}", what, length, position_);
    std::string bytes(static_cast<std::size_t>(length), '\0');
    stream_->read(bytes.data(), length);
    require<MissingInput>(stream_->gcount() == length, "{}: cannot be read from byte {}", name_, position_);
    position_ += length;
    return bytes;
}

NpyHeader read_npy_header(NpyFile& file) {
    const std::string start = file.read(std::min<Index>(file.remaining(), std::ssize(npy_magic)), "");
    file.check(start == npy_magic, 0, "expected a .npy file's first bytes {:?}, read {:?}", npy_magic, start);
    const std::string version = file.read(2, "the format version");
    const int major = static_cast<unsigned char>(version[0]), minor = static_cast<unsigned char>(version[1]);
    file.check(major >= 1 && major <= 3 && minor == 0, 6, "expected format version 1.0, 2.0 or 3.0, read {}.{}", major,
               minor);
    const Index byte = file.position(), length = little_endian(file.read(major == 1 ? 2 : 4, "the header's length"));
    file.check(length <= longest_header, byte, "expected a header of at most {} bytes, read {}", longest_header,
               length);
    const Index first = file.position();
    const std::string text = file.read(length, "the header");
    return HeaderParser(file, text, first).parse();
}

}  // namespace adjoint
