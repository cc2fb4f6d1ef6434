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
/// may be what they were meant to be, and after values that are wrong. `words` are what was typed.
std::string wrong_usage(const CLI::ParseError& error, const CLI::App& app, const std::vector<std::string>& words);

/// What is wrong with what an option was given: `--lr: must be given once; got 1, 2`.
std::string wrong_value(const CLI::Error& error, const CLI::Option& option);

/// Throws Error where a word such as `--out=` has nothing behind it, for which CLI11 would take the next word.
void require_values(const std::vector<std::string>& words);

/// Throws Error `--out: must not be empty` where an option of the commands that were named takes any text and got "".
void require_texts(const CLI::App& app);

/// For each variable of the environment that nothing reads and that is spelt nearly as one that is read:
/// `ADJOINT_EPOCH: is not read; did you mean ADJOINT_EPOCHS?`
std::vector<std::string> misspelt_variables(const CLI::App& app);

}  // namespace adjoint
