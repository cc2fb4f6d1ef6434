#include "train/optim/optimizers.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>

#include "framework/analysis/anomaly.h"
#include "framework/ops/loops.h"

namespace adjoint {
namespace {

// A parameter's next value, element by element: update(i, p, g) with numbers of the parameter's own type T.
template <Scalar T, class Update>
Tensor update_each(const Tensor& p, const Tensor& g, Update update) {
    return Tensor::build<T>(p.shape(), [&](std::span<T> out) {
        const T *const old = p.data<T>().data(), *const gradient = g.data<T>().data();
        parallel_ranges(p.size(), elementwise_grain, [&, next = out.data()](Index begin, Index end) {
            for (Index i = begin; i < end; ++i) next[i] = update(i, old[i], gradient[i]);
        });
    });
}

// Adam's step from p; `weight_decay` enters the gradient.
template <class Options>
void check_adam(const char* name, const Options& o) {
    require_at_least(name, 0,
                     {{"learning_rate", o.learning_rate}, {"epsilon", o.epsilon}, {"weight_decay", o.weight_decay}});
    require_fraction(name, {{"beta1", o.beta1}, {"beta2", o.beta2}});
}

template <class Options>
Tensor adam_update(const ParameterStep& step, const Options& o, const Tensor& p, double weight_decay) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T beta1(o.beta1), beta2(o.beta2), epsilon(o.epsilon), decay(weight_decay);
        const T rate(step.learning_rate / (1.0 - std::pow(o.beta1, step.t)));
        const T correction(1.0 / (1.0 - std::pow(o.beta2, step.t)));
        T *const m = step.moments[0].edit<T>().data(), *const v = step.moments[1].edit<T>().data();
        return update_each<T>(p, step.g, [=](Index e, T value, T gradient) {
            gradient += decay * value;
            m[e] = beta1 * m[e] + (1 - beta1) * gradient;
            v[e] = beta2 * v[e] + (1 - beta2) * gradient * gradient;
            return value - rate * m[e] / (std::sqrt(v[e] * correction) + epsilon);
        });
    });
}

}  // namespace

Optimizer::Optimizer(States parameters, std::string moments)
    : parameters_(std::move(parameters)), letters_(std::move(moments)), kept_(parameters_.size()) {
    require(!parameters_.empty(), "Optimizer: there must be a parameter to improve; got none");
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            require(!parameters_[i].state.same_as(parameters_[j].state),
                    "Optimizer: a parameter must be given once; got {} and {}, which are the same", parameters_[j].name,
                    parameters_[i].name);
            require(parameters_[i].name != parameters_[j].name,
                    "Optimizer: two parameters must not have one name; got {} twice", parameters_[i].name);
        }
        const Tensor& p = parameters_[i].state.value();
        kept_[i].moments.resize(letters_.size(), Tensor::zeros(p.shape(), p.dtype()));
    }
}

void Optimizer::step(std::vector<Variable> gradients) {
    std::vector<std::size_t> improved;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (!parameters_[i].state.frozen()) improved.push_back(i);
    }
    require(gradients.size() == improved.size(),
            "Optimizer::step: there are {} parameters to improve; got {} gradients", improved.size(), gradients.size());
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        const auto& [name, parameter] = parameters_[improved[k]];
        require(gradients[k].shape() == parameter.shape(), "Optimizer::step: {} has shape {}; got gradient {}", name,
                parameter.shape(), gradients[k].shape());
        require_same_dtype("Optimizer::step", parameter.value(), gradients[k].value());
    }
    const ProfileScope scope("optimizer");
    finite_ = true;
    for (Kept& kept : kept_) kept.gradient_norm = Kept().gradient_norm;
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        const double norm = kept_[improved[k]].gradient_norm = gradient_norm({gradients[k]});
        if (!std::isfinite(norm) && first_not_finite(gradients[k].value())) finite_ = false;
    }
    if (clipping.value != 0.0) clip_gradient_value(gradients, clipping.value);
    if (clipping.norm != 0.0) clip_gradient_norm(gradients, clipping.norm);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        const std::size_t i = improved[k];
        const Parameter& parameter = parameters_[i].state;
        Kept& kept = kept_[i];
        parameter.assign(
            updated(i, {++kept.steps, learning_rate_scale, parameter.value(), gradients[k].value(), kept.moments}));
    }
}

std::vector<ParameterNorms> Optimizer::norms() const {
    std::vector<ParameterNorms> result;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const auto& [name, parameter] = parameters_[i];
        const double norm = kept_[i].gradient_norm;
        if (!std::isnan(norm)) result.push_back({name, gradient_norm({parameter.variable()}), norm});
    }
    return result;
}

NamedTensors Optimizer::state_dict() const {
    std::vector<double> steps, norms;
    for (const Kept& kept : kept_) {
        steps.push_back(kept.steps);
        norms.push_back(kept.gradient_norm);
    }
    const Shape one_each = {std::ssize(kept_)};
    NamedTensors states = {{"steps", Tensor(one_each, steps, DType::float64)},
                           {"gradient_norms", Tensor(one_each, norms, DType::float64)}};
    for (std::size_t m = 0; m < letters_.size(); ++m) {
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            states.emplace_back(fmt::format("{}.{}", letters_[m], parameters_[i].name), kept_[i].moments[m]);
        }
    }
    return states;
}

void Optimizer::load_state_dict(const TensorsByName& states) {
    for (const auto& [name, expected] : state_dict()) {
        const auto found = states.find(name);
        require<DataError>(found != states.end(), "Optimizer::load_state_dict: there must be {} {}; got none", name,
                           expected.shape());
        const Tensor& tensor = found->second;
        require<DataError>(tensor.shape() == expected.shape() && tensor.dtype() == expected.dtype(),
                           "Optimizer::load_state_dict: {} must be {} {}; got {} {}", name,
                           adjoint::name(expected.dtype()), expected.shape(), adjoint::name(tensor.dtype()),
                           tensor.shape());
    }
    const Tensor &steps = states.at("steps"), &norms = states.at("gradient_norms");
    finite_ = true;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        const auto element = static_cast<Index>(i);
        kept_[i].steps = static_cast<int>(steps[element]);
        kept_[i].gradient_norm = norms[element];
        for (std::size_t m = 0; m < letters_.size(); ++m) {
            kept_[i].moments[m] = states.at(fmt::format("{}.{}", letters_[m], parameters_[i].name));
        }
    }
}

void SGDOptions::check() const {
    require_at_least("SGD", 0, {{"learning_rate", learning_rate}, {"weight_decay", weight_decay}});
    require_fraction("SGD", {{"momentum", momentum}});
}

Tensor SGDOptions::updated(const ParameterStep& step) const {
    return dispatch(step.p.dtype(), [&]<Scalar T>() {
        const T rate(step.learning_rate), mu(momentum), decay(weight_decay);
        T* const v = step.moments[0].edit<T>().data();
        return update_each<T>(step.p, step.g, [=, ahead = nesterov](Index e, T value, T gradient) {
            gradient += decay * value;
            v[e] = mu * v[e] + gradient;
            return value - rate * (ahead ? gradient + mu * v[e] : v[e]);
        });
    });
}

void RMSpropOptions::check() const {
    require_at_least("RMSprop", 0,
                     {{"learning_rate", learning_rate}, {"epsilon", epsilon}, {"weight_decay", weight_decay}});
    require_fraction("RMSprop", {{"decay", decay}, {"momentum", momentum}});
}

Tensor RMSpropOptions::updated(const ParameterStep& step) const {
    return dispatch(step.p.dtype(), [&]<Scalar T>() {
        const T rate(step.learning_rate), kept(decay), small(epsilon), mu(momentum), shrink(weight_decay);
        T *const s = step.moments[0].edit<T>().data(), *const v = step.moments[1].edit<T>().data();
        return update_each<T>(step.p, step.g, [=](Index e, T value, T gradient) {
            gradient += shrink * value;
            s[e] = kept * s[e] + (1 - kept) * gradient * gradient;
            v[e] = mu * v[e] + gradient / (std::sqrt(s[e]) + small);
            return value - rate * v[e];
        });
    });
}

void AdamOptions::check() const { check_adam("Adam", *this); }

Tensor AdamOptions::updated(const ParameterStep& step) const { return adam_update(step, *this, step.p, weight_decay); }

void AdamWOptions::check() const { check_adam("AdamW", *this); }

Tensor AdamWOptions::updated(const ParameterStep& step) const {
    const double kept = 1.0 - step.learning_rate * weight_decay;
    const Tensor shrunk = map(step.p, [kept](auto value) { return static_cast<decltype(value)>(kept * value); });
    return adam_update(step, *this, shrunk, /*weight_decay=*/0.0);
}

}  // namespace adjoint
