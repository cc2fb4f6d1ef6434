#include "train/requirement.h"

#include <cmath>
#include <cstdlib>

namespace adjoint {

Requirement::Requirement(const std::string& asked) : text(asked) {
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

double Requirement::value_in(const Numbers& metrics) const {
    std::string names;
    for (const auto& [metric, value] : metrics) {
        if (metric == name) return value;
        names += (names.empty() ? "" : ", ") + metric;
    }
    throw Error(fmt::format("--require: the metric must be one of {}; got {}", names, name));
}

bool Requirement::met_by(const Numbers& metrics) const {
    const double value = value_in(metrics);
    if (comparison == "<") return value < bound;
    if (comparison == "<=") return value <= bound;
    return comparison == ">" ? value > bound : value >= bound;
}

}  // namespace adjoint
