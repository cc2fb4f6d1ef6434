// Job: what `mpirun -n 4 adjoint …` has started, as Processes that work together. The only place that knows of MPI.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "framework/tensor/processes.h"

namespace adjoint {

/// Another process of the job does not answer.
struct ProcessLost : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// From its construction to its end this program is one process of the job that a launcher of MPI has started, if one
/// has: Processes::here() is set, and only the lead speaks and writes. Processes of one machine share its processors.
class Job {
  public:
    Job();
    ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    /// Waits for a process that does not answer as long as this at most: then throws ProcessLost, which names it.
    static void set_patience(double seconds);

    /// Whether all processes have come here, within a second: one that fails alone finds no other.
    bool all_are_here() const;
    /// Ends this process, and where not all do so, the job.
    [[noreturn]] void leave(int status, bool together) const;
    /// Whether there are other processes.
    bool is_shared() const { return processes_ != nullptr; }

  private:
    class MpiProcesses;
    std::unique_ptr<MpiProcesses> processes_;
};

}  // namespace adjoint
