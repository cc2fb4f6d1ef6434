// Resampling (resize, upsample, pixel shuffle): each new pixel is read off the old ones at its own place among them, a
// linear operation along each axis, whose adjoint is the transposed one.
#pragma once

#include "framework/convolution/conv2d_form.h"
#include "framework/ops/sparse_matrix.h"

namespace adjoint {

enum class Interpolation { nearest, bilinear, bicubic };

struct ResizeOptions {
    Interpolation interpolation = Interpolation::nearest;
    /// Whether the outermost pixels' centres coincide, and not the image's borders; not nearest.
    bool align_corners = false;
};

/// The pixels of an axis before and after.
struct Resampling {
    Index from;
    Index to;
};
/// R with y = R·x, for an axis of `from` pixels x and one of `to` pixels y. Pixel i of y lies in x at
///   u = (i + 1/2)·from / to − 1/2, or with aligned corners at u = i·(from − 1) / (to − 1),
/// kept within 0, …, from − 1. Bilinear: y[i] = (1 − f)·x[⌊u⌋] + f·x[⌊u⌋ + 1] with f = u − ⌊u⌋. Nearest: x[⌊u + 1/2⌋].
/// Bicubic, where u is not kept: Σ c(u − j)·x[j] over the four pixels j = ⌊u⌋ − 1, …, ⌊u⌋ + 2, of which those outside
/// are the outermost one, with a = −3/4, as in PyTorch,
///   c(t) = (a + 2)·|t|³ − (a + 3)·t² + 1 for |t| ≤ 1,   a·(|t|³ − 5·t² + 8·|t| − 4) for |t| < 2.
/// Nothing is blurred first where the image becomes smaller.
/// Source: these are PyTorch's `bilinear`, `bicubic` and `nearest-exact`, and TensorFlow's and Keras' nearest and
/// bilinear methods; PyTorch's `nearest` takes x[⌊i·from / to⌋], which is the same where `to` is a multiple of `from`.
/// R. Keys, "Cubic convolution interpolation for digital image processing", 1981.
SparseMatrix resampling_matrix(const Resampling& pixels, const ResizeOptions& options = {});

/// Images of another size.   Shapes: x [N, H, W, C], y [N, size, C].   Gradient: x ← the transposed matrices times g.
/// Throws `resize2d: the size must be at least 1,1; got 0,4`.
Variable resize2d(const Variable& x, const Size2D& size, const ResizeOptions& options = {});

/// Images larger by a whole factor for each axis: resize2d to [factor·H, factor·W].
/// Throws `upsample2d: the factor must be at least 1,1; got 0,2`.
Variable upsample2d(const Variable& x, const Size2D& factor, const ResizeOptions& options = {});

}  // namespace adjoint
