#include "framework/analysis/order_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "framework/analysis/finite_difference.h"
#include "framework/ops/loops.h"

namespace adjoint {
namespace {

using Variables = std::vector<Variable>;
using Tensors = std::vector<Tensor>;

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

Tensors values_of(const Variables& variables) {
    Tensors values;
    for (const Variable& variable : variables) values.push_back(variable.value());
    return values;
}

// Which elements of an input move, and how fast.
using Direction = std::vector<std::pair<Index, double>>;

// A way to move one input, what the tape says of it, and what is measured.
struct Line {
    std::string place;
    LineFunction f;
    double step;
    double analytic;
    double scale;  // by which a difference is judged
    MeasuredSlope measured;
};

// The lines through one input: along each of the chosen elements, then all at once.
struct Lines {
    std::vector<Index> elements;
    Direction all;
    std::vector<Line> lines;
    double largest = 0.0;  // slope along any element, by either account
};

// The gradient of ⟨v, results⟩ for a random v, and the slopes of that.
struct OrderCheck {
    const Subject& subject;
    int order;
    const GradientCheckOptions& options;  // every number of which is settled
    Tensors f0, v;
    std::vector<std::vector<double>> gradients;

    OrderCheck(const Subject& checked, int its_order, const GradientCheckOptions& settled, const Random& random)
        : subject(checked), order(its_order), options(settled) {
        Tape tape(subject.inputs);
        const Variables results = subject.results(subject.inputs);
        const Variables directions = random_directions(results, random, options.exact);
        for (const Variable& g : tape.gradient(inner_product(results, directions), Unconnected::zero)) {
            gradients.push_back(g.value().to_vector());
        }
        f0 = values_of(results);
        v = values_of(directions);
    }

    MeasuredSlope measure(const std::string& place, const LineFunction& f, double h) const {
        try {
            return options.exact ? MeasuredSlope{.value = exact_slope(f, f0, v)} : measure_slope(f, f0, v, h);
        } catch (const NotMeasurable& fact) {
            throw NotMeasurable(fmt::format("{} at {}", fact.what(), place));
        }
    }

    // Along the line x + t·d.
    Line line(std::size_t input, const Direction& d) const {
        const Tensor& x = subject.inputs[input].value();
        const LineFunction f = [this, input, d](double t) {
            Variables inputs = subject.inputs;
            std::vector<double> elements = inputs[input].value().to_vector();
            for (const auto& [e, speed] : d) elements[static_cast<std::size_t>(e)] += t * speed;
            inputs[input] = Tensor(inputs[input].shape(), elements, DType::float64);
            return values_of(subject.results(inputs));
        };
        double analytic = 0.0, scale = 0.0, size = 1.0;
        for (const auto& [e, speed] : d) {
            const double part = gradients[input][static_cast<std::size_t>(e)] * speed;
            analytic += part;
            scale += std::abs(part);
            size = std::max(size, std::abs(x[e]));
        }
        const std::string place = d.size() == 1
                                      ? element_name(subject.names[input], unravel_index(d[0].first, x.shape()))
                                      : subject.names[input] + ", moved at random";
        const double step = options.step * size;
        const MeasuredSlope measured = measure(place, f, step);
        return {place, f, step, analytic, std::max(scale, std::abs(measured.value)), measured};
    }

    Lines lines(std::size_t input, const Random& random) const {
        const Variable& x = subject.inputs[input];
        Lines result{.elements = chosen_elements(x.size(), options.samples, random.stream(0)), .all = {}, .lines = {}};
        for (const double slope : gradients[input]) result.largest = std::max(result.largest, std::abs(slope));
        for (const Index e : result.elements) {
            result.lines.push_back(line(input, {{e, 1.0}}));
            result.largest = std::max(result.largest, std::abs(result.lines.back().measured.value));
        }
        for (Line& each : result.lines) each.scale = result.largest;

        const std::vector<double> d = random_direction(x, random.stream(1), options.exact).value().to_vector();
        const double length = options.exact ? 1.0 : std::sqrt(std::inner_product(d.begin(), d.end(), d.begin(), 0.0));
        for (const double speed : d) result.all.emplace_back(std::ssize(result.all), speed / length);
        result.lines.push_back(line(input, result.all));
        return result;
    }

    SlopeComparison compare(const Line& line) const {
        if (options.exact) return {.numbers = GradientComparison::of(line.analytic, line.measured.value, line.scale)};
        return compare_slopes(line.analytic, line.measured, line.scale, options.tolerance,
                              [&](double smaller) { return measure(line.place, line.f, line.step * smaller); });
    }

    // The element that has most part in what is wrong when all move: it is in one half, and in one half of that.
    Index culprit(std::size_t input, Direction moved) const {
        const auto wrong = [&](const Direction& part) {
            const GradientComparison seen = compare(line(input, part)).numbers;
            const double gap = std::abs(seen.analytic - seen.numeric);
            return std::isnan(gap) ? std::numeric_limits<double>::infinity() : gap;
        };
        while (moved.size() > 1) {
            const auto middle = moved.begin() + std::ssize(moved) / 2;
            const Direction first(moved.begin(), middle), second(middle, moved.end());
            moved = wrong(first) >= wrong(second) ? first : second;
        }
        return moved.front().first;
    }

    InputReport report(std::size_t input, const Lines& along) const {
        InputReport report;
        report.name = subject.names[input];
        report.shape = subject.inputs[input].shape();
        report.checked = std::ssize(along.elements);
        report.worst.relative_error = -1.0;
        for (std::size_t i = 0; i < along.elements.size(); ++i) {
            const SlopeComparison seen = compare(along.lines[i]);
            const std::vector<Index> element = unravel_index(along.elements[i], report.shape);
            if (seen.jump) {
                report.kinks.push_back(
                    {element, order - 1 + *seen.jump, seen.before, seen.after, along.lines[i].analytic});
            }
            if (seen.has_slope() && seen.numbers.relative_error > report.worst.relative_error) {
                report.worst = seen.numbers;
                report.element = element;
            }
        }
        report.worst.relative_error = std::max(report.worst.relative_error, 0.0);
        const SlopeComparison all = compare(along.lines.back());
        if (all.has_slope()) report.direction = all.numbers;
        if (report.direction.relative_error <= options.tolerance || report.worst.relative_error > options.tolerance) {
            return report;
        }
        const Index element = culprit(input, along.all);
        Line alone = line(input, {{element, 1.0}});
        alone.scale = std::max(alone.scale, along.largest);
        report.worst = compare(alone).numbers;
        report.element = unravel_index(element, report.shape);
        report.together = report.worst.relative_error <= options.tolerance;
        return report;
    }
};

// Throws where the function does not give the same twice.
void require_the_same_twice(const Subject& subject) {
    const Tensors once = values_of(subject.results(subject.inputs)), again = values_of(subject.results(subject.inputs));
    for (std::size_t i = 0; i < once.size(); ++i) {
        if (identical(once[i], again[i])) continue;
        for (Index e = 0; e < once[i].size(); ++e) {
            require(once[i][e] == again[i][e] || std::isnan(once[i][e]),
                    "gradient_check: the function is random: asked twice it must answer the same; got {} and {}",
                    once[i][e], again[i][e]);
        }
    }
}

}  // namespace

Variable random_direction(const Variable& like, const Random& random, bool exact) {
    if (exact) return small_whole_numbers(like.shape(), random);
    return map(random.uniform(like.shape(), DType::float64), [](auto u) { return u < 0.5 ? u + 0.5 : -u; });
}

Variables random_directions(const Variables& like, const Random& random, bool exact) {
    Variables result;
    for (const Variable& each : like) result.push_back(random_direction(each, random.stream(result.size()), exact));
    return result;
}

OrderReport check_order(const Subject& subject, int order, const GradientCheckOptions& options, const Random& random) {
    require_the_same_twice(subject);
    const OrderCheck check(subject, order, options, random.stream(0));
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
        compared += report.inputs.back().checked;
        for (const Kink& kink : report.inputs.back().kinks) compared -= kink.derivative <= order ? 1 : 0;
    }
    require<VacuousCheck>(compared > 0,
                          "gradient_check: every element lies at a kink, so the check would prove nothing; got {} "
                          "inputs",
                          subject.inputs.size());
    return report;
}

}  // namespace adjoint
