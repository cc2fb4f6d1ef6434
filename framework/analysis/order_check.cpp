#include "framework/analysis/order_check.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "framework/analysis/finite_difference.h"
#include "framework/analysis/gradient_check.h"
#include "framework/kernels/loops.h"

namespace adjoint {
namespace {

using Variables = std::vector<Variable>;
using Tensors = std::vector<Tensor>;

// ---- samples

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
LineFunction moved(const OrderSubject& subject, std::size_t input, Move move) {
    return [&subject, input, move](double t) {
        std::vector<double> elements = subject.inputs[input].value().to_vector();
        move(elements, t);
        Variables inputs = subject.inputs;
        inputs[input] = Tensor(inputs[input].shape(), elements, DType::float64);
        return values_of(subject.results(inputs));
    };
}

Line along_element(const OrderSubject& subject, std::size_t input, Index element, const std::vector<double>& gradient,
                   const OrderRules& rules) {
    const auto move = [element](std::vector<double>& elements, double t) { elements[element] += t; };
    const double x = subject.inputs[input].value()[element];
    return {.f = moved(subject, input, move),
            .step = rules.step * std::max(1.0, std::abs(x)),
            .analytic = gradient[element],
            .scale = largest_magnitude(gradient)};
}

// All elements along d, of length 1 unless whole numbers are asked for.
Line along_direction(const OrderSubject& subject, std::size_t input, const std::vector<double>& gradient,
                     const OrderRules& rules, const Random& random) {
    const Variable& x = subject.inputs[input];
    std::vector<double> d = random_direction(x, random, rules.exact).value().to_vector();
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

    Analytic(const OrderSubject& subject, const Random& random, bool exact) {
        Tape tape(subject.inputs);
        const Variables results = subject.results(subject.inputs);
        const Variables v_variables = random_directions(results, random, exact);
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

    Slopes(const OrderSubject& subject, const Analytic& at, std::size_t input, const OrderRules& rules,
           const Random& random)
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
                         const OrderRules& rules) {
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
        std::vector<Index> element = unravel_index(slopes.elements[i], input.shape());
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

}  // namespace

Variable random_direction(const Variable& like, const Random& random, bool exact) {
    if (exact) return small_whole_numbers(like.shape(), random);
    return map(random.uniform(like.shape(), DType::float64), [](auto u) { return u < 0.5 ? u + 0.5 : -u; });
}

std::vector<Variable> random_directions(const std::vector<Variable>& like, const Random& random, bool exact) {
    Variables result;
    for (const Variable& each : like) result.push_back(random_direction(each, random.stream(result.size()), exact));
    return result;
}

OrderReport check_order(const OrderSubject& subject, int order, const OrderRules& rules, const Random& random) {
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

}  // namespace adjoint
