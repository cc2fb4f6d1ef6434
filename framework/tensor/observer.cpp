#include "framework/tensor/observer.h"

#include <chrono>

namespace adjoint {

double ProfileScope::now() {
    if (ThreadListing<Observer>::here().empty()) return 0.0;
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace adjoint
