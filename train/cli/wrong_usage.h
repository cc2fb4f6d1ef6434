// Wrong usage: one line about a command line that the program does not understand.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace adjoint {

/// What is wrong:
///
///     adjoint trian: there is no such command; did you mean adjoint train?
///     --epoch: there is no such option; did you mean --epochs?
///     ADJOINT_BATCH_SIZE: --batch-size: must be a whole number from 2 to 60000; got abc
///
/// Of several arguments that were not expected, the first one that was typed. They come before what is missing, which
/// may be what they were meant to be, and after values that are wrong.
std::string wrong_usage(const CLI::ParseError& error, const CLI::App& app, int argc, char** argv);

/// For each variable of the environment that nothing reads and that is spelt nearly as one that is read:
/// `ADJOINT_EPOCH: is not read; did you mean ADJOINT_EPOCHS?`
std::vector<std::string> misspelt_variables(const CLI::App& app);

}  // namespace adjoint
