// Commands of the program, one file each; every one adds itself to the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace adjoint {

struct TaskSpec;
struct TrainingOptions;

/// A check did not pass (exit status 3); the report has been printed.
struct CheckFailed {};

/// --threads, --quiet and others, which may also follow any command that is added behind them.
void add_program_options(CLI::App& app);

void add_train_commands(CLI::App& app);        ///< train MODEL
void add_sample_command(CLI::App& app);        ///< sample
void add_predict_command(CLI::App& app);       ///< predict
void add_enlarge_command(CLI::App& app);       ///< enlarge
void add_segment_command(CLI::App& app);       ///< segment
void add_encode_commands(CLI::App& app);       ///< encode, decode
void add_reconstruct_command(CLI::App& app);   ///< reconstruct
void add_convolution_commands(CLI::App& app);  ///< conv2d, conv2d-transpose, conv2d-weight-gradient
void add_deconvnet_command(CLI::App& app);     ///< deconvnet
void add_data_command(CLI::App& app);          ///< data get
void add_digits_command(CLI::App& app);        ///< digits
void add_interpolate_command(CLI::App& app);   ///< interpolate
void add_evaluate_command(CLI::App& app);      ///< evaluate
void add_sweep_command(CLI::App& app);         ///< sweep
void add_report_commands(CLI::App& app);       ///< report, compare
void add_summary_command(CLI::App& app);       ///< summary
void add_weights_command(CLI::App& app);       ///< weights
void add_export_command(CLI::App& app);        ///< export
void add_gradcheck_command(CLI::App& app);     ///< gradcheck
void add_bench_command(CLI::App& app);         ///< bench

using SettingsUse = std::function<void(const TaskSpec&, const TrainingOptions&)>;

/// train MODEL, with something else to be done with its settings than to train.
void add_train_commands_for(CLI::App& app, const SettingsUse& use);

}  // namespace adjoint
