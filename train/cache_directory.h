// Where does adjoint keep what it fetched?
#pragma once

#include <cstdlib>
#include <filesystem>

namespace adjoint {

/// ADJOINT_CACHE_DIR, else adjoint/ in XDG_CACHE_HOME, else .cache/adjoint/ at home. Each dataset has a directory in it.
/// Source: XDG Base Directory Specification 0.8, which says to ignore relative paths.
inline std::filesystem::path cache_directory() {
    const auto named = [](const char* variable) {
        const char* value = std::getenv(variable);
        return std::filesystem::path(value == nullptr ? "" : value);
    };
    if (const auto own = named("ADJOINT_CACHE_DIR"); !own.empty()) return own;
    if (const auto everyones = named("XDG_CACHE_HOME"); everyones.is_absolute()) return everyones / "adjoint";
    return named("HOME") / ".cache" / "adjoint";
}

}  // namespace adjoint
