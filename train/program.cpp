#include "train/program.h"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <new>
#include <spdlog/spdlog.h>

#include "framework/analysis/anomaly.h"
#include "framework/kernels/convolution_kernels.h"
#include "framework/tensor/parallel.h"
#include "train/cli/commands.h"
#include "train/cli/interruption.h"
#include "train/cli/job.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/cli/version.h"
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
    cannot_print = 74,
    process_lost = 75
};

constexpr std::string_view no_memory = "there is not enough memory";

// How a command ended, and what is to be said of it.
struct Ending {
    int status;
    std::string complaint = "";
};

Ending complain(const std::exception& error, ExitStatus status) { return {status, error.what()}; }

// Of several processes one speaks for all, where they meet the same end.
int end_of(const Job& job, const Ending& ending) {
    const bool failed = !ending.complaint.empty();
    const bool together = !failed || job.all_are_here();
    if (failed && (Processes::lead() || !together)) {
        LiveLine::erase();
        spdlog::error("{}", ending.complaint);
    }
    if (job.is_shared()) {
        std::fflush(stdout);
        job.leave(ending.status, together);
    }
    return ending.status;
}

Ending run(CLI::App& app, int argc, char** argv) {
    const std::vector<std::string> words(argv, argv + argc);
    app.parse_complete_callback([&app] {
        require_texts(app);
        require_separate_outputs(app);
    });
    try {
        if (argc > 1) {
            require_values(words);
            app.parse(argc, argv);
            return {success};
        }
        fmt::print("{}", app.help());
        return {usage};
    } catch (const CLI::Success& asked) {  // --help, --version
        return {app.exit(asked)};
    } catch (const CLI::ParseError& error) {
        return complain(Error(wrong_usage(error, app, words)), usage);
    } catch (const CheckFailed&) {
        return {check_failed};
    } catch (const DataError& error) {
        return complain(error, bad_data);
    } catch (const MissingInput& error) {
        return complain(error, missing_input);
    } catch (const CannotWrite& error) {
        return complain(error, cannot_write);
    } catch (const Interrupted& told) {
        return {128 + told.signal};
    } catch (const ProcessLost& error) {
        return complain(error, process_lost);
    } catch (const NotFinite& error) {
        return complain(error, failure);
    } catch (const Error& error) {
        return complain(error, usage);
    } catch (const std::bad_alloc&) {
        return complain(Error(std::string(no_memory)), failure);
    } catch (const std::filesystem::filesystem_error& error) {  // of what is read: who writes asks for the code
        return complain(
            Error(fmt::format("{}: cannot be read; got {}", error.path1().string(), error.code().message())),
            missing_input);
    } catch (const std::exception& error) {
        return complain(error, failure);
    }
}

// In place of an abort, where memory ends in a library's function that may not throw.
[[noreturn]] void end_at_once() {
    try {
        std::rethrow_exception(std::current_exception());
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "error: %s\n", no_memory.data());
        std::_Exit(failure);
    } catch (...) {
        std::abort();
    }
}

}  // namespace

void add_program_options(CLI::App& app) {
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

    app.add_option_function<double>(
           "--process-timeout", [](double seconds) { Job::set_patience(seconds); },
           "Seconds that a process of an MPI job waits for another; by default 600")
        ->check(positive_number());
}

int run_program(int argc, char** argv) try {
    keep_places_of_standard_streams();
    std::set_terminate(end_at_once);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is one that cannot be written
    spdlog::set_default_logger(terminal_logger());
    const Job job;

    CLI::App app(
        "Trains image models and checks gradients, with a transposed convolution that is the gradient of a "
        "convolution.",
        "adjoint");
    app.set_version_flag("--version", program_version);
    app.require_subcommand(1);
    add_program_options(app);
    app.footer(
        "Examples:\n"
        "  adjoint train autoencoder\n"
        "  adjoint conv2d-transpose --input \"1 2; 3 4\" --weight \"0 1; 1 0\" --steps\n"
        "  adjoint gradcheck --order 2\n"
        "adjoint COMMAND --help says more. The options above may also follow the command.");

    for (const auto add :
         {add_train_commands,      add_predict_command,      add_segment_command,     add_enlarge_command,
          add_sample_command,      add_encode_commands,      add_reconstruct_command, add_deconvnet_command,
          add_interpolate_command, add_evaluate_command,     add_sweep_command,       add_report_commands,
          add_summary_command,     add_data_command,         add_digits_command,      add_weights_command,
          add_export_command,      add_convolution_commands, add_gradcheck_command,   add_bench_command}) {
        add(app);
    }
    for (const std::string& complaint : misspelt_variables(app)) spdlog::warn("{}", complaint);
    Ending ending = run(app, argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        ending = complain(CannotWrite("standard output: cannot be written"), cannot_print);
    }
    return end_of(job, ending);
} catch (const std::bad_alloc&) {  // before there is a command, or while it is said how one ended
    std::fprintf(stderr, "error: %s\n", no_memory.data());
    return failure;
}

}  // namespace adjoint
