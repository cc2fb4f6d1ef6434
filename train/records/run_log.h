// Run log: messages to log.txt, and results to standard output, as sentences or as lines of JSON.
#pragma once

#include <spdlog/spdlog.h>

#include "train/records/run_directory.h"

namespace adjoint {

/// While one lives, log.txt of the run gets every message of the program, with its time.
class RunLog {
  public:
    explicit RunLog(const RunDirectory& run);
    ~RunLog();
    RunLog(const RunLog&) = delete;
    RunLog& operator=(const RunLog&) = delete;

  private:
    spdlog::sink_ptr sink_;
};

/// Prints how good a run is after an epoch.
void print_epoch(Index epoch, const std::string& sentence, const Metrics& metrics, bool json);

/// Prints where the weights of a run, averaged ones where there are, and its pictures are.
void print_places(const RunDirectory& run, bool json);

}  // namespace adjoint
