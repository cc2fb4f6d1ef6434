#include "train/report/report.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <set>

#include "datasets/read_file.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/analysis/model_summary.h"
#include "train/cli/settings.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"
#include "train/io/safetensors.h"
#include "train/report/report_page.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_epochs = 50;  // whose pictures a page holds

std::string data_uri(const std::string& png) {
    std::string base64((png.size() + 2) / 3 * 4, '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()), reinterpret_cast<const unsigned char*>(png.data()),
                    static_cast<int>(png.size()));
    return "data:image/png;base64," + base64;
}

// The lines of metrics.jsonl or events.jsonl. The last may have been cut short, and a page says so.
void add_lines(Json& page, const RunDirectory& run, const std::string& list) {
    const std::string file = list + ".jsonl";
    std::ifstream stream(run.path() / file);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        Json parsed = Json::parse(line, nullptr, /*allow_exceptions=*/false);
        if (parsed.is_object() && parsed.contains("epoch") && parsed["epoch"].is_number()) {
            page[list].push_back(std::move(parsed));
        } else if (!line.empty()) {
            page["problems"].push_back(fmt::format("Line {} of {} is damaged and left out", number, file));
        }
    }
}

// samples/epoch-N.png by epoch, so many at even distances, the first and the last among them; other pictures by name.
void add_pictures(Json& page, const RunDirectory& run) {
    std::set<std::pair<int, fs::path>> all;
    std::set<fs::path> others;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(run.path() / "samples", none)) {
        const std::string name = entry.path().stem().string();
        if (entry.path().extension() != ".png" || name.starts_with(".")) continue;
        int epoch = 0;
        if (std::sscanf(name.c_str(), "epoch-%d", &epoch) == 1) {
            all.emplace(epoch, entry.path());
        } else {
            others.insert(entry.path());
        }
    }
    const std::vector epochs(all.begin(), all.end());
    const std::size_t shown = std::min(epochs.size(), most_epochs);
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& [epoch, file] = epochs[i * (epochs.size() - 1) / std::max<std::size_t>(1, shown - 1)];
        page["epochs"].push_back({{"epoch", epoch}, {"image", data_uri(read_file(file))}});
    }
    page["epochs_left_out"] = epochs.size() - shown;
    for (const fs::path& file : others) {
        page["pictures"].push_back({{"name", file.stem().string()}, {"image", data_uri(read_file(file))}});
    }
}

// What config.json says, then the settings of config.toml, batch-size as batch_size.
void add_configuration(Json& page, const RunDirectory& run) {
    Json& config = page["config"];
    const Json settings = Json::parse(settings_as_json(run.settings()));
    for (const auto& [setting, value] : settings.items()) {
        std::string name = setting;
        std::replace(name.begin(), name.end(), '-', '_');
        if (!config.contains(name)) config[name] = value;
    }
}

void add_networks(Json& page, const RunDirectory& run) {
    const TrainedRun trained = TrainedRun::open({run.path()});
    const ImageModelOptions& sizes = trained.options.sizes;
    const std::unique_ptr<Module> model = trained.task.make_model(Random(0), trained.options);
    for (const auto& [network, module, input] : networks_of(trained.task, *model, sizes)) {
        Json layers = Json::array();
        for (const LayerSummary& layer : summarize(*module, input)) {
            layers.push_back({{"name", layer.name},
                              {"kind", layer.kind},
                              {"input", layer.input},
                              {"output", layer.output},
                              {"parameters", layer.parameters},
                              {"flops", layer.flops}});
        }
        page["networks"].push_back({{"name", network}, {"layers", layers}});
    }
}

void add_filters(Json& page, const RunDirectory& run) {
    const fs::path weights = run.weights("");
    if (!fs::exists(weights)) return;
    try {
        for (const auto& [name, filters] : read_safetensors(weights).tensors) {
            if (!touches_pixels(filters)) continue;
            page["filters"].push_back({{"name", name}, {"image", data_uri(png_of(filter_picture(filters)))}});
        }
    } catch (const Error& error) {
        page["problems"].push_back(error.what());
    }
}

Json page_of(const RunDirectory& run, bool alone) {
    const TaskSpec* const task = find_task(run.model());
    Json page = {{"name", fs::weakly_canonical(run.path()).filename().string()},
                 {"caption", task == nullptr ? "" : task->caption},
                 {"config", Json::parse(read_file(run.path() / "config.json"), nullptr, false)}};
    for (const char* list : {"metrics", "events", "problems", "epochs", "pictures", "networks", "filters"}) {
        page[list] = Json::array();
    }
    add_lines(page, run, "metrics");
    add_lines(page, run, "events");
    add_pictures(page, run);
    try {
        if (fs::exists(run.settings())) add_configuration(page, run);
        if (alone && task != nullptr) add_networks(page, run);
    } catch (const Error& damage) {
        page["problems"].push_back(damage.what());
    }
    if (alone) add_filters(page, run);
    return page;
}

// JSON that cannot end the script element it stands in, nor begin another.
std::string for_script(const Json& json) {
    std::string text;
    for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
        text += c == '<' || c == '>' || c == '&' ? fmt::format("\\u{:04x}", static_cast<int>(c)) : std::string(1, c);
    }
    return text;
}

}  // namespace

std::string report_of(const std::vector<RunDirectory>& runs) {
    Json pages = Json::array();
    for (const RunDirectory& run : runs) pages.push_back(page_of(run, runs.size() == 1));
    const std::string place = "@data@";
    std::string page = report_page;
    return page.replace(page.find(place), place.size(), for_script({{"runs", pages}}));
}

void write_report(const RunDirectory& run) { write_atomically(run.path() / "report.html", report_of({run})); }

bool touches_pixels(const Tensor& weight) {
    return weight.rank() == 4 && weight.extent(0) > 1 && (weight.extent(2) == 1 || weight.extent(2) == 3) &&
           weight.extent(3) > 1;
}

Tensor filter_picture(const Tensor& weight) {
    require(touches_pixels(weight), "filter_picture: the weight must be [K, L, 1 or 3, O]; got {}", weight.shape());
    const Tensor w = weight.cast(DType::float32);
    double largest = 0.0;
    for (const double value : w.to_vector()) largest = std::max(largest, std::abs(value));
    const Variable shades = Variable(w) / (largest > 0.0 ? 2.0 * largest : 1.0) + 0.5;
    return picture_grid(upsample2d(transpose(shades, {3, 0, 1, 2}), {8, 8}).value(),
                        std::min<Index>(16, weight.extent(3)));
}

}  // namespace adjoint
