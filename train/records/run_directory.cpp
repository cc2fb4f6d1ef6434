#include "train/records/run_directory.h"

#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/read_file.h"
#include "framework/kernels/gemm.h"
#include "framework/tensor/parallel.h"
#include "train/io/atomic_file.h"
#include "train/io/safetensors.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

std::string time_now(const char* format) {
    const std::time_t now = std::time(nullptr);
    char text[32];
    std::strftime(text, sizeof text, format, std::localtime(&now));
    return text;
}

std::string processor_name() {
    std::ifstream stream("/proc/cpuinfo");
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

void append_line(const std::filesystem::path& file, const Json& line) {
    std::ofstream stream(file, std::ios::app);
    stream << line.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n" << std::flush;
    if (!stream.good()) refuse_to_write(file, errno);
}

// runs/MODEL-DATE-TIME, made now, so that no other program takes it.
std::filesystem::path new_default_place(const std::string& model) {
    const std::string name = model + "-" + time_now("%Y%m%d-%H%M%S");
    std::error_code error;
    std::filesystem::create_directories("runs", error);
    std::filesystem::path place = std::filesystem::path("runs") / name;
    for (int i = 2; !std::filesystem::create_directory(place, error) && !error; ++i) {
        place = std::filesystem::path("runs") / fmt::format("{}-{}", name, i);
    }
    require<CannotWrite>(!error, "{}: the directory cannot be made; got {}", place.string(), error.message());
    return place;
}

// Nothing but what a run leaves that was killed as it began to write its configuration.
bool holds_nothing(const std::filesystem::path& directory) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(directory, none)) {
        if (!entry.path().filename().string().starts_with(".config.")) return false;
    }
    return true;
}

}  // namespace

RunDirectory RunDirectory::create(std::filesystem::path path, const RunRecord& record, bool overwrite) {
    if (path.empty()) path = new_default_place(record.model);
    const bool holds_run = std::filesystem::exists(path / "config.json");
    require<CannotWrite>(overwrite || !holds_run,
                         "{}: holds a run already; choose another --out, or --force to replace it", path.string());
    require<CannotWrite>(holds_run || holds_nothing(path),
                         "{}: must be a new directory, an empty one, or a run to replace; got one with other files",
                         path.string());
    std::error_code error;
    for (const char* old : {"samples", "checkpoints", "weights.safetensors", "average.safetensors", "metrics.jsonl",
                            "events.jsonl", "log.txt", "report.html", "tensorboard"}) {
        if (holds_run) std::filesystem::remove_all(path / old, error);
    }
    std::filesystem::create_directories(path, error);
    require<CannotWrite>(!error, "{}: the directory cannot be made; got {}", path.string(), error.message());
    const RunDirectory run = rerecord(path, record);
    for (const std::filesystem::path& part : {run.samples(), run.checkpoints()}) {
        std::filesystem::create_directories(part, error);
        require<CannotWrite>(!error, "{}: the directory cannot be made; got {}", part.string(), error.message());
    }
    return run;
}

RunDirectory RunDirectory::rerecord(const std::filesystem::path& path, const RunRecord& record) {
    const Json json = {{"model", record.model},    {"dataset", record.dataset},     {"adjoint", ADJOINT_VERSION},
                       {"compiler", __VERSION__},  {"processor", processor_name()}, {"kernels", gemm_kernels()},
                       {"threads", thread_count()}};
    // First what makes it the directory of a run, which a killed program can leave unfinished.
    write_atomically(path / "config.json", json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    write_atomically(path / "config.toml", record.settings);
    return RunDirectory(path, record.model, record.dataset);
}

RunDirectory RunDirectory::open(const std::filesystem::path& path) {
    std::ifstream stream(path / "config.json");
    require<MissingInput>(stream.is_open(), "{}: is not the directory of a run; got no config.json in it",
                          path.string());
    try {
        const Json json = Json::parse(stream);
        return RunDirectory(path, json.at("model"), json.at("dataset"));
    } catch (const Json::exception& error) {
        throw DataError(fmt::format("{}: is not the configuration of a run; got {}", (path / "config.json").string(),
                                    error.what()));
    }
}

void RunDirectory::log_metrics(Index epoch, const Metrics& metrics) const {
    Json line = {{"epoch", epoch}};
    for (const auto& [name, value] : metrics) line[name] = value;
    append_line(path_ / "metrics.jsonl", line);
}

std::string RunDirectory::metrics() const {
    const std::filesystem::path file = path_ / "metrics.jsonl";
    return std::filesystem::exists(file) ? read_file(file) : "";
}

void RunDirectory::restore_metrics(const std::string& text) const { write_atomically(path_ / "metrics.jsonl", text); }

void RunDirectory::log_event(const std::string& event, Index epoch, const Metrics& numbers) const {
    Json line = {{"event", event}, {"time", time_now("%Y-%m-%d %H:%M:%S")}, {"epoch", epoch}};
    for (const auto& [name, value] : numbers) line[name] = value;
    append_line(path_ / "events.jsonl", line);
}

std::filesystem::path RunDirectory::weights(const std::string& which) const {
    if (which == "average" || (which.empty() && std::filesystem::exists(average()))) return average();
    return which.empty() || which == "last" ? weights() : std::filesystem::path(which);
}

void RunDirectory::save_weights(const States& states) const {
    write_safetensors(weights(), tensors_of(states), {{"model", model_}});
}

void RunDirectory::save_average(const States& states) const {
    write_safetensors(average(), tensors_of(states), {{"model", model_}});
}

}  // namespace adjoint
