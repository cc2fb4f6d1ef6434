#include "framework/analysis/finite_difference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace adjoint {
namespace {

// ⟨v, f − f0⟩ in whole numbers.
double whole_change(const std::vector<Tensor>& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v) {
    constexpr double limit = 0x1p53;
    double result = 0.0, magnitude = 0.0;
    for (std::size_t i = 0; i < f.size(); ++i) {
        const std::span<const double> a = f[i].data<double>(), a0 = f0[i].data<double>(), w = v[i].data<double>();
        for (std::size_t e = 0; e < a.size(); ++e) {
            require<NotMeasurable>(a[e] == std::trunc(a[e]),
                                   "gradient_check: an exact check needs whole values; got {}", a[e]);
            result += w[e] * (a[e] - a0[e]);
            magnitude += std::abs(w[e] * a[e]) + std::abs(w[e] * a0[e]);
        }
    }
    require<NotMeasurable>(magnitude < limit, "gradient_check: an exact check needs values below 2^53; got {}",
                           magnitude);
    return result;
}

}  // namespace

MeasuredSlope measure_slope(const LineFunction& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v,
                            double h) {
    constexpr double rounding_steps = 32;  // of the function and of the differences, each by half an ulp
    const std::array<std::vector<Tensor>, 4> points = {f(-2 * h), f(-h), f(h), f(2 * h)};
    MeasuredSlope slope{.h = h};
    double squares = 0.0;  // of v·f where it changes
    for (std::size_t i = 0; i < f0.size(); ++i) {
        const std::span<const double> at = f0[i].data<double>(), w = v[i].data<double>();
        for (std::size_t e = 0; e < at.size(); ++e) {
            std::array<double, 4> change;  // of v·f, from f(0) to f(−2h), f(−h), f(h), f(2h)
            for (std::size_t p = 0; p < 4; ++p) {
                const double value = points[p][i].data<double>()[e];
                require<NotMeasurable>(std::isfinite(value),
                                       "gradient_check: the function is not finite near its input; got {}", value);
                change[p] = w[e] * (value - at[e]);
            }
            if (change == std::array<double, 4>{}) continue;
            const auto [minus2, minus1, plus1, plus2] = change;
            const double before = (minus1 - minus2) / h, after = (plus2 - plus1) / h;
            const auto [least, most] = std::minmax({plus2 - 2 * plus1, plus1 + minus1, minus2 - 2 * minus1});
            slope.value += (8 * (plus1 - minus1) - (plus2 - minus2)) / (12 * h);
            slope.before += before;
            slope.after += after;
            slope.least += std::min(before, after);
            slope.most += std::max(before, after);
            slope.roughness += (most - least) / h;
            slope.curve_before += (minus2 - 2 * minus1) / (h * h);
            slope.curve_after += (plus2 - 2 * plus1) / (h * h);
            squares += w[e] * at[e] * w[e] * at[e];
        }
    }
    slope.rounding = rounding_steps * std::numeric_limits<double>::epsilon() * std::sqrt(squares) / h;
    return slope;
}

double exact_slope(const LineFunction& f, const std::vector<Tensor>& f0, const std::vector<Tensor>& v) {
    const double forward = whole_change(f(1.0), f0, v), backward = whole_change(f(-1.0), f0, v);
    require<NotMeasurable>(
        forward + backward == 0.0,
        "gradient_check: an exact check needs a function that is linear in each input; got a second difference of "
        "{}",
        forward + backward);
    return (forward - backward) / 2;
}

SlopeComparison compare_slopes(double analytic, const MeasuredSlope& first, double scale, double tolerance,
                               const std::function<MeasuredSlope(double smaller)>& measure) {
    constexpr double measurable = 1e-7;  // relative errors below this need slopes that much larger than rounding
    constexpr double rough = 1e-4;       // of the scale: what is rougher deserves a closer look
    const double judge = std::max(scale, first.rounding / measurable);
    SlopeComparison best{.numbers = GradientComparison::of(analytic, first.value, judge)};
    MeasuredSlope slope = first;
    for (const double smaller : {1.0 / 8, 1.0 / 64, 1.0 / 512}) {
        if (best.numbers.relative_error <= tolerance && slope.roughness <= rough * judge) return best;
        slope = measure(smaller);
        const GradientComparison now = GradientComparison::of(analytic, slope.value, judge);
        if (now.relative_error < best.numbers.relative_error) best.numbers = now;
        // A step so small that a function without a jump is as good as a parabola.
        const GradientComparison bent = GradientComparison::of(analytic, slope.value_between_curves(), judge);
        if (smaller < 0.1 && best.numbers.relative_error > tolerance && bent.relative_error <= tolerance) {
            return {.numbers = bent, .jump = 2, .before = slope.curve_before, .after = slope.curve_after};
        }
    }
    const double gap = std::abs(analytic - slope.value), slack = rough * judge;
    const bool kink = slope.roughness > slope.rounding && slope.roughness >= std::max(gap / 2, slack) &&
                      slope.least - slack <= analytic && analytic <= slope.most + slack;
    // A jump of the function itself is much rougher than one of its slope.
    if (kink) best.jump = slope.roughness > 2 * (slope.most - slope.least) + slack ? 0 : 1;
    best.before = slope.before;
    best.after = slope.after;
    return best;
}

}  // namespace adjoint
