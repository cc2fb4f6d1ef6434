#include "train/optim/schedules.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "framework/tensor/error.h"

namespace adjoint {
namespace {

// How much of `steps` is done at step t, from 0 to 1.
double share_done(double t, double steps) { return t < steps ? t / steps : 1.0; }
// Half a wave from `begin` at 0 to `end` at 1.
double half_wave(double begin, double end, double position) {
    return end + (begin - end) * (1.0 + std::cos(std::numbers::pi * position)) / 2.0;
}

}  // namespace

double StepDecay::operator()(Index t) const {
    require_at_least("StepDecay", 1, {{"every", every}});
    require_at_least("StepDecay", 0, {{"factor", factor}});
    return std::pow(factor, static_cast<double>(t / every));
}

double ExponentialDecay::operator()(Index t) const {
    require_at_least("ExponentialDecay", 0, {{"factor", factor}});
    return std::pow(factor, static_cast<double>(t));
}

double LinearDecay::operator()(Index t) const {
    require_at_least("LinearDecay", 0, {{"steps", steps}, {"end", end}});
    return 1.0 + (end - 1.0) * share_done(static_cast<double>(t), static_cast<double>(steps));
}

double CosineDecay::operator()(Index t) const {
    require_at_least("CosineDecay", 0, {{"steps", steps}, {"end", end}});
    return half_wave(1.0, end, share_done(static_cast<double>(t), static_cast<double>(steps)));
}

double OneCycle::operator()(Index t) const {
    require_at_least("OneCycle", 0, {{"steps", steps}, {"begin", begin}, {"end", end}});
    require(0.0 <= rising && rising <= 1.0, "OneCycle: rising must be from 0 to 1; got {}", rising);
    const double now = static_cast<double>(t), last = static_cast<double>(steps) - 1.0;
    const double top = rising * static_cast<double>(steps) - 1.0;
    return now < top ? half_wave(begin, 1.0, now / top) : half_wave(1.0, end, share_done(now - top, last - top));
}

double WarmUp::operator()(Index t) const {
    require_at_least("WarmUp", 0, {{"steps", steps}});
    require(then != nullptr, "WarmUp: then must be a schedule; got none");
    return t < steps ? static_cast<double>(t + 1) / static_cast<double>(steps + 1) : then(t - steps);
}

double ReduceOnPlateau::observe(double loss) {
    require_fraction("ReduceOnPlateau", {{"factor", options.factor}, {"threshold", options.threshold}});
    require_at_least("ReduceOnPlateau", 0, {{"patience", options.patience}, {"end", options.end}});
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
