// Truths about progress: what one line says, that it counts from where an earlier process stopped, and how often it is
// said.
#include "train/trainer/progress.h"

#include <gtest/gtest.h>
#include <regex>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>

namespace adjoint {
namespace {

using namespace std::chrono_literals;

/// What is said, in messages, of three steps of an epoch that an earlier process left at its step 2.
std::string said(std::chrono::milliseconds every) {
    std::ostringstream text;
    const auto before = spdlog::default_logger();
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text)));
    spdlog::set_pattern("%v");
    {
        Progress progress({.number = 2, .of = 5, .first_step = 2, .steps = 9, .steps_left = 4},
                          {.live = false, .every = every});
        EXPECT_EQ(progress.images_per_second(), 0.0);
        for (int i = 0; i < 3; ++i) progress.step(64, {{"D loss", 0.5}, {"G loss", 12.25}});
    }
    spdlog::set_default_logger(before);
    return text.str();
}

TEST(Progress, SaysWhereTheEpochIsHowLongTheRunWillTakeAndTheLosses) {
    const std::string line = " 0:00 left, [0-9]+ images/s, D loss 0\\.5000, G loss 12\\.2500\n";
    const std::string lines =
        "epoch 2/5 \\[3/9\\]" + line + "epoch 2/5 \\[4/9\\]" + line + "epoch 2/5 \\[5/9\\]" + line;
    EXPECT_TRUE(std::regex_match(said(0ms), std::regex(lines))) << said(0ms);
}

TEST(Progress, IsSaidNoMoreOftenThanAskedFor) { EXPECT_EQ(said(1h), ""); }

}  // namespace
}  // namespace adjoint
