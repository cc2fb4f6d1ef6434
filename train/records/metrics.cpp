#include "train/records/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/ranges.h>

#include "framework/tensor/error.h"
#include "train/cli/nearest_name.h"

namespace adjoint {

MetricThreshold::MetricThreshold(const std::string& asked) : text(asked) {
    const std::size_t begin = text.find_first_of("<>"), end = text.find_first_not_of("<>=", begin);
    name = text.substr(0, begin);
    comparison = begin == std::string::npos ? "" : text.substr(begin, end - begin);
    const std::string number = end == std::string::npos ? "" : text.substr(end);
    char* rest = nullptr;
    bound = std::strtod(number.c_str(), &rest);
    const bool known = comparison == "<" || comparison == "<=" || comparison == ">" || comparison == ">=";
    require(known && !name.empty() && !number.empty() && *rest == '\0' && std::isfinite(bound),
            "--require: must be a metric, <, <=, > or >=, and a number, such as test_mse<=0.0091; got {}", text);
}

void MetricThreshold::require_among(const std::vector<std::string>& metrics) const {
    require(std::ranges::find(metrics, name) != metrics.end(), "--require: the metric must be one of {}; got {}{}",
            fmt::join(metrics, ", "), name, did_you_mean(name, metrics));
}

double MetricThreshold::value_in(const Metrics& metrics) const {
    std::vector<std::string> names;
    for (const auto& [metric, value] : metrics) names.push_back(metric);
    require_among(names);
    return metrics[std::find(names.begin(), names.end(), name) - names.begin()].second;
}

bool MetricThreshold::met_by(const Metrics& metrics) const {
    const double value = value_in(metrics);
    if (comparison == "<") return value < bound;
    if (comparison == "<=") return value <= bound;
    return comparison == ">" ? value > bound : value >= bound;
}

}  // namespace adjoint
