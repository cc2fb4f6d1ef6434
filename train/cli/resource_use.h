// Resource use of this process: its memory so far, and the time that its work takes.
#pragma once

#include <chrono>
#include <sys/resource.h>

namespace adjoint {

inline rusage resource_use() {
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    return use;
}

/// How long some work takes.
template <class Work>
double seconds_of(const Work& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The most memory that it had at once, in MiB.
inline double peak_mebibytes() { return static_cast<double>(resource_use().ru_maxrss) / 1024.0; }

}  // namespace adjoint
