// Finite differences: the slope of a function along a line, as far as its values tell.
#pragma once

#include <functional>
#include <vector>

#include "framework/analysis/gradient_report.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// The results of a function at x + t·d, for a fixed point x and direction d.
using LineFunction = std::function<std::vector<Tensor>(double t)>;

/// How φ(t) = ⟨v, f(t)⟩ changes around t = 0. The differences f(t) − f(0) are taken before the product with v, so that
/// results that do not change add no rounding. Bounds and roughness are sums over the results, whose kinks must not
/// cancel.
struct MeasuredSlope {
    double value = 0.0;   ///< (8·(φ(h) − φ(−h)) − (φ(2h) − φ(−2h))) / 12h, wrong by h⁴·φ⁽⁵⁾/30
    double before = 0.0;  ///< (φ(−h) − φ(−2h)) / h
    double after = 0.0;   ///< (φ(2h) − φ(h)) / h
    double least = 0.0;   ///< what φ′ can be where each result has the slope before, the one after, or one between
    double most = 0.0;
    double roughness = 0.0;  ///< how far the three second differences lie apart, over h: about h²·φ‴ where φ is smooth,
                             ///< but at least half of the change of slope where there is a kink between −h and h
    double rounding = 0.0;  ///< the error of value that rounding alone explains
};

/// Measures with five points, of which f(0) is given. Throws where a value is not finite.
MeasuredSlope measure_slope(const LineFunction& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v,
                            double h);

/// (φ(1) − φ(−1)) / 2: the slope itself, to the last bit, where φ is linear and all numbers are whole ones below 2⁵³.
/// Throws where φ is not linear, where a value is not whole, and where one is too large.
double exact_slope(const LineFunction& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v);

/// What a tape says of a slope, judged by measurements.
struct SlopeComparison {
    GradientComparison numbers;
    bool kink = false;  ///< there is no derivative here, and the tape's answer lies between the slopes on either side
    double before = 0.0, after = 0.0;
};

/// Compares with the first measurement and, where the two differ or the function is rough, with closer ones: measure(s)
/// repeats it with a step s times as large. The function may bend within the step, at a kink nearby for example; what
/// is still rough at the smallest step has a kink here. Errors are judged by `scale`, but by no less than rounding
/// allows.
SlopeComparison compare_slopes(double analytic, const MeasuredSlope& first, double scale, double tolerance,
                               const std::function<MeasuredSlope(double smaller)>& measure);

}  // namespace adjoint
