#include "train/optimizers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/anomaly.h"
#include "framework/kernels.h"

namespace adjoint {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

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

}  // namespace

Optimizer::Optimizer(States parameters)
    : parameters_(std::move(parameters)), steps_(parameters_.size()), gradient_norms_(parameters_.size(), none) {
    require(!parameters_.empty(), "Optimizer: there must be a parameter to improve; got none");
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            require(!parameters_[i].state.same_as(parameters_[j].state),
                    "Optimizer: a parameter must be given once; got {} and {}, which are the same", parameters_[j].name,
                    parameters_[i].name);
        }
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
    gradient_norms_.assign(parameters_.size(), none);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        const double norm = gradient_norms_[improved[k]] = gradient_norm({gradients[k]});
        if (!std::isfinite(norm) && first_not_finite(gradients[k].value())) finite_ = false;
    }
    if (std::isfinite(clipping.value)) clip_gradient_value(gradients, clipping.value);
    if (std::isfinite(clipping.norm)) clip_gradient_norm(gradients, clipping.norm);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        const std::size_t i = improved[k];
        const Parameter& parameter = parameters_[i].state;
        parameter.assign(updated(i, ++steps_[i], parameter.value(), gradients[k].value()));
    }
}

std::vector<ParameterNorms> Optimizer::norms() const {
    std::vector<ParameterNorms> result;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (std::isnan(gradient_norms_[i])) continue;
        const auto& [name, parameter] = parameters_[i];
        result.push_back({name, gradient_norm({parameter.variable()}), gradient_norms_[i]});
    }
    return result;
}

NamedTensors Optimizer::state_dict() {
    const Shape one_each = {std::ssize(steps_)};
    NamedTensors states = {{"steps", Tensor(one_each, {steps_.begin(), steps_.end()}, DType::float64)},
                           {"gradient_norms", Tensor(one_each, gradient_norms_, DType::float64)}};
    for (const auto& [letter, of_parameters] : moments()) {
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            states.emplace_back(std::string(letter) + "." + parameters_[i].name, (*of_parameters)[i]);
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
    const std::vector<double> steps = states.at("steps").to_vector();
    steps_.assign(steps.begin(), steps.end());
    gradient_norms_ = states.at("gradient_norms").to_vector();
    finite_ = true;
    for (const auto& [letter, of_parameters] : moments()) {
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            (*of_parameters)[i] = states.at(std::string(letter) + "." + parameters_[i].name);
        }
    }
}

std::vector<Tensor> Optimizer::zeros() const {
    std::vector<Tensor> result;
    for (const NamedState& named : parameters_) {
        result.push_back(Tensor::zeros(named.state.shape(), named.state.value().dtype()));
    }
    return result;
}

Tensor SGD::updated(std::size_t i, int, const Tensor& p, const Tensor& g) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const SGDOptions& o = options(i);
        const T rate(learning_rate(i)), momentum(o.momentum), decay(o.weight_decay);
        T* const v = velocity_[i].edit<T>().data();
        return update_each<T>(p, g, [=, nesterov = o.nesterov](Index e, T value, T gradient) {
            gradient += decay * value;
            v[e] = momentum * v[e] + gradient;
            return value - rate * (nesterov ? gradient + momentum * v[e] : v[e]);
        });
    });
}

Tensor RMSprop::updated(std::size_t i, int, const Tensor& p, const Tensor& g) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T rate(learning_rate(i)), decay(options(i).decay), epsilon(options(i).epsilon);
        T* const s = squares_[i].edit<T>().data();
        return update_each<T>(p, g, [=](Index e, T value, T gradient) {
            s[e] = decay * s[e] + (1 - decay) * gradient * gradient;
            return value - rate * gradient / (std::sqrt(s[e]) + epsilon);
        });
    });
}

template <class Options>
Tensor AdamOptimizer<Options>::updated(std::size_t i, int t, const Tensor& p, const Tensor& g) {
    const Options& o = this->options(i);
    const double learning_rate = this->learning_rate(i), kept = 1.0 - learning_rate * o.weight_decay;
    const Tensor old =
        Options::decoupled ? map(p, [kept](auto value) { return static_cast<decltype(value)>(kept * value); }) : p;
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T beta1(o.beta1), beta2(o.beta2), epsilon(o.epsilon), decay(Options::decoupled ? 0.0 : o.weight_decay);
        const T rate(learning_rate / (1.0 - std::pow(o.beta1, t)));
        const T correction(1.0 / (1.0 - std::pow(o.beta2, t)));
        T *const m = m_[i].template edit<T>().data(), *const v = v_[i].template edit<T>().data();
        return update_each<T>(old, g, [=](Index e, T value, T gradient) {
            gradient += decay * value;
            m[e] = beta1 * m[e] + (1 - beta1) * gradient;
            v[e] = beta2 * v[e] + (1 - beta2) * gradient * gradient;
            return value - rate * m[e] / (std::sqrt(v[e] * correction) + epsilon);
        });
    });
}

template class AdamOptimizer<AdamOptions>;
template class AdamOptimizer<AdamWOptions>;

}  // namespace adjoint
