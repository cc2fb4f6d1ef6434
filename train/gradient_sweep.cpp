#include "train/gradient_sweep.h"

#include <algorithm>
#include <numeric>

namespace adjoint {
namespace {

// What became of one configuration.
struct Outcome {
    bool fits = false;  // the settings fit together, and there is a gradient to check
    double relative_error = 0.0;
    std::string reason = {};  // why it failed
};

Outcome check_once(const GradientRow& row, const Settings& settings, const GradientCheckOptions& options) {
    std::function<GradientCheckReport()> check;
    try {
        check = row.check(settings, options);
    } catch (const Error&) {
        return {};
    }
    try {
        const GradientCheckReport report = check();
        double worst = 0.0;
        for (const OrderReport& order : report.orders) worst = std::max(worst, order.worst().larger().relative_error);
        return {.fits = true, .relative_error = worst, .reason = report.passed() ? "" : report.text()};
    } catch (const VacuousCheck&) {
        return {};
    } catch (const Error& error) {
        return {.fits = true, .reason = fmt::format("{}\n", error.what())};
    }
}

// Takes every step towards a simpler configuration after which the check still fails.
SweepFailure shrunk(const GradientRow& row, Settings settings, std::string reason,
                    const GradientCheckOptions& options) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (const Settings& candidate : settings.simpler()) {
            Outcome outcome = check_once(row, candidate, options);
            if (outcome.reason.empty()) continue;
            settings = candidate;
            reason = std::move(outcome.reason);
            smaller = true;
            break;
        }
    }
    return {row.name, reason, gradcheck_command(row, settings, options)};
}

// Draws until a configuration fits.
Settings draw_fitting(const GradientRow& row, const Random& random, const GradientCheckOptions& options,
                      Outcome& outcome) {
    constexpr int most_draws = 1000;
    const Settings example(row.settings);
    Dice dice(random);
    for (int draw = 0; draw < most_draws; ++draw) {
        const Settings settings = example.drawn(dice);
        outcome = check_once(row, settings, options);
        if (outcome.fits) return settings;
    }
    throw Error(fmt::format("gradcheck: no configuration of {} fits together; got {} draws", row.name, most_draws));
}

}  // namespace

Index SweepReport::configurations() const {
    return std::accumulate(rows.begin(), rows.end(), Index{0},
                           [](Index total, const SweptRow& row) { return total + row.configurations; });
}

SweepReport sweep_gradients(const std::vector<GradientRow>& rows, Index count, const GradientCheckOptions& options) {
    SweepReport report;
    std::vector<const GradientRow*> swept;
    for (const GradientRow& row : rows) {
        if (row.samples > 0) continue;
        swept.push_back(&row);
        report.rows.push_back({.name = row.name});
    }
    require(!swept.empty(), "gradcheck: whole models have no random configurations; got {} rows", rows.size());
    for (Index i = 0; i < count && report.failures.size() < swept.size(); ++i) {
        const GradientRow& row = *swept[static_cast<std::size_t>(i) % swept.size()];
        SweptRow& result = report.rows[static_cast<std::size_t>(i) % swept.size()];
        const auto failed = [&](const SweepFailure& failure) { return failure.name == row.name; };
        if (std::any_of(report.failures.begin(), report.failures.end(), failed)) continue;
        GradientCheckOptions own = options;
        own.seed += static_cast<std::uint64_t>(i);
        Outcome outcome;
        const Settings settings = draw_fitting(row, Random(own.seed), own, outcome);
        ++result.configurations;
        result.exact += row.exact(settings);
        result.relative_error = std::max(result.relative_error, outcome.relative_error);
        if (!outcome.reason.empty()) report.failures.push_back(shrunk(row, settings, outcome.reason, own));
    }
    return report;
}

std::string gradcheck_command(const GradientRow& row, const Settings& settings, const GradientCheckOptions& options) {
    const bool quoted = row.name.find(' ') != std::string::npos;
    std::string command =
        fmt::format("adjoint gradcheck --layer {0}{1}{0}{2}", quoted ? "\"" : "", row.name, settings.words());
    const GradientCheckOptions usual;
    if (options.order != usual.order) command += fmt::format(" --order {}", options.order);
    if (options.seed != usual.seed) command += fmt::format(" --seed {}", options.seed);
    if (options.samples != usual.samples) command += fmt::format(" --samples {}", options.samples);
    if (options.tolerance != usual.tolerance) command += fmt::format(" --tolerance {}", options.tolerance);
    if (options.step != usual.step) command += fmt::format(" --step {}", options.step);
    return command;
}

}  // namespace adjoint
