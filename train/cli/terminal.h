// Terminal output: results, one line that is written over again and again, and messages above it. Where standard error
// is no terminal, only the messages, without control characters.
#pragma once

#include <cstdio>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <string>
#include <string_view>
#include <utility>

namespace adjoint {

/// Gives those standard streams that are closed something that can be neither read nor written, as before, lest the
/// next file that is opened be one of them. To be called first of all.
void keep_places_of_standard_streams();

/// A text whose control characters stand as numbers, `\x1b`: names of files, classes and tensors may hold what moves a
/// terminal's cursor or worse.
std::string printable(std::string_view text);

/// Prints a line, printable, of results to read.
template <class... Args>
void print_line(std::FILE* out, fmt::format_string<Args...> line, Args&&... args) {
    fmt::print(out, "{}\n", printable(fmt::format(line, std::forward<Args>(args)...)));
}

/// The logger of the program: messages to standard error, in colour on a terminal unless NO_COLOR is set.
std::shared_ptr<spdlog::logger> terminal_logger();
/// Which of the default logger's messages reach the terminal; "info" and worse at first. Other places, such as the log
/// of a run, get them all.
void show_messages_from(spdlog::level::level_enum level);

/// The line at the bottom of the terminal.
class LiveLine {
  public:
    /// Whether standard error is a terminal that can write over a line, and is to say how things go.
    static bool possible();
    /// Replaces the line, cut off at the terminal's width.
    static void show(const std::string& text);
    /// Takes it away: before anything else is printed.
    static void erase();
};

}  // namespace adjoint
