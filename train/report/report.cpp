#include "train/report/report.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <map>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <regex>
#include <set>
#include <spdlog/spdlog.h>

#include "datasets/read_file.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "layers/analysis/model_summary.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"
#include "train/io/png.h"
#include "train/io/safetensors.h"
#include "train/report/charts.h"
#include "train/report/report_page.h"
#include "train/report/run_facts.h"
#include "train/report/tables.h"
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
    if (shown < epochs.size()) {
        page["caption"] = fmt::format("{} {} of the epochs between are left out here.",
                                      page["caption"].get<std::string>(), epochs.size() - shown);
    }
    const std::map<std::string, std::string> captions = {{"confusion", "How often each class is taken for each"},
                                                         {"augmented", "Training images as they are varied"}};
    for (const fs::path& file : others) {
        const std::string name = file.stem().string();
        const auto known = captions.find(name);
        const std::string caption = known == captions.end() ? name : known->second;
        page["pictures"].push_back(
            {{"name", name},
             {"caption", page["overfit"] ? caption + ", of the one batch that it learned by heart" : caption},
             {"image", data_uri(read_file(file))}});
    }
}

// samples/mistakes.json: what each image of the newest picture is, and is taken for.
void add_mistakes(Json& page, const RunDirectory& run) {
    const fs::path file = run.samples() / "mistakes.json";
    if (!fs::exists(file)) return;
    const Json mistakes = json_of_text(read_file(file));
    const auto is_one = [](const Json& m) { return m.is_object() && m.contains("label") && m.contains("predicted"); };
    if (mistakes.is_array() && std::ranges::all_of(mistakes, is_one)) {
        page["mistakes"] = mistakes;
    } else {
        page["problems"].push_back("samples/mistakes.json is damaged and left out");
    }
}

void add_networks(Json& page, const RunDirectory& run) {
    const TrainedRun trained = TrainedRun::open({run.path()});
    const ImageModelOptions& sizes = trained.options.sizes;
    const std::unique_ptr<Module> model = trained.task.make_model(Random(0), trained.options);
    for (const auto& [network, module, input] : networks_of(trained.task, *model, sizes)) {
        page["networks"].push_back(network_table(network, summarize(*module, input)));
    }
}

void add_filters(Json& page, const RunDirectory& run) {
    const fs::path weights = run.weights("");
    if (!fs::exists(weights)) return;
    for (const auto& [name, filters] : read_safetensors(weights).tensors) {
        if (!touches_pixels(filters)) continue;
        page["filters"].push_back({{"name", name}, {"image", data_uri(png_of(filter_picture(filters)))}});
    }
}

// Of the picture that its test makes. Where a run learns one batch by heart, its test images are that batch.
std::string caption_of(const TaskSpec& task, bool overfit) {
    if (!overfit) return task.caption;
    static const std::regex test("^(Test|Validation) images");
    return std::regex_search(task.caption, test)
               ? std::regex_replace(task.caption, test, "Of the one batch that it learned by heart: images")
               : task.caption + " It has seen nothing but the one batch that it learned by heart.";
}

// What a page shows of a run alone. In a comparison it has only its pictures and what happened to it.
Json part_of(const RunDirectory& run, Json facts, bool alone) {
    const TaskSpec* const task = find_task(run.model());
    facts["caption"] = task == nullptr ? "" : caption_of(*task, facts["overfit"]);
    for (const char* list : {"epochs", "pictures", "mistakes", "networks", "filters"}) facts[list] = Json::array();
    add_part(facts, [&] { add_pictures(facts, run); });
    if (alone) {
        add_part(facts, [&] { add_mistakes(facts, run); });
        if (task != nullptr) add_part(facts, [&] { add_networks(facts, run); });
        add_part(facts, [&] { add_filters(facts, run); });
        facts["head"] = head_of(facts);
        facts["results"] = results_table(facts);
        facts["settings"] = settings_of(facts);
    }
    facts["events"] = events_of(facts);
    for (const char* shown : {"directory", "metrics", "config", "data"}) facts.erase(shown);
    return facts;
}

Json page_of(const std::vector<RunDirectory>& runs) {
    Json facts = Json::array();
    for (const RunDirectory& run : runs) facts.push_back(facts_of(run));
    Json page = {{"charts", charts_of(facts)}, {"runs", Json::array()}, {"comparison", nullptr}};
    if (runs.size() > 1) {
        page["comparison"] = comparison_table(facts);
        page["alike"] = settings_of(facts[0], differing_settings(facts));
    }
    for (std::size_t i = 0; i < runs.size(); ++i) {
        page["runs"].push_back(part_of(runs[i], facts[i], runs.size() == 1));
        for (const Json& problem : page["runs"][i]["problems"])
            spdlog::warn("report: {}: {}", runs[i].path().string(), problem.get<std::string>());
    }
    return page;
}

// JSON that cannot end the script element it stands in, nor begin another.
std::string for_script(const Json& json) {
    std::string text;
    for (const char c : text_of_json(json)) {
        text += c == '<' || c == '>' || c == '&' ? fmt::format("\\u{:04x}", static_cast<int>(c)) : std::string(1, c);
    }
    return text;
}

}  // namespace

std::string report_of(const std::vector<RunDirectory>& runs) {
    const std::string place = "@data@";
    std::string page = report_page;
    return page.replace(page.find(place), place.size(), for_script(page_of(runs)));
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
