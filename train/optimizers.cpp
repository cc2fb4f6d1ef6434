#include "train/optimizers.h"

#include <cmath>

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

}  // namespace

void Optimizer::step(const std::vector<Variable>& gradients) {
    require(gradients.size() == parameters_.size(), "Optimizer::step: there are {} parameters; got {} gradients",
            parameters_.size(), gradients.size());
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const auto& [name, parameter] = parameters_[i];
        require(gradients[i].shape() == parameter.shape(), "Optimizer::step: {} has shape {}; got gradient {}", name,
                parameter.shape(), gradients[i].shape());
        require_same_dtype("Optimizer::step", parameter.value(), gradients[i].value());
    }
    const Timed timed("optimizer");
    ++steps_;
    for (std::size_t i = 0; i < gradients.size(); ++i) {
        const Parameter& parameter = parameters_[i].state;
        parameter.assign(updated(i, parameter.value(), gradients[i].value()));
    }
}

std::vector<Tensor> Optimizer::zeros() const {
    std::vector<Tensor> result;
    for (const NamedState& named : parameters_) {
        result.push_back(Tensor::zeros(named.state.shape(), named.state.value().dtype()));
    }
    return result;
}

SGD::SGD(const States& parameters, const SGDOptions& options)
    : Optimizer(parameters, options.learning_rate), options_(options), velocity_(zeros()) {}

Tensor SGD::updated(std::size_t i, const Tensor& p, const Tensor& g) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T rate(learning_rate), momentum(options_.momentum), decay(options_.weight_decay);
        T* const v = velocity_[i].edit<T>().data();
        return update_each<T>(p, g, [=, nesterov = options_.nesterov](Index e, T value, T gradient) {
            gradient += decay * value;
            v[e] = momentum * v[e] + gradient;
            return value - rate * (nesterov ? gradient + momentum * v[e] : v[e]);
        });
    });
}

RMSprop::RMSprop(const States& parameters, const RMSpropOptions& options)
    : Optimizer(parameters, options.learning_rate), options_(options), squares_(zeros()) {}

Tensor RMSprop::updated(std::size_t i, const Tensor& p, const Tensor& g) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T rate(learning_rate), decay(options_.decay), epsilon(options_.epsilon);
        T* const s = squares_[i].edit<T>().data();
        return update_each<T>(p, g, [=](Index e, T value, T gradient) {
            s[e] = decay * s[e] + (1 - decay) * gradient * gradient;
            return value - rate * gradient / (std::sqrt(s[e]) + epsilon);
        });
    });
}

Adam::Adam(const States& parameters, const AdamOptions& options)
    : Optimizer(parameters, options.learning_rate), options_(options), m_(zeros()), v_(zeros()) {}

Tensor Adam::updated(std::size_t i, const Tensor& p, const Tensor& g) {
    return dispatch(p.dtype(), [&]<Scalar T>() {
        const T beta1(options_.beta1), beta2(options_.beta2), epsilon(options_.epsilon), decay(options_.weight_decay);
        const T rate(learning_rate / (1.0 - std::pow(options_.beta1, steps())));
        const T correction(1.0 / (1.0 - std::pow(options_.beta2, steps())));
        T *const m = m_[i].edit<T>().data(), *const v = v_[i].edit<T>().data();
        return update_each<T>(p, g, [=](Index e, T value, T gradient) {
            gradient += decay * value;
            m[e] = beta1 * m[e] + (1 - beta1) * gradient;
            v[e] = beta2 * v[e] + (1 - beta2) * gradient * gradient;
            return value - rate * m[e] / (std::sqrt(v[e] * correction) + epsilon);
        });
    });
}

AdamW::AdamW(const States& parameters, const AdamOptions& options)
    : Adam(parameters, options), weight_decay_(options.weight_decay) {
    options_.weight_decay = 0.0;  // it does not enter the gradient
}

Tensor AdamW::updated(std::size_t i, const Tensor& p, const Tensor& g) {
    const double kept = 1.0 - learning_rate * weight_decay_;
    return Adam::updated(i, map(p, [kept](auto value) { return static_cast<decltype(value)>(kept * value); }), g);
}

}  // namespace adjoint
