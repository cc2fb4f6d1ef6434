// The program `adjoint`: reads the command line, runs one command, and turns what went wrong into one line and an exit
// status.
#include <spdlog/spdlog.h>

#include "framework/analysis/anomaly.h"
#include "framework/kernels/convolution_kernels.h"
#include "framework/tensor/parallel.h"
#include "train/cli/commands.h"
#include "train/cli/interruption.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"

namespace {

enum ExitStatus {
    success = 0,
    failure = 1,
    usage = 2,
    check_failed = 3,
    bad_data = 65,
    missing_input = 66,
    cannot_write = 73,
    cannot_print = 74
};

int complain(const std::exception& error, ExitStatus status) {
    adjoint::LiveLine::erase();
    spdlog::error("{}", error.what());
    return status;
}

// The innermost command that was named, and what can follow it.
std::string missing_command(const CLI::App& app) {
    const CLI::App* command = &app;
    std::string path = "adjoint";
    while (!command->get_subcommands().empty()) {
        command = command->get_subcommands().front();
        path += " " + command->get_name();
    }
    std::vector<std::string> names;
    for (const CLI::App* next : command->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(next->get_name());
    }
    const std::vector<std::string> rest = app.remaining(/*recurse=*/true);
    return fmt::format("{}: must be followed by one of {}; got {}", path, fmt::join(names, ", "),
                       rest.empty() ? "nothing" : rest.front());
}

int run(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
        return success;
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::RequiredError& error) {
        const bool command = std::string(error.what()).find("subcommand") != std::string::npos;
        return command ? complain(adjoint::Error(missing_command(app)), usage) : complain(error, usage);
    } catch (const CLI::ParseError& error) {
        return complain(error, usage);
    } catch (const adjoint::CheckFailed&) {
        return check_failed;
    } catch (const adjoint::DataError& error) {
        return complain(error, bad_data);
    } catch (const adjoint::MissingInput& error) {
        return complain(error, missing_input);
    } catch (const adjoint::CannotWrite& error) {
        return complain(error, cannot_write);
    } catch (const adjoint::Interrupted& told) {
        return 128 + told.signal;
    } catch (const adjoint::NotFinite& error) {
        return complain(error, failure);
    } catch (const adjoint::Error& error) {
        return complain(error, usage);
    } catch (const std::exception& error) {
        return complain(error, failure);
    }
}

}  // namespace

int main(int argc, char** argv) {
    spdlog::set_default_logger(adjoint::terminal_logger());

    CLI::App app(
        "Trains image models and checks gradients, with a transposed convolution that is the gradient of another.",
        "adjoint");
    app.set_version_flag("--version", "adjoint " ADJOINT_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option_function<int>(
           "--threads", [](int count) { adjoint::set_thread_count(count); },
           "Threads to use; all processors by default")
        ->envname("ADJOINT_THREADS")
        ->check(adjoint::whole_number(1, 1024));

    app.add_option_function<std::string>(
           "--convolution",
           [](const std::string& name) { adjoint::set_convolution_kernels(adjoint::convolution_kernels(name)); },
           "direct, the default, or reference: by its definition y = P(x)*W, slower, to learn from and to compare")
        ->envname("ADJOINT_CONVOLUTION")
        ->check(CLI::IsMember({"direct", "reference"}));

    app.add_flag_callback(
        "-q,--quiet", [] { adjoint::show_messages_from(spdlog::level::warn); }, "Only warnings");
    app.add_flag_callback(
        "-v,--verbose", [] { adjoint::show_messages_from(spdlog::level::debug); }, "Details too");

    app.footer(
        "Examples:\n"
        "  adjoint train autoencoder\n"
        "  adjoint conv2d-transpose --input \"1 2; 3 4\" --weight \"0 1; 1 0\" --steps\n"
        "  adjoint gradcheck --order 2\n"
        "adjoint COMMAND --help says more.");

    adjoint::add_train_commands(app);
    adjoint::add_sample_command(app);
    adjoint::add_reconstruct_command(app);
    adjoint::add_deconvnet_command(app);
    adjoint::add_interpolate_command(app);
    adjoint::add_evaluate_command(app);
    adjoint::add_report_commands(app);
    adjoint::add_summary_command(app);
    adjoint::add_data_command(app);
    adjoint::add_digits_command(app);
    adjoint::add_weights_command(app);
    adjoint::add_convolution_commands(app);
    adjoint::add_gradcheck_command(app);
    adjoint::add_bench_command(app);
    const int status = run(app, argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    return complain(adjoint::CannotWrite("standard output: cannot be written"), cannot_print);
}
