#include "train/convolution/options.h"

#include <cctype>
#include <charconv>
#include <cstdlib>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

/// Sizes beyond this are mistakes, and products of a few of them would leave the range of integers.
constexpr Index largest_number = 1'000'000;

bool is_word(const std::string& text) { return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])); }

}  // namespace

std::vector<Index> parse_integers(const std::string& option, const std::string& text, const char* expected) {
    std::vector<Index> numbers;
    for (const char *at = text.data(), *const end = at + text.size(); at <= end; ++at) {
        const auto [stop, failure] = std::from_chars(at, end, numbers.emplace_back());
        require(failure != std::errc::invalid_argument && (stop == end || *stop == ','), "{}: expected {}; got {:?}",
                option, expected, text);
        require(failure == std::errc{} && std::abs(numbers.back()) <= largest_number,
                "{}: numbers must lie between -{} and {}; got {:?}", option, largest_number, largest_number, text);
        at = stop;
    }
    return numbers;
}

Size2D parse_pair(const std::string& option, const std::string& text) {
    const char* const expected = "one or two whole numbers such as 2 or 2,1";
    const std::vector<Index> numbers = parse_integers(option, text, expected);
    require(numbers.size() <= 2, "{}: expected {}; got {:?}", option, expected, text);
    return {numbers.front(), numbers.back()};
}

void parse(const std::string& option, const std::string& text, Index& groups) {
    const std::vector<Index> numbers = parse_integers(option, text, "a whole number from 1");
    require(numbers.size() == 1 && numbers[0] >= 1, "{}: expected a whole number from 1; got {:?}", option, text);
    groups = numbers[0];
}

void parse(const std::string& option, const std::string& text, Shape& shape) {
    shape = parse_integers(option, text, "one to four whole numbers such as 28 or 8,28,28,1");
    if (shape.size() == 1) shape.push_back(shape[0]);
}

void parse(const std::string& option, const std::string& text, Sides& sides) {
    const char* const expected = "four whole numbers such as 0,0,1,1";
    const std::vector<Index> n = parse_integers(option, text, expected);
    require(n.size() == 4, "{}: expected {}; got {:?}", option, expected, text);
    sides = {.top = n[0], .left = n[1], .bottom = n[2], .right = n[3]};
}

void parse(const std::string& option, const std::string& text, Padding& padding) {
    const char* const expected = "same, valid, full, or one, two or four whole numbers such as 1 or 0,1 or 0,0,1,1";
    if (text == "same" || text == "valid" || text == "full") {
        padding = text == "same" ? Padding::same() : text == "valid" ? Padding::valid() : Padding::full();
        return;
    }
    const std::vector<Index> n = parse_integers(option, text, expected);
    require(n.size() <= 2 || n.size() == 4, "{}: expected {}; got {:?}", option, expected, text);
    padding = n.size() == 4 ? Padding({.top = n[0], .left = n[1], .bottom = n[2], .right = n[3]})
                            : Padding::symmetric({n.front(), n.back()});
}

void parse(const std::string& option, const std::string& text, std::variant<Size2D, std::string>& padding) {
    if (is_word(text)) {
        padding = text;
    } else {
        padding = parse_pair(option, text);
    }
}

void parse(const std::string& option, const std::string& text, std::variant<std::string, Sides>& padding) {
    padding = text;
    if (is_word(text)) return;
    const char* const expected = "valid, same, or TensorFlow's explicit paddings 0,0,TOP,BOTTOM,LEFT,RIGHT,0,0";
    const std::vector<Index> n = parse_integers(option, text, expected);
    require(n.size() == 8 && n[0] == 0 && n[1] == 0 && n[6] == 0 && n[7] == 0, "{}: expected {}; got {:?}", option,
            expected, text);
    padding = Sides{.top = n[2], .left = n[4], .bottom = n[3], .right = n[5]};
}

}  // namespace adjoint
