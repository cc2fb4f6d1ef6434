// Gradcheck command: the gradients of operations, layers and models beside finite differences.
#include <fmt/ranges.h>
#include <map>
#include <nlohmann/json.hpp>
#include <strings.h>

#include "train/cli/commands.h"
#include "train/cli/nearest_name.h"
#include "train/cli/validators.h"
#include "train/gradcheck/sweep.h"
#include "train/io/json_text.h"

namespace adjoint {

using Json = nlohmann::ordered_json;

// ---- reports as JSON

static void to_json(Json& json, const GradientComparison& numbers) {
    const auto& [analytic, numeric, relative_error, ulps] = numbers;
    json = {{"analytic", analytic}, {"numeric", numeric}, {"relative_error", relative_error}, {"ulps", ulps}};
}

static void to_json(Json& json, const Kink& kink) {
    json = {{"element", kink.element},
            {"derivative", kink.derivative},
            {"before", kink.before},
            {"after", kink.after},
            {"analytic", kink.analytic}};
}

static void to_json(Json& json, const InputReport& input) {
    Json worst = {{"element", input.element}};
    worst.update(Json(input.worst));
    json = {{"input", input.name}, {"shape", input.shape},         {"checked", input.checked},
            {"worst", worst},      {"direction", input.direction}, {"kinks", input.kinks}};
}

static void to_json(Json& json, const OrderReport& report) {
    const auto& [order, exact, tolerance, inputs] = report;
    json = {{"order", order}, {"passed", report.passed()}, {"exact", exact}, {"tolerance", tolerance}};
    json["inputs"] = inputs;
}

static void to_json(Json& json, const SweptRow& row) {
    const auto& [name, configurations, exact, relative_error] = row;
    json = {{"layer", name}, {"configurations", configurations}, {"exact", exact}};
    json["relative_error"] = relative_error;
}

static void to_json(Json& json, const SweepFailure& failure) {
    json = {{"layer", failure.name}, {"reason", failure.reason}, {"command", failure.command}};
}

namespace {

Json check_json(const GradientRow& row, const Settings& settings, const GradientCheckReport& report) {
    Json texts = Json::object();
    for (const Setting& setting : settings.all()) texts[setting.flag->name.substr(2)] = setting.text;
    Json json = {{"layer", row.name}, {"settings", texts}, {"passed", report.passed()}, {"orders", report.orders}};
    if (report.adjoint) {
        const auto& [forward, reverse, relative_error, tolerance] = *report.adjoint;
        json["adjoint"] = {{"passed", report.adjoint->passed()},
                           {"forward", forward},
                           {"reverse", reverse},
                           {"relative_error", relative_error},
                           {"tolerance", tolerance}};
    }
    return json;
}

void print_json(const Json& json) { fmt::print("{}\n", text_of_json(json, 2)); }

// ---- reports as text

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

std::string error_text(bool exact, double relative_error) {
    return exact ? "exact" : fmt::format("{:.1e}", relative_error);
}

void print_row(const GradientRow& row, const GradientCheckReport& report) {
    for (const OrderReport& order : report.orders) {
        fmt::print("{:<34}{:>5}{:>17}   {}\n", row.name, order.order,
                   error_text(order.exact && order.passed(), order.worst().larger().relative_error), verdict(order));
    }
    if (report.adjoint && !report.adjoint->passed()) {
        fmt::print("{:<34}{:>5}{:>17.1e}   FAILED: <v, J u> is {:.12g}, <J'v, u> is {:.12g}\n", row.name, "",
                   report.adjoint->relative_error, report.adjoint->forward, report.adjoint->reverse);
    }
}

void print_sweep(const SweepReport& report) {
    fmt::print("{:<34}{:>14}{:>17}\n", "operation", "configurations", "relative error");
    for (const SweptRow& row : report.rows) {
        fmt::print("{:<34}{:>14}{:>17}\n", row.name, row.configurations,
                   error_text(row.all_exact(), row.relative_error));
    }
    for (const SweepFailure& failure : report.failures) {
        fmt::print("{}: FAILED, and the smallest that fails is\n  {}\n{}", failure.name, failure.command,
                   failure.reason);
    }
    fmt::print("{} configurations checked, {} failed\n", report.configurations, report.failures.size());
}

// ---- the three ways to check, each of which says whether all is well

/// What was typed.
struct Arguments {
    std::string layer;
    bool all = false;
    Index random = 0;
    bool json = false;
    GradientCheckOptions options;
    std::map<std::string, std::string> settings;  // by flag
};

bool check_rows(const GradientRows& rows, const Arguments& typed) {
    if (!typed.json) fmt::print("{:<34}{:>5}{:>17}\n", "operation", "order", "relative error");
    Json checks = Json::array();
    Index failed = 0;
    for (const GradientRow& row : rows) {
        try {
            const GradientCheckReport report = row.check(row.settings, typed.options);
            failed += !report.passed();
            if (!typed.json) print_row(row, report);
            checks.push_back(check_json(row, row.settings, report));
        } catch (const Error& error) {  // such as a pullback's, which must not hide the rows after it
            ++failed;
            if (!typed.json) fmt::print("{:<34}{:>5}{:>17}   FAILED: {}\n", row.name, "", "", error.what());
            checks.push_back({{"layer", row.name}, {"passed", false}, {"error", error.what()}});
        }
    }
    if (typed.json) {
        print_json({{"passed", failed == 0}, {"checks", checks}});
    } else {
        fmt::print("{} checked, {} failed\n", rows.size(), failed);
    }
    return failed == 0;
}

/// Checks the row's example, or what was typed, with the usual text where nothing was.
bool check_one(const GradientRow& row, const Arguments& typed) {
    Settings settings = typed.settings.empty() ? row.settings : row.settings.usual();
    std::vector<std::string> own;
    for (const Setting& setting : settings.all()) own.push_back(setting.flag->name);
    for (const auto& [flag, text] : typed.settings) {
        require(settings.has(flag), "gradcheck: {} has no {}; it has {}", row.name, flag,
                own.empty() ? "no settings" : fmt::format("{}", fmt::join(own, ", ")));
        settings.at(flag).text = text;
    }
    const GradientCheckReport report = row.check(settings, typed.options);
    if (typed.json) {
        print_json(check_json(row, settings, report));
    } else {
        fmt::print("{}{}\n{}", row.name, settings.words(), report.text());
    }
    return report.passed();
}

bool check_random(const GradientRows& rows, const Arguments& typed) {
    constexpr Index samples_in_a_sweep = 6;
    GradientCheckOptions options = typed.options;
    if (options.samples == 0) options.samples = samples_in_a_sweep;
    const SweepReport report = sweep_gradients(rows, typed.random, options);
    const bool passed = report.failures.empty();
    if (typed.json) {
        print_json({{"passed", passed},
                    {"configurations", report.configurations},
                    {"rows", report.rows},
                    {"failures", report.failures}});
    } else {
        print_sweep(report);
    }
    return passed;
}

/// The row of this name, or all where none is named.
GradientRows rows_named(const std::string& name) {
    static const std::map<std::string, std::string> former = {{"rectified", "relu_gradient"},
                                                              {"patches", "im2col"},
                                                              {"sum_patches", "col2im"},
                                                              {"take", "gather"},
                                                              {"put", "scatter_add"}};
    if (const auto now = former.find(name); now != former.end()) return rows_named(now->second);
    GradientRows rows, written_otherwise;
    std::vector<std::string> known;
    for (const GradientRow& row : gradient_table()) {
        if (name.empty() || row.name == name) rows.push_back(row);
        if (::strcasecmp(row.name.c_str(), name.c_str()) == 0) written_otherwise.push_back(row);
        known.push_back(row.name);
    }
    if (rows.empty()) rows = written_otherwise;  // linear for Linear
    if (!rows.empty()) return rows;
    const std::string near = did_you_mean(name, known);
    throw Error(fmt::format("gradcheck: no operation, layer or model has this name; got {}{}", name,
                            near.empty() ? fmt::format(", known: {}", fmt::join(known, ", ")) : near));
}

void gradcheck(const Arguments& typed) {
    std::string words;
    for (const auto& [flag, text] : typed.settings) words += " " + flag + " " + text;
    require(words.empty() || !typed.layer.empty(), "gradcheck: settings are of one layer; --layer is missing");
    require(words.empty() || typed.random == 0, "gradcheck: --random draws the settings; got{}", words);
    const GradientRows rows = rows_named(typed.layer);
    const bool passed = typed.random > 0      ? check_random(rows, typed)
                        : typed.layer.empty() ? check_rows(rows, typed)
                                              : check_one(rows.front(), typed);
    if (!passed) throw CheckFailed();
}

void add_settings(CLI::App* command, std::map<std::string, std::string>& settings) {
    for (const SettingFlag& flag : setting_flags()) {
        const auto set = [&settings, name = flag.name](const std::string& text) { settings[name] = text; };
        CLI::Option* option =
            flag.text.empty()
                ? command->add_flag_callback(
                      flag.name, [set] { set("yes"); }, flag.description)
                : command->add_option_function<std::string>(flag.name, set, flag.description)->type_name(flag.text);
        option->group("Settings of one layer");
    }
}

}  // namespace

void add_gradcheck_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand(
        "gradcheck", "Compare the gradients of every operation, layer and model with finite differences");
    const auto typed = std::make_shared<Arguments>();
    GradientCheckOptions& options = typed->options;
    CLI::Option* layer = command->add_option("--layer", typed->layer,
                                             "Check only this operation, layer or model, with the settings below");
    command->add_flag("--all", typed->all, "Check every one, as where no --layer is given")->excludes(layer);
    command->add_option("--random", typed->random, "Check this many random configurations instead")
        ->check(whole_number(1, 1'000'000));
    add_setting(*command, "--order", options.order, "Check derivatives up to this order", whole_number(1, 4));
    add_setting(*command, "--seed", options.seed, "Random seed of inputs, directions and configurations",
                seed_number());
    command
        ->add_option("--samples", options.samples,
                     "Elements of each input that are checked; all by default, but 2 of whole models")
        ->check(whole_number(1, 1'000'000'000));
    command
        ->add_option("--tolerance", options.tolerance,
                     "Largest relative error; 1e-7 in the first order and 1e-6 above by default")
        ->check(positive_number());
    command
        ->add_option("--step", options.step, "Step of the finite differences, times max(1, |x|); about 7e-4 by default")
        ->check(positive_number());
    command->add_flag("--json", typed->json, "Print the report as JSON");
    add_settings(command, typed->settings);
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
