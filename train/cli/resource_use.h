// Resource use of this process so far.
#pragma once

#include <sys/resource.h>

namespace adjoint {

inline rusage resource_use() {
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    return use;
}

/// The most memory that it had at once, in MiB.
inline double peak_mebibytes() { return static_cast<double>(resource_use().ru_maxrss) / 1024.0; }

}  // namespace adjoint
