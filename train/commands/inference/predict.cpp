// `adjoint predict`: asks a trained classifier what images are.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <numeric>

#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/data/image_input.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

struct PredictOptions {
    RunChoice choice;
    std::vector<std::string> images;
    Index top = 3;
    std::filesystem::path csv;
    bool json = false;
};

struct Guess {
    std::string name;
    double probability;
};
// The most likely classes of one image first.
using Guesses = std::vector<Guess>;

std::vector<Guesses> guess(const Module& model, const Tensor& images, const std::vector<std::string>& classes) {
    constexpr Index at_once = 250;
    std::vector<Guesses> all;
    for (Index first = 0; first < images.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, images.extent(0));
        const Tensor p = softmax(model(slice(images, {.axis = 0, .begin = first, .end = end}))).value();
        for (Index n = 0; n < p.extent(0); ++n) {
            Guesses& guesses = all.emplace_back();
            for (Index c = 0; c < p.extent(1); ++c) guesses.push_back({classes.at(c), p[n * p.extent(1) + c]});
            std::ranges::stable_sort(guesses, std::greater(), &Guess::probability);
        }
    }
    return all;
}

// Between quotes where it has to be.   Source: RFC 4180.
std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

// A line an image: its name, the most likely class, and the probability of every class.
std::string csv_of(const std::vector<std::string>& names, const std::vector<Guesses>& all,
                   const std::vector<std::string>& classes) {
    std::string text = "image,class";
    for (const std::string& name : classes) text += "," + csv_field(name);
    for (std::size_t n = 0; n < names.size(); ++n) {
        text += "\n" + csv_field(names[n]) + "," + csv_field(all[n].front().name);
        for (const std::string& name : classes)
            text += fmt::format(",{:.6g}", std::ranges::find(all[n], name, &Guess::name)->probability);
    }
    return text + "\n";
}

void predict(const PredictOptions& options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    require(run.task.classifies, "predict: only {} tells classes apart; got a run of {} in {}",
            any_of_a(task_names(&TaskSpec::classifies)), run.task.name, run.place());
    const ImageModelOptions& sizes = run.options.sizes;
    const std::vector<std::string> classes = run.class_names();
    const auto [names, images] = read_image_input(options.images, {sizes.image_size, sizes.channels});
    const std::vector<Guesses> all = guess(*run.model(), images, classes);
    const auto top = static_cast<std::size_t>(std::min<Index>(options.top, std::ssize(classes)));
    for (std::size_t n = 0; n < names.size() && options.csv.empty(); ++n) {
        std::vector<std::string> words;
        auto json = Json::array();
        for (const auto& [name, probability] : std::span(all[n]).first(top)) {
            words.push_back(fmt::format("{} {:.4f}", name, probability));
            json.push_back({{"class", name}, {"probability", probability}});
        }
        options.json ? fmt::print("{}\n", text_of_json(Json{{"image", names[n]}, {"classes", json}}))
                     : print_line(stdout, "{}: {}", names[n], fmt::join(words, ", "));
    }
    if (options.csv.empty()) return;
    write_output(options.csv, csv_of(names, all, classes));
    print_line(messages_beside({options.csv}), "{}: {} images", options.csv.string(), names.size());
}

}  // namespace

void add_predict_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("predict", "Ask the classifier of a run what images are");
    const auto options = std::make_shared<PredictOptions>();
    add_run_options(*command, options->choice, "a run of " + any_of(task_names(&TaskSpec::classifies)));
    command
        ->add_option("images", options->images,
                     "PNG and JPEG files, folders of these, or .npy arrays of images [N, H, W, C] in 0..1 or of whole "
                     "numbers 0..255")
        ->required();
    add_setting(*command, "--top", options->top, "How many classes, the most likely first", whole_number(1, 65'536));
    add_output(*command, "--csv", options->csv, "Write a table of all classes' probabilities, a line an image");
    command->add_flag("--json", options->json, "Print a line of JSON for each image");
    command->footer(
        "Images are cut to a square and resized as those of a folder are for training.\n"
        "Example:\n  adjoint predict --run runs/pets --top 2 cat.jpg holiday/");
    command->callback([options] { predict(*options); });
}

}  // namespace adjoint
