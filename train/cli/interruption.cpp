#include "train/cli/interruption.h"

#include <array>
#include <csignal>
#include <ctime>
#include <unistd.h>

namespace adjoint {
namespace {

constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
constexpr long together = 200'000'000;  // nanoseconds between signals that mean the same

volatile std::sig_atomic_t asked = 0;
timespec asked_at;
std::array<struct sigaction, signals.size()> before;

void ask(int signal) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    if (asked == 0) {
        asked_at = now;
        asked = signal;
    } else if (1'000'000'000 * (now.tv_sec - asked_at.tv_sec) + now.tv_nsec - asked_at.tv_nsec > together) {
        ::_exit(128 + signal);
    }
}

}  // namespace

Interruption::Interruption() {
    asked = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], nullptr, &before[i]);
        if (before[i].sa_handler == SIG_IGN) continue;  // as under nohup
        struct sigaction action = {};
        action.sa_handler = signals[i] == SIGPIPE ? SIG_IGN : ask;
        action.sa_flags = SA_RESTART;
        ::sigaction(signals[i], &action, nullptr);
    }
}

Interruption::~Interruption() {
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before[i], nullptr);
}

int Interruption::signal() { return asked; }

}  // namespace adjoint
