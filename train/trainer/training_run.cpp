#include "train/trainer/training_run.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "framework/analysis/anomaly.h"
#include "framework/kernels/gemm.h"
#include "framework/tensor/parallel.h"
#include "train/cli/commands.h"
#include "train/cli/directory_lock.h"
#include "train/cli/interruption.h"
#include "train/cli/terminal.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"
#include "train/io/tensorboard.h"
#include "train/records/run_log.h"
#include "train/report/report.h"
#include "train/trainer/dry_run_estimate.h"
#include "train/trainer/progress.h"
#include "train/trainer/training_steps.h"

namespace adjoint {
namespace {

constexpr double scale_after_restoring = 0.5;
constexpr double smallest_scale = 1.0 / 32;  // of the learning rate: a run that would fall below it is given up

// The name of the first that is not finite, or nothing.
std::string fault_of(const Metrics& numbers) {
    for (const auto& [name, number] : numbers) {
        if (!std::isfinite(number)) return name;
    }
    return "";
}

class TrainingRun {
  public:
    TrainingRun(const TrainingSetup& setup, TrainingTask& task, RunDirectory run)
        : options_(setup.options),
          task_(task),
          steps_(setup, task),
          run_(std::move(run)),
          checkpoints_(run_.checkpoints(), options_.keep) {}

    void begin() {
        write_report(run_);
        spdlog::info("to look at: {}", (run_.path() / "report.html").string());
        save_checkpoint();
    }

    void resume(const RunRecord& record) {
        for (const auto& directory : {run_.path(), run_.checkpoints(), run_.samples()}) remove_unfinished(directory);
        steps_.restore(checkpoints_.last());
        run_ = RunDirectory::rerecord(run_.path(), record);
        const auto place = fmt::format("step {}, epoch {}", state_.steps, std::min(state_.epoch, options_.epochs));
        spdlog::info("{}: resumed at {}", run_.path().string(), place);
        run_.restore_metrics(state_.metrics);
        run_.log_event("resumed", state_.epoch, {{"step", static_cast<double>(state_.steps)}});
    }

    void go() {
        // What an earlier process drew of the epoch that it left unfinished no longer counts.
        const Index first = state_.batch > 0 ? state_.steps : state_.steps + 1;
        if (options_.tensorboard) board_.emplace(run_.path() / "tensorboard", first);
        // An epoch that --max-steps cuts short has an end too, which may be all that a resumed run lacks.
        bool whole = true;
        while (whole && state_.epoch <= options_.epochs && (!at_limit() || state_.batch > 0)) whole = run_epoch();
        print_places(run_, options_.json);
        judge();
    }

  private:
    using Clock = std::chrono::steady_clock;

    bool at_limit() const { return options_.max_steps > 0 && state_.steps >= options_.max_steps; }

    // Whether the run has become as good as is required.
    void judge() {
        bool good = true;
        for (const MetricThreshold& threshold : options_.require) {
            if (metrics_.empty()) metrics_ = task_.test().metrics;  // resumed after its end
            if (threshold.met_by(metrics_)) continue;
            spdlog::error("--require: {} is not so; got {:.6g}", threshold.text, threshold.value_in(metrics_));
            good = false;
        }
        if (!good) throw CheckFailed();
    }

    // Whether it came to its end, or is to be run again.
    bool run_epoch() {
        Batches epoch = steps_.batches();
        const Index count = epoch.count();
        Progress progress({.number = state_.epoch,
                           .of = options_.epochs,
                           .first_step = state_.batch,
                           .steps = count,
                           .steps_left = all_steps(options_, count) - state_.steps});
        while (const auto batch = at_limit() ? std::nullopt : epoch.next()) {
            const Metrics losses = steps_.take(*batch);
            if (const std::string wrong = fault_of(losses); !wrong.empty() || !task_.gradients_were_finite()) {
                handle_non_finite(wrong.empty() ? "a gradient" : wrong, state_.steps);
                return true;
            }
            steps_.count(losses);
            progress.step(batch->images.extent(0), losses);
            if (state_.batch < count) save_when_due();
        }
        const bool whole = state_.batch == count;
        const bool finished = finish_epoch(progress, whole);
        if (state_.epoch <= options_.epochs) stop_if_told();
        return whole || !finished;
    }

    void save_checkpoint() {
        state_.metrics = run_.metrics();
        checkpoints_.save(state_, task_.state_dict());
        saved_ = Clock::now();
    }

    // Within an epoch, whose end has a checkpoint of its own.
    void save_when_due() {
        const bool steps = options_.save_steps > 0 && state_.steps % options_.save_steps == 0;
        const std::chrono::duration<double, std::ratio<60>> minutes = Clock::now() - saved_;
        if (steps || minutes.count() >= options_.save_minutes || Interruption::signal() != 0) save_checkpoint();
        stop_if_told();
    }

    // When there is a checkpoint of this step.
    void stop_if_told() const {
        if (Interruption::signal() == 0) return;
        LiveLine::erase();
        spdlog::info("stopped at step {}; to go on: adjoint train {} --resume {}", state_.steps, run_.model(),
                     run_.path().string());
        throw Interrupted{Interruption::signal()};
    }

    // Whether the epoch could be finished. A whole one ends with a checkpoint; one that --max-steps cut short has one
    // before its end, to go on from.
    bool finish_epoch(const Progress& progress, bool whole) {
        LiveLine::erase();
        if (!whole) save_checkpoint();
        const Evaluation tested = task_.test();
        if (const std::string wrong = fault_of(tested.metrics); !wrong.empty()) {
            handle_non_finite(wrong, state_.steps - 1);
            return false;
        }
        const Index epoch = state_.epoch;
        publish(tested, progress);
        if (whole) {
            if (tested.loss) {
                if (options_.schedule == "plateau") state_.plateau.observe(*tested.loss);
                if (!state_.best || *tested.loss < state_.best->loss) state_.best = {state_.steps, *tested.loss};
            }
            steps_.begin_next_epoch();
            save_checkpoint();
        }
        print_epoch(epoch, tested.sentence, tested.metrics, options_.json);
        return true;
    }

    // Into the run's directory.
    void publish(const Evaluation& tested, const Progress& progress) {
        metrics_ = tested.metrics;
        write_png(run_.sample(fmt::format("epoch-{:03}", state_.epoch)), tested.picture);
        run_.save_weights(task_.model().states());
        if (task_.average() != nullptr) run_.save_average(task_.average()->states());
        Metrics line = tested.metrics;
        for (const auto& loss : steps_.mean_losses()) line.push_back(loss);
        line.emplace_back("learning_rate", options_.learning_rate * steps_.last_learning_rate_scale());
        for (const auto& norm : task_.norms()) line.push_back(norm);
        run_.log_metrics(state_.epoch, line);
        if (board_) {
            board_->scalars(state_.steps, line);
            board_->image(state_.steps, "samples", tested.picture);
        }
        run_.log_event("epoch", state_.epoch, {{"images_per_second", progress.images_per_second()}});
        write_report(run_);
    }

    // A number of the last step, counted from 0, or of the test after it is not finite: says which operation made the
    // first such number, and gives up or goes back to the beginning of the epoch, a place that the settings alone
    // determine, with a smaller learning rate.
    void handle_non_finite(const std::string& what, Index last_step) {
        LiveLine::erase();
        const double scale = state_.learning_rate_scale * scale_after_restoring;
        const bool roll_back = options_.on_nan == "rollback";
        const std::string fault = fmt::format("step {}: {} is not finite", last_step + 1, what);
        spdlog::warn("{}; the steps since the last checkpoint are replayed, with every operation checked", fault);
        const std::string reason = find_non_finite_operation(steps_, task_, checkpoints_.last(), last_step);
        stop_if_told();
        if (!roll_back || scale < smallest_scale) {
            run_.log_event("stopped: " + fault, state_.epoch, {});
            write_report(run_);
            throw NotFinite(fmt::format(
                "{}; the last checkpoint is {}; {}", reason, checkpoints_.file(state_.steps).string(),
                roll_back ? "a smaller --lr may help" : "--resume with --on-nan rollback goes on in smaller steps"));
        }
        steps_.restore(checkpoints_.at(state_.epoch_begin()));
        run_.restore_metrics(state_.metrics);
        spdlog::warn("{}; back to {} with {} times the learning rate", reason, checkpoints_.file(state_.steps).string(),
                     scale);
        run_.log_event("rolled back: " + fault, state_.epoch, {{"rate_factor", scale}});
        state_.learning_rate_scale = scale;
    }

    const TrainingOptions& options_;
    TrainingTask& task_;
    TrainingSteps steps_;
    RunState& state_ = steps_.state;
    RunDirectory run_;
    Checkpoints checkpoints_;
    Metrics metrics_;  // of the last test
    std::optional<TensorBoardWriter> board_;
    Clock::time_point saved_ = Clock::now();
    Interruption interruption_;
};

}  // namespace

void train(const TaskSpec& task, const TrainingOptions& options) {
    for (const MetricThreshold& threshold : options.require) threshold.require_among(task.metrics);
    const Datasets whole = open_datasets(fitting(options.dataset, options.sizes));
    const RunRandom random(options.seed);
    const Datasets data =
        options.overfit_one_batch ? one_batch_of(whole, options.batch_size, random.order.stream(1)) : whole;
    const TrainingSetup setup = {task, options, data, random};
    const std::unique_ptr<TrainingTask> training = task.make_task(setup);
    if (options.dry_run) return print_dry_run_estimate(*training, setup);
    // Before anything is written: the dataset has a batch, and no other program writes there.
    Batches(data.training, {.batch_size = options.batch_size, .drop_last = training->drops_last()});
    const bool resumed = !options.resume.empty();
    const std::filesystem::path& place = resumed ? options.resume : options.out;
    std::optional<DirectoryLock> lock;
    if (std::filesystem::is_directory(place)) lock.emplace(place, DirectoryLock::Taken::refuse);

    const RunRecord record = {task.name, data.name, options.settings};
    const RunDirectory directory =
        resumed ? RunDirectory::open(options.resume) : RunDirectory::create(options.out, record, options.force);
    require<DataError>(directory.dataset() == record.dataset, "{}: the dataset must be that of the run, {}; got {}",
                       options.resume.string(), directory.dataset(), record.dataset);
    if (!lock) lock.emplace(directory.path(), DirectoryLock::Taken::refuse);
    const RunLog log(directory);
    spdlog::info("{} threads, {} kernels of OpenBLAS, seed {}", thread_count(), gemm_kernels(), options.seed);
    spdlog::debug("settings:\n{}", options.settings);
    TrainingRun run(setup, *training, directory);
    resumed ? run.resume(record) : run.begin();
    run.go();
}

}  // namespace adjoint
