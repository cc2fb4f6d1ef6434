// Findings: what `adjoint evaluate` found out about a model, as lines to read and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/evaluation/statistics.h"

namespace adjoint {

class Findings {
  public:
    /// A mean with its standard error, where that is a number.
    void add(const std::string& title, const MeanAndError& value, const std::string& unit = "");
    /// A number, and how it reads.
    void add(const std::string& title, double value, const std::string& text);
    /// What reads as several lines.
    void add_lines(const std::vector<std::string>& lines, const std::string& key, const nlohmann::ordered_json& value);
    /// How much of drawn images [N, H, W, C] is a checkerboard, and how much of real ones: see checkerboards.
    void add_checkerboards(const Tensor& drawn, const Tensor& real);
    /// Prints one line of JSON, or the lines.
    void print(bool json) const;

  private:
    std::vector<std::string> lines_;
    nlohmann::ordered_json json_ = nlohmann::ordered_json::object();
};

/// Adds the elements of a tensor.
void append(std::vector<double>& values, const Tensor& more);

}  // namespace adjoint
