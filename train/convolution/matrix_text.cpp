#include "train/convolution/matrix_text.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace adjoint {
namespace {

constexpr std::string_view row_ends = ";\n";
constexpr std::string_view number_ends = " ,\t\r";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == text.npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<double> parse_row(const std::string& name, std::string_view row) {
    std::vector<double> numbers;
    for (std::size_t at = 0; (at = row.find_first_not_of(number_ends, at)) != row.npos;) {
        const std::string_view word = row.substr(at, row.find_first_of(number_ends, at) - at);
        double& number = numbers.emplace_back();
        const char* const end = word.data() + word.size();
        const char* const start = word.data() + (word.size() > 1 && word[0] == '+' && word[1] != '-' ? 1 : 0);
        const auto [stop, failure] = std::from_chars(start, end, number);
        require(failure == std::errc{} && stop == end,
                "{}: expected a .npy file or a matrix such as \"1 2; 3 4\"; {:?} is {}", name, word,
                failure == std::errc::result_out_of_range ? "out of range" : "not a number");
        at += word.size();
    }
    return numbers;
}

struct Planes {
    const char* first_axis;
    const char* second_axis;
    Index first;  // how many planes there are along each
    Index second;
    Index rows;
    Index columns;
    Index first_step;  // elements from one plane to the next along the first axis
    Index step;        // elements from one entry to the next
};

std::string text(const Tensor& tensor, const Shape& shape, const Planes& planes) {
    const bool alone = planes.first == 1 && planes.second == 1;
    std::string result = alone ? "" : fmt::format("{} {}\n", shape, name(tensor.dtype()));
    for (Index a = 0; a < planes.first; ++a) {
        for (Index b = 0; b < planes.second; ++b) {
            if (!alone) result += fmt::format("\n{} {}, {} {}\n", planes.first_axis, a, planes.second_axis, b);
            std::vector<std::string> entries;
            for (Index i = 0; i < planes.rows * planes.columns; ++i) {
                const Index element = a * planes.first_step + b + i * planes.step;
                entries.push_back(shortest(tensor[element], tensor.dtype()));
            }
            for (const std::string& line : matrix_lines(entries, planes.columns)) result += line + '\n';
        }
    }
    return result;
}

}  // namespace

Tensor parse_matrix(const std::string& name, const std::string& text) {
    std::vector<double> numbers;
    Index rows = 0, columns = 0;
    std::string_view rest = trimmed(text);
    if (rest.ends_with(';')) rest.remove_suffix(1);
    for (bool more = true; more; ++rows) {
        const std::size_t end = rest.find_first_of(row_ends);
        const std::vector<double> row = parse_row(name, rest.substr(0, end));
        if (rows == 0) columns = std::ssize(row);
        require(!row.empty(), "{}: row {} is empty; got {:?}", name, rows + 1, text);
        require(std::ssize(row) == columns, "{}: rows differ in length; row 1 has {}, row {} has {} in {:?}", name,
                columns, rows + 1, row.size(), text);
        numbers.insert(numbers.end(), row.begin(), row.end());
        more = end != rest.npos;
        if (more) rest.remove_prefix(end + 1);
    }
    return Tensor({rows, columns}, numbers, DType::float64);
}

std::string shortest(double number, DType dtype) {
    number += 0.0;  // -0 + 0 = 0
    return dtype == DType::float32 ? fmt::format("{}", static_cast<float>(number)) : fmt::format("{}", number);
}

std::vector<std::string> matrix_lines(const std::vector<std::string>& entries, Index columns, std::size_t width) {
    for (const std::string& entry : entries) width = std::max(width, entry.size());
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool first = i % static_cast<std::size_t>(columns) == 0;
        if (first) lines.emplace_back();
        lines.back() += fmt::format("{}{:>{}}", first ? "" : " ", entries[i], width);
    }
    return lines;
}

std::string images_text(const Tensor& images, const Shape& shape) {
    const Index h = images.extent(1), w = images.extent(2), c = images.extent(3);
    return text(images, shape,
                {.first_axis = "image",
                 .second_axis = "channel",
                 .first = images.extent(0),
                 .second = c,
                 .rows = h,
                 .columns = w,
                 .first_step = h * w * c,
                 .step = c});
}

std::string filters_text(const Tensor& filters, const Shape& shape) {
    const Index c = filters.extent(2), o = filters.extent(3);
    return text(filters, shape,
                {.first_axis = "channel",
                 .second_axis = "filter",
                 .first = c,
                 .second = o,
                 .rows = filters.extent(0),
                 .columns = filters.extent(1),
                 .first_step = o,
                 .step = c * o});
}

}  // namespace adjoint
