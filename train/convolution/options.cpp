#include "train/convolution/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fmt/ranges.h>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

/// Sizes beyond this are mistakes, and products of a few of them would leave the range of integers.
constexpr Index largest_number = 1'000'000;

bool is_word(const std::string& text) { return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])); }

}  // namespace

void require_affordable(const std::string& what, const Shape& shape, Index most) {
    double elements = 1;
    for (const Index extent : shape) elements *= static_cast<double>(extent);
    require(elements <= static_cast<double>(most), "{} is too large; got {}, of more than {} numbers", what, shape,
            most);
}

std::vector<Index> parse_integers(const TypedText& typed, const char* expected,
                                  std::initializer_list<std::size_t> counts) {
    const auto& [option, text] = typed;
    std::vector<Index> numbers;
    for (const char *at = text.data(), *const end = at + text.size(); at <= end; ++at) {
        const auto [stop, failure] = std::from_chars(at, end, numbers.emplace_back());
        require(failure != std::errc::invalid_argument && (stop == end || *stop == ','), "{}: expected {}; got {:?}",
                option, expected, text);
        require(failure == std::errc{} && -largest_number <= numbers.back() && numbers.back() <= largest_number,
                "{}: numbers must lie between -{} and {}; got {:?}", option, largest_number, largest_number, text);
        at = stop;
    }
    const bool as_many = std::find(counts.begin(), counts.end(), numbers.size()) != counts.end();
    require(as_many || counts.size() == 0, "{}: expected {}; got {:?}", option, expected, text);
    return numbers;
}

Size2D parse_pair(const TypedText& typed) {
    const std::vector<Index> n = parse_integers(typed, "one or two whole numbers such as 2 or 2,1", {1, 2});
    return {n.front(), n.back()};
}

void parse(const TypedText& typed, Index& groups) {
    const char* const expected = "a whole number from 1";
    groups = parse_integers(typed, expected, {1}).front();
    require(groups >= 1, "{}: expected {}; got {:?}", typed.option, expected, typed.text);
}

void parse(const TypedText& typed, Shape& shape) {
    shape = parse_integers(typed, "one to four whole numbers such as 28 or 8,28,28,1");
    if (shape.size() == 1) shape.push_back(shape[0]);
}

void parse(const TypedText& typed, Sides& sides) {
    const std::vector<Index> n = parse_integers(typed, "four whole numbers such as 0,0,1,1", {4});
    sides = {.top = n[0], .left = n[1], .bottom = n[2], .right = n[3]};
}

void parse(const TypedText& typed, Padding& padding) {
    const std::string& text = typed.text;
    if (text == "same" || text == "valid" || text == "full") {
        padding = text == "same" ? Padding::same() : text == "valid" ? Padding::valid() : Padding::full();
        return;
    }
    const std::vector<Index> n = parse_integers(
        typed, "same, valid, full, or one, two or four whole numbers such as 1 or 0,1 or 0,0,1,1", {1, 2, 4});
    padding = n.size() == 4 ? Padding({.top = n[0], .left = n[1], .bottom = n[2], .right = n[3]})
                            : Padding::symmetric({n.front(), n.back()});
}

void parse(const TypedText& typed, std::variant<Size2D, std::string>& padding) {
    padding = typed.text;
    if (!is_word(typed.text)) padding = parse_pair(typed);
}

void parse(const TypedText& typed, std::variant<std::string, Sides>& padding) {
    padding = typed.text;
    if (is_word(typed.text)) return;
    const char* const expected = "valid, same, or TensorFlow's explicit paddings 0,0,TOP,BOTTOM,LEFT,RIGHT,0,0";
    const std::vector<Index> n = parse_integers(typed, expected, {8});
    require(n[0] == 0 && n[1] == 0 && n[6] == 0 && n[7] == 0, "{}: expected {}; got {:?}", typed.option, expected,
            typed.text);
    padding = Sides{.top = n[2], .left = n[4], .bottom = n[3], .right = n[5]};
}

}  // namespace adjoint
