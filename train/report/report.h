// Report: what a run did, to look at, as one HTML file that needs nothing but itself.
#pragma once

#include <string>
#include <vector>

#include "framework/tensor/tensor.h"
#include "train/records/run_directory.h"

namespace adjoint {

/// A page with the curves, pictures, network, filters and configuration of a run, or with the curves of several in the
/// same charts. What a directory does not hold, or holds damaged, is left out, and said to be where it is damaged.
std::string report_of(const std::vector<RunDirectory>& runs);

/// Writes report.html into the run's directory, atomically. Throws CannotWrite.
void write_report(const RunDirectory& run);

/// Whether a weight holds several filters of one or three channels, [K, L, 1 or 3, O]: those of a convolution of
/// images, or of a transposed convolution that draws them.
bool touches_pixels(const Tensor& weight);

/// The filters of such a weight side by side, magnified: grey for 0, white for the largest |w| and black for −|w|.
Tensor filter_picture(const Tensor& weight);

}  // namespace adjoint
