// `adjoint gradcheck`: are the gradients right?
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "train/commands.h"
#include "train/gradient_json.h"
#include "train/gradient_table.h"
#include "train/validators.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

/// What was typed.
struct Typed {
    std::string layer;
    bool all = false;
    Index random = 0;
    bool json = false;
    GradientCheckOptions options;
    std::map<std::string, std::string> settings;  // by flag

    /// ` --shape 2,3`: the settings, as they were typed.
    std::string words() const {
        std::string words;
        for (const auto& [flag, text] : settings) words += text.empty() ? "" : " " + flag + " " + text;
        return words;
    }
};

constexpr Index samples_in_a_sweep = 6;

// ---- which rows, and with which settings

// The row of this name, or all where none is named.
std::vector<GradientRow> rows_named(const std::string& name) {
    std::vector<GradientRow> rows;
    std::string known;
    for (const GradientRow& row : gradient_table()) {
        if (name.empty() || row.name == name) rows.push_back(row);
        known += (known.empty() ? "" : ", ") + row.name;
    }
    require(!rows.empty(), "gradcheck: no operation, layer or model has this name; got {}, known: {}", name, known);
    return rows;
}

// The row's example, or what was typed, with the usual text where nothing was.
Settings settings_for(const GradientRow& row, const Typed& typed) {
    const Settings example(row.settings);
    if (typed.words().empty()) return example;
    Settings settings = example.usual();
    for (const auto& [flag, text] : typed.settings) {
        if (text.empty()) continue;
        std::vector<std::string> own;
        for (const Setting& setting : row.settings) own.push_back(setting.flag);
        require(settings.has(flag), "gradcheck: {} has no {}; it has {}", row.name, flag,
                own.empty() ? "no settings" : fmt::format("{}", fmt::join(own, ", ")));
        settings.set(flag, text);
    }
    return settings;
}

// ---- what is printed

std::string verdict(const OrderReport& order) {
    const InputReport& worst = order.worst();
    const GradientComparison& numbers = worst.larger();
    if (!order.passed()) {
        return fmt::format("FAILED at {}: analytic {:.12g}, numeric {:.12g}, {} ulps, tolerance {:.0e}", worst.place(),
                           numbers.analytic, numbers.numeric, numbers.ulps, order.tolerance);
    }
    std::size_t kinks = 0;
    for (const InputReport& input : order.inputs) kinks += input.kinks.size();
    return kinks == 0 ? "ok" : fmt::format("ok, {} kinks", kinks);
}

void print_row(const GradientRow& row, const GradientCheckReport& report) {
    for (const OrderReport& order : report.orders) {
        const std::string error =
            order.exact && order.passed() ? "exact" : fmt::format("{:.1e}", order.worst().larger().relative_error);
        fmt::print("{:<34}{:>5}{:>17}   {}\n", row.name, order.order, error, verdict(order));
    }
    if (report.adjoint && !report.adjoint->passed()) {
        fmt::print("{:<34}{:>5}{:>17.1e}   FAILED: <v, J u> is {:.12g}, <J'v, u> is {:.12g}\n", row.name, "",
                   report.adjoint->relative_error, report.adjoint->forward, report.adjoint->reverse);
    }
}

void print_json(const Json& json) { fmt::print("{}\n", json.dump(2)); }

// ---- the three ways to check

void check_rows(const std::vector<GradientRow>& rows, const Typed& typed) {
    if (!typed.json) fmt::print("{:<34}{:>5}{:>17}\n", "operation", "order", "relative error");
    Json checks = Json::array();
    Index failed = 0;
    for (const GradientRow& row : rows) {
        const Settings settings(row.settings);
        const GradientCheckReport report = row.check(settings, typed.options)();
        failed += !report.passed();
        if (!typed.json) print_row(row, report);
        checks.push_back({{"layer", row.name}, {"settings", to_json(settings)}});
        checks.back().update(to_json(report));
    }
    if (typed.json) {
        print_json({{"passed", failed == 0}, {"checks", checks}});
    } else {
        fmt::print("{} checked, {} failed\n", rows.size(), failed);
    }
    if (failed > 0) throw CheckFailed();
}

void check_one(const GradientRow& row, const Typed& typed) {
    const Settings settings = settings_for(row, typed);
    const GradientCheckReport report = row.check(settings, typed.options)();
    if (typed.json) {
        Json json = {{"layer", row.name}, {"settings", to_json(settings)}};
        json.update(to_json(report));
        print_json(json);
    } else {
        fmt::print("{}{}\n{}", row.name, settings.words(), report.text());
    }
    if (!report.passed()) throw CheckFailed();
}

void check_random(const std::vector<GradientRow>& rows, const Typed& typed) {
    GradientCheckOptions options = typed.options;
    if (options.samples == 0) options.samples = samples_in_a_sweep;
    const SweepReport report = sweep_gradients(rows, typed.random, options);
    if (typed.json) {
        print_json(to_json(report));
    } else {
        fmt::print("{:<34}{:>14}{:>17}\n", "operation", "configurations", "relative error");
        for (const SweptRow& row : report.rows) {
            fmt::print("{:<34}{:>14}{:>17}\n", row.name, row.configurations,
                       row.exact == row.configurations && row.relative_error == 0.0
                           ? "exact"
                           : fmt::format("{:.1e}", row.relative_error));
        }
        for (const SweepFailure& failure : report.failures) {
            fmt::print("{}: FAILED, and the smallest that fails is\n  {}\n{}", failure.name, failure.command,
                       failure.reason);
        }
        fmt::print("{} configurations checked, {} failed\n", report.configurations(), report.failures.size());
    }
    if (!report.failures.empty()) throw CheckFailed();
}

void gradcheck(const Typed& typed) {
    require(typed.words().empty() || !typed.layer.empty(), "gradcheck: settings are of one layer; --layer is missing");
    require(typed.words().empty() || typed.random == 0, "gradcheck: --random draws the settings; got{}", typed.words());
    const std::vector<GradientRow> rows = rows_named(typed.layer);
    if (typed.random > 0) return check_random(rows, typed);
    if (typed.layer.empty()) return check_rows(rows, typed);
    check_one(rows.front(), typed);
}

void add_settings(CLI::App* command, const std::shared_ptr<Typed>& typed) {
    for (const SettingFlag& flag : setting_flags()) {
        std::string& text = typed->settings[flag.flag];
        CLI::Option* option = flag.text.empty()
                                  ? command->add_flag_callback(
                                        flag.flag, [&text] { text = "yes"; }, flag.description)
                                  : command->add_option(flag.flag, text, flag.description)->type_name(flag.text);
        option->group("Settings of one layer");
    }
}

}  // namespace

void add_gradcheck_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand(
        "gradcheck", "Compare the gradients of every operation, layer and model with finite differences");
    const auto typed = std::make_shared<Typed>();
    CLI::Option* layer =
        command->add_option("--layer", typed->layer, "Only this one, in the configuration that its settings say");
    command->add_flag("--all", typed->all, "Every one, as where no --layer is given")->excludes(layer);
    command->add_option("--random", typed->random, "Check so many random configurations instead")
        ->check(whole_number(1, 1'000'000));
    command->add_option("--order", typed->options.order, "Check derivatives up to this order")
        ->check(whole_number(1, 4))
        ->capture_default_str();
    command->add_option("--seed", typed->options.seed, "Of inputs, directions and configurations")
        ->check(seed_number())
        ->capture_default_str();
    command
        ->add_option("--samples", typed->options.samples,
                     "Elements of each input that are checked; all by default, but 2 of whole models")
        ->check(whole_number(1, 1'000'000'000));
    command
        ->add_option("--tolerance", typed->options.tolerance,
                     "Largest relative error; 1e-7 in the first order and 1e-6 above by default")
        ->check(positive_number());
    command->add_option("--step", typed->options.step, "Of the differences, times max(1, |x|); about 7e-4 by default")
        ->check(positive_number());
    command->add_flag("--json", typed->json, "Print the report as JSON");
    add_settings(command, typed);
    command->footer(
        "Examples:\n"
        "  adjoint gradcheck --order 2\n"
        "  adjoint gradcheck --layer conv2d_transpose --shape 2,5,5,3 --kernel 4 --stride 2,3 --padding same --order "
        "2\n"
        "  adjoint gradcheck --all --random 2000\n"
        "What is linear in each input is checked in whole numbers, bit for bit. The exit status is 3 where a check\n"
        "fails.");
    command->callback([typed] { gradcheck(*typed); });
}

}  // namespace adjoint
