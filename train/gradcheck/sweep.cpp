#include "train/gradcheck/sweep.h"

#include <algorithm>
#include <fmt/format.h>

#include "train/cli/progress_line.h"

namespace adjoint {
namespace {

// What became of one configuration.
struct Outcome {
    bool fits = false;  // the settings fit together, and there is a gradient to check
    double relative_error = 0.0;
    std::string reason = {};  // why it failed
};

Outcome check_once(const GradientRow& row, const Settings& settings, const GradientCheckOptions& options) {
    try {
        const GradientCheckReport report = row.check(settings, options);
        double worst = 0.0;
        for (const OrderReport& order : report.orders) worst = std::max(worst, order.worst().larger().relative_error);
        return {.fits = true, .relative_error = worst, .reason = report.passed() ? "" : report.text()};
    } catch (const SettingsDoNotFit&) {
        return {};
    } catch (const VacuousCheck&) {
        return {};
    } catch (const Error& error) {
        return {.fits = true, .reason = fmt::format("{}\n", error.what())};
    }
}

std::string gradcheck_command(const GradientRow& row, const Settings& settings, const GradientCheckOptions& options) {
    const char* const quote = row.name.find(' ') == std::string::npos ? "" : "\"";
    std::string command = fmt::format("adjoint gradcheck --layer {0}{1}{0}{2}", quote, row.name, settings.words());
    const auto add = [&command](const char* flag, const auto& value, const auto& usual) {
        if (value != usual) command += fmt::format(" {} {}", flag, value);
    };
    const GradientCheckOptions usual;
    add("--order", options.order, usual.order);
    add("--seed", options.seed, usual.seed);
    add("--samples", options.samples, usual.samples);
    add("--tolerance", options.tolerance, usual.tolerance);
    add("--step", options.step, usual.step);
    return command;
}

// Takes every step towards a simpler configuration after which the check still fails.
SweepFailure shrunk(const GradientRow& row, const Settings& settings, const std::string& reason,
                    const GradientCheckOptions& options) {
    for (const Settings& candidate : settings.simpler()) {
        const Outcome outcome = check_once(row, candidate, options);
        if (!outcome.reason.empty()) return shrunk(row, candidate, outcome.reason, options);
    }
    return {row.name, reason, gradcheck_command(row, settings, options)};
}

// Draws until a configuration fits.
std::pair<Settings, Outcome> draw_fitting(const GradientRow& row, const GradientCheckOptions& options) {
    constexpr int most_draws = 1000;
    RandomStream stream{Random(options.seed)};
    for (int draw = 0; draw < most_draws; ++draw) {
        const Settings settings = row.settings.drawn(stream);
        const Outcome outcome = check_once(row, settings, options);
        if (outcome.fits) return {settings, outcome};
    }
    throw Error(fmt::format("gradcheck: no configuration of {} fits together; got {} draws", row.name, most_draws));
}

}  // namespace

SweepReport sweep_gradients(const GradientRows& rows, Index count, GradientCheckOptions options) {
    SweepReport report;
    std::vector<const GradientRow*> left;  // none where a row failed
    for (const GradientRow& row : rows) {
        if (row.samples > 0) continue;
        left.push_back(&row);
        report.rows.push_back({.name = row.name});
    }
    require(!left.empty(), "gradcheck: whole models have no random configurations; got {} rows", rows.size());
    ProgressLine progress;
    for (Index i = 0; i < count && report.failures.size() < left.size(); ++i, ++options.seed) {
        progress.say([&] { return fmt::format("{} of {} configurations", i, count); });
        const std::size_t which = static_cast<std::size_t>(i) % left.size();
        if (!left[which]) continue;
        const GradientRow& row = *left[which];
        const auto [settings, outcome] = draw_fitting(row, options);
        SweptRow& result = report.rows[which];
        ++report.configurations;
        ++result.configurations;
        result.exact += row.exact(settings);
        result.relative_error = std::max(result.relative_error, outcome.relative_error);
        if (outcome.reason.empty()) continue;
        report.failures.push_back(shrunk(row, settings, outcome.reason, options));
        left[which] = nullptr;
    }
    return report;
}

}  // namespace adjoint
