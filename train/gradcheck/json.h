// JSON of gradient checks.
#pragma once

#include <nlohmann/json.hpp>

#include "train/gradcheck/sweep.h"

namespace adjoint {

using Json = nlohmann::ordered_json;

void to_json(Json& json, const GradientCheckReport& report);
void to_json(Json& json, const Settings& settings);
void to_json(Json& json, const SweepReport& report);

}  // namespace adjoint
