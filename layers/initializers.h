// Initializers of parameters: random values whose variance keeps signals at the same scale through a layer.
#pragma once

#include <functional>

#include "framework/tensor/random.h"

namespace adjoint {

/// How many inputs each output of a layer sums over, and how many outputs each input reaches.
struct Fans {
    double in;
    double out;
    Index groups = 1;  ///< parts of the last axis of the filters, each of which has channels [.., .., C, ..] of its own
};

using Initializer = std::function<Tensor(const Shape& shape, const Fans& fans, const Random& random)>;

namespace initializers {

/// Normal with variance 2 / in, which relu keeps.   Source: He et al., "Delving deep into rectifiers", 2015.
Initializer he_normal();
/// Uniform with variance 2 / (in + out).   Source: Glorot and Bengio, "Understanding the difficulty of training …",
/// 2010.
Initializer glorot_uniform();
/// Normal with the given moments.
Initializer normal(double deviation, double mean = 0.0);
/// The matrix [∏ leading axes, last axis] has orthonormal columns (or rows, if those are fewer), times gain; with
/// groups, each of their matrices [∏ leading axes, last axis / groups].
/// Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
Initializer orthogonal(double gain = 1.0);
/// Filters [K, L, C, O] of a transposed convolution that interpolate bilinearly: with a stride of s, kernel 2s − s mod
/// 2 and padding ⌊s / 2⌋. Channel c, in whatever group, is made from channel c alone.   Source: Long et al., "Fully
/// convolutional networks", 2015.
Initializer bilinear();
/// Filters [K, L, C, r²·O] of a convolution before pixel_shuffle(…, r): all r² channels that become one block of pixels
/// begin with the same filter, made by `base`, so that at first the block is of one colour, without a checkerboard.
/// Throws where there are groups, as the channels of a block then see different ones.
/// Source: Aitken et al., "Checkerboard artifact free sub-pixel convolution", 2017 (ICNR).
Initializer icnr(Index r, Initializer base = he_normal());
/// The same value everywhere.
Initializer constant(double value);

}  // namespace initializers
}  // namespace adjoint
