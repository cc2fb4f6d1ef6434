#include "framework/analysis/gradient_report.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>

namespace adjoint {
namespace {

std::uint64_t ulps_between(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<std::uint64_t>::max();
    // Doubles in their order as whole numbers; both zeros are 0.
    const auto rank = [](double value) {
        const auto bits = std::bit_cast<std::int64_t>(value);
        return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
    };
    const auto [low, high] = std::minmax({rank(a), rank(b)});
    return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
}

std::string ulps_text(std::uint64_t ulps) {
    return ulps < 1'000'000 ? fmt::format("{}", ulps) : fmt::format("{:.0e}", static_cast<double>(ulps));
}

// What jumps where this derivative does.
std::string jump_name(int derivative) {
    return derivative == 0   ? "jump of the function"
           : derivative == 1 ? "kink"
           : derivative == 2 ? "jump of the second derivative"
                             : fmt::format("jump of derivative {}", derivative);
}

// A line for a kink. Below the order that is checked there is nothing to say of it, and above nothing analytic.
std::string text_of(const Kink& kink, const std::string& input, int order) {
    std::string text = fmt::format("  {} at {}", jump_name(kink.derivative), element_name(input, kink.element));
    if (kink.derivative >= order) {
        text += fmt::format(": {}{:.6g} before, {:.6g} after", kink.derivative == 1 ? "slope " : "", kink.before,
                            kink.after);
    }
    if (kink.derivative == order) text += fmt::format(", analytic {:.6g}", kink.analytic);
    return text + "\n";
}

// A line for the order, a line an input where there are several, and a line a kink.
std::string text_of(const OrderReport& order) {
    const InputReport& worst = order.worst();
    const auto& [analytic, numeric, relative_error, ulps] = worst.larger();
    std::string text = fmt::format("order {}: exact in whole numbers\n", order.order);
    if (!order.exact || !order.passed()) {
        text = fmt::format(
            "order {}: {}, worst at {}: analytic {:.12g}, numeric {:.12g}, relative error {:.2e}, {} ulps{}\n",
            order.order, order.passed() ? "passed" : "FAILED", worst.place(), analytic, numeric, relative_error,
            ulps_text(ulps), order.exact ? "" : fmt::format(" (tolerance {:.0e})", order.tolerance));
    }
    if (order.inputs.size() > 1) {
        text += fmt::format("  {:<22}{:>15}  {:<18}{:>21}{:>21}{:>16}{:>10}\n", "input", "checked", "worst element",
                            "analytic", "numeric", "relative error", "ulps");
        for (const InputReport& input : order.inputs) {
            const std::string checked = fmt::format("{} of {}", input.checked, element_count(input.shape));
            text += fmt::format("  {:<22}{:>15}  {:<18}{:>21.12g}{:>21.12g}{:>16.1e}{:>10}\n", input.name, checked,
                                element_name("", input.element), input.worst.analytic, input.worst.numeric,
                                input.worst.relative_error, ulps_text(input.worst.ulps));
        }
    }
    for (const InputReport& input : order.inputs) {
        for (const Kink& kink : input.kinks) text += text_of(kink, input.name, order.order);
    }
    return text;
}

}  // namespace

GradientComparison GradientComparison::of(double analytic, double numeric, double scale) {
    const double error = analytic == numeric       ? 0.0
                         : std::isfinite(analytic) ? std::abs(analytic - numeric) / scale
                                                   : std::numeric_limits<double>::infinity();
    return {.analytic = analytic, .numeric = numeric, .relative_error = error, .ulps = ulps_between(analytic, numeric)};
}

std::string element_name(const std::string& input, const std::vector<Index>& element) {
    return element.empty() ? input : fmt::format("{}[{}]", input, fmt::join(element, ", "));
}

std::string InputReport::place() const { return element_name(name, element) + (together ? " and others at once" : ""); }

bool OrderReport::passed() const { return worst().larger().relative_error <= tolerance; }

const InputReport& OrderReport::worst() const {
    return *std::max_element(inputs.begin(), inputs.end(), [](const InputReport& a, const InputReport& b) {
        return a.larger().relative_error < b.larger().relative_error;
    });
}

bool GradientCheckReport::passed() const {
    return std::all_of(orders.begin(), orders.end(), [](const OrderReport& order) { return order.passed(); }) &&
           (!adjoint || adjoint->passed());
}

std::string GradientCheckReport::text() const {
    std::string result;
    for (const OrderReport& order : orders) result += text_of(order);
    if (adjoint) {
        result += fmt::format("adjoints: {}, <v, J u> = {:.12g}, <J'v, u> = {:.12g}, relative error {:.2e}\n",
                              adjoint->passed() ? "passed" : "FAILED", adjoint->forward, adjoint->reverse,
                              adjoint->relative_error);
    }
    return result;
}

}  // namespace adjoint
