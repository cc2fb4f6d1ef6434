// `adjoint reconstruct`: passes images through a trained autoencoder.
#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "framework/ops/shape_ops.h"
#include "layers/losses/losses.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/data/image_input.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"
#include "train/io/npy.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct ReconstructOptions {
    RunChoice choice;
    DatasetOptions dataset;
    std::filesystem::path input;
    Index count = 32;
    std::filesystem::path png;
    std::filesystem::path npy;
    bool json = false;
};

// The images named by --input, or the first ones of the test set: [N, S, S, channels] in 0..1.
Tensor originals(const TrainedRun& run, const ReconstructOptions& options) {
    if (options.input.empty()) return first_images(*run.datasets(options.dataset).test, options.count);
    const ImageModelOptions& sizes = run.options.sizes;
    return read_image_input({options.input.string()}, {sizes.image_size, sizes.channels}).images;
}

void reconstruct(ReconstructOptions options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    require(bool(run.task.decode), "reconstruct: only {} reconstructs; got a run of {} in {}",
            any_of_a(task_names(&TaskSpec::decode)), run.task.name, run.place());
    const std::shared_ptr<const Module> model = run.model();
    const Variable images = originals(run, options);
    const Variable logits = (*model)(images), result = sigmoid(logits);
    const double entropy = binary_cross_entropy_with_logits(logits, images).item();
    const double error = mean_squared_error(result, images).item();
    if (options.png.empty() && options.npy.empty()) options.png = run.sample("reconstruct");
    std::vector<std::string> lines = {fmt::format(
        "{} images: binary cross-entropy {:.4f}, mean squared error {:.4f} a pixel", images.extent(0), entropy, error)};
    nlohmann::ordered_json json = {
        {"images", images.extent(0)}, {"binary_cross_entropy", entropy}, {"mean_squared_error", error}};
    if (!options.png.empty()) {
        const Index columns = std::min<Index>(16, images.extent(0));
        const Index whole = images.extent(0) / columns * columns;
        const auto rows = [&](const Variable& x) { return slice(x, {.axis = 0, .begin = 0, .end = whole}).value(); };
        write_png(options.png, picture_pairs(rows(images), rows(result), columns));
        lines.push_back(fmt::format("{}: originals above reconstructions", options.png.string()));
        json["png"] = options.png.string();
    }
    if (!options.npy.empty()) {
        write_npy(options.npy, result.value());
        lines.push_back(fmt::format("{}: float32 {}", options.npy.string(), result.shape()));
        json["npy"] = options.npy.string();
    }
    std::FILE* const out = messages_beside({options.png, options.npy});
    if (options.json) return fmt::print(out, "{}\n", text_of_json(json));
    for (const std::string& line : lines) print_line(out, "{}", line);
}

}  // namespace

void add_reconstruct_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("reconstruct", "Pass images through the autoencoder or VAE of a run");
    const auto options = std::make_shared<ReconstructOptions>();
    add_run_options(*command, options->choice, "a run of " + any_of(task_names(&TaskSpec::decode)));
    add_dataset_options(*command, options->dataset);
    command->add_option("--input", options->input,
                        "Images to use: a PNG or JPEG, a folder of these, or a .npy of [N, H, W, C] in 0..1 or of "
                        "whole numbers 0..255; - is standard input");
    add_setting(*command, "--count", options->count, "How many test images, where no --input is given",
                whole_number(1, 10'000));
    add_output(*command, "--png", options->png,
               "Write originals above reconstructions; by default to samples/ in the run");
    add_output(*command, "--npy", options->npy,
               "Write the reconstructions as float32 [N, H, W, C] in 0..1; - is standard output");
    command->add_flag("--json", options->json, "Print one line of JSON");
    command->footer("Example:\n  adjoint reconstruct --run runs/first --count 16 --png pairs.png");
    command->callback([options] { reconstruct(*options); });
}

}  // namespace adjoint
