#include "train/cli/wrong_usage.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>
#include <unistd.h>

#include "framework/tensor/error.h"
#include "train/cli/environment.h"
#include "train/cli/nearest_name.h"

namespace adjoint {
namespace {

// The commands that were named, from the program to the innermost.
std::vector<const CLI::App*> commands_named(const CLI::App& app) {
    std::vector<const CLI::App*> commands = {&app};
    while (!commands.back()->get_subcommands().empty()) {
        commands.push_back(commands.back()->get_subcommands().front());
    }
    return commands;
}

// `adjoint train autoencoder`
std::string as_typed(const std::vector<const CLI::App*>& commands) {
    std::vector<std::string> names;
    for (const CLI::App* command : commands) names.push_back(command->get_name());
    return fmt::format("{}", fmt::join(names, " "));
}

// In the order in which they were typed.
std::vector<std::string> unexpected_arguments(const CLI::App& app) {
    std::vector<std::string> words = app.remaining(/*recurse=*/true);
    std::erase(words, "--");  // which only ends the options
    return words;
}

// A word in a message, where it can be seen though it be empty.
std::string shown(const std::string& word) { return word.empty() ? "\"\"" : word; }

bool is_option(const std::string& word) { return word.starts_with("-"); }

// Their options' long names, without dashes.
std::vector<std::string> options_of(const std::vector<const CLI::App*>& commands) {
    std::vector<std::string> names;
    for (const CLI::App* command : commands) {
        for (const CLI::Option* option : command->get_options()) {
            names.insert(names.end(), option->get_lnames().begin(), option->get_lnames().end());
        }
    }
    return names;
}

// `--epoch: there is no such option; did you mean --epochs?`
std::string unknown_option(const std::string& flag, const std::vector<const CLI::App*>& commands) {
    const std::string typed = flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
    const std::optional<std::string> name = nearest_name(typed, options_of(commands));
    if (!name) return fmt::format("{}: there is no such option; {} --help lists all", flag, as_typed(commands));
    if ("--" + *name == flag) return fmt::format("{}: must follow {}", flag, as_typed(commands));
    return fmt::format("{}: there is no such option; did you mean --{}?", flag, *name);
}

std::string unexpected_argument(const std::string& word, const std::vector<const CLI::App*>& commands) {
    if (is_option(word)) return unknown_option(word.substr(0, word.find('=')), commands);
    return fmt::format("{}: there is no such argument; {} --help lists all", shown(word), as_typed(commands));
}

// `adjoint trian: there is no such command; did you mean adjoint train?`, or what there is.
std::string missing_command(const std::vector<std::string>& rest, const std::vector<const CLI::App*>& commands) {
    const std::string path = as_typed(commands);
    std::vector<std::string> names;
    for (const CLI::App* next : commands.back()->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(next->get_name());
    }
    const std::optional<std::string> near = rest.empty() ? std::nullopt : nearest_name(rest.front(), names);
    if (near) return fmt::format("{0} {1}: there is no such command; did you mean {0} {2}?", path, rest.front(), *near);
    return fmt::format("{}: must be followed by one of {}; got {}", path, fmt::join(names, ", "),
                       rest.empty() ? "nothing" : shown(rest.front()));
}

// The option that CLI11 speaks of, of the innermost command that has it.
const CLI::Option* option_of(const std::string& message, const std::vector<const CLI::App*>& commands) {
    const std::string conversion = "Could not convert: ";
    std::string name = message.starts_with(conversion) ? message.substr(conversion.size()) : message;
    name = name.substr(0, std::min(name.find(": "), name.find(" = ")));
    for (auto command = commands.rbegin(); command != commands.rend(); ++command) {
        if (const CLI::Option* const option = (*command)->get_option_no_throw(name)) return option;
    }
    return nullptr;
}

// What is said of an option; where nobody typed that, the variable that set it comes first.
std::string with_variable(const std::string& message, const CLI::Option& option,
                          const std::vector<std::string>& words) {
    const std::string flag = option.get_name(), variable = option.get_envname();
    const bool typed = std::ranges::any_of(
        words, [&](const std::string& word) { return word == flag || word.starts_with(flag + "="); });
    return typed || variable.empty() || environment(variable.c_str()).empty() ? message : variable + ": " + message;
}

// Whether any text will do, as no validator, such as {a,b} in TEXT:{a,b}, judges what is typed.
bool takes_any_text(const CLI::Option* option) {
    return option->get_expected_max() > 0 && option->get_type_name().find(':') == std::string::npos;
}

std::string must_not_be_empty(const std::string& option) { return option + ": must not be empty"; }

void add_variables(const CLI::App& app, std::set<std::string>& names) {
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_envname().empty()) names.insert(option->get_envname());
    }
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        add_variables(*command, names);
    }
}

}  // namespace

std::string wrong_usage(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& words) {
    const std::vector<const CLI::App*> commands = commands_named(app);
    const std::vector<std::string> rest = unexpected_arguments(app);
    const std::string message = error.what();
    const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
    const bool lacks = kind == CLI::ExitCodes::RequiredError || kind == CLI::ExitCodes::RequiresError;
    if (lacks && message.starts_with("A subcommand")) return missing_command(rest, commands);
    const bool misspelt = std::ranges::any_of(rest, is_option);
    if (kind == CLI::ExitCodes::ExtrasError || (lacks && misspelt)) return unexpected_argument(rest.front(), commands);
    const CLI::Option* const option = option_of(message, commands);
    return option == nullptr ? message : with_variable(wrong_value(error, *option), *option, words);
}

std::string wrong_value(const CLI::Error& error, const CLI::Option& option) {
    const std::vector<std::string>& given = option.results();
    const std::string message = error.what(), name = option.get_name();
    const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
    if (std::ranges::find(given, "") != given.end()) return must_not_be_empty(name);
    const std::string got = fmt::format("{}", fmt::join(given, ", "));
    // What is no flag has a validator, which says more.
    if (kind == CLI::ExitCodes::ConversionError)
        return fmt::format("{}: must be true or false, if it has a value; got {}", name, got);
    if (kind != CLI::ExitCodes::ArgumentMismatch) return message;
    if (message.ends_with(" missing")) return name + ": must be followed by a value";
    const int least = option.get_items_expected_min();
    return std::ssize(given) < least ? fmt::format("{}: must be at least {}; got {}", name, least, got)
                                     : fmt::format("{}: must be given once; got {}", name, got);
}

void require_values(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
        if (word == "--") break;
        const bool cut_off = word.starts_with("--") && word.find('=') == word.size() - 1;
        require(!cut_off, "{}", must_not_be_empty(word.substr(0, word.size() - 1)));
    }
}

void require_texts(const CLI::App& app) {
    for (const CLI::App* command : commands_named(app)) {
        for (const CLI::Option* option : command->get_options(takes_any_text)) {
            const bool empty = std::ranges::find(option->results(), "") != option->results().end();
            require(!empty, "{}", must_not_be_empty(option->get_name()));
        }
    }
}

std::vector<std::string> misspelt_variables(const CLI::App& app) {
    const std::string ours = "ADJOINT_";
    std::set<std::string> known = {ours + "DATA_DIR", ours + "CACHE_DIR", ours + "OFFLINE"};
    add_variables(app, known);
    std::vector<std::string> names, complaints;
    for (const std::string& variable : known) names.push_back(variable.substr(ours.size()));
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry, variable = text.substr(0, text.find('='));
        if (!variable.starts_with(ours) || known.contains(variable)) continue;
        const auto near = nearest_name(variable.substr(ours.size()), names);
        if (near) complaints.push_back(fmt::format("{}: is not read; did you mean {}{}?", variable, ours, *near));
    }
    return complaints;
}

}  // namespace adjoint
