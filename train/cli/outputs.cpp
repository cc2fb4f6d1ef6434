#include "train/cli/outputs.h"

#include <fmt/format.h>
#include <map>
#include <optional>

#include "framework/tensor/error.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;

bool is_output(const CLI::Option* option) {
    return option->get_type_name() == output_file || option->get_type_name() == output_directory;
}

bool is_no_output(const CLI::Option* option) { return option->get_expected_max() > 0 && !is_output(option); }

// What is written or read there, by one name; nothing for a device, such as /dev/null, which takes all.
std::optional<fs::path> file_at(const std::string& text) {
    std::error_code unknown;
    if (is_standard_output(text)) return "-";
    if (fs::is_character_file(text, unknown)) return std::nullopt;
    const fs::path file = fs::weakly_canonical(fs::absolute(behind_links(text)), unknown);
    if (unknown) return std::nullopt;  // nothing can be written there, which will be said
    return file.has_filename() ? file : file.parent_path();
}

void require_separate(const CLI::App& command) {
    std::map<fs::path, std::string> written;  // by which option
    for (const CLI::Option* option : command.get_options(is_output)) {
        for (const std::string& text : option->results()) {
            const std::optional<fs::path> file = file_at(text);
            const std::string name = option->get_name();
            const std::string other = file ? written.emplace(*file, name).first->second : name;
            require(other == name, "{}: must be another file than that of {}; got {}", name, other, text);
        }
    }
    for (const CLI::Option* option : command.get_options(is_no_output)) {
        for (const std::string& text : option->results()) {
            std::error_code unknown;
            if (is_standard_output(text) || !fs::is_regular_file(text, unknown)) continue;
            const auto both = written.find(file_at(text).value_or(""));
            require(both == written.end(), "{}: must be another file than that of {}, which is read; got {}",
                    both->second, option->get_name(), text);
        }
    }
}

}  // namespace

CLI::Option* add_output(CLI::App& command, const std::string& flag, fs::path& place, const std::string& help,
                        const char* type) {
    return command.add_option(flag, place, help)->type_name(type);
}

void require_separate_outputs(const CLI::App& app) {
    for (const CLI::App* command : app.get_subcommands()) {
        require_separate(*command);
        require_separate_outputs(*command);
    }
}

}  // namespace adjoint
