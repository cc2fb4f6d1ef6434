// Printing of tensors as NumPy prints arrays: the fewest digits that tell an element from all others, 8 at most behind
// the point, in columns; of more than 1000 elements only the outermost three of each axis.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>
#include <ostream>

#include "framework/tensor/tensor.h"

namespace adjoint {
namespace {

constexpr Index edge = 3, most_elements = 1000;
constexpr std::size_t line_width = 75;
constexpr int most_digits = 8;

// How all elements are written: in one notation, aligned at their points.
class Columns {
  public:
    Columns(const std::vector<double>& elements, DType dtype) : single_(dtype == DType::float32) {
        std::vector<double> finite, sizes;
        for (const double x : elements) {
            if (std::isfinite(x)) finite.push_back(x);
            if (std::isfinite(x) && x != 0.0) sizes.push_back(std::abs(x));
        }
        if (!sizes.empty()) {
            const auto [smallest, largest] = std::ranges::minmax(sizes);
            scientific_ = largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000.0;
        }
        for (const double x : finite) {
            digits_ = std::max(digits_, digits_of(x));
            const std::string text = fmt::format("{:.0e}", x);
            exponent_ = std::max(exponent_, text.size() - text.find('e') - 1);
        }
        for (const double x : finite) {
            const std::string text = written(x);
            left_ = std::max(left_, text.find('.'));
            right_ = std::max(right_, text.size() - text.find('.'));
        }
        for (const double x : elements) {
            const std::size_t size = written(x).size();
            if (!std::isfinite(x)) left_ = std::max(left_, size - std::min(size, right_));
        }
    }

    std::string operator()(double x) const {
        const std::string text = written(x);
        if (!std::isfinite(x)) return fmt::format("{:>{}}", text, left_ + right_);
        const std::size_t point = text.find('.');
        return fmt::format("{:>{}}{:<{}}", text.substr(0, point), left_, text.substr(point), right_);
    }

  private:
    std::string with_digits(double x, int digits) const {
        return scientific_ ? fmt::format("{:#.{}e}", x, digits) : fmt::format("{:#.{}f}", x, digits);
    }

    int digits_of(double x) const {
        for (int digits = 0; digits < most_digits; ++digits) {
            const std::string text = with_digits(x, digits);
            if ((single_ ? std::strtof(text.c_str(), nullptr) : std::strtod(text.c_str(), nullptr)) == x) return digits;
        }
        const std::string text = with_digits(x, most_digits);
        const std::size_t point = text.find('.');
        return static_cast<int>(text.find_last_not_of('0', point + most_digits) - point);
    }

    std::string written(double x) const {
        if (!std::isfinite(x)) return std::isnan(x) ? "nan" : x > 0 ? "inf" : "-inf";
        if (!scientific_) return with_digits(x, digits_of(x));
        std::string text = with_digits(x, digits_);
        const std::size_t sign = text.find('e') + 1;
        return text.insert(sign + 1, exponent_ - (text.size() - sign), '0');
    }

    bool single_;
    bool scientific_ = false;
    int digits_ = 0;
    std::size_t exponent_ = 0, left_ = 0, right_ = 0;  // widths: of exponents, and to both sides of where points begin
};

// Brackets around a tensor's axes, and what stands in them.
class Brackets {
  public:
    explicit Brackets(const Tensor& x)
        : x_(x), summarised_(x.size() > most_elements), columns_(elements_from(0, 0), x.dtype()) {}

    // The axes from `axis` on, at the place in row-major order of the axes before it.
    std::string text(Index axis, Index place) const {
        std::string result = "[";
        const std::string indent(static_cast<std::size_t>(axis) + 1, ' ');
        const bool innermost = axis + 1 == x_.rank();
        const std::string between = innermost
                                        ? std::string(1, ' ')
                                        : std::string(static_cast<std::size_t>(x_.rank() - axis - 1), '\n') + indent;
        std::size_t column = indent.size() - 1;  // of the last entry's end
        for (const Index i : entries(axis)) {
            const Index next = place * x_.extent(axis) + i;
            const std::string entry = i < 0 ? "..." : innermost ? columns_(x_[next]) : text(axis + 1, next);
            if (result.size() > 1) {
                const bool wraps = innermost && column + 1 + entry.size() > line_width - indent.size();
                if (wraps) {
                    result.erase(result.find_last_not_of(' ') + 1);
                    column = indent.size() - 1;
                }
                result += wraps ? "\n" + indent : between;
            }
            result += entry;
            column += 1 + entry.size();
        }
        return result + "]";
    }

  private:
    // What is printed of an axis; −1 stands for what is left out.
    std::vector<Index> entries(Index axis) const {
        const Index extent = x_.extent(axis);
        std::vector<Index> result;
        for (Index i = 0; i < extent; ++i) {
            if (summarised_ && extent > 2 * edge && i == edge) {
                result.push_back(-1);
                i = extent - edge;
            }
            result.push_back(i);
        }
        return result;
    }

    // The elements that are printed.
    std::vector<double> elements_from(Index axis, Index place) const {
        if (axis == x_.rank()) return {x_[place]};
        std::vector<double> result;
        for (const Index i : entries(axis)) {
            if (i < 0) continue;
            const std::vector<double> part = elements_from(axis + 1, place * x_.extent(axis) + i);
            result.insert(result.end(), part.begin(), part.end());
        }
        return result;
    }

    const Tensor& x_;
    bool summarised_;
    Columns columns_;
};

}  // namespace

std::string to_string(const Tensor& x) {
    if (x.size() == 0) return "[]";
    if (x.rank() > 0) return Brackets(x).text(0, 0);
    const std::string text =
        x.dtype() == DType::float32 ? fmt::format("{}", static_cast<float>(x.item())) : fmt::format("{}", x.item());
    return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
}

std::ostream& operator<<(std::ostream& stream, const Tensor& x) { return stream << to_string(x); }

}  // namespace adjoint

fmt::format_context::iterator fmt::formatter<adjoint::Tensor>::format(const adjoint::Tensor& x,
                                                                      fmt::format_context& context) const {
    return fmt::formatter<std::string>::format(adjoint::to_string(x), context);
}
