// Outputs: options that name a file which a command writes.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace adjoint {

/// What --help calls the value of an output, and of no other option.
inline constexpr const char *output_file = "FILE", *output_directory = "DIR";

/// Declares an output.
CLI::Option* add_output(CLI::App& command, const std::string& flag, std::filesystem::path& place,
                        const std::string& help, const char* type = output_file);

/// Throws Error where two outputs of a command that was named are one file, or one is a file that another option or
/// argument names, which is read; whatever the links and ways to it. Nothing has been written then.
void require_separate_outputs(const CLI::App& app);

}  // namespace adjoint
