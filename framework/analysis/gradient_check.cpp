#include "framework/analysis/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "framework/analysis/finite_difference.h"
#include "framework/kernels/loops.h"

namespace adjoint {
namespace {

using Variables = std::vector<Variable>;
using Tensors = std::vector<Tensor>;

// Random numbers with 0.5 < |v| < 1, or small whole ones, in the shape of `like`.
Variable random_direction(const Variable& like, const Random& random, bool exact) {
    if (exact) return small_whole_numbers(like.shape(), random);
    return map(random.uniform(like.shape(), DType::float64), [](auto u) { return u < 0.5 ? u + 0.5 : -u; });
}

Variables random_directions(const Variables& like, const Random& random, bool exact) {
    Variables result;
    for (const Variable& each : like) result.push_back(random_direction(each, random.stream(result.size()), exact));
    return result;
}

// All elements of an input in order, or so many different ones.
std::vector<Index> chosen_elements(Index size, Index samples, const Random& random) {
    if (samples == 0 || samples >= size) {
        std::vector<Index> all(static_cast<std::size_t>(size));
        std::iota(all.begin(), all.end(), Index{0});
        return all;
    }
    std::set<Index> chosen;
    for (std::uint64_t draw = 0; std::ssize(chosen) < samples; ++draw) {
        chosen.insert(static_cast<Index>(random.below(static_cast<std::uint64_t>(size), draw)));
    }
    return {chosen.begin(), chosen.end()};
}

double largest_magnitude(const std::vector<double>& values) {
    double largest = 0.0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

Tensors values_of(const Variables& variables) {
    Tensors values;
    for (const Variable& variable : variables) values.push_back(variable.value());
    return values;
}

// ---- one order: the gradient of some results beside their slopes

// The results whose gradient is checked, as a function of inputs, and where.
struct Subject {
    std::function<Variables(const Variables& inputs)> results;
    Variables inputs;
    std::vector<std::string> names;  // of the inputs
};

// A way to move one input, what the tape says of it, and what is measured.
struct Line {
    LineFunction f;
    double step;
    double analytic;
    double scale;  // by which a difference is judged
    MeasuredSlope measured;
};

// The lines through one input: along each of the chosen elements, then all at once.
struct Lines {
    std::vector<Index> elements;
    std::vector<Line> lines;
    double largest = 0.0;  // slope along any element, by either account
};

// The gradient of ⟨v, results⟩ for a random v, and the slopes of that.
struct OrderCheck {
    const Subject& subject;
    const GradientCheckOptions& options;  // every number of which is settled
    Tensors f0, v;
    std::vector<std::vector<double>> gradients;

    OrderCheck(const Subject& checked, const GradientCheckOptions& settled, const Random& random)
        : subject(checked), options(settled) {
        Tape tape(subject.inputs);
        const Variables results = subject.results(subject.inputs);
        const Variables directions = random_directions(results, random, options.exact);
        for (const Variable& g : tape.gradient(inner_product(results, directions), Unconnected::zero)) {
            gradients.push_back(g.value().to_vector());
        }
        f0 = values_of(results);
        v = values_of(directions);
    }

    // Where the elements of an input, of which `size` is the largest, become move(elements, t).
    template <class Move>
    Line line(std::size_t input, double size, double analytic, double scale, Move move) const {
        const LineFunction f = [this, input, move](double t) {
            std::vector<double> elements = subject.inputs[input].value().to_vector();
            move(elements, t);
            Variables inputs = subject.inputs;
            inputs[input] = Tensor(inputs[input].shape(), elements, DType::float64);
            return values_of(subject.results(inputs));
        };
        const double step = options.step * std::max(1.0, size);
        return {f, step, analytic, scale,
                options.exact ? MeasuredSlope{.value = exact_slope(f, f0, v)} : measure_slope(f, f0, v, step)};
    }

    Lines lines(std::size_t input, const Random& random) const {
        const Variable& x = subject.inputs[input];
        const std::vector<double> at = x.value().to_vector(), &gradient = gradients[input];
        Lines result{.elements = chosen_elements(x.size(), options.samples, random.stream(0)),
                     .lines = {},
                     .largest = largest_magnitude(gradient)};
        for (const Index e : result.elements) {
            const auto move = [e](std::vector<double>& elements, double t) { elements[e] += t; };
            result.lines.push_back(line(input, std::abs(at[e]), gradient[e], 0.0, move));
            result.largest = std::max(result.largest, std::abs(result.lines.back().measured.value));
        }
        for (Line& each : result.lines) each.scale = result.largest;

        std::vector<double> d = random_direction(x, random.stream(1), options.exact).value().to_vector();
        if (!options.exact) {
            const double length = std::sqrt(std::inner_product(d.begin(), d.end(), d.begin(), 0.0));
            for (double& each : d) each /= length;
        }
        double analytic = 0.0, scale = 0.0;
        for (std::size_t e = 0; e < d.size(); ++e) {
            analytic += gradient[e] * d[e];
            scale += std::abs(gradient[e] * d[e]);
        }
        const auto move = [d](std::vector<double>& elements, double t) {
            for (std::size_t e = 0; e < elements.size(); ++e) elements[e] += t * d[e];
        };
        Line& all = result.lines.emplace_back(line(input, largest_magnitude(at), analytic, scale, move));
        all.scale = std::max(all.scale, std::abs(all.measured.value));
        return result;
    }

    SlopeComparison compare(const Line& line) const {
        if (options.exact) return {.numbers = GradientComparison::of(line.analytic, line.measured.value, line.scale)};
        return compare_slopes(line.analytic, line.measured, line.scale, options.tolerance,
                              [&](double smaller) { return measure_slope(line.f, f0, v, line.step * smaller); });
    }

    InputReport report(std::size_t input, const Lines& along) const {
        InputReport report;
        report.name = subject.names[input];
        report.shape = subject.inputs[input].shape();
        report.checked = std::ssize(along.elements);
        report.worst.relative_error = -1.0;
        for (std::size_t i = 0; i < along.elements.size(); ++i) {
            const SlopeComparison seen = compare(along.lines[i]);
            std::vector<Index> element = unravel_index(along.elements[i], report.shape);
            if (seen.kink) {
                report.kinks.push_back({std::move(element), seen.before, seen.after, along.lines[i].analytic});
            } else if (seen.numbers.relative_error > report.worst.relative_error) {
                report.worst = seen.numbers;
                report.element = std::move(element);
            }
        }
        report.worst.relative_error = std::max(report.worst.relative_error, 0.0);
        const SlopeComparison all = compare(along.lines.back());
        if (!all.kink) report.direction = all.numbers;
        return report;
    }
};

OrderReport check_order(const Subject& subject, int order, const GradientCheckOptions& options, const Random& random) {
    const OrderCheck check(subject, options, random.stream(0));
    std::vector<Lines> lines;
    double largest = 0.0;
    for (std::size_t input = 0; input < subject.inputs.size(); ++input) {
        lines.push_back(check.lines(input, random.stream(1 + input)));
        largest = std::max(largest, lines.back().largest);
    }
    // A third derivative may well vanish; but the second, by the inputs and g, holds the first.
    require<VacuousCheck>(largest > 0.0 || order > 2,
                          "gradient_check: all gradients are zero, so the check would prove nothing; got {} inputs",
                          subject.inputs.size());

    OrderReport report{.order = order, .exact = options.exact, .tolerance = options.tolerance, .inputs = {}};
    Index compared = 0;
    for (std::size_t input = 0; input < subject.inputs.size(); ++input) {
        report.inputs.push_back(check.report(input, lines[input]));
        compared += report.inputs.back().checked - std::ssize(report.inputs.back().kinks);
    }
    require<VacuousCheck>(compared > 0,
                          "gradient_check: every element lies at a kink, so the check would prove nothing; got {} "
                          "inputs",
                          subject.inputs.size());
    return report;
}

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
    require(options.order >= 1, "gradient_check: order must be at least 1; got {}", options.order);
    require(!inputs.empty(), "gradient_check: there must be an input; got none");
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
        if (settled.step <= 0.0) settled.step = std::pow(std::numeric_limits<double>::epsilon(), 0.2);
        if (settled.tolerance <= 0.0) settled.tolerance = order == 1 ? 1e-7 : 1e-6;
        if (options.exact) settled.tolerance = 0.0;
        report.orders.push_back(check_order(subject, order, settled, random.stream(100 + order)));
    }
    return report;
}

}  // namespace adjoint
