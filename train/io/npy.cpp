#include "train/io/npy.h"

#include <bit>
#include <charconv>
#include <fmt/ranges.h>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "datasets/read_file.h"
#include "framework/ops/shape_ops.h"
#include "train/io/atomic_file.h"
#include "train/io/element_types.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view magic = "\x93NUMPY";
constexpr Index longest_header = 1 << 16;
constexpr std::ptrdiff_t most_axes = 64;  // as in NumPy
constexpr std::size_t longest_word = 64;

struct Header {
    std::string type;           // as <f8, or the list that describes a record
    std::size_t type_byte = 0;  // where it stands
    bool fortran_order = false;
    Shape shape;
};

Index little_endian(std::string_view bytes) {
    Index value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

// A file in memory that is read from front to back, and whose errors say at which byte.
class NpyFile {
  public:
    NpyFile(std::string name, std::string content) : name_(std::move(name)), content_(std::move(content)) {}

    // Throws DataError `<name>: byte <byte>: <message>` unless `holds`.
    template <class... Args>
    void check(bool holds, std::size_t byte, fmt::format_string<Args...> message, Args&&... args) const {
        if (holds) return;
        const std::string fact = fmt::format(message, std::forward<Args>(args)...);
        throw DataError(fmt::format("{}: byte {}: {}", name_, byte, fact));
    }

    const std::string& content() const { return content_; }
    std::size_t position() const { return at_; }
    std::string_view rest() const { return std::string_view(content_).substr(at_); }

    // The magic bytes, a version, and a dictionary after its length: up to the first element.
    Header read_header() {
        const std::string_view start = rest().substr(0, magic.size());
        check(start == magic, 0, "expected a .npy file's first bytes {:?}, read {:?}", magic, start);
        at_ = magic.size();
        const std::string_view version = take(2, "the format version");
        const int major = static_cast<unsigned char>(version[0]), minor = static_cast<unsigned char>(version[1]);
        check(major >= 1 && major <= 3 && minor == 0, 6, "expected format version 1.0, 2.0 or 3.0, read {}.{}", major,
              minor);
        const Index length = little_endian(take(major == 1 ? 2 : 4, "the header's length"));
        check(length <= longest_header, 8, "expected a header of at most {} bytes, read {}", longest_header, length);
        const std::size_t first = at_;
        take(length, "the header");
        text_ = std::string_view(content_).substr(0, std::exchange(at_, first));
        return dictionary();
    }

  private:
    // The next `length` bytes, which are `what`.
    std::string_view take(Index length, const char* what) {
        check(length <= std::ssize(rest()), content_.size(), "the file ends, but {} has {} bytes from byte {}", what,
              length, at_);
        const std::string_view bytes = rest().substr(0, static_cast<std::size_t>(length));
        at_ += bytes.size();
        return bytes;
    }

    // A dictionary in Python of three keys in any order: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
    Header dictionary() {
        Header header;
        std::set<std::string> missing = {"descr", "fortran_order", "shape"};
        list('{', '}', [&] {
            const std::size_t byte = at_;
            const std::string key = quoted();
            check(missing.erase(key) == 1, byte,
                  "expected each of 'descr', 'fortran_order' and 'shape' once, read {:?}", key);
            expect(':');
            skip_spaces();
            if (key == "descr") header.type_byte = at_, header.type = type();
            if (key == "fortran_order") header.fortran_order = boolean();
            if (key == "shape") header.shape = tuple();
        });
        for (const std::string& key : missing) check(false, at_, "the header ends, but has no '{}'", key);
        skip_spaces();
        check(at_ == text_.size(), at_, "expected the end of the header, read {}", next());
        return header;
    }

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
        check(there, at_, "expected '{}' in the header, read {}", c, next());
    }

    // Items between two brackets, with commas between them and perhaps behind the last.
    void list(char opening, char closing, const auto& read_item) {
        expect(opening);
        while (!accept(closing)) {
            read_item();
            if (!accept(',')) return expect(closing);
        }
    }

    // A word, or the list of a record's fields as it stands there: [('age', '<i4'), ('weight', '<f8', (2,))].
    std::string type() {
        const std::size_t first = at_;
        if (!accept('[')) return quoted();
        for (int open = 1; open > 0; skip_spaces()) {
            check(at_ < text_.size(), first, "the list of fields does not end");
            const char c = text_[at_];
            open += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
            c == '\'' || c == '"' ? static_cast<void>(quoted()) : static_cast<void>(++at_);
        }
        return std::string(text_.substr(first, at_ - first));
    }

    std::string quoted() {
        skip_spaces();
        const char quote = at_ < text_.size() ? text_[at_] : '\0';
        check(quote == '\'' || quote == '"', at_, "expected a quoted word in the header, read {}", next());
        const std::size_t end = text_.find(quote, at_ + 1);
        check(end != text_.npos && end - at_ <= longest_word, at_, "the quoted word does not end");
        const std::string word(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
        return word;
    }

    bool boolean() {
        const bool value = text_.substr(at_).starts_with("True");
        check(value || text_.substr(at_).starts_with("False"), at_, "expected True or False, read {}", next());
        at_ += value ? 4 : 5;
        return value;
    }

    Shape tuple() {
        Shape shape;
        list('(', ')', [&] {
            skip_spaces();
            std::uint64_t extent = 0;
            const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
            check(error != std::errc::invalid_argument, at_, "expected an extent in the shape, read {}", next());
            check(error == std::errc() && std::in_range<Index>(extent), at_, "the extent in the shape is too large");
            at_ = static_cast<std::size_t>(end - text_.data());
            accept('L');  // Python 2 marked its large integers.
            shape.push_back(static_cast<Index>(extent));
            check(std::ssize(shape) <= most_axes, at_, "expected at most {} axes, read more", most_axes);
        });
        return shape;
    }

    std::string name_;
    std::string content_;
    std::string_view text_;  // up to the header's end
    std::size_t at_ = 0;
};

// The type of the elements by its name behind the order of their bytes, or nothing.
const ElementType* type_of(const Header& header) {
    const bool ordered = header.type.find_first_of("<>=|") == 0;
    return ordered ? npy_type(std::string_view(header.type).substr(1)) : nullptr;
}

// The elements behind the header are all there.
void check_elements(const NpyFile& file, const Header& header, const ElementType& type) {
    file.check(is_countable(header.shape), file.position(), "the header's shape {} is too large", header.shape);
    const std::uint64_t size = type.bytes(header.shape);
    file.check(file.rest().size() == size, file.position(), "shape {} of {:?} takes {} bytes, the file has {}",
               header.shape, header.type, size, file.rest().size());
}

}  // namespace

Tensor read_npy(const fs::path& path) {
    std::error_code failure;
    const fs::file_status status = fs::status(path, failure);
    require<MissingInput>(!failure, "{}: cannot be read; {}", path.string(), failure.message());
    require<MissingInput>(fs::is_regular_file(status), "{}: cannot be read; not a regular file", path.string());
    return tensor_of_npy(path.string(), read_file(path));
}

Tensor tensor_of_npy(std::string name, std::string content) {
    NpyFile file(std::move(name), std::move(content));
    const Header header = file.read_header();
    const ElementType* const type = type_of(header);
    file.check(type != nullptr && type->tensor != nullptr, header.type_byte,
               "expected elements that are f2, f4, f8, integers or booleans, read {:?}", header.type);
    check_elements(file, header, *type);
    const bool reversed = (header.type[0] == '>') != (std::endian::native == std::endian::big) && header.type[0] != '=';
    // In Fortran's order the elements are those of the transposed array in C's.
    const Shape shape = header.fortran_order ? Shape(header.shape.rbegin(), header.shape.rend()) : header.shape;
    const Tensor stored = type->tensor(shape, file.rest(), reversed);
    return header.fortran_order ? transpose(stored).value() : stored;
}

bool is_npy(std::string_view beginning) { return beginning.starts_with(magic); }

StoredTensor stored_npy(const std::string& name, const ReadBeginning& read) {
    NpyFile beginning(name, read(longest_header + 16));
    const Header header = beginning.read_header();
    const ElementType* const type = type_of(header);
    const bool foreign = type == nullptr || type->tensor == nullptr;
    beginning.check(foreign || is_countable(header.shape), beginning.position(), "the header's shape {} is too large",
                    header.shape);
    return {.type = std::string(type ? type->name : header.type),
            .shape = header.shape,
            .bytes = foreign ? 0 : type->bytes(header.shape),
            .foreign = foreign,
            .tensor = [=] { return tensor_of_npy(name, read(std::string::npos)); },
            .npy =
                [=] {
                    NpyFile file(name, read(std::string::npos));
                    const Header whole = file.read_header();
                    if (!foreign) check_elements(file, whole, *type);
                    return file.content();
                }};
}

std::string npy_of(std::string_view type, const Shape& shape, std::string_view bytes) {
    std::string header = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                     type.back() == '1'                           ? '|'
                                     : std::endian::native == std::endian::little ? '<'
                                                                                  : '>',
                                     type, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
    // Spaces and a line break, so that the elements start at a multiple of 64 bytes.
    const std::size_t before = magic.size() + 4;
    header.append(63 - (before + header.size()) % 64, ' ').push_back('\n');

    std::string content(magic);
    content.append({'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)});
    return content.append(header).append(bytes);
}

std::string npy_of(const Tensor& tensor) {
    return npy_of(tensor.dtype() == DType::float32 ? "f4" : "f8", tensor.shape(), bytes_of(tensor));
}

void write_npy(const fs::path& path, const Tensor& tensor) { write_output(path, npy_of(tensor)); }

}  // namespace adjoint
