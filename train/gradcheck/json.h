// JSON of gradient checks.
#pragma once

#include <nlohmann/json.hpp>

#include "train/gradcheck/sweep.h"

namespace adjoint {

using Json = nlohmann::ordered_json;

Json to_json(const GradientCheckReport& report);
Json to_json(const Settings& settings);
Json to_json(const SweepReport& report);

}  // namespace adjoint
