// JSON text: what is written for programs, and what files hold, which anyone may have changed.
#pragma once

#include <algorithm>
#include <concepts>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "framework/tensor/error.h"

namespace adjoint {

/// JSON in one line, or in many with such an indent. What is no UTF-8, as names of files may be, becomes U+FFFD.
template <class Json>
std::string text_of_json(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

/// Whether all texts in a value are UTF-8, so that they can be written and read again.
bool is_utf8(const nlohmann::ordered_json& json);

/// How many lists and objects JSON may have within one another: what writes or frees a value goes one call deeper for
/// each.
constexpr int deepest_json = 64;

/// Whether JSON has no more.
bool is_shallow(const std::string& text);

/// The value of a text; a discarded one where it is no JSON, or not a shallow one.
nlohmann::ordered_json json_of_text(const std::string& text);

/// The beginning of a text, for a message to quote.
std::string shortened(const std::string& text, std::size_t longest = 60);

/// The object that a text is. Throws DataError, `must be a JSON object; got [1,2,3]`, or where it is not shallow.
template <class Json = nlohmann::ordered_json>
Json json_object_of(const std::string& text) {
    require<DataError>(is_shallow(text), "must have at most {} lists and objects within one another", deepest_json);
    Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    require<DataError>(json.is_object(), "must be a JSON object; got {}", text.empty() ? "none" : shortened(text));
    return json;
}

/// Whether a value can be read as a Count: a fraction, and what is beyond its numbers, would become some other.
template <std::integral Count = std::int64_t>
bool is_count(const auto& json) {
    return json.is_number_unsigned() && std::in_range<Count>(json.template get<std::uint64_t>());
}

/// Which values can be read as a T, and what these are called.
template <class T>
struct JsonType;

template <std::integral Count>
struct JsonType<Count> {
    static bool has(const auto& json) { return is_count<Count>(json); }
    static std::string name() { return fmt::format("a whole number from 0 to {}", std::numeric_limits<Count>::max()); }
};
template <>
struct JsonType<double> {
    static bool has(const auto& json) { return json.is_number(); }
    static std::string name() { return "a number"; }
};
template <>
struct JsonType<std::string> {
    static bool has(const auto& json) { return json.is_string(); }
    static std::string name() { return "a text"; }
};
template <class Element>
struct JsonType<std::vector<Element>> {
    static bool has(const auto& json) {
        return json.is_array() && std::all_of(json.begin(), json.end(),
                                              [](const auto& element) { return JsonType<Element>::has(element); });
    }
    static std::string name() { return "a list, each " + JsonType<Element>::name(); }
};
template <class First, class Second>
struct JsonType<std::pair<First, Second>> {
    static bool has(const auto& json) {
        return json.is_array() && json.size() == 2 && JsonType<First>::has(json[0]) && JsonType<Second>::has(json[1]);
    }
    static std::string name() { return "[" + JsonType<First>::name() + ", " + JsonType<Second>::name() + "]"; }
};
template <class Element>
struct JsonType<std::map<std::string, Element>> {
    static bool has(const auto& json) {
        return json.is_object() && std::all_of(json.begin(), json.end(),
                                               [](const auto& element) { return JsonType<Element>::has(element); });
    }
    static std::string name() { return "an object, each value " + JsonType<Element>::name(); }
};

/// The value under a key. Throws DataError, `<key> must be a text; got 5`, where it is not there or of another type.
template <class T>
T value_at(const auto& json, const std::string& key) {
    const bool there = json.contains(key);
    if (there && JsonType<T>::has(json.at(key))) return json.at(key).template get<T>();
    throw DataError(fmt::format("{} must be {}; got {}", key, JsonType<T>::name(),
                                there ? shortened(text_of_json(json.at(key))) : "none"));
}

/// The same, or something else where the key is not there.
template <class T>
T value_at(const auto& json, const std::string& key, T otherwise) {
    return json.contains(key) ? value_at<T>(json, key) : otherwise;
}

}  // namespace adjoint
