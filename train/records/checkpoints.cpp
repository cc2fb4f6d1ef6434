#include "train/records/checkpoints.h"

#include <cmath>
#include <spdlog/spdlog.h>

#include "train/io/json_text.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Calls visit(name, value) for what every state has.
template <class State, class Visit>
void for_each_value(State& state, Visit visit) {
    visit("steps", state.steps);
    visit("epoch", state.epoch);
    visit("batch", state.batch);
    visit("losses", state.losses);
    visit("point", state.point);
    visit("point_steps", state.point_steps);
    visit("plateau_rate_factor", state.plateau.scale);
    visit("plateau_no_better", state.plateau.no_better);
    visit("rate_factor", state.learning_rate_scale);
    visit("metrics", state.metrics);
}

std::string text_of(const RunState& state) {
    Json json;
    for_each_value(state, [&](const char* name, const auto& value) { json[name] = value; });
    // JSON has no infinity, which is the best loss before the first.
    if (std::isfinite(state.plateau.best)) json["plateau_best"] = state.plateau.best;
    if (const auto& best = state.best)
        json.update({{"best_steps", best->steps}, {"best_epoch", best->epoch}, {"best_loss", best->loss}});
    return text_of_json(json);
}

template <class T>
void read_value(const Json& json, const char* name, T& value) {
    value = value_at<T>(json, name);
}

Checkpoint read(const fs::path& file) {
    SafetensorsFile content = read_safetensors(file);
    require<DataError>(content.origin == Origin::unchanged && content.metadata.contains("run"),
                       "{}: is not the checkpoint of a run; got another checksum or none, or no state in it",
                       file.string());
    try {
        return {.state = run_state_in(content.metadata.at("run")), .tensors = std::move(content.tensors), .file = file};
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: {}", file.string(), error.what()));
    }
}

}  // namespace

RunState run_state_in(const std::string& text) try {
    const Json json = json_object_of(text);
    RunState state;
    for_each_value(state, [&](const char* name, auto& value) { read_value(json, name, value); });
    for (const double factor : {state.plateau.scale, state.learning_rate_scale})
        require<DataError>(factor >= 0, "factors of rates must be at least 0; got {}", factor);
    if (json.contains("plateau_best")) read_value(json, "plateau_best", state.plateau.best);
    if (json.contains("best_loss")) {
        RunState::Best& best = state.best.emplace();
        read_value(json, "best_steps", best.steps);
        read_value(json, "best_epoch", best.epoch);
        read_value(json, "best_loss", best.loss);
    }
    return state;
} catch (const DataError& error) {
    throw DataError(fmt::format("is not the state of a run: {}", error.what()));
}

Checkpoints::Files Checkpoints::files() const {
    Files found;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory_, none)) {
        Index steps = 0;
        if (std::sscanf(entry.path().filename().c_str(), "step-%td.safetensors", &steps) == 1 &&
            entry.path() == file(steps)) {
            found[steps] = entry.path();
        }
    }
    return found;
}

void Checkpoints::save(const RunState& state, const NamedTensors& tensors) const {
    write_safetensors(file(state.steps), tensors, {{"run", text_of(state)}});
    const Files all = files();
    Index newer = 0;
    for (const auto& [steps, old] : all) {
        const bool special = steps == state.epoch_begin() || (state.best && steps == state.best->steps);
        std::error_code none;  // one that cannot be removed does no harm
        if (steps > state.steps || (++newer > keep_ && !special)) fs::remove(old, none);
    }
}

Checkpoint Checkpoints::at(Index steps) const { return read(file(steps)); }

Checkpoint Checkpoints::last() const {
    const Files all = files();
    require<MissingInput>(!all.empty(), "{}: there must be a checkpoint; got none", directory_.string());
    for (const auto& [steps, file] : all) {
        try {
            return read(file);
        } catch (const Error& damage) {
            spdlog::warn("{}; the checkpoint before it is used", damage.what());
        }
    }
    throw DataError(
        fmt::format("{}: one checkpoint must be whole; got {}, all damaged", directory_.string(), all.size()));
}

}  // namespace adjoint
