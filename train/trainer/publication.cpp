#include "train/trainer/publication.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "train/io/json_text.h"
#include "train/io/png.h"
#include "train/report/report.h"
#include "train/tasks/model_parts.h"

namespace adjoint {
namespace {

// As TensorBoard groups them: loss/validation for validation_loss.
std::string board_tag(const std::string& metric) {
    for (const std::string part : {"training", "validation", "test", "step", "overfit"}) {
        if (metric.starts_with(part + "_")) return metric.substr(part.size() + 1) + "/" + part;
    }
    return metric;
}

Metrics board_tags(Metrics numbers) {
    for (auto& [name, number] : numbers) name = board_tag(name);
    return numbers;
}

}  // namespace

void Publication::open(const RunState& state) {
    if (!Processes::lead()) return;
    if (!options_.tensorboard) return;
    const std::filesystem::path directory = run_.path() / "tensorboard";
    std::error_code unknown;
    const bool begun = std::filesystem::exists(directory, unknown);
    // What an earlier process drew of the epoch that it left unfinished no longer counts.
    board_.emplace(directory, state.batch > 0 ? state.steps : state.steps + 1);
    if (begun) return;
    for (const auto& [place, numbers] : metric_lines(run_.metrics())) board_->scalars(place.steps, board_tags(numbers));
}

void Publication::before_training(const Tensor& picture) {
    if (!Processes::lead()) return;
    write_png(run_.sample("epoch-000"), picture);
    if (board_) board_->image(0, "samples", picture);
    write_page();
}

void Publication::augmented(const Tensor& images) const {
    if (!Processes::lead()) return;
    constexpr Index most = 64;
    const Index end = std::min(most, images.extent(0));
    write_png(run_.sample("augmented"), picture_grid(slice(images, {.axis = 0, .begin = 0, .end = end}).value()));
}

void Publication::line(const RunState& state, const Metrics& numbers) {
    run_.log_metrics({.steps = state.steps, .epoch = state.epoch}, numbers);
    if (board_) board_->scalars(state.steps, board_tags(numbers));
}

void Publication::point(const RunState& state, const Metrics& numbers) {
    if (!Processes::lead()) return;
    line(state, numbers);
    if (Clock::now() >= page_due_) write_page();
}

void Publication::epoch(const RunState& state, const Metrics& numbers, const Evaluation& evaluation,
                        const TrainingTask& task) {
    if (!Processes::lead()) return;
    write_png(run_.sample(fmt::format("epoch-{:03}", state.epoch)), evaluation.picture);
    const auto about = model_metadata(task.spec(), options_, run_.data(), task.model());
    run_.save_weights(run_.weights(), task.model().weights(), about);
    if (task.average() != nullptr) run_.save_weights(run_.average(), task.average()->weights(), about);
    if (state.best && state.best->steps == state.steps)
        run_.save_weights(run_.best(), task.evaluation_model().weights(), about);
    write_mistakes(evaluation.mistakes);
    line(state, numbers);
    if (board_) board_->image(state.steps, "samples", evaluation.picture);
    run_.write_csv();
}

void Publication::write_mistakes(const std::vector<Mistake>& mistakes) const {
    if (mistakes.empty()) return;
    const std::vector<std::string>& classes = run_.data().classes;
    auto list = nlohmann::ordered_json::array();
    for (const auto& [image, label, taken_for, probability] : mistakes) {
        list.push_back({{"image", image},
                        {"label", classes.at(static_cast<std::size_t>(label))},
                        {"predicted", classes.at(static_cast<std::size_t>(taken_for))},
                        {"probability", probability}});
    }
    write_atomically(run_.samples() / "mistakes.json", text_of_json(list, 1) + "\n");
}

void Publication::event(const std::string& what, const RunState& state, const Metrics& numbers) {
    if (!Processes::lead()) return;
    run_.log_event(what, state.epoch, numbers);
    write_page();
}

void Publication::write_page() {
    constexpr Clock::duration often = std::chrono::seconds(10);
    constexpr int share = 100;  // of the time, at most, goes into pages within an epoch
    const Clock::time_point begin = Clock::now();
    write_report(run_);
    page_due_ = Clock::now() + std::max(often, share * (Clock::now() - begin));
}

}  // namespace adjoint
