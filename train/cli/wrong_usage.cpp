#include "train/cli/wrong_usage.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <set>
#include <unistd.h>

#include "train/cli/environment.h"
#include "train/cli/nearest_name.h"
#include "train/cli/settings.h"

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
    return is_option(word) ? unknown_option(word.substr(0, word.find('=')), commands)
                           : "The following argument was not expected: " + word;
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
                       rest.empty() ? "nothing" : rest.front());
}

// The message, which begins with its flag; where nobody typed that, the variable that set it comes first.
std::string with_variable(const std::string& message, int argc, char** argv) {
    const std::string flag = message.substr(0, message.find(": "));
    if (!flag.starts_with("--")) return message;
    const std::string variable = variable_of(flag.substr(2));
    const bool typed = std::any_of(
        argv, argv + argc, [&](const std::string& word) { return word == flag || word.starts_with(flag + "="); });
    return typed || environment(variable.c_str()).empty() ? message : variable + ": " + message;
}

void add_variables(const CLI::App& app, std::set<std::string>& names) {
    for (const CLI::Option* option : app.get_options()) {
        if (!option->get_envname().empty()) names.insert(option->get_envname());
    }
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        add_variables(*command, names);
    }
}

}  // namespace

std::string wrong_usage(const CLI::ParseError& error, const CLI::App& app, int argc, char** argv) {
    const std::vector<const CLI::App*> commands = commands_named(app);
    const std::vector<std::string> rest = unexpected_arguments(app);
    const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
    const bool lacks = kind == CLI::ExitCodes::RequiredError || kind == CLI::ExitCodes::RequiresError;
    if (lacks && std::string(error.what()).starts_with("A subcommand")) return missing_command(rest, commands);
    const bool misspelt = std::ranges::any_of(rest, is_option);
    if (kind == CLI::ExitCodes::ExtrasError || (lacks && misspelt)) return unexpected_argument(rest.front(), commands);
    return with_variable(error.what(), argc, argv);
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
