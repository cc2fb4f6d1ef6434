// Transfer of one file from a server, which can be continued: no byte comes twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace adjoint {

/// Why a server did not give a file, in its words or those of the network: `Could not resolve host: example.org`.
struct DownloadFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How long a server may take.
struct TimeLimits {
    std::chrono::milliseconds connecting{10'000};             ///< until it answers
    std::chrono::seconds stalling{30};                        ///< and then without a byte
    std::chrono::milliseconds total = std::chrono::hours(1);  ///< for everything; 0 for however long it takes
};

/// Asks for the file at `url` (http or https, redirected or not) from the end of the bytes that `part` holds, adds to
/// these what comes, and begins anew where the server does not know how to skip; says how far it is. Certificates are
/// verified by the system's, or by those in the file SSL_CERT_FILE names; https does not lead to http. Returns whether
/// the bytes were kept, whose rightness is for the caller to see. What has come stays there when the network fails. A
/// file of more than `most` bytes is given up. Throws DownloadFailed and CannotWrite.
bool transfer(const std::string& url, const std::filesystem::path& part, std::uintmax_t most, const TimeLimits& limits);

/// `4.4 KiB`, `9.3 MiB`.
std::string amount(std::uintmax_t bytes);

}  // namespace adjoint
