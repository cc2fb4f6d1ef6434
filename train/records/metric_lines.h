// Metric lines: the numbers of a run under the steps and epochs in which they were taken, as lines of JSON and as CSV.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/shape.h"
#include "train/records/metrics.h"

namespace adjoint {

/// When the numbers of a line were taken.
struct MetricPlace {
    Index steps;  ///< done
    Index epoch;  ///< under way or just ended
};

struct MetricLine {
    MetricPlace place;
    Metrics numbers;
};

/// `{"step":430,"epoch":1,"training_loss":0.25,…}`
std::string text_of(const MetricLine& line);
/// The lines of such a text that are whole.
std::vector<MetricLine> metric_lines(const std::string& text);
/// A table of step, epoch and all numbers, empty where a line has none of that name.   Source: RFC 4180.
std::string csv_of(const std::vector<MetricLine>& lines);

}  // namespace adjoint
