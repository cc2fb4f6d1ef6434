// Metrics: losses, accuracies and other numbers under their names, in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace adjoint {

using Metrics = std::vector<std::pair<std::string, double>>;

}  // namespace adjoint
