#include "models/rbm.h"

#include "framework/ops/elementwise.h"
#include "framework/ops/loops.h"
#include "framework/ops/reduction.h"
#include "framework/tensor/processes.h"
#include "layers/initializers.h"

namespace adjoint {
namespace {

constexpr Index kernel = 9;
constexpr double sparsity_weight = 1.0;

}  // namespace

Tensor bernoulli(const Tensor& p, const Random& random) {
    const Index numbers = element_count(Shape(p.shape().begin() + 1, p.shape().end()));
    const Tensor u = random.uniform(p.shape(), p.dtype(), static_cast<std::uint64_t>(first_image(p) * numbers));
    return zip("bernoulli", p, u, [](auto chance, auto number) { return number < chance ? decltype(chance)(1) : 0; });
}

Rbm::Rbm(const Random& random, const ImageModelOptions& o)
    : weight(parameter("weight", initializers::normal(0.05)({kernel, kernel, o.channels, o.width}, {1, 1}, random))),
      hidden_bias(parameter("hidden_bias", Tensor::zeros({o.width}))),
      visible_bias(parameter("visible_bias", Tensor::zeros({o.channels}))) {
    check_options("Rbm", o);
}

Variable Rbm::forward(const Variable& v) const { return sigmoid(visible(sigmoid(hidden(v)))); }

Variable Rbm::free_energy(const Variable& v) const {
    return -sum(v * visible_bias, {1, 2, 3}) - sum(softplus(hidden(v)), {1, 2, 3});
}

Divergence contrastive_divergence(const Rbm& model, const Variable& v, const Random& random, double sparsity) {
    const Conv2DForm form = Conv2DForm::of("Rbm", v.shape(), model.weight.shape(), {});
    const Variable h = sigmoid(model.hidden(v));
    const Variable drawn = bernoulli(h.value(), random);
    const Variable v_next = sigmoid(model.visible(drawn)), h_next = sigmoid(model.hidden(v_next));
    // −∂E/∂w, −∂E/∂a and −∂E/∂b, each divided by the number of places.
    const double places = static_cast<double>(whole_extent(v.value()) * form.height.output * form.width.output);
    const Variable w = conv2d_weight_gradient(v_next, h_next, form) - conv2d_weight_gradient(v, h, form);
    const Variable a = sum(h_next, {0, 1, 2}) - sum(h, {0, 1, 2});
    const Variable b = sum(v_next, {0, 1, 2}) - sum(v, {0, 1, 2});
    const Variable activity = mean(h, {0, 1, 2});
    return {.gradients = {w / places, a / places + sparsity_weight * (activity - sparsity), b / places},
            .error = mean(square(v - v_next)).item(),
            .activity = mean(activity).item()};
}

}  // namespace adjoint
