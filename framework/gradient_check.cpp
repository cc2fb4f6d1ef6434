#include "framework/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/elementwise.h"
#include "framework/kernels.h"
#include "framework/reduction.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

constexpr double infinity = std::numeric_limits<double>::infinity();
// An input whose gradients are this much smaller than another's may owe them to rounding alone.
constexpr double negligible = 1e-3;

std::vector<Index> position(Index flat, const Shape& shape) {
    std::vector<Index> result(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0; flat /= shape[axis]) result[axis] = flat % shape[axis];
    return result;
}

// φ(x), with a tape live as in training: what a layer does while it is trained is what is checked.
double evaluate(const DifferentiableFunction& phi, const Inputs& inputs) {
    const Tape tape(inputs);
    const double value = phi(inputs).item();
    require(std::isfinite(value), "gradient_check: the function is not finite near its input; got {}", value);
    return value;
}

double central_difference(const DifferentiableFunction& phi, const Inputs& inputs, std::size_t input, Index element,
                          double step) {
    std::vector<double> elements = inputs[input].value().to_vector();
    const double x = elements[element], h = step * std::max(1.0, std::abs(x));
    const auto at = [&](double moved) {
        elements[element] = moved;
        Inputs shifted = inputs;
        shifted[input] = Tensor(inputs[input].shape(), elements, DType::float64);
        return evaluate(phi, shifted);
    };
    const double near = at(x + h) - at(x - h), far = at(x + 2 * h) - at(x - 2 * h);
    return (8.0 * near - far) / (12.0 * h);
}

// ⟨v, y⟩ or ⟨v, y + y²/2⟩ for a random v with 0.5 < |v| < 1, a single number.
Variable measure(const Variable& y, const Random& random, bool curved) {
    const Variable v = map(random.uniform(y.shape(), y.dtype()), [](auto u) { return u < 0.5 ? u + 0.5 : -u; });
    return sum(v * (curved ? y + 0.5 * y * y : y));
}

std::vector<std::vector<double>> numeric_gradients(const DifferentiableFunction& phi, const Inputs& inputs,
                                                   double step) {
    std::vector<std::vector<double>> result;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
        result.emplace_back();
        for (Index element = 0; element < inputs[input].size(); ++element) {
            result.back().push_back(central_difference(phi, inputs, input, element, step));
        }
    }
    return result;
}

double largest_magnitude(const std::vector<double>& values) {
    double largest = 0.0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

GradientCheckWorst compare(const DifferentiableFunction& phi, const Inputs& inputs, double step,
                           const std::vector<std::string>& names) {
    std::vector<std::vector<double>> analytic;
    Tape tape(inputs);
    for (const Variable& gradient : tape.gradient(phi(inputs), Unconnected::zero)) {
        analytic.push_back(gradient.value().to_vector());
    }
    const std::vector<std::vector<double>> numeric = numeric_gradients(phi, inputs, step);
    double largest = 0.0;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
        largest = std::max({largest, largest_magnitude(analytic[input]), largest_magnitude(numeric[input])});
    }
    require(largest > 0.0, "gradient_check: all gradients are zero, so the check would prove nothing; got {} inputs",
            inputs.size());

    GradientCheckWorst worst;
    worst.relative_error = -1.0;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
        const std::vector<double>&a = analytic[input], &n = numeric[input];
        const double scale = std::max({largest_magnitude(a), largest_magnitude(n), negligible * largest});
        for (std::size_t e = 0; e < a.size(); ++e) {
            const double error = std::isfinite(a[e]) ? std::abs(a[e] - n[e]) / scale : infinity;
            if (error <= worst.relative_error) continue;
            worst.input = input < names.size() ? names[input] : fmt::format("input {}", input);
            worst.element = position(static_cast<Index>(e), inputs[input].shape());
            worst.analytic = a[e];
            worst.numeric = n[e];
            worst.relative_error = error;
        }
    }
    return worst;
}

}  // namespace

bool GradientCheckReport::passed() const {
    return std::all_of(orders.begin(), orders.end(), [](const GradientCheckWorst& worst) { return worst.passed(); });
}

std::string GradientCheckReport::text() const {
    std::string result;
    for (const GradientCheckWorst& worst : orders) {
        result += fmt::format(
            "order {}: {}, worst at {}{}: analytic {:.12g}, numeric {:.12g}, relative error {:.2e} "
            "(tolerance {:.0e})\n",
            worst.order, worst.passed() ? "passed" : "FAILED", worst.input, worst.element, worst.analytic,
            worst.numeric, worst.relative_error, worst.tolerance);
    }
    return result;
}

GradientCheckReport gradient_check(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                                   const GradientCheckOptions& options) {
    require(options.order >= 1, "gradient_check: order must be at least 1; got {}", options.order);
    for (const Tensor& input : inputs) {
        require(input.dtype() == DType::float64, "gradient_check: inputs must be float64; got {}", name(input.dtype()));
    }
    const double epsilon = std::numeric_limits<double>::epsilon();
    const double step = options.step > 0.0 ? options.step : std::pow(epsilon, 0.2);
    const Random random = Random(options.seed).stream(1);

    GradientCheckReport report;
    DifferentiableFunction phi;
    for (int order = 1; order <= options.order; ++order) {
        if (order <= 2) {
            phi = [&f, &random, curved = order > 1](const Inputs& x) {
                return measure(f(x), random.stream(0), curved);
            };
        }
        if (order > 1) {
            // ψ(x) = Σ ⟨vᵢ, ∂φ/∂xᵢ⟩: a function whose gradient is a derivative of one order more.
            phi = [phi, &random, order](const Inputs& x) {
                Tape tape(x);
                const std::vector<Variable> gradients = tape.gradient(phi(x), Unconnected::zero);
                Variable total = scalar(0.0, x.front());
                for (std::size_t i = 0; i < gradients.size(); ++i) {
                    total = total + measure(gradients[i], random.stream(100 * order + i), /*curved=*/false);
                }
                return total;
            };
        }
        GradientCheckWorst worst =
            compare(phi, std::vector<Variable>(inputs.begin(), inputs.end()), step, options.names);
        worst.order = order;
        worst.tolerance = options.tolerance > 0.0 ? options.tolerance : order == 1 ? 1e-7 : 1e-6;
        report.orders.push_back(std::move(worst));
    }
    return report;
}

}  // namespace adjoint
