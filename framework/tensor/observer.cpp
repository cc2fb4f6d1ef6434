#include "framework/tensor/observer.h"

namespace adjoint {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

// What other threads do meanwhile, such as preparing a batch, is not part of a thread's work.
thread_local std::vector<Observer*> Observer::observers;

Observer::Observer() { observers.push_back(this); }

Observer::~Observer() { std::erase(observers, this); }

ProfileScope::ProfileScope(const char* name, double flops)
    : kernel_{name, Observer::observers.empty() ? 0.0 : now(), 0.0, flops} {}

ProfileScope::~ProfileScope() {
    if (Observer::observers.empty()) return;
    kernel_.end = now();
    Observer::for_each([this](Observer& observer) { observer.after_kernel(kernel_); });
}

}  // namespace adjoint
