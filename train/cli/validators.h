// Validators: which values a numeric option takes. What is refused is said in one short line.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <fmt/format.h>
#include <limits>
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

/// A number above 0, neither infinite nor NaN.
inline CLI::Validator positive_number() {
    return CLI::Validator(
        [](const std::string& text) -> std::string {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (!text.empty() && *end == '\0' && std::isfinite(value) && value > 0.0) return "";
            return fmt::format("must be a number above 0; got {}", text);
        },
        "above 0");
}

/// A number from 0 up to a limit that it stays below.
inline CLI::Validator number_below(double limit) {
    return CLI::Validator(
        [limit](const std::string& text) -> std::string {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (!text.empty() && *end == '\0' && value >= 0.0 && value < limit) return "";
            return fmt::format("must be a number from 0 and below {}; got {}", limit, text);
        },
        std::isfinite(limit) ? fmt::format("from 0, below {}", limit) : "from 0");
}

/// A finite number from 0.
inline CLI::Validator number_from_zero() { return number_below(std::numeric_limits<double>::infinity()); }

/// A number from `least` to `most`.
inline CLI::Validator number_between(double least, double most) {
    return CLI::Validator(
        [=](const std::string& text) -> std::string {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            if (!text.empty() && *end == '\0' && value >= least && value <= most) return "";
            return fmt::format("must be a number from {} to {}; got {}", least, most, text);
        },
        fmt::format("from {} to {}", least, most));
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
