#include "train/trainer/training_run.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sstream>

#include "framework/analysis/anomaly.h"
#include "framework/tensor/gemm.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/processes.h"
#include "train/cli/commands.h"
#include "train/cli/directory_lock.h"
#include "train/cli/interruption.h"
#include "train/cli/terminal.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"
#include "train/records/run_log.h"
#include "train/trainer/agreement.h"
#include "train/trainer/dry_run_estimate.h"
#include "train/trainer/progress.h"
#include "train/trainer/publication.h"
#include "train/trainer/run_evaluation.h"
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
          setup_(setup),
          task_(task),
          steps_(setup, task),
          records_(std::move(run), options_),
          checkpoints_(records_.run().checkpoints(), options_.keep) {}

    void begin() {
        records_.open(state_);
        records_.before_training(picture_of_run(task_, setup_.data));
        if (steps_.augments()) records_.augmented(gathered(steps_.batches().next()->images));
        spdlog::info("to look at: {}", (records_.run().path() / "report.html").string());
        save_checkpoint();
    }

    void resume(const RunRecord& record) {
        steps_.resume(checkpoints_.last());
        const RunDirectory& run = records_.run();
        for (const auto& directory : {run.path(), run.checkpoints(), run.samples()}) remove_unfinished(directory);
        records_.rerecord(record);
        const auto place = fmt::format("step {}, epoch {}", state_.steps, std::min(state_.epoch, options_.epochs));
        spdlog::info("{}: resumed at {}", run.path().string(), place);
        run.restore_metrics(state_.metrics);
        records_.open(state_);
        records_.event("resumed", state_, {{"step", static_cast<double>(state_.steps)}});
    }

    void go() {
        // An epoch that is cut short has an end too, which may be all that a resumed run lacks.
        bool whole = true;
        while (whole && state_.epoch <= options_.epochs && (!complete() || state_.batch > 0)) whole = run_epoch();
        conclude();
        print_places(records_.run(), options_.json);
        judge();
    }

  private:
    using Clock = std::chrono::steady_clock;

    bool at_limit() const { return options_.max_steps > 0 && state_.steps >= options_.max_steps; }
    bool out_of_patience() const {
        return options_.patience > 0 && state_.best && state_.epoch - 1 - state_.best->epoch >= options_.patience;
    }
    // Looked at every few steps, a function of the weights.
    bool learned_by_heart() {
        constexpr Index steps_between = 20;
        const std::string& measure = setup_.task.by_heart;
        if (!options_.overfit_one_batch || measure.empty() || state_.steps == 0 || state_.steps % steps_between != 0)
            return false;
        return MetricThreshold("overfit_" + measure).met_by(evaluate_run(task_, setup_).metrics);
    }
    bool complete() { return at_limit() || out_of_patience() || learned_by_heart(); }

    // Says why the run has come to its end.
    void conclude() {
        std::string reason = "finished";
        if (learned_by_heart()) {
            reason = fmt::format("learned by heart after {} steps", state_.steps);
        } else if (options_.overfit_one_batch && !setup_.task.by_heart.empty()) {
            reason = fmt::format("not learned by heart in {} steps, which would be overfit_{}", state_.steps,
                                 setup_.task.by_heart);
        } else if (out_of_patience()) {
            reason = fmt::format("the validation loss has not fallen for {} epochs", options_.patience);
        }
        if (reason != "finished") spdlog::info("{}", reason);
        if (const auto& best = state_.best)
            spdlog::info("best: epoch {}, validation loss {:.6g}, in {}", best->epoch, best->loss,
                         records_.run().best().string());
        records_.event(reason == "finished" ? reason : "finished: " + reason, state_);
    }

    // Whether the run has become as good as is required.
    void judge() {
        bool good = true;
        for (const MetricThreshold& threshold : options_.require) {
            if (metrics_.empty()) metrics_ = evaluate_run(task_, setup_).metrics;  // resumed after its end
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
        while (const auto batch = complete() ? std::nullopt : epoch.next()) {
            const Metrics losses = steps_.take(*batch);
            if (const std::string wrong = fault_of(losses); !wrong.empty() || !task_.gradients_were_finite()) {
                handle_non_finite(wrong.empty() ? "a gradient" : wrong, state_.steps);
                return true;
            }
            steps_.count(losses);
            progress.step(whole_extent(batch->images), losses);
            if (steps_.point_due()) {
                Metrics point = steps_.take_point();
                point.emplace_back("learning_rate", learning_rate());
                records_.point(state_, point);
            }
            agree();
            if (state_.batch < count) save_when_due();
        }
        const bool whole = state_.batch == count;
        const bool finished = finish_epoch(progress, whole);
        agree();
        if (state_.epoch <= options_.epochs) stop_if_told();
        return whole || !finished;
    }

    // All processes then do the same at this step.
    void agree() {
        const bool steps = options_.save_steps > 0 && state_.steps % options_.save_steps == 0;
        const std::chrono::duration<double, std::ratio<60>> minutes = Clock::now() - saved_;
        wishes_ = agreed({Interruption::signal(), steps || minutes.count() >= options_.save_minutes});
    }

    void save_checkpoint() {
        saved_ = Clock::now();
        if (!Processes::lead()) return;
        state_.metrics = records_.run().metrics();
        checkpoints_.save(state_, task_.state_dict());
    }

    // Within an epoch, whose end has a checkpoint of its own.
    void save_when_due() {
        if (wishes_.checkpoint) save_checkpoint();
        stop_if_told();
    }

    // When there is a checkpoint of this step.
    void stop_if_told() const {
        if (wishes_.signal == 0) return;
        LiveLine::erase();
        spdlog::info("stopped at step {}; to go on: adjoint train {} --resume {}", state_.steps, records_.run().model(),
                     records_.run().path().string());
        throw Interrupted{wishes_.signal};
    }

    // Whether the epoch could be finished. A whole one ends with a checkpoint; one that --max-steps cut short has one
    // before its end, to go on from.
    bool finish_epoch(const Progress& progress, bool whole) {
        LiveLine::erase();
        if (!whole) save_checkpoint();
        const Evaluation evaluation = evaluate_run(task_, setup_);
        if (const std::string wrong = fault_of(evaluation.metrics); !wrong.empty()) {
            handle_non_finite(wrong, state_.steps - 1);
            return false;
        }
        const Index epoch = state_.epoch;
        metrics_ = evaluation.metrics;
        if (whole && evaluation.loss && !options_.overfit_one_batch) decide(*evaluation.loss);
        records_.epoch(state_, numbers_of(evaluation), evaluation, task_);
        records_.event("epoch", state_, {{"images_per_second", progress.images_per_second()}});
        if (whole) {
            steps_.begin_next_epoch();
            save_checkpoint();
        }
        print_epoch(epoch, evaluation.sentence, evaluation.metrics, options_.json);
        return true;
    }

    // What the validation loss decides.
    void decide(double loss) {
        if (options_.schedule == "plateau") state_.plateau.observe(loss);
        if (!state_.best || loss < state_.best->loss)
            state_.best = {.steps = state_.steps, .epoch = state_.epoch, .loss = loss};
    }

    double learning_rate() const { return options_.optimizer.learning_rate * steps_.last_learning_rate_scale(); }

    // Of the end of an epoch.
    Metrics numbers_of(const Evaluation& evaluation) {
        Metrics line = steps_.mean_losses();
        line.insert(line.end(), evaluation.metrics.begin(), evaluation.metrics.end());
        line.emplace_back("learning_rate", learning_rate());
        for (const auto& norm : task_.norms()) line.push_back(norm);
        return line;
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
        const Checkpoint last = checkpoints_.last();
        const std::string reason = find_non_finite_operation(setup_, last, last_step);
        steps_.restore(last);
        agree();
        stop_if_told();
        if (!roll_back || scale < smallest_scale) {
            records_.event("stopped: " + fault, state_);
            throw NotFinite(fmt::format(
                "{}; the last checkpoint is {}; {}", reason, checkpoints_.file(state_.steps).string(),
                roll_back ? "a smaller --lr may help" : "--resume with --on-nan rollback goes on in smaller steps"));
        }
        steps_.restore(checkpoints_.at(state_.epoch_begin()));
        records_.run().restore_metrics(state_.metrics);
        spdlog::warn("{}; back to {} with {} times the learning rate", reason, checkpoints_.file(state_.steps).string(),
                     scale);
        records_.event("rolled back: " + fault, state_, {{"rate_factor", scale}});
        state_.learning_rate_scale = scale;
    }

    const TrainingOptions& options_;
    const TrainingSetup& setup_;
    TrainingTask& task_;
    TrainingSteps steps_;
    RunState& state_ = steps_.state;
    Publication records_;
    Checkpoints checkpoints_;
    Metrics metrics_;  // of the last evaluation
    Clock::time_point saved_ = Clock::now();
    Wishes wishes_ = {};
    Interruption interruption_;
};

}  // namespace

void train(const TaskSpec& task, const TrainingOptions& asked) {
    TrainingOptions options = asked;
    for (const MetricThreshold& threshold : options.require) threshold.require_among(evaluation_metrics(task, options));
    const Datasets whole = open_datasets(dataset_of(options));
    fit(options, whole.record());
    const RunRandom random(options.seed);
    const Datasets data = images_of_run(whole, options, random);
    const TrainingSetup setup = {task, options, data, random};
    const std::unique_ptr<TrainingTask> training = task.make_task(setup);
    require_trainable(setup, *training);
    if (options.dry_run) return print_dry_run_estimate(*training, setup);
    const RunRecord record = {task.name, whole.record(), options.settings};
    require(is_utf8(record.data.directory), "--data-dir: must be UTF-8, as config.json is, to be found again; got {}",
            record.data.directory);
    const bool resumed = !options.resume.empty();
    std::filesystem::path place = resumed ? options.resume : options.out;
    require_alike(record);
    std::optional<DirectoryLock> lock;
    std::optional<RunLog> log;
    if (Processes::lead()) {
        if (!resumed) place = RunDirectory::make_place(options.out, task.name);
        std::error_code unknown;
        if (std::filesystem::is_directory(place, unknown)) lock.emplace(place, DirectoryLock::Taken::refuse);
        if (!resumed) RunDirectory::create(place, record, options.force);
    }
    const RunDirectory directory = RunDirectory::open_to_write(place_of_lead(place));
    if (resumed) directory.require_images(record.data);
    if (Processes::lead()) log.emplace(directory);
    spdlog::info("{} threads, {} kernels of OpenBLAS, seed {}", thread_count(), gemm_kernels(), options.seed);
    spdlog::info("data: {}", record.data.text());
    std::istringstream settings(options.settings);
    for (std::string line; std::getline(settings, line);) spdlog::debug("{}", line);
    TrainingRun run(setup, *training, directory);
    resumed ? run.resume(record) : run.begin();
    run.go();
}

}  // namespace adjoint
