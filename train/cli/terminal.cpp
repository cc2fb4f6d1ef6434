#include "train/cli/terminal.h"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "framework/tensor/processes.h"
#include "train/cli/environment.h"
#include "train/io/json_text.h"

namespace adjoint {
namespace {

// The main thread shows it, and is the only one that says anything meanwhile.
std::string live_line;

void print(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

using ColourSink = spdlog::sinks::stderr_color_sink_mt;

// Messages take the place of the live line, which comes again beneath them.
class AboveLiveLine : public ColourSink {
  public:
    AboveLiveLine() : ColourSink(colour()) {}

    void log(const spdlog::details::log_msg& message) override {
        const std::string line = live_line;
        LiveLine::erase();
        ColourSink::log(message);
        if (!line.empty()) LiveLine::show(line);
    }

  private:
    static spdlog::color_mode colour() {
        return environment("NO_COLOR").empty() ? spdlog::color_mode::automatic : spdlog::color_mode::never;
    }
};

// Each message is one line, wherever it goes, and has room for a path and more, but not for all that a file may hold.
class LineLogger : public spdlog::logger {
    using logger::logger;

    void sink_it_(const spdlog::details::log_msg& message) override {
        constexpr std::size_t longest = 5000;
        const std::string line = shortened(printable({message.payload.data(), message.payload.size()}), longest);
        spdlog::details::log_msg shown = message;
        shown.payload = line;
        logger::sink_it_(shown);
    }
};

}  // namespace

void keep_places_of_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);  // gets the lowest number that is free
    }
}

std::string printable(std::string_view text) {
    std::string shown;
    unsigned char last = 0;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        const bool second =
            last == 0xc2 && code >= 0x80 && code < 0xa0;  // of UTF-8: as if the letter before had Escape
        const bool moves = (code < 0x20 && c != '\t') || code == 0x7f || second;
        shown += moves ? fmt::format("\\x{:02x}", code) : std::string(1, c);
        last = code;
    }
    return shown;
}

std::shared_ptr<spdlog::logger> terminal_logger() {
    const auto logger = std::make_shared<LineLogger>("adjoint", std::make_shared<AboveLiveLine>());
    logger->set_pattern("%^%l%$: %v");
    logger->set_level(spdlog::level::debug);
    logger->sinks().front()->set_level(spdlog::level::info);
    return logger;
}

void show_messages_from(spdlog::level::level_enum level) {
    // Of several processes only the lead is heard, but for errors.
    const auto least = Processes::lead() ? level : std::max(level, spdlog::level::err);
    spdlog::default_logger()->sinks().front()->set_level(least);
}

bool LiveLine::possible() {
    if (!Processes::lead()) return false;
    if (!spdlog::default_logger()->sinks().front()->should_log(spdlog::level::info)) return false;
    const std::string kind = environment("TERM");
    return ::isatty(STDERR_FILENO) != 0 && !kind.empty() && kind != "dumb";
}

void LiveLine::show(const std::string& text) {
    live_line = printable(text);
    print(fmt::format("\r{}\x1b[K", live_line.substr(0, terminal_width() - 1)));
}

void LiveLine::erase() {
    if (live_line.empty()) return;
    live_line.clear();
    print("\r\x1b[K");
}

}  // namespace adjoint
