#include "train/interruption.h"

#include <array>
#include <csignal>
#include <unistd.h>

namespace adjoint {
namespace {

constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t asked = 0;
std::array<struct sigaction, signals.size()> before;

void ask(int signal) {
    if (asked != 0) ::_exit(128 + signal);
    asked = signal;
}

}  // namespace

Interruption::Interruption() {
    asked = 0;
    for (std::size_t i = 0; i < signals.size(); ++i) {
        ::sigaction(signals[i], nullptr, &before[i]);
        if (before[i].sa_handler == SIG_IGN) continue;  // as under nohup
        struct sigaction action = {};
        action.sa_handler = ask;
        action.sa_flags = SA_RESTART;
        ::sigaction(signals[i], &action, nullptr);
    }
}

Interruption::~Interruption() {
    for (std::size_t i = 0; i < signals.size(); ++i) ::sigaction(signals[i], &before[i], nullptr);
}

int Interruption::signal() { return asked; }

}  // namespace adjoint
