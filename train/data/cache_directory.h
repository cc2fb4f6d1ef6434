// Cache directory of fetched files.
#pragma once

#include <filesystem>

#include "train/cli/environment.h"

namespace adjoint {

/// ADJOINT_CACHE_DIR, else adjoint/ in XDG_CACHE_HOME, else .cache/adjoint/ at home. Each dataset has a directory in
/// it.
/// Source: XDG Base Directory Specification 0.8, which says to ignore relative paths.
inline std::filesystem::path cache_directory() {
    if (const std::string own = environment("ADJOINT_CACHE_DIR"); !own.empty()) return own;
    if (const std::filesystem::path shared = environment("XDG_CACHE_HOME"); shared.is_absolute())
        return shared / "adjoint";
    return std::filesystem::path(environment("HOME")) / ".cache" / "adjoint";
}

}  // namespace adjoint
