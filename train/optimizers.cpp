#include "train/optimizers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/anomaly.h"
#include "framework/kernels.h"

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

// Adam's step t of a parameter with the moments m and v; `decay` of the weights enters the gradient.
template <class Options>
Tensor adam_step(Tensor& moment, Tensor& square, int t, double learning_rate, double weight_decay,
                 const Options& options, const Tensor& p, const Tensor& g) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T beta1(options.beta1), beta2(options.beta2), epsilon(options.epsilon), decay(weight_decay);
        const T rate(learning_rate / (1.0 - std::pow(options.beta1, t)));
        const T correction(1.0 / (1.0 - std::pow(options.beta2, t)));
        T *const m = moment.edit<T>().data(), *const v = square.edit<T>().data();
        return update_each<T>(p, g, [=](Index e, T value, T gradient) {
            gradient += decay * value;
            m[e] = beta1 * m[e] + (1 - beta1) * gradient;
            v[e] = beta2 * v[e] + (1 - beta2) * gradient * gradient;
            return value - rate * m[e] / (std::sqrt(v[e] * correction) + epsilon);
        });
    });
}

}  // namespace

Optimizer::Optimizer(States parameters) : parameters_(std::move(parameters)), steps_(parameters_.size()) {
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
    followed_.clear();
    for (std::size_t k = 0; k < gradients.size(); ++k) followed_.push_back({improved[k], gradients[k]});
    if (std::isfinite(clipping.value)) clip_gradient_value(gradients, clipping.value);
    if (std::isfinite(clipping.norm)) clip_gradient_norm(gradients, clipping.norm);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        const std::size_t i = improved[k];
        const Parameter& parameter = parameters_[i].state;
        parameter.assign(updated(i, ++steps_[i], parameter.value(), gradients[k].value()));
    }
}

std::vector<double> Optimizer::gradient_norms() const {
    if (followed_.empty()) return remembered_gradient_norms_;
    std::vector<double> norms(parameters_.size(), std::numeric_limits<double>::quiet_NaN());
    for (const auto& [i, gradient] : followed_) norms[i] = gradient_norm({gradient});
    return norms;
}

std::vector<ParameterNorms> Optimizer::norms() const {
    const std::vector<double> of_gradients = gradient_norms();
    std::vector<ParameterNorms> result;
    for (std::size_t i = 0; i < of_gradients.size(); ++i) {
        if (std::isnan(of_gradients[i])) continue;
        const auto& [name, parameter] = parameters_[i];
        result.push_back({name, gradient_norm({parameter.variable()}), of_gradients[i]});
    }
    return result;
}

bool Optimizer::followed_finite_gradients() const {
    return std::all_of(followed_.begin(), followed_.end(),
                       [](const Followed& followed) { return !first_not_finite(followed.gradient.value()); });
}

NamedTensors Optimizer::memory() {
    const Shape one_each = {std::ssize(steps_)};
    std::vector<double> norms = gradient_norms();
    norms.resize(steps_.size(), std::numeric_limits<double>::quiet_NaN());  // before the first step there is none
    NamedTensors memory = {{"steps", Tensor(one_each, {steps_.begin(), steps_.end()}, DType::float64)},
                           {"gradient_norms", Tensor(one_each, norms, DType::float64)}};
    for (const auto& [letter, of_parameters] : moments()) {
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            memory.emplace_back(std::string(letter) + "." + parameters_[i].name, (*of_parameters)[i]);
        }
    }
    return memory;
}

void Optimizer::remember(const std::map<std::string, Tensor>& memory) {
    for (const auto& [name, expected] : this->memory()) {
        const auto found = memory.find(name);
        require<DataError>(found != memory.end(), "Optimizer::remember: there must be {} {}; got none", name,
                           expected.shape());
        const Tensor& tensor = found->second;
        require<DataError>(tensor.shape() == expected.shape() && tensor.dtype() == expected.dtype(),
                           "Optimizer::remember: {} must be {} {}; got {} {}", name, adjoint::name(expected.dtype()),
                           expected.shape(), adjoint::name(tensor.dtype()), tensor.shape());
    }
    for (std::size_t i = 0; i < steps_.size(); ++i)
        steps_[i] = static_cast<int>(memory.at("steps")[static_cast<Index>(i)]);
    followed_.clear();
    remembered_gradient_norms_ = memory.at("gradient_norms").to_vector();
    for (const auto& [letter, of_parameters] : moments()) {
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            (*of_parameters)[i] = memory.at(std::string(letter) + "." + parameters_[i].name);
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

Tensor Adam::updated(std::size_t i, int t, const Tensor& p, const Tensor& g) {
    return adam_step(m_[i], v_[i], t, learning_rate(i), options(i).weight_decay, options(i), p, g);
}

Tensor AdamW::updated(std::size_t i, int t, const Tensor& p, const Tensor& g) {
    const double kept = 1.0 - learning_rate(i) * options(i).weight_decay;
    const Tensor shrunk = map(p, [kept](auto value) { return static_cast<decltype(value)>(kept * value); });
    return adam_step(m_[i], v_[i], t, learning_rate(i), /*weight_decay=*/0.0, options(i), shrunk, g);
}

}  // namespace adjoint
