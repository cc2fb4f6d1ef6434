// Metrics: losses, accuracies and other numbers under their names, in order, and how good a run must have become by
// them, such as test_mse<=0.0091 or test_accuracy>0.99.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace adjoint {

using Metrics = std::vector<std::pair<std::string, double>>;

/// What is asked of a run's last metrics.
struct MetricThreshold {
    /// Throws where the text is not NAME<=NUMBER, with <, <=, > or >=.
    explicit MetricThreshold(const std::string& text);

    /// Throws where its metric is not among those that there are.
    void require_among(const std::vector<std::string>& metrics) const;
    /// Throws where there is no metric of that name.
    double value_in(const Metrics& metrics) const;
    bool met_by(const Metrics& metrics) const;

    std::string text, name, comparison;
    double bound;
};

}  // namespace adjoint
