// Finite differences: the slope of a function along a line, as far as its values tell.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "framework/analysis/gradient_report.h"
#include "framework/tensor/tensor.h"

namespace adjoint {

/// A function whose slope cannot be measured: its values are not finite, or not what an exact check needs.
struct NotMeasurable : Error {
    using Error::Error;
};

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
    double rounding = 0.0;      ///< the error of value that rounding alone explains
    double curve_before = 0.0;  ///< (φ(0) − 2·φ(−h) + φ(−2h)) / h²
    double curve_after = 0.0;   ///< (φ(2h) − 2·φ(h) + φ(0)) / h²
    double h = 0.0;

    /// The slope where φ″ jumps at 0, by which value is wrong there.
    double value_between_curves() const { return value - h * (curve_after - curve_before) / 6; }
};

/// Measures with five points, of which f(0) is given. Throws NotMeasurable where a value is not finite.
MeasuredSlope measure_slope(const LineFunction& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v,
                            double h);

/// (φ(1) − φ(−1)) / 2: the slope itself, to the last bit, where φ is linear and all numbers are whole ones below 2⁵³.
/// Throws NotMeasurable where φ is not linear, where a value is not whole, and where one is too large.
double exact_slope(const LineFunction& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v);

/// What a tape says of a slope, judged by measurements.
struct SlopeComparison {
    GradientComparison numbers;
    /// Which derivative of φ jumps at 0: that of order 0 or 1, and then there is no slope, and the tape's answer lies
    /// between those on either side; or the second, with the slope that the tape says.
    std::optional<int> jump = {};
    double before = 0.0, after = 0.0;  ///< the slopes on either side, or the second derivatives

    bool has_slope() const { return jump.value_or(2) == 2; }
};

/// Compares with the first measurement and, where the two differ or the function is rough, with closer ones: measure(s)
/// repeats it with a step s times as large. The function may bend within the step, at a kink nearby for example; what
/// is still rough at the smallest step has a kink here, and what is right but for a jump of φ″ has that. Errors are
/// judged by `scale`, but by no less than rounding allows.
SlopeComparison compare_slopes(double analytic, const MeasuredSlope& first, double scale, double tolerance,
                               const std::function<MeasuredSlope(double smaller)>& measure);

}  // namespace adjoint
