#include "train/program.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "framework/analysis/anomaly.h"
#include "framework/kernels/convolution_kernels.h"
#include "framework/kernels/gemm.h"
#include "framework/tensor/parallel.h"
#include "train/cli/commands.h"
#include "train/cli/interruption.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/cli/wrong_usage.h"

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

int run(CLI::App& app, int argc, char** argv) {
    try {
        if (argc > 1) {
            app.parse(argc, argv);
            return success;
        }
        fmt::print("{}", app.help());
        return usage;
    } catch (const CLI::Success& asked) {  // --help, --version
        return app.exit(asked);
    } catch (const CLI::ParseError& error) {
        return complain(Error(wrong_usage(error, app, argc, argv)), usage);
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
           "Convolution kernels: direct, the default, or reference, the definition y = im2col(x)*W, slower, to learn "
           "from")
        ->envname("ADJOINT_CONVOLUTION")
        ->check(one_of({"direct", "reference"}));

    app.add_flag_callback(
        "-q,--quiet", [] { show_messages_from(spdlog::level::warn); }, "Print no messages but warnings and errors");
    app.add_flag_callback(
        "-v,--verbose", [] { show_messages_from(spdlog::level::debug); }, "Print debug messages too");

    app.footer(
        "Examples:\n"
        "  adjoint train autoencoder\n"
        "  adjoint conv2d-transpose --input \"1 2; 3 4\" --weight \"0 1; 1 0\" --steps\n"
        "  adjoint gradcheck --order 2\n"
        "adjoint COMMAND --help says more. The options above may also follow the command.");

    for (const auto add :
         {add_train_commands, add_predict_command, add_sample_command, add_encode_commands, add_reconstruct_command,
          add_deconvnet_command, add_interpolate_command, add_evaluate_command, add_sweep_command, add_report_commands,
          add_summary_command, add_data_command, add_digits_command, add_weights_command, add_convolution_commands,
          add_gradcheck_command, add_bench_command}) {
        add(app);
    }
    for (const std::string& complaint : misspelt_variables(app)) spdlog::warn("{}", complaint);
    const int status = run(app, argc, argv);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    return complain(CannotWrite("standard output: cannot be written"), cannot_print);
}

}  // namespace adjoint
