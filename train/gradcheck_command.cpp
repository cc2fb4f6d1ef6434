// `adjoint gradcheck`: are the gradients right?
#include <algorithm>
#include <fmt/format.h>

#include "train/commands.h"
#include "train/gradient_table.h"

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

void gradcheck(const GradcheckOptions& options) {
    std::size_t checked = 0, failed = 0;
    fmt::print("{:<34}{:>5}{:>17}\n", "operation", "order", "relative error");
    for (const GradientRow& row : gradient_table()) {
        if (!options.name.empty() && row.name != options.name) continue;
        ++checked;
        if (!print_row(row, options)) ++failed;
    }
    if (checked == 0) {
        std::string names;
        for (const GradientRow& row : gradient_table()) names += (names.empty() ? "" : ", ") + row.name;
        throw Error(
            fmt::format("gradcheck: no operation or layer has this name; got {}, known: {}", options.name, names));
    }
    fmt::print("{} checked, {} failed\n", checked, failed);
    if (failed > 0) throw CheckFailed();
}

}  // namespace

void add_gradcheck_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("gradcheck", "Compare the gradients of every operation and layer with finite differences");
    const auto options = std::make_shared<GradcheckOptions>();
    command->add_option("--layer", options->name, "Only this operation or layer, for example conv2d_transpose");
    command->add_option("--order", options->order, "Check derivatives up to this order")
        ->check(CLI::Range(1, 4))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the direction in which outputs are measured")
        ->capture_default_str();
    command->footer(
        "Examples:\n  adjoint gradcheck\n  adjoint gradcheck --layer conv2d_transpose --order 2\n"
        "The exit status is 3 where a check fails.");
    command->callback([options] { gradcheck(*options); });
}

}  // namespace adjoint
