// Settings of a command: from its flags; where one is not given, from ADJOINT_NAME in the environment; else from a TOML
// file; else, where there is one, from a recipe; else the default.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace adjoint {

/// The names of the options that are settings: batch-size.
std::vector<std::string> setting_names(CLI::App& command);

/// Lets every option of the command be set by its variable in the environment: batch-size by ADJOINT_BATCH_SIZE.
void read_environment(CLI::App& command);

/// Sets the options that nothing set yet from a file of lines `batch-size = 64`. Throws MissingInput when the file is
/// not there; DataError when it is no TOML, names an option that the command has not, or has a value that it cannot
/// take.
void read_settings(CLI::App& command, const std::filesystem::path& file);

/// The same from the text of such a file, which stands in `file`.
void read_settings_text(CLI::App& command, const std::string& text, const std::filesystem::path& file);

/// Sets those options of these names and values that nothing set yet.
void set_where_open(CLI::App& command, const std::vector<std::pair<std::string, std::string>>& settings);

/// Reads them from the settings that a run was begun with, which must hold still: throws DataError also when an option
/// was set otherwise, unless it is one of those that `may_change`.
void resume_settings(CLI::App& command, const std::filesystem::path& file, const std::set<std::string>& may_change);

/// All settings as such a file.
std::string settings_text(CLI::App& command);

/// Such a file as a JSON object, whatever it sets. Throws MissingInput and DataError as read_settings does.
std::string settings_as_json(const std::filesystem::path& file);

}  // namespace adjoint
