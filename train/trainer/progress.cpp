#include "train/trainer/progress.h"

#include "train/cli/terminal.h"

namespace adjoint {
namespace {

using namespace std::chrono_literals;

// 0:07, 4:21, 1:04:21.
std::string clock_text(double seconds) {
    const auto whole = static_cast<Index>(seconds + 0.5);
    const Index hours = whole / 3600, minutes = whole / 60 % 60;
    return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                     : fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace

Progress::Manner Progress::usual() {
    const bool live = LiveLine::possible();
    return {.live = live, .every = live ? 100ms : 10s};
}

Progress::~Progress() { LiveLine::erase(); }

void Progress::step(Index images, const Metrics& losses) {
    ++done_;
    images_ += images;
    last_ = Clock::now();
    if (last_ - said_ < manner_.every) return;
    said_ = last_;
    manner_.live ? LiveLine::show(line(losses)) : spdlog::info("{}", line(losses));
}

std::string Progress::line(const Metrics& losses) const {
    const double left = static_cast<double>(epoch_.steps_left - done_) * seconds() / static_cast<double>(done_);
    std::string text = fmt::format("epoch {}/{} [{}/{}] {} left, {:.0f} images/s", epoch_.number, epoch_.of,
                                   epoch_.first_step + done_, epoch_.steps, clock_text(left), images_per_second());
    for (const auto& [name, loss] : losses) text += fmt::format(", {} {:.4f}", name, loss);
    return text;
}

double Progress::images_per_second() const { return images_ > 0 ? static_cast<double>(images_) / seconds() : 0.0; }

}  // namespace adjoint
