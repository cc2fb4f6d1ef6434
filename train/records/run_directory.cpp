#include "train/records/run_directory.h"

#include <algorithm>
#include <ctime>
#include <fmt/ranges.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "datasets/read_file.h"
#include "framework/tensor/gemm.h"
#include "framework/tensor/parallel.h"
#include "train/io/json_text.h"
#include "train/io/weights_file.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
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

void make_directory(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    require<CannotWrite>(!error, "{}: the directory cannot be made; got {}", path.string(), error.message());
}

// runs/MODEL-DATE-TIME, made now, so that no other program takes it.
fs::path new_default_place(const std::string& model) {
    const std::string name = model + "-" + time_now("%Y%m%d-%H%M%S");
    std::error_code error;
    fs::create_directories("runs", error);
    fs::path place = fs::path("runs") / name;
    for (int i = 2; !fs::create_directory(place, error) && !error; ++i) {
        place = fs::path("runs") / fmt::format("{}-{}", name, i);
    }
    require<CannotWrite>(!error, "{}: the directory cannot be made; got {}", place.string(), error.message());
    return place;
}

Json json_of(const DataRecord& data) {
    return {{"name", data.name},       {"directory", data.directory}, {"image_shape", data.image_shape},
            {"classes", data.classes}, {"training", data.training},   {"validation", data.validation},
            {"test", data.test},       {"checksum", data.checksum}};
}

// Runs of earlier versions have the name alone.
DataRecord data_in(const Json& config) {
    if (!config.contains("data")) return {.name = value_at<std::string>(config, "dataset")};
    const Json& data = config.at("data");
    const DataRecord record = {.name = value_at<std::string>(data, "name"),
                               .directory = value_at(data, "directory", std::string()),
                               .image_shape = value_at(data, "image_shape", Shape()),
                               .classes = value_at(data, "classes", std::vector<std::string>()),
                               .training = value_at(data, "training", Index{0}),
                               .validation = value_at(data, "validation", Index{0}),
                               .test = value_at(data, "test", Index{0}),
                               .checksum = value_at(data, "checksum", std::string())};
    const Shape& shape = record.image_shape;
    require<DataError>(shape.empty() || (shape.size() == 3 && std::ranges::min(shape) > 0),
                       "image_shape must be three whole numbers from 1; got {}", shortened(fmt::format("{}", shape)));
    return record;
}

// Nothing but what a run leaves that was killed as it began to write its configuration.
bool holds_nothing(const fs::path& directory) {
    std::error_code none;
    return std::ranges::all_of(fs::directory_iterator(directory, none), [](const fs::directory_entry& entry) {
        return entry.path().filename().string().starts_with(".config.");
    });
}

// What is written into a run must not land elsewhere.
void require_links_to_stay_in(const fs::path& run) {
    std::error_code unknown, failure;
    const fs::path own = fs::canonical(run, unknown);
    for (fs::recursive_directory_iterator entry(run, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        if (!entry->is_symlink(unknown)) continue;
        const fs::path to = fs::read_symlink(entry->path(), unknown);
        const fs::path target = fs::weakly_canonical(entry->path().parent_path() / to, unknown);
        require<CannotWrite>(target.string().starts_with(own.string() + "/"),
                             "{}: cannot be written; a symbolic link that leads out of the run",
                             entry->path().string());
    }
    require<MissingInput>(!failure, "{}: cannot be read; got {}", run.string(), failure.message());
}

}  // namespace

fs::path RunDirectory::make_place(const fs::path& path, const std::string& model) {
    if (path.empty()) return new_default_place(model);
    make_directory(path);
    return path;
}

RunDirectory RunDirectory::create(const fs::path& path, const RunRecord& record, bool overwrite) {
    std::error_code unknown;
    const bool holds_run = fs::exists(path / "config.json", unknown);
    const bool has_saved =
        fs::exists(path / "weights.safetensors", unknown) ||
        (fs::is_directory(path / "checkpoints", unknown) && !fs::is_empty(path / "checkpoints", unknown));
    require<CannotWrite>(overwrite || !holds_run || !has_saved,
                         "{}: holds a run already; choose another --out, or --force to replace it", path.string());
    require<CannotWrite>(holds_run || holds_nothing(path),
                         "{}: must be a new directory, an empty one, or a run to replace; got one with other files",
                         path.string());
    if (holds_run) require_links_to_stay_in(path);
    std::error_code none;
    for (const char* old : {"samples", "checkpoints", "weights.safetensors", "average.safetensors", "best.safetensors",
                            "metrics.jsonl", "metrics.csv", "events.jsonl", "log.txt", "report.html", "tensorboard"}) {
        if (holds_run) fs::remove_all(path / old, none);
    }
    make_directory(path);
    const RunDirectory run = rerecord(path, record);
    make_directory(run.samples());
    make_directory(run.checkpoints());
    return run;
}

RunDirectory RunDirectory::rerecord(const fs::path& path, const RunRecord& record) {
    const Json json = {{"model", record.model},    {"data", json_of(record.data)},  {"adjoint", ADJOINT_VERSION},
                       {"compiler", __VERSION__},  {"processor", processor_name()}, {"kernels", gemm_kernels()},
                       {"threads", thread_count()}};
    // First what makes it the directory of a run, which a killed program can leave unfinished.
    write_atomically(path / "config.json", text_of_json(json, 2) + "\n");
    write_atomically(path / "config.toml", record.settings);
    return RunDirectory(path, record.model, record.data);
}

void RunDirectory::require_images(const DataRecord& now) const {
    require<DataError>(now.same_images(data_), "{}: must go on with the images that it was begun with, {}; got {}",
                       path_.string(), data_.text(), now.text());
}

RunDirectory RunDirectory::open(const fs::path& path) {
    const fs::path file = path / "config.json";
    const std::optional<std::string> text = read_file_if_any(file);
    require<MissingInput>(text.has_value(), "{}: is not the directory of a run; got no config.json in it",
                          path.string());
    try {
        const Json json = json_object_of(*text);
        return RunDirectory(path, value_at<std::string>(json, "model"), data_in(json));
    } catch (const DataError& error) {
        throw DataError(fmt::format("{}: is not the configuration of a run: {}", file.string(), error.what()));
    }
}

RunDirectory RunDirectory::open_to_write(const fs::path& path) {
    RunDirectory run = open(path);
    require_links_to_stay_in(path);
    return run;
}

void RunDirectory::log_metrics(const MetricPlace& place, const Metrics& numbers) const {
    append_line(path_ / "metrics.jsonl", text_of(MetricLine{place, numbers}));
}

std::string RunDirectory::metrics() const { return read_file_if_any(path_ / "metrics.jsonl").value_or(""); }

void RunDirectory::log_event(const std::string& event, Index epoch, const Metrics& numbers) const {
    Json line = {{"event", event}, {"time", time_now("%Y-%m-%d %H:%M:%S")}, {"epoch", epoch}};
    for (const auto& [name, value] : numbers) line[name] = value;
    append_line(path_ / "events.jsonl", text_of_json(line));
}

bool RunDirectory::finished() const {
    std::istringstream stream(read_file_if_any(path_ / "events.jsonl").value_or(""));
    std::string last;
    for (std::string line; std::getline(stream, line);) {
        const Json event = json_of_text(line);
        if (event.contains("event") && event["event"].is_string()) last = event["event"];
    }
    return last.starts_with("finished");
}

fs::path RunDirectory::weights(const std::string& which) const {
    if (which == "best") return best();
    if (which == "average" || (which.empty() && fs::exists(average()))) return average();
    return which.empty() || which == "last" ? weights() : fs::path(which);
}

void RunDirectory::save_weights(const fs::path& file, const States& states,
                                std::map<std::string, std::string> metadata) const {
    metadata["model"] = model_;
    metadata[convention_key] = "adjoint";
    metadata["adjoint.layouts"] =
        "images [N, rows, columns, channels]; filters [rows, columns, channels of the image, of the result], of a "
        "transposed convolution [rows, columns, channels of the result, of the image]; matrices [in, out]";
    write_safetensors(file, tensors_of(states), std::move(metadata));
}

}  // namespace adjoint
