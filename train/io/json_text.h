// JSON text: what files hold, which anyone may have changed.
#pragma once

#include <concepts>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

namespace adjoint {

/// Whether a value can be read as a Count: a fraction, and what is beyond its numbers, would become some other.
template <std::integral Count = std::int64_t>
bool is_count(const auto& json) {
    return json.is_number_unsigned() && std::in_range<Count>(json.template get<std::uint64_t>());
}

/// Whether JSON has at most 64 lists and objects within one another: what writes or frees a value goes one call deeper
/// for each.
inline bool is_shallow(const std::string& text) {
    constexpr int deepest = 64;
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (quoted && letter == '\\') ++i;
        if (letter == '"') quoted = !quoted;
        if (quoted) continue;
        depth += letter == '[' || letter == '{' ? 1 : letter == ']' || letter == '}' ? -1 : 0;
        if (depth > deepest) return false;
    }
    return true;
}

/// The value of a text; a discarded one where it is no JSON, or not a shallow one.
inline nlohmann::ordered_json json_of_text(const std::string& text) {
    if (!is_shallow(text)) return nlohmann::ordered_json::value_t::discarded;
    return nlohmann::ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace adjoint
