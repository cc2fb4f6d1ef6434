// Super-resolution task: making the images large again that were made small.
#pragma once

#include "models/super_resolution.h"

namespace adjoint {

/// Images made small, and these made large again: [N, S′, S′, C] in 0..1, for the largest S′ that the scale divides.
struct Enlarged {
    Tensor small;    ///< [N, S′ / scale, S′ / scale, C]
    Tensor bicubic;  ///< by interpolation
    Tensor learned;  ///< by the model
    Tensor truth;    ///< as they were
};
Enlarged shrink_and_enlarge(const SuperResolution& model, const Tensor& images);

}  // namespace adjoint
