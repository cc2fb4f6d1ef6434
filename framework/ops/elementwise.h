// Elementwise operations and their derivatives. Two operands are broadcast as in NumPy.
//
// In every comment y is the result and g the incoming adjoint. Operands of different element type are an error:
// `multiply: operands differ in element type; got float32 and float64`.
#pragma once

#include "framework/autograd/tape.h"
#include "framework/convolution/epilogue.h"

namespace adjoint {

/// a + b.   Gradient: a ← g,  b ← g, each summed back to its operand's shape (as for all operations of two operands).
Variable add(const Variable& a, const Variable& b);
/// a − b.   Gradient: a ← g,  b ← −g.
Variable subtract(const Variable& a, const Variable& b);
/// a·b.   Gradient: a ← g·b,  b ← g·a.
Variable multiply(const Variable& a, const Variable& b);
/// a / b.   Gradient: a ← g / b,  b ← −g·y / b.
Variable divide(const Variable& a, const Variable& b);
/// x^p for a fixed p.   Gradient: x ← g·p·x^(p − 1).
Variable power(const Variable& x, double p);
/// a^b for a ≥ 0.   Gradient: a ← g·b·a^(b − 1), 0 where b is,  b ← g·y·log a, 0 where a is.
Variable power(const Variable& a, const Variable& b);
/// The larger of a and b, NaN where either is.   Gradient: g to the larger one, half to each where they are equal.
Variable maximum(const Variable& a, const Variable& b);
/// The smaller of a and b, NaN where either is.   Gradient: g to the smaller one, half to each where they are equal.
Variable minimum(const Variable& a, const Variable& b);

/// −x.   Gradient: x ← −g.
Variable negate(const Variable& x);
/// x².   Gradient: x ← 2·g·x.
inline Variable square(const Variable& x) { return multiply(x, x); }
/// eˣ.   Gradient: x ← g·y.
Variable exp(const Variable& x);
/// eˣ − 1, of which nothing cancels near 0.   Gradient: x ← g·eˣ.
Variable expm1(const Variable& x);
/// Natural logarithm.   Gradient: x ← g / x.
Variable log(const Variable& x);
/// √x.   Gradient: x ← g / (2·y).
Variable sqrt(const Variable& x);
/// |x|.   Gradient: x ← g·sign x, where sign 0 = 0.
Variable abs(const Variable& x);
/// Sine, of radians.   Gradient: x ← g·cos x.
Variable sin(const Variable& x);
/// Cosine, of radians.   Gradient: x ← −g·sin x.
Variable cos(const Variable& x);
/// Hyperbolic tangent.   Gradient: x ← g·(1 − y²), computed from x so that nothing cancels where y is nearly ±1; for
/// sigmoid and erf too.
Variable tanh(const Variable& x);
/// 1 / (1 + e⁻ˣ).   Gradient: x ← g·y·(1 − y).
Variable sigmoid(const Variable& x);
/// (2/√π)·∫₀ˣ e^(−t²) dt.   Gradient: x ← g·(2/√π)·e^(−x²).
Variable erf(const Variable& x);

/// max(x, 0).   Gradient: x ← g where x > 0, else 0.
Variable relu(const Variable& x);
/// x where x > 0, else slope·x.   Gradient: x ← g·(1 or slope).
Variable leaky_relu(const Variable& x, double slope = 0.01);
/// The pullback of leaky_relu: g where x > 0, else slope·g.   Gradient: g ← the same of its adjoint; x has no
/// edge, as its derivative is 0 wherever there is one.
Variable relu_gradient(Variable g, const Variable& x, double slope);
/// x where x > 0, else alpha·(eˣ − 1).   Gradient: x ← g where x > 0, else g·alpha·eˣ.
Variable elu(const Variable& x, double alpha = 1.0);
/// x·Φ(x) = x·(1 + erf(x/√2))/2, Φ the normal distribution function, without cancellation.
/// Gradient: x ← g·(Φ(x) + x·φ(x)) with the normal density φ.
Variable gelu(const Variable& x);
/// log(1 + eˣ), without overflow.   Gradient: x ← g·sigmoid(x).
Variable softplus(const Variable& x);

inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return subtract(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return multiply(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return divide(a, b); }
inline Variable operator-(const Variable& x) { return negate(x); }

inline Variable operator+(const Variable& a, double b) { return add(a, scalar(b, a)); }
inline Variable operator-(const Variable& a, double b) { return subtract(a, scalar(b, a)); }
inline Variable operator*(const Variable& a, double b) { return multiply(a, scalar(b, a)); }
inline Variable operator/(const Variable& a, double b) { return divide(a, scalar(b, a)); }
inline Variable operator+(double a, const Variable& b) { return add(scalar(a, b), b); }
inline Variable operator-(double a, const Variable& b) { return subtract(scalar(a, b), b); }
inline Variable operator*(double a, const Variable& b) { return multiply(scalar(a, b), b); }
inline Variable operator/(double a, const Variable& b) { return divide(scalar(a, b), b); }

/// a becomes another variable, a + b and so on, of which tapes know as of any other: nothing is changed in place.
template <class B>
Variable& operator+=(Variable& a, const B& b) {
    return a = a + b;
}
template <class B>
Variable& operator-=(Variable& a, const B& b) {
    return a = a - b;
}
template <class B>
Variable& operator*=(Variable& a, const B& b) {
    return a = a * b;
}
template <class B>
Variable& operator/=(Variable& a, const B& b) {
    return a = a / b;
}

}  // namespace adjoint
