#include "train/cli/settings.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <sstream>
#include <toml++/toml.h>

#include "datasets/read_file.h"
#include "framework/tensor/error.h"
#include "train/cli/nearest_name.h"
#include "train/cli/wrong_usage.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

std::vector<CLI::Option*> configurable(CLI::App& command) {
    return command.get_options([](const CLI::Option* option) { return option->get_configurable(); });
}

struct Setting {
    CLI::Option* option;
    std::vector<std::string> values;
};

// A value as it would be typed.
std::string text_of(const toml::node& value) {
    if (const auto text = value.value_exact<std::string>()) return *text;
    if (const auto flag = value.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto whole = value.value_exact<std::int64_t>()) return fmt::format("{}", *whole);
    if (const auto number = value.value_exact<double>()) return fmt::format("{}", *number);
    throw Error("must be a text, a number, true or false");
}

std::vector<std::string> texts_of(const toml::node& value) {
    std::vector<std::string> texts;
    if (!value.is_array()) return {text_of(value)};
    for (const toml::node& element : *value.as_array()) texts.push_back(text_of(element));
    return texts;
}

bool only_digits(const std::string& text) { return text.find_first_not_of("0123456789") == std::string::npos; }

// Appends the value that a text stands for; that of a text option is itself. Whole numbers beyond TOML's 64 signed bits
// remain texts.
void append(toml::array& values, const CLI::Option& option, const std::string& text) {
    const char* const end = text.data() + text.size();
    std::int64_t whole = 0;
    double number = 0.0;
    const auto is = [end](const std::from_chars_result& read) { return read.ec == std::errc() && read.ptr == end; };
    if (option.get_type_name().starts_with("TEXT")) {
        values.push_back(text);
    } else if (text == "true" || text == "false") {
        values.push_back(text == "true");
    } else if (is(std::from_chars(text.data(), end, whole))) {
        values.push_back(whole);
    } else if (!only_digits(text) && is(std::from_chars(text.data(), end, number))) {
        values.push_back(number);
    } else {
        values.push_back(text);
    }
}

// A key such as a.b.c is a table within a table, and what writes or frees such goes one call deeper for each.
toml::table parse_toml(const std::string& text, const std::filesystem::path& file) {
    constexpr std::ptrdiff_t most_points = 1000;
    const std::ptrdiff_t points = std::ranges::count(text, '.');
    require<DataError>(points <= most_points, "{}: must have at most {} points, as in a.b; got {}", file.string(),
                       most_points, points);
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {
        throw DataError(fmt::format("{}: must be TOML; got in line {}: {}", file.string(), error.source().begin.line,
                                    error.description()));
    }
}

// The lines of the file, as options of the command.
std::vector<Setting> settings_in(CLI::App& command, const std::string& text, const std::filesystem::path& file) {
    const toml::table table = parse_toml(text, file);
    std::vector<Setting> settings;
    for (const auto& [key, value] : table) {
        const std::string name(key.str());
        CLI::Option* const option = command.get_option_no_throw("--" + name);
        require<DataError>(option != nullptr && option->get_configurable(), "{}: must hold options of {}; got {}{}",
                           file.string(), command.get_name(), name, did_you_mean(name, setting_names(command)));
        try {
            settings.push_back({option, texts_of(value)});
        } catch (const Error& error) {
            throw DataError(fmt::format("{}: {}: {}", file.string(), name, error.what()));
        }
    }
    return settings;
}

void set(const Setting& setting, const std::filesystem::path& file) {
    const auto& [option, values] = setting;
    if (values.empty()) return;
    try {
        for (const std::string& value : values) option->add_result(value);
        option->run_callback();
    } catch (const CLI::Error& error) {
        throw DataError(fmt::format("{}: {}", file.string(), wrong_value(error, *option)));
    } catch (const Error& error) {
        throw DataError(fmt::format("{}: {}", file.string(), error.what()));
    }
}

// Whether two texts are the same value: 1e-3 and 0.001.
bool same_value(const std::string& a, const std::string& b) {
    char *a_end = nullptr, *b_end = nullptr;
    const double a_number = std::strtod(a.c_str(), &a_end), b_number = std::strtod(b.c_str(), &b_end);
    const bool numbers = !a.empty() && !b.empty() && *a_end == '\0' && *b_end == '\0';
    return a == b || (numbers && !(only_digits(a) && only_digits(b)) && a_number == b_number);
}

std::string variable_of(const std::string& option) {
    std::string name = "ADJOINT_" + option;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
    return name;
}

}  // namespace

std::vector<std::string> setting_names(CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : configurable(command)) names.push_back(option->get_single_name());
    return names;
}

void read_environment(CLI::App& command) {
    for (CLI::Option* option : configurable(command)) option->envname(variable_of(option->get_single_name()));
}

void read_settings(CLI::App& command, const std::filesystem::path& file) {
    read_settings_text(command, read_file(file), file);
}

void read_settings_text(CLI::App& command, const std::string& settings, const std::filesystem::path& file) {
    for (const Setting& setting : settings_in(command, settings, file)) {
        if (setting.option->count() == 0) set(setting, file);
    }
}

void set_where_open(CLI::App& command, const std::vector<std::pair<std::string, std::string>>& settings) {
    for (const auto& [name, value] : settings) {
        CLI::Option* const option = command.get_option("--" + name);
        if (option->count() == 0) set({option, {value}}, "--recipe");
    }
}

void resume_settings(CLI::App& command, const std::filesystem::path& file, const std::set<std::string>& may_change) {
    std::map<const CLI::Option*, std::vector<std::string>> begun;
    for (const Setting& setting : settings_in(command, read_file(file), file)) begun[setting.option] = setting.values;
    for (CLI::Option* option : configurable(command)) {
        const std::vector<std::string> values = begun[option], given = option->results();
        if (option->count() == 0) {
            set({option, values}, file);
            continue;
        }
        const bool same = std::equal(given.begin(), given.end(), values.begin(), values.end(), same_value);
        require<DataError>(
            same || may_change.contains(option->get_single_name()), "{}: --{} must be as the run was begun, {}; got {}",
            file.string(), option->get_single_name(),
            values.empty() ? "not given" : fmt::format("{}", fmt::join(values, ", ")), fmt::join(given, ", "));
    }
}

std::string settings_text(CLI::App& command) {
    std::ostringstream text;
    for (const CLI::Option* option : configurable(command)) {
        const std::string initial = option->get_default_str();
        if (option->count() == 0 && initial.empty()) continue;
        toml::array values;
        for (const std::string& value : option->count() > 0 ? option->results() : std::vector{initial}) {
            require(is_utf8(value), "{}: must be UTF-8, as config.toml is, for the run to go on; got {}",
                    option->get_name(), value);
            append(values, *option, value);
        }
        toml::table line;
        if (values.size() == 1) {
            line.insert(option->get_single_name(), values.front());
        } else {
            line.insert(option->get_single_name(), values);
        }
        text << line << "\n";
    }
    return text.str();
}

std::string settings_as_json(const std::filesystem::path& file) {
    std::ostringstream text;
    text << toml::json_formatter{parse_toml(read_file(file), file)};
    return text.str();
}

}  // namespace adjoint
