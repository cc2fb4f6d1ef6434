#include "train/cli/progress_line.h"

#include "train/cli/terminal.h"

namespace adjoint {

using namespace std::chrono_literals;

ProgressLine::Manner ProgressLine::usual() {
    const bool live = LiveLine::possible();
    return {.live = live, .every = live ? 100ms : 5s};
}

ProgressLine::~ProgressLine() { LiveLine::erase(); }

bool ProgressLine::is_time() {
    const Clock::time_point now = Clock::now();
    if (now - said_ < manner_.every) return false;
    said_ = now;
    return true;
}

void ProgressLine::show(const std::string& text) const {
    manner_.live ? LiveLine::show(text) : spdlog::info("{}", text);
}

}  // namespace adjoint
