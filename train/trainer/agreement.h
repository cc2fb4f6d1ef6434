// Agreement: what the processes of a job must have in common, and decide together, so that all do the same at the
// same step. One that works alone agrees with itself.
#pragma once

#include <filesystem>

#include "train/records/run_directory.h"

namespace adjoint {

/// Throws where a process is another program, computes in another way, or has other settings or images: `processes
/// must be alike; process 0 is adjoint 0.1.0 …; process 1 is …`.
void require_alike(const RunRecord& record);

/// What clocks and signals ask of a process.
struct Wishes {
    int signal;       ///< that it was sent, or 0
    bool checkpoint;  ///< is due
};
/// What any process asks for; a signal asks for a checkpoint too.
Wishes agreed(const Wishes& own);

/// Until the lead has come here, and with it what it has written.
void wait_for_lead();
/// The same; returns the directory that the lead names, which may have a name of its own time.
std::filesystem::path place_of_lead(const std::filesystem::path& own);

}  // namespace adjoint
