// Convolution, its gradients and the transposed convolution: the three partial derivatives of one form.
//
//   T(x, w, y) = Σ  x[n, i·s + k·d − p, j·s + l·d − p, c] · w[k, l, c, o] · y[n, i, j, o]    (x is 0 outside the image)
//
// T is linear in each of its three tensors. Leave one out, and T becomes a tensor of that one's shape:
//
//   ∂T/∂y = conv2d(x, w)                    y = P(x)·W       the image seen through the filters
//   ∂T/∂x = conv2d_input_gradient(y, w)     x = Pᵀ(y·Wᵀ)     the transposed convolution
//   ∂T/∂w = conv2d_weight_gradient(x, y)    w = P(x)ᵀ·y
//
// P gathers the patch under the filter at each output pixel; Pᵀ scatters patches back, adding where they overlap. The
// first two take an epilogue: a bias and an activation, before their result leaves the registers.
// reference_convolution.h has the three as they stand here; direct_convolution.h is what runs.
//
// Shapes: x [N, H, W, C], w [K, L, C / groups, O], y [N, H′, W′, O]. Conv2DForm holds the sizes and relates them.
// Throws, for example:
//   conv2d: input has 3 channels, weight expects 1; got input [8, 28, 28, 3], weight [3, 3, 1, 16]
#pragma once

#include "framework/autograd/tape.h"
#include "framework/convolution/conv2d_form.h"
#include "framework/convolution/epilogue.h"

namespace adjoint {

/// y[n, i, j, o] = Σ x[n, i·s + k·d − p, j·s + l·d − p, c] · w[k, l, c, o] over k, l, c.
/// Gradient: x ← conv2d_input_gradient(g, w),  w ← conv2d_weight_gradient(x, g).
Variable conv2d(const Variable& x, const Variable& w, const Conv2DForm& form, const Epilogue<>& epilogue = {});
Variable conv2d(const Variable& x, const Variable& w, const Conv2DOptions& options = {},
                const Epilogue<>& epilogue = {});

/// x[n, i·s + k·d − p, j·s + l·d − p, c] = Σ w[k, l, c, o] · y[n, i, j, o] over all n, i, j, k, l, o that lead there.
/// Gradient: y ← conv2d(g, w),  w ← conv2d_weight_gradient(g, y).
Variable conv2d_input_gradient(const Variable& y, const Variable& w, const Conv2DForm& form,
                               const Epilogue<>& epilogue = {});

/// w[k, l, c, o] = Σ x[n, i·s + k·d − p, j·s + l·d − p, c] · y[n, i, j, o] over n, i, j.
/// Gradient: x ← conv2d_input_gradient(y, g),  y ← conv2d(x, g).
Variable conv2d_weight_gradient(const Variable& x, const Variable& y, const Conv2DForm& form);

/// The transposed convolution of y [N, H′, W′, C_in] with the filters w [K, L, C_out / groups, C_in] of the convolution
/// that it transposes: conv2d_input_gradient, with the size of its result chosen by the options.
Variable conv2d_transpose(const Variable& y, const Variable& w, const Conv2DTransposeOptions& options = {},
                          const Epilogue<>& epilogue = {});

}  // namespace adjoint
