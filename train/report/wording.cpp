#include "train/report/wording.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <regex>

#include "train/io/json_text.h"

namespace adjoint {

using Json = nlohmann::ordered_json;

std::string words_of(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    static const std::regex iou("\\biou\\b"), psnr("\\bpsnr\\b");
    for (const auto& [letters, as_written] : {std::pair(&iou, "IoU"), {&psnr, "PSNR"}})
        name = std::regex_replace(name, *letters, as_written);
    return name;
}

std::string title_of(const std::string& name) {
    std::string title = words_of(name);
    if (!title.empty()) title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    return title;
}

std::string number_text(const Json& number) {
    const bool finite = number.is_number() && std::isfinite(number.get<double>());
    return finite ? fmt::format("{:.5g}", number.get<double>()) : "–";
}

std::string count_text(const Json& count) {
    if (!count.is_number_integer()) return number_text(count);
    std::string text = fmt::format("{}", count.get<std::int64_t>());
    for (std::ptrdiff_t at = std::ssize(text) - 3; at > (text[0] == '-' ? 1 : 0); at -= 3) text.insert(at, ",");
    return text;
}

std::string setting_text(const Json& value) {
    if (value.is_null() || value == "" || (value.is_array() && value.empty())) return "–";
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_array()) return text_of_json(value);
    std::string text;
    for (const Json& element : value) text += (text.empty() ? "" : ", ") + setting_text(element);
    return text;
}

}  // namespace adjoint
