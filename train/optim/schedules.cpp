#include "train/optim/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace adjoint {
namespace {

// Half a wave from `begin` at 0 to `end` at 1.
double half_wave(double begin, double end, double position) {
    return end + (begin - end) * (1.0 + std::cos(std::numbers::pi * position)) / 2.0;
}

// How much of `steps` is done, at most all.
double done(double t, double steps) { return t < steps ? t / steps : 1.0; }

}  // namespace

double ConstantRate::operator()(Index) const { return 1.0; }

double StepDecay::operator()(Index t) const { return std::pow(factor, static_cast<double>(t / every)); }

double ExponentialDecay::operator()(Index t) const { return std::pow(factor, static_cast<double>(t)); }

double LinearDecay::operator()(Index t) const {
    return 1.0 + (end - 1.0) * done(static_cast<double>(t), static_cast<double>(steps));
}

double CosineDecay::operator()(Index t) const {
    return half_wave(1.0, end, done(static_cast<double>(t), static_cast<double>(steps)));
}

double OneCycle::operator()(Index t) const {
    const double now = static_cast<double>(t), last = static_cast<double>(steps) - 1.0;
    const double top = rising * static_cast<double>(steps) - 1.0;
    if (now < top) return half_wave(begin, 1.0, now / top);
    return half_wave(1.0, end, done(now - top, last - top));
}

double WarmUp::operator()(Index t) const {
    if (t < steps) return static_cast<double>(t + 1) / static_cast<double>(steps + 1);
    return then(t - steps);
}

double ReduceOnPlateau::observe(double loss) {
    const bool better = loss < best * (1.0 - options.threshold);
    no_better = better ? 0 : no_better + 1;
    if (better) best = loss;
    if (no_better > options.patience) {
        scale = std::max(scale * options.factor, options.end);
        no_better = 0;
    }
    return scale;
}

}  // namespace adjoint
