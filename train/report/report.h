// Report: what a run did, to look at, as one HTML file that needs nothing but itself.
#pragma once

#include <string>
#include <vector>

#include "train/records/run_directory.h"

namespace adjoint {

/// A page with the curves, pictures, network, filters and configuration of a run, or with the curves of several in the
/// same charts. What a directory does not hold, or holds damaged, is left out, and said to be where it is damaged.
std::string report_of(const std::vector<RunDirectory>& runs);

/// Writes report.html into the run's directory, atomically. Throws CannotWrite.
void write_report(const RunDirectory& run);

}  // namespace adjoint
