// `adjoint report` and `adjoint compare`: make pages of what runs did, to look at in a browser.
#include "train/report/report.h"

#include <fmt/format.h>

#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/io/atomic_file.h"
#include "train/report/run_facts.h"

namespace adjoint {
namespace {

struct CompareOptions {
    std::vector<std::filesystem::path> runs;
    std::filesystem::path out = "compare.html";
    bool json = false;
};

void compare(const CompareOptions& options) {
    std::vector<RunDirectory> runs;
    for (const std::filesystem::path& path : options.runs) runs.push_back(RunDirectory::open(path));
    if (options.json) {
        fmt::print("{}", comparison_of(runs));
        return;
    }
    write_output(options.out, report_of(runs));
    print_line(stdout, "{}: {} runs", options.out.string(), runs.size());
}

}  // namespace

void add_report_commands(CLI::App& app) {
    CLI::App* const one =
        app.add_subcommand("report", "Write a run's curves, pictures, network and filters as one HTML file");
    const auto run = std::make_shared<std::filesystem::path>();
    one->add_option("--run", *run, "Directory of a run")->required();
    one->footer(
        "Writes report.html into the run, as training does: results, curves, samples, network, filters.\n"
        "Example:\n  adjoint report --run runs/first");
    one->callback([run] {
        write_report(RunDirectory::open_to_write(*run));
        print_line(stdout, "{}", (*run / "report.html").string());
    });

    CLI::App* const several =
        app.add_subcommand("compare", "Show what several runs do differently, and their curves in the same charts");
    const auto options = std::make_shared<CompareOptions>();
    several->add_option("runs", options->runs, "Directories of runs")->required()->expected(2, 1000);
    CLI::Option* const out =
        add_output(*several, "--out", options->out, "The file for a browser")->capture_default_str();
    several->add_flag("--json", options->json, "Print a line of JSON a run, and make no page")->excludes(out);
    several->footer(
        "The page says which settings differ, and how good each run was at best and last. The best epoch is that of\n"
        "the best validation loss; JSON says by which metric.\n"
        "Examples:\n  adjoint compare runs/first runs/second --out compare.html\n  adjoint compare runs/* --json");
    several->callback([options] { compare(*options); });
}

}  // namespace adjoint
