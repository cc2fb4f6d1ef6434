#include "train/io/json_text.h"

namespace adjoint {

bool is_utf8(const nlohmann::ordered_json& json) {
    try {
        (void)json.dump();
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

bool is_shallow(const std::string& text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (quoted && letter == '\\') ++i;
        if (letter == '"') quoted = !quoted;
        if (quoted) continue;
        depth += letter == '[' || letter == '{' ? 1 : letter == ']' || letter == '}' ? -1 : 0;
        if (depth > deepest_json) return false;
    }
    return true;
}

nlohmann::ordered_json json_of_text(const std::string& text) {
    if (!is_shallow(text)) return nlohmann::ordered_json::value_t::discarded;
    return nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::string shortened(const std::string& text, std::size_t longest) {
    if (text.size() <= longest) return text;
    std::size_t end = longest;
    while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // where a letter of UTF-8 begins
    return text.substr(0, end) + "…";
}

}  // namespace adjoint
