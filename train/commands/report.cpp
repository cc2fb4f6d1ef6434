// `adjoint report` and `adjoint compare`: make pages of what runs did, to look at in a browser.
#include "train/report/report.h"

#include <fmt/format.h>

#include "train/cli/commands.h"
#include "train/io/atomic_file.h"

namespace adjoint {
namespace {

struct CompareOptions {
    std::vector<std::filesystem::path> runs;
    std::filesystem::path out = "compare.html";
};

void compare(const CompareOptions& options) {
    std::vector<RunDirectory> runs;
    for (const std::filesystem::path& path : options.runs) runs.push_back(RunDirectory::open(path));
    write_atomically(options.out, report_of(runs));
    fmt::print("{}: {} runs\n", options.out.string(), runs.size());
}

}  // namespace

void add_report_commands(CLI::App& app) {
    CLI::App* const one = app.add_subcommand("report", "Show what a run did, in one file for a browser");
    const auto run = std::make_shared<std::filesystem::path>();
    one->add_option("--run", *run, "Directory of a run")->required();
    one->footer(
        "Writes report.html into the run, as training does after each epoch: curves, samples, network, filters.\n"
        "Example:\n  adjoint report --run runs/first");
    one->callback([run] {
        write_report(RunDirectory::open(*run));
        fmt::print("{}\n", (*run / "report.html").string());
    });

    CLI::App* const several = app.add_subcommand("compare", "Show the curves of several runs in the same charts");
    const auto options = std::make_shared<CompareOptions>();
    several->add_option("runs", options->runs, "Directories of runs")->required()->expected(2, 1000);
    several->add_option("--out", options->out, "The file for a browser")->capture_default_str();
    several->footer("Example:\n  adjoint compare runs/first runs/second --out compare.html");
    several->callback([options] { compare(*options); });
}

}  // namespace adjoint
