// Digit skeletons: the ways to write each digit, as strokes in the order of writing, x to the right and y down, in
// hundredths of a usual digit's height: a nine, whose tail hangs below the line, is taller, and a zero smaller.
#pragma once

#include <span>
#include <vector>

namespace adjoint {

/// A place the pen passes through: smoothly, or turning on the spot at a corner.
struct PenPoint {
    double x;
    double y;
    bool corner = false;
};

/// One movement of the pen from touching the paper to leaving it.
using Stroke = std::vector<PenPoint>;

/// One way to write a digit, used with a frequency proportional to `share`.
struct Skeleton {
    double share;
    std::vector<Stroke> strokes;
};

/// The ways to write a digit 0..9.
std::span<const Skeleton> digit_skeletons(int digit);

}  // namespace adjoint
