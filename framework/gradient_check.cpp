#include "framework/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "framework/elementwise.h"
#include "framework/finite_difference.h"
#include "framework/kernels.h"

namespace adjoint {
namespace {

using Variables = std::vector<Variable>;
using Tensors = std::vector<Tensor>;

constexpr double rounding_tolerance = 1e-11;  // where nothing but rounding can differ

// One order of derivative: the results whose gradient is checked, at these inputs.
struct Subject {
    std::function<Variables(const Variables&)> results;
    Variables inputs;
    std::vector<std::string> names;
};

struct Rules {
    bool exact;
    Index samples;
    double step;
    double tolerance;
};

// ---- directions and samples

// Numbers with 0.5 < |v| < 1, or whole ones.
Variable direction(const Variable& like, const Random& random, bool exact) {
    if (exact) return small_whole_numbers(like.shape(), random);
    return map(random.uniform(like.shape(), DType::float64), [](auto u) { return u < 0.5 ? u + 0.5 : -u; });
}

Variables directions(const Variables& like, const Random& random, bool exact) {
    Variables result;
    for (const Variable& each : like) result.push_back(direction(each, random.stream(result.size()), exact));
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

std::vector<Index> position(Index flat, const Shape& shape) {
    std::vector<Index> result(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0; flat /= shape[axis]) result[axis] = flat % shape[axis];
    return result;
}

double largest_magnitude(const std::vector<double>& values) {
    double largest = 0.0;
    for (const double value : values) largest = std::max(largest, std::abs(value));
    return largest;
}

// ---- one line through the inputs

Tensors values_of(const Variables& variables) {
    Tensors values;
    for (const Variable& variable : variables) values.push_back(variable.value());
    return values;
}

// A way to move one input, and what the tape says of it.
struct Line {
    LineFunction f;
    double step;
    double analytic;
    double scale;  // by which a difference is judged
};

// The results where the elements of one input are move(elements, t).
template <class Move>
LineFunction moved(const Subject& subject, std::size_t input, Move move) {
    return [&subject, input, move](double t) {
        std::vector<double> elements = subject.inputs[input].value().to_vector();
        move(elements, t);
        Variables inputs = subject.inputs;
        inputs[input] = Tensor(inputs[input].shape(), elements, DType::float64);
        return values_of(subject.results(inputs));
    };
}

Line along_element(const Subject& subject, std::size_t input, Index element, const std::vector<double>& gradient,
                   const Rules& rules) {
    const auto move = [element](std::vector<double>& elements, double t) { elements[element] += t; };
    const double x = subject.inputs[input].value()[element];
    return {.f = moved(subject, input, move),
            .step = rules.step * std::max(1.0, std::abs(x)),
            .analytic = gradient[element],
            .scale = largest_magnitude(gradient)};
}

// All elements along d, of length 1 unless whole numbers are asked for.
Line along_direction(const Subject& subject, std::size_t input, const std::vector<double>& gradient, const Rules& rules,
                     const Random& random) {
    const Variable& x = subject.inputs[input];
    std::vector<double> d = direction(x, random, rules.exact).value().to_vector();
    if (!rules.exact) {
        const double length = std::sqrt(std::inner_product(d.begin(), d.end(), d.begin(), 0.0));
        for (double& each : d) each /= length;
    }
    Line line{.f = moved(subject, input,
                         [d](std::vector<double>& elements, double t) {
                             for (std::size_t e = 0; e < elements.size(); ++e) elements[e] += t * d[e];
                         }),
              .step = rules.step * std::max(1.0, largest_magnitude(x.value().to_vector())),
              .analytic = 0.0,
              .scale = 0.0};
    for (std::size_t e = 0; e < d.size(); ++e) {
        line.analytic += gradient[e] * d[e];
        line.scale += std::abs(gradient[e] * d[e]);
    }
    return line;
}

// ---- one input, one order

// The results at the inputs, the direction in which they are measured, and the tape's gradient.
struct Analytic {
    Tensors f0, v;
    std::vector<std::vector<double>> gradients;

    Analytic(const Subject& subject, const Random& random, bool exact) {
        Tape tape(subject.inputs);
        const Variables results = subject.results(subject.inputs);
        const Variables v_variables = directions(results, random, exact);
        for (const Variable& g : tape.gradient(inner_product(results, v_variables), Unconnected::zero)) {
            gradients.push_back(g.value().to_vector());
        }
        f0 = values_of(results);
        v = values_of(v_variables);
    }
};

struct Slopes {
    std::vector<Index> elements;
    std::vector<Line> lines;  // an element each, then all at once
    std::vector<MeasuredSlope> measured;
    double largest = 0.0;  // of all elements, by either account

    Slopes(const Subject& subject, const Analytic& at, std::size_t input, const Rules& rules, const Random& random)
        : elements(chosen_elements(subject.inputs[input].size(), rules.samples, random.stream(0))),
          largest(largest_magnitude(at.gradients[input])) {
        const std::vector<double>& gradient = at.gradients[input];
        for (const Index element : elements) lines.push_back(along_element(subject, input, element, gradient, rules));
        lines.push_back(along_direction(subject, input, gradient, rules, random.stream(1)));
        for (const Line& line : lines) {
            measured.push_back(rules.exact ? MeasuredSlope{.value = exact_slope(line.f, at.f0, at.v)}
                                           : measure_slope(line.f, at.f0, at.v, line.step));
        }
        for (std::size_t i = 0; i < elements.size(); ++i) largest = std::max(largest, std::abs(measured[i].value));
        for (std::size_t i = 0; i < elements.size(); ++i) lines[i].scale = largest;
        lines.back().scale = std::max(lines.back().scale, std::abs(measured.back().value));
    }
};

InputReport report_input(const Slopes& slopes, const Analytic& at, const Variable& input, const std::string& name,
                         const Rules& rules) {
    InputReport report;
    report.name = name;
    report.shape = input.shape();
    report.checked = std::ssize(slopes.elements);
    report.worst.relative_error = -1.0;
    for (std::size_t i = 0; i < slopes.lines.size(); ++i) {
        const auto& [f, step, analytic, scale] = slopes.lines[i];
        const MeasuredSlope& slope = slopes.measured[i];
        const SlopeComparison seen =
            rules.exact ? SlopeComparison{.numbers = GradientComparison::of(analytic, slope.value, scale)}
                        : compare_slopes(analytic, slope, scale, rules.tolerance,
                                         [&](double smaller) { return measure_slope(f, at.f0, at.v, step * smaller); });
        if (i == slopes.elements.size()) {
            if (!seen.kink) report.direction = seen.numbers;
            continue;
        }
        std::vector<Index> element = position(slopes.elements[i], input.shape());
        if (seen.kink) {
            report.kinks.push_back({std::move(element), seen.before, seen.after, analytic});
        } else if (seen.numbers.relative_error > report.worst.relative_error) {
            report.worst = seen.numbers;
            report.element = std::move(element);
        }
    }
    report.worst.relative_error = std::max(report.worst.relative_error, 0.0);
    return report;
}

OrderReport compare(const Subject& subject, int order, const Rules& rules, const Random& random) {
    const Analytic at(subject, random.stream(0), rules.exact);
    std::vector<Slopes> slopes;
    double largest = 0.0;
    for (std::size_t input = 0; input < subject.inputs.size(); ++input) {
        slopes.emplace_back(subject, at, input, rules, random.stream(1 + input));
        largest = std::max(largest, slopes.back().largest);
    }
    // A third derivative may well vanish; but the second, by the inputs and g, holds the first.
    require<VacuousCheck>(largest > 0.0 || order > 2,
                          "gradient_check: all gradients are zero, so the check would prove nothing; got {} inputs",
                          subject.inputs.size());

    OrderReport report{.order = order, .exact = rules.exact, .tolerance = rules.tolerance, .inputs = {}};
    Index compared = 0;
    for (std::size_t input = 0; input < subject.inputs.size(); ++input) {
        report.inputs.push_back(report_input(slopes[input], at, subject.inputs[input], subject.names[input], rules));
        compared += report.inputs.back().checked - std::ssize(report.inputs.back().kinks);
    }
    require<VacuousCheck>(compared > 0,
                          "gradient_check: every element lies at a kink, so the check would prove nothing; got {} "
                          "inputs",
                          subject.inputs.size());
    return report;
}

// ---- higher orders

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
        return tape.gradient(inner_product(values, directions(values, random, exact)), Unconnected::zero);
    };
    return subject;
}

AdjointReport compare_adjoints(const DifferentiableFunction& f, const Variables& x, const Variable& v,
                               const Random& random, bool exact) {
    const Variables u = directions(x, random, exact);
    const Variable tangent = jvp(f, x, u);
    const auto norm = [](const Variable& a) { return std::sqrt(inner_product({a}, {a}).item()); };
    const GradientComparison products = GradientComparison::of(
        inner_product({v}, {tangent}).item(), inner_product(vjp(f, x, v), u).item(), norm(v) * norm(tangent));
    return {.forward = products.analytic,
            .reverse = products.numeric,
            .relative_error = products.relative_error,
            .tolerance = exact ? 0.0 : rounding_tolerance};
}

void require_inputs(const std::vector<Tensor>& inputs, const GradientCheckOptions& options) {
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

GradientCheckReport gradient_check(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                                   const GradientCheckOptions& options) {
    require_inputs(inputs, options);
    const Random random = Random(options.seed).stream(1);
    Subject subject{.results = [&f](const Variables& x) -> Variables {
                        const Tape training(x);  // what a layer does while it is trained is what is checked
                        return {f(x)};
                    },
                    .inputs = {inputs.begin(), inputs.end()},
                    .names = options.names};
    for (std::size_t i = subject.names.size(); i < inputs.size(); ++i)
        subject.names.push_back(fmt::format("input {}", i));
    const Variables x = subject.inputs;
    const Variable g = direction(subject.results(x).front(), random.stream(0), options.exact);

    GradientCheckReport report;
    for (int order = 1; order <= options.order; ++order) {
        if (order == 2) {
            report.adjoint = compare_adjoints(f, x, g, random.stream(1), options.exact);
            subject = second_order(f, subject, g);
        }
        if (order > 2) subject = next_order(subject, random.stream(order), options.exact);
        const double tolerance = options.tolerance > 0.0 ? options.tolerance : order == 1 ? 1e-7 : 1e-6;
        const double step = options.step > 0.0 ? options.step : std::pow(std::numeric_limits<double>::epsilon(), 0.2);
        report.orders.push_back(compare(subject, order,
                                        {.exact = options.exact,
                                         .samples = options.samples,
                                         .step = step,
                                         .tolerance = options.exact ? 0.0 : tolerance},
                                        random.stream(100 + order)));
    }
    return report;
}

}  // namespace adjoint
