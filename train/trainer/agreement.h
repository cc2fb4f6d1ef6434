// Agreement: what the processes of a job must have in common, and decide together, so that all do the same at the
// same step. One that works alone agrees with itself.
#pragma once

#include <filesystem>

#include "framework/tensor/processes.h"
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

/// Waits for the lead to come here; returns the directory that it names, which may have a name of its own time.
std::filesystem::path place_of_lead(const std::filesystem::path& own);

/// While one lives the lead works alone, with whole batches, to the same bits; the others wait for it.
class LeadAlone {
  public:
    LeadAlone();
    ~LeadAlone();
    LeadAlone(const LeadAlone&) = delete;
    LeadAlone& operator=(const LeadAlone&) = delete;

    /// Lets those who wait know that it is still at work.
    void at_work() const;

  private:
    Processes* const others_;
};

}  // namespace adjoint
