// Wording of a report: names and numbers as people read them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace adjoint {

/// "test cross entropy" of test_cross_entropy, "test mean IoU" of test_mean_iou.
std::string words_of(std::string name);

/// "Test cross entropy" of test_cross_entropy.
std::string title_of(const std::string& name);

/// 0.31234 in five digits, or – of what is no finite number.
std::string number_text(const nlohmann::ordered_json& number);

/// 55,000 of a whole number.
std::string count_text(const nlohmann::ordered_json& count);

/// What a setting is set to: a, b of a list and – of nothing.
std::string setting_text(const nlohmann::ordered_json& value);

}  // namespace adjoint
