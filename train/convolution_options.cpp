#include "train/convolution_options.h"

#include <charconv>
#include <cstdlib>

#include "framework/error.h"

namespace adjoint {
namespace {

/// Sizes beyond this are mistakes, and products of a few of them would leave the range of integers.
constexpr Index largest_number = 1'000'000;

}  // namespace

std::vector<Index> parse_integers(const char* option, const std::string& text, const char* expected) {
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

Size2D parse_pair(const char* option, const std::string& text) {
    const char* const expected = "one or two whole numbers such as 2 or 2,1";
    const std::vector<Index> numbers = parse_integers(option, text, expected);
    require(numbers.size() <= 2, "{}: expected {}; got {:?}", option, expected, text);
    return {numbers.front(), numbers.back()};
}

std::optional<Size2D> parse_optional_pair(const char* option, const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(parse_pair(option, text));
}

Sides parse_sides(const char* option, const std::string& text) {
    const char* const expected = "four whole numbers such as 0,0,1,1";
    const std::vector<Index> n = parse_integers(option, text, expected);
    require(n.size() == 4, "{}: expected {}; got {:?}", option, expected, text);
    return {.top = n[0], .left = n[1], .bottom = n[2], .right = n[3]};
}

Padding parse_padding(const std::string& text) {
    if (text == "same") return Padding::same();
    if (text == "valid") return Padding::valid();
    if (text == "full") return Padding::full();
    const char* const expected = "same, valid, full, or one, two or four whole numbers such as 1 or 0,1 or 0,0,1,1";
    const std::vector<Index> n = parse_integers("--padding", text, expected);
    require(n.size() <= 2 || n.size() == 4, "--padding: expected {}; got {:?}", expected, text);
    if (n.size() == 4) return parse_sides("--padding", text);
    return Padding::symmetric({n.front(), n.back()});
}

Index parse_groups(const std::string& text) {
    const std::vector<Index> numbers = parse_integers("--groups", text, "a whole number from 1");
    require(numbers.size() == 1 && numbers[0] >= 1, "--groups: expected a whole number from 1; got {:?}", text);
    return numbers[0];
}

}  // namespace adjoint
