// How is a gradient check told to a program? As JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "train/gradient_sweep.h"

namespace adjoint {

nlohmann::ordered_json to_json(const GradientCheckReport& report);
nlohmann::ordered_json to_json(const Settings& settings);
nlohmann::ordered_json to_json(const SweepReport& report);

}  // namespace adjoint
