// Pen: turns the movement of a pen into grey pixels.
#pragma once

#include <span>
#include <vector>

namespace adjoint {

/// Where the pen is and half the width of the line it leaves there.
struct PenDab {
    double x;
    double y;
    double radius;
    bool touches_down = false;  ///< begins a stroke: no line leads here from the dab before
};

/// Scales and moves the drawing so that the longer side of its ink spans a square of size * size, in whose middle it
/// lies.
void fit_to_box(std::span<PenDab> dabs, double size);

/// Inks the lines between successive dabs onto a square of side * side pixels, each with edges that fade over `edge`
/// pixels.
std::vector<float> ink(std::span<const PenDab> dabs, int side, double edge);

}  // namespace adjoint
