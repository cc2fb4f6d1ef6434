#include "framework/analysis/gradient_check.h"

#include <cmath>
#include <limits>

#include "framework/analysis/order_check.h"
#include "framework/ops/loops.h"
#include "framework/tensor/precision.h"

namespace adjoint {
namespace {

using Variables = std::vector<Variable>;
using Tensors = std::vector<Tensor>;

// ---- what is checked in the higher orders

// Of ⟨g, f(x)⟩ as a function of x and g, the gradient with respect to x.
Subject second_order(const DifferentiableFunction& f, Subject subject, const Variable& g) {
    subject.inputs.push_back(g);
    subject.names.push_back("g");
    subject.results = [f](const Variables& x_and_g) {
        return vjp(f, {x_and_g.begin(), x_and_g.end() - 1}, x_and_g.back());
    };
    return subject;
}

// The gradient of ⟨v, results⟩ for a fixed random v.
Subject next_order(Subject subject, const Random& random, bool exact) {
    subject.results = [results = subject.results, random, exact](const Variables& inputs) {
        Tape tape(inputs);
        const Variables values = results(inputs);
        return tape.gradient(inner_product(values, random_directions(values, random, exact)), Unconnected::zero);
    };
    return subject;
}

AdjointReport compare_adjoints(const DifferentiableFunction& f, const Variables& x, const Variable& v,
                               const Random& random, bool exact) {
    constexpr double rounding_tolerance = 1e-11;  // nothing but rounding can differ
    const Variables u = random_directions(x, random, exact);
    const Variable tangent = jvp(f, x, u);
    const auto norm = [](const Variable& a) { return std::sqrt(inner_product({a}, {a}).item()); };
    const GradientComparison products = GradientComparison::of(
        inner_product({v}, {tangent}).item(), inner_product(vjp(f, x, v), u).item(), norm(v) * norm(tangent));
    return {.forward = products.analytic,
            .reverse = products.numeric,
            .relative_error = products.relative_error,
            .tolerance = exact ? 0.0 : rounding_tolerance};
}

void require_inputs(const Tensors& inputs, const GradientCheckOptions& options) {
    require(PrecisionScope::here() == Precision::float32,
            "gradient_check: derivatives must be those of unrounded factors; got a PrecisionScope of bf16");
    require(options.order >= 1, "gradient_check: order must be at least 1; got {}", options.order);
    require_at_least(
        "gradient_check", 0,
        {{"samples", static_cast<double>(options.samples)}, {"step", options.step}, {"tolerance", options.tolerance}});
    require(!inputs.empty(), "gradient_check: there must be an input; got none");
    require(options.names.size() <= inputs.size(), "gradient_check: there must be at most {} names; got {}",
            inputs.size(), options.names.size());
    for (const Tensor& input : inputs) {
        require(input.dtype() == DType::float64, "gradient_check: inputs must be float64; got {}", name(input.dtype()));
        if (!options.exact) continue;
        for (const double x : input.data<double>()) {
            require(x == std::trunc(x), "gradient_check: an exact check needs whole numbers; got input {}", x);
        }
    }
}

}  // namespace

Tensor small_whole_numbers(const Shape& shape, const Random& random) {
    return map(random.uniform(shape, DType::float64), [](auto u) {
        const auto which = std::floor(6 * u);
        return which < 3 ? which - 3 : which - 2;
    });
}

GradientCheckReport gradient_check(const DifferentiableFunction& f, const Tensors& inputs,
                                   const GradientCheckOptions& options) {
    require_inputs(inputs, options);
    const Random random = Random(options.seed).stream(1);
    Subject subject{.results = [&f](const Variables& x) -> Variables { return {f(x)}; },
                    .inputs = {inputs.begin(), inputs.end()},
                    .names = options.names};
    for (std::size_t i = subject.names.size(); i < inputs.size(); ++i)
        subject.names.push_back(fmt::format("input {}", i));
    const Variables x = subject.inputs;
    const Variable g = random_direction(subject.results(x).front(), random.stream(0), options.exact);

    GradientCheckReport report;
    for (int order = 1; order <= options.order; ++order) {
        if (order == 2) {
            report.adjoint = compare_adjoints(f, x, g, random.stream(1), options.exact);
            subject = second_order(f, subject, g);
        }
        if (order > 2) subject = next_order(subject, random.stream(order), options.exact);
        GradientCheckOptions settled = options;
        if (settled.step == 0.0) settled.step = std::pow(std::numeric_limits<double>::epsilon(), 0.2);
        if (settled.tolerance == 0.0) settled.tolerance = order == 1 ? 1e-7 : 1e-6;
        if (options.exact) settled.tolerance = 0.0;
        report.orders.push_back(check_order(subject, order, settled, random.stream(100 + order)));
        if (!std::isfinite(report.orders.back().worst().larger().analytic)) break;  // nothing is left to differentiate
    }
    return report;
}

}  // namespace adjoint
