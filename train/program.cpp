#include "train/program.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include "framework/analysis/anomaly.h"
#include "framework/kernels/convolution_kernels.h"
#include "framework/kernels/gemm.h"
#include "framework/tensor/parallel.h"
#include "train/cli/commands.h"
#include "train/cli/environment.h"
#include "train/cli/interruption.h"
#include "train/cli/settings.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"

namespace adjoint {
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
    LiveLine::erase();
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

// The message, which begins with its flag; where nobody typed that, the variable that set it comes first.
std::string with_variable(const std::string& message, int argc, char** argv) {
    const std::string flag = message.substr(0, message.find(": "));
    if (!flag.starts_with("--")) return message;
    const std::string variable = variable_of(flag.substr(2));
    const bool typed = std::any_of(
        argv, argv + argc, [&](const std::string& word) { return word == flag || word.starts_with(flag + "="); });
    return typed || environment(variable.c_str()).empty() ? message : variable + ": " + message;
}

int run(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
        return success;
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::RequiredError& error) {
        const bool command = std::string(error.what()).find("subcommand") != std::string::npos;
        return command ? complain(Error(missing_command(app)), usage) : complain(error, usage);
    } catch (const CLI::ExtrasError&) {  // whose own message has them backwards
        const std::vector<std::string> extra = app.remaining(/*recurse=*/true);
        return complain(Error(fmt::format("The following argument{} not expected: {}",
                                          extra.size() > 1 ? "s were" : " was", fmt::join(extra, " "))),
                        usage);
    } catch (const CLI::ParseError& error) {
        return complain(Error(with_variable(error.what(), argc, argv)), usage);
    } catch (const CheckFailed&) {
        return check_failed;
    } catch (const DataError& error) {
        return complain(error, bad_data);
    } catch (const MissingInput& error) {
        return complain(error, missing_input);
    } catch (const CannotWrite& error) {
        return complain(error, cannot_write);
    } catch (const Interrupted& told) {
        return 128 + told.signal;
    } catch (const NotFinite& error) {
        return complain(error, failure);
    } catch (const Error& error) {
        return complain(error, usage);
    } catch (const std::exception& error) {
        return complain(error, failure);
    }
}

}  // namespace

// `adjoint 0.1.0 (commit 7e0a685), built by GCC 12.2.0, kernels for x86-64-v3, OpenBLAS SkylakeX`
static std::string version_text() {
    return fmt::format("adjoint {}{}, built by {} {}, kernels for {}, OpenBLAS {}", ADJOINT_VERSION, ADJOINT_COMMIT,
                       ADJOINT_COMPILER, __VERSION__, instruction_set(), gemm_kernels());
}

int run_program(int argc, char** argv) {
    spdlog::set_default_logger(terminal_logger());

    CLI::App app(
        "Trains image models and checks gradients, with a transposed convolution that is the gradient of a "
        "convolution.",
        "adjoint");
    app.set_version_flag("--version", version_text);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option_function<int>(
           "--threads", [](int count) { set_thread_count(count); }, "Threads to use; all processors by default")
        ->envname("ADJOINT_THREADS")
        ->check(whole_number(1, 1024));

    app.add_option_function<std::string>(
           "--convolution", [](const std::string& name) { set_convolution_kernels(convolution_kernels(name)); },
           "direct, the default, or reference: by its definition y = P(x)*W, slower, to learn from and to compare")
        ->envname("ADJOINT_CONVOLUTION")
        ->check(CLI::IsMember({"direct", "reference"}));

    app.add_flag_callback(
        "-q,--quiet", [] { show_messages_from(spdlog::level::warn); }, "Only warnings");
    app.add_flag_callback(
        "-v,--verbose", [] { show_messages_from(spdlog::level::debug); }, "Details too");

    app.footer(
        "Examples:\n"
        "  adjoint train autoencoder\n"
        "  adjoint conv2d-transpose --input \"1 2; 3 4\" --weight \"0 1; 1 0\" --steps\n"
        "  adjoint gradcheck --order 2\n"
        "adjoint COMMAND --help says more.");

    for (const auto add : {add_train_commands, add_sample_command, add_reconstruct_command, add_deconvnet_command,
                           add_interpolate_command, add_evaluate_command, add_report_commands, add_summary_command,
                           add_data_command, add_digits_command, add_weights_command, add_convolution_commands,
                           add_gradcheck_command, add_bench_command}) {
        add(app);
    }
    const int status = run(app, argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    return complain(CannotWrite("standard output: cannot be written"), cannot_print);
}

}  // namespace adjoint
