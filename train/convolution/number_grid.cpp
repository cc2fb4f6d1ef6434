#include "train/convolution/number_grid.h"

#include <algorithm>
#include <fmt/format.h>

#include "train/convolution/matrix_text.h"

namespace adjoint {

Grid product(const Grid& a, const Grid& b) {
    Grid result = a;
    for (std::size_t i = 0; i < a.numbers.size(); ++i) result.numbers[i] *= b.numbers[i];
    return result;
}

double sum(const Grid& a) {
    double result = 0;
    for (std::size_t i = 0; i < a.numbers.size(); ++i) result += a.present[i] ? a.numbers[i] : 0;
    return result;
}

std::string brief(double number) { return fmt::format("{:.7g}", number + 0.0); }

Lines draw(const Grid& matrix, std::size_t width) {
    std::vector<std::string> entries;
    for (std::size_t i = 0; i < matrix.numbers.size(); ++i) {
        entries.push_back(matrix.present[i] ? brief(matrix.numbers[i]) : ".");
    }
    return matrix_lines(entries, matrix.columns, width);
}

Lines beside(const Lines& left, const std::string& sign, const Lines& right) {
    // Signs take several bytes: what is counted are the bytes that begin one.
    std::ptrdiff_t width = 0;
    const auto begins = [](char byte) { return (byte & 0xc0) != 0x80; };
    for (const std::string& line : left) width = std::max(width, std::count_if(line.begin(), line.end(), begins));
    Lines lines;
    const std::size_t middle = (left.size() - 1) / 2;
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
        lines.push_back(fmt::format("{:<{}}", i < left.size() ? left[i] : "", width));
        if (i < right.size()) lines.back() += fmt::format("   {}   {}", i == middle ? sign : " ", right[i]);
    }
    return lines;
}

Lines headed(const std::string& heading, const Lines& lines) {
    Lines result = {heading};
    result.insert(result.end(), lines.begin(), lines.end());
    return result;
}

std::string indented(const Lines& lines) {
    std::string text;
    for (const std::string& line : lines) text += "    " + line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    return text;
}

}  // namespace adjoint
