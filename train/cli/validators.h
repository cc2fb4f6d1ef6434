// Validators: which values a numeric option takes. What is refused is said in one short line.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <vector>

#include "train/cli/nearest_name.h"

namespace adjoint {

/// A whole number from `least` to `most`.
inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
    return CLI::Validator(
        [=](const std::string& text) -> std::string {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            const bool whole = error == std::errc() && end == text.data() + text.size();
            if (whole && value >= least && value <= most) return "";
            return fmt::format("must be a whole number from {} to {}; got {}", least, most, text);
        },
        fmt::format("in {}..{}", least, most));
}

/// The seed of a run: any 64 bits.
inline CLI::Validator seed_number() { return whole_number(0, UINT64_MAX).description(""); }

/// A finite number of which `is_right` is true; `rule` says of which it is, and `shown` says so in --help.
inline CLI::Validator number_that(const std::function<bool(double)>& is_right, const std::string& rule,
                                  const std::string& shown) {
    return CLI::Validator(
        [=](const std::string& text) -> std::string {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (!text.empty() && *end == '\0' && std::isfinite(value) && is_right(value)) return "";
            return fmt::format("must be a number {}; got {}", rule, text);
        },
        shown);
}

inline CLI::Validator positive_number() {
    return number_that([](double value) { return value > 0.0; }, "above 0", "above 0");
}

/// A number from 0 up to a limit that it stays below.
inline CLI::Validator number_below(double limit) {
    return number_that([=](double value) { return value >= 0.0 && value < limit; },
                       fmt::format("from 0 and below {}", limit), fmt::format("from 0, below {}", limit));
}

inline CLI::Validator number_from_zero() {
    return number_that([](double value) { return value >= 0.0; }, "of at least 0", "from 0");
}

inline CLI::Validator number_between(double least, double most) {
    const std::string rule = fmt::format("from {} to {}", least, most);
    return number_that([=](double value) { return value >= least && value <= most; }, rule, rule);
}

/// One of these names; where another is like one of them, that is said too.
inline CLI::Validator one_of(const std::vector<std::string>& names) {
    CLI::Validator member = CLI::IsMember(names);
    return CLI::Validator(
        [=](const std::string& text) {
            const std::string wrong = member(text);
            return wrong.empty() ? wrong : wrong + did_you_mean(text, names);
        },
        member.get_description());
}

/// An option that sets `place`, takes what `range` allows, and shows as its default what the place holds.
template <class T>
CLI::Option* add_setting(CLI::App& command, const std::string& flag, T& place, const std::string& help,
                         const CLI::Validator& range) {
    return command.add_option(flag, place, help)->check(range)->capture_default_str();
}

}  // namespace adjoint
