#include "train/evaluation/findings.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "train/cli/terminal.h"
#include "train/evaluation/image_quality.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

// mean_squared_error for "mean squared error".
std::string key(std::string title) {
    std::ranges::transform(title, title.begin(),
                           [](unsigned char c) { return c == ' ' || c == '-' ? '_' : std::tolower(c); });
    return title;
}

}  // namespace

void Findings::add(const std::string& title, const MeanAndError& value, const std::string& unit) {
    const std::string error = std::isfinite(value.error) ? fmt::format(" ± {:.5f}", value.error) : "";
    lines_.push_back(fmt::format("{:<28}{:.5f}{}{}", title, value.mean, error, unit));
    json_[key(title)] = {{"mean", value.mean}, {"error", value.error}};
}

void Findings::add(const std::string& title, double value, const std::string& text) {
    lines_.push_back(fmt::format("{:<28}{}", title, text));
    json_[key(title)] = value;
}

void Findings::add_lines(const std::vector<std::string>& lines, const std::string& key,
                         const nlohmann::ordered_json& value) {
    lines_.insert(lines_.end(), lines.begin(), lines.end());
    json_[key] = value;
}

void Findings::add_checkerboards(const Tensor& drawn, const Tensor& real) {
    const double share = checkerboards(drawn), of_real = checkerboards(real);
    add("checkerboard share", share, fmt::format("{:.5f}; of test images {:.5f}", share, of_real));
}

void Findings::print(bool json) const {
    if (json) return fmt::print("{}\n", text_of_json(json_));
    for (const std::string& line : lines_) print_line(stdout, "{}", line);
}

void append(std::vector<double>& values, const Tensor& more) {
    for (const double value : more.to_vector()) values.push_back(value);
}

}  // namespace adjoint
