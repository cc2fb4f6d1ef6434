#include "train/optim/ema.h"

#include <algorithm>

#include "framework/ops/loops.h"

namespace adjoint {

ExponentialMovingAverage::ExponentialMovingAverage(const Module& model, const Module& average, double decay)
    : model_(model.states()),
      average_(average.states()),
      parameters_(model_.size() - model.buffers().size()),
      decay_(decay) {
    require_fraction("ExponentialMovingAverage", {{"the decay", decay}});
    const auto alike = [](const NamedState& p, const NamedState& a) {
        return p.name == a.name && p.state.shape() == a.state.shape();
    };
    require(std::equal(model_.begin(), model_.end(), average_.begin(), average_.end(), alike),
            "ExponentialMovingAverage: both models must have the same states; got {} and {}", model_.size(),
            average_.size());
}

void ExponentialMovingAverage::update() {
    const ProfileScope scope("ema");
    const auto t = static_cast<double>(updates_++);
    const double share = 1.0 - std::min(decay_, (1.0 + t) / (10.0 + t));
    const auto mean = [share](auto a, auto p) { return a + (p - a) * decltype(a)(share); };
    for (std::size_t i = 0; i < model_.size(); ++i) {
        const Tensor& now = model_[i].state.value();
        const bool copied = i >= parameters_ || updates_ == 1;
        average_[i].state.assign(copied ? now : zip("ExponentialMovingAverage", average_[i].state.value(), now, mean));
    }
}

}  // namespace adjoint
