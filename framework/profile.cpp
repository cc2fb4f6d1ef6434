#include "framework/profile.h"

#include "framework/error.h"

namespace adjoint {
namespace {

// Of the thread that made it: what other threads do meanwhile, such as preparing a batch, is not part of it.
thread_local Profile* listening = nullptr;

}  // namespace

Profile::Profile() {
    require(listening == nullptr, "Profile: there is one at a time; got a second");
    listening = this;
}

Profile::~Profile() { listening = nullptr; }

Timed::Timed(const char* name, double flops) : operation_{name, listening ? listening->now() : 0.0, 0.0, flops} {}

Timed::~Timed() {
    if (listening == nullptr) return;
    operation_.end = listening->now();
    listening->operations_.push_back(operation_);
}

}  // namespace adjoint
