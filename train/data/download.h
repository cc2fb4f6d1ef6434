// Download over HTTP: bytes are added to what an earlier attempt left, so that none comes twice.
#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace adjoint {

/// How long a server may keep us waiting.
struct Patience {
    std::chrono::milliseconds connecting{10'000};
    std::chrono::seconds stalling{30};  ///< without a byte
};

/// Why a server did not give a file, in its words or those of the network: `Could not resolve host: example.org`.
struct DownloadFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Makes `part` the file at `url` (http or https, redirected or not): asks for what is beyond the bytes that are there,
/// and begins anew where the server does not know how to skip. Returns whether bytes from before were kept, whose
/// rightness is for the caller to see. Throws DownloadFailed, which leaves in `part` what has come, and CannotWrite.
bool download(const std::string& url, const std::filesystem::path& part, const Patience& patience);

}  // namespace adjoint
