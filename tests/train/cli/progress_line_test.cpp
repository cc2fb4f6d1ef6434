// Truths about progress: it is said when it is time, and made into a text only then.
#include "train/cli/progress_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>

namespace adjoint {
namespace {

using namespace std::chrono_literals;

/// What is logged while it lives.
class Log {
  public:
    Log() {
        const auto logger =
            std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
        logger->set_pattern("%v");
        spdlog::set_default_logger(logger);
    }
    ~Log() { spdlog::set_default_logger(before_); }
    std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST(ProgressLine, IsSaidWhenItIsTimeAndMadeOnlyThen) {
    const Log log;
    const auto begin = std::chrono::steady_clock::now();
    ProgressLine progress({.live = false, .every = 100ms});
    int made = 0;
    while (made < 3) progress.say([&] { return fmt::format("line {}", ++made); });
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
    EXPECT_EQ(log.text(), "line 1\nline 2\nline 3\n");
}

TEST(ProgressLine, IsNotSaidOfQuickWork) {
    const Log log;
    ProgressLine progress({.live = false, .every = 1h});
    progress.say([] { return "done"; });
    EXPECT_EQ(log.text(), "");
}

TEST(ProgressLine, IsAMessageEveryFiveSecondsWhereThereIsNoTerminal) {
    const ProgressLine::Manner usual = ProgressLine::usual();
    EXPECT_EQ(usual.every, usual.live ? 100ms : 5'000ms);
}

}  // namespace
}  // namespace adjoint
