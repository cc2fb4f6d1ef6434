// Trilinear form T(x, w, y) by definition, as its seven sums and slow on purpose: the oracle of the convolution tests.
#pragma once

#include <functional>

#include "framework/convolution/conv2d_form.h"
#include "framework/tensor/tensor.h"

namespace adjoint::literal {

/// Calls term(x element, w element, y element) for each term of T whose pixel lies in the image.
void for_each_term(const Conv2DForm& form, const std::function<void(Index, Index, Index)>& term);

/// T(x, w, y) = Σ x[n, i·s + k·d − p, j·s + l·d − p, c] · w[k, l, c, o] · y[n, i, j, o], in doubles.
double trilinear_form(const Tensor& x, const Tensor& w, const Tensor& y, const Conv2DForm& form);

/// ∂T/∂y, ∂T/∂x and ∂T/∂w, in doubles: each term of T leaves one factor out.
Tensor conv2d(const Tensor& x, const Tensor& w, const Conv2DForm& form);
Tensor conv2d_input_gradient(const Tensor& y, const Tensor& w, const Conv2DForm& form);
Tensor conv2d_weight_gradient(const Tensor& x, const Tensor& y, const Conv2DForm& form);

}  // namespace adjoint::literal
