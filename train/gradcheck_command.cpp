// `adjoint gradcheck`: are the gradients right?
#include <algorithm>
#include <fmt/format.h>

#include "train/commands.h"
#include "train/gradient_table.h"
#include "train/validators.h"

namespace adjoint {
namespace {

struct GradcheckOptions {
    std::string name;
    int order = 1;
    std::uint64_t seed = 0;
};

// Prints the row's line for each order; returns whether all passed.
bool print_row(const GradientRow& row, const GradcheckOptions& options) {
    const GradientCheckReport report = row.check({.order = options.order, .seed = options.seed});
    for (const GradientCheckWorst& worst : report.orders) {
        fmt::print("{:<34}{:>5}{:>17.1e}   {}\n", row.name, worst.order, worst.relative_error,
                   worst.passed()
                       ? "ok"
                       : fmt::format("FAILED at {}{}: analytic {:.12g}, numeric {:.12g}, tolerance {:.0e}", worst.input,
                                     worst.element, worst.analytic, worst.numeric, worst.tolerance));
    }
    return report.passed();
}

// The rows of this name, or all where none is named.
std::vector<GradientRow> rows_named(const std::string& name) {
    std::vector<GradientRow> rows;
    std::string known;
    for (const GradientRow& row : gradient_table()) {
        if (name.empty() || row.name == name) rows.push_back(row);
        known += (known.empty() ? "" : ", ") + row.name;
    }
    require(!rows.empty(), "gradcheck: no operation or layer has this name; got {}, known: {}", name, known);
    return rows;
}

void gradcheck(const GradcheckOptions& options) {
    const std::vector<GradientRow> rows = rows_named(options.name);
    fmt::print("{:<34}{:>5}{:>17}\n", "operation", "order", "relative error");
    const auto failed =
        std::count_if(rows.begin(), rows.end(), [&](const GradientRow& row) { return !print_row(row, options); });
    fmt::print("{} checked, {} failed\n", rows.size(), failed);
    if (failed > 0) throw CheckFailed();
}

}  // namespace

void add_gradcheck_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("gradcheck", "Compare the gradients of every operation and layer with finite differences");
    const auto options = std::make_shared<GradcheckOptions>();
    command->add_option("--layer", options->name, "Only this operation or layer, for example conv2d_transpose");
    command->add_option("--order", options->order, "Check derivatives up to this order")
        ->check(whole_number(1, 4))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the direction in which outputs are measured")
        ->check(seed_number())
        ->capture_default_str();
    command->footer(
        "Examples:\n  adjoint gradcheck\n  adjoint gradcheck --layer conv2d_transpose --order 2\n"
        "The exit status is 3 where a check fails.");
    command->callback([options] { gradcheck(*options); });
}

}  // namespace adjoint
