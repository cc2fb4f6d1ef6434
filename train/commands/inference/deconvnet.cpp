// `adjoint deconvnet`: shows what in an image the strongest feature maps of a trained network see.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/data/image_input.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct DeconvnetOptions {
    RunChoice choice;
    std::filesystem::path image;
    std::string layer;
    Index top = 15;
    std::filesystem::path out;
};

// The stages up to the one of this name, or all where it is empty.
std::vector<ConvolutionalStage> up_to(const std::string& layer, std::vector<ConvolutionalStage> stages) {
    if (layer.empty()) return stages;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < stages.size(); ++i) {
        names.push_back(stages[i].name);
        if (names.back() == layer) return {stages.begin(), stages.begin() + static_cast<std::ptrdiff_t>(i) + 1};
    }
    throw Error(fmt::format("deconvnet: --layer must be one of {}; got {}", fmt::join(names, ", "), layer));
}

// Grey where the projection is 0, and as light or dark as it is strong.
Tensor grey(const Tensor& projection) {
    double strongest = 0.0;
    for (const double value : projection.to_vector()) strongest = std::max(strongest, std::abs(value));
    const Variable scaled = Variable(projection) / (strongest > 0.0 ? 2.0 * strongest : 1.0);
    return (scaled + 0.5).value();
}

void deconvnet(DeconvnetOptions options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    const TaskSpec& task = run.task;
    require(bool(task.stages), "deconvnet: the model must be {}; got {}", any_of(task_names(&TaskSpec::stages)),
            task.name);
    const std::shared_ptr<const Module> model = run.model();
    const std::vector<ConvolutionalStage> stages = up_to(options.layer, task.stages(*model));
    const ImageModelOptions& sizes = run.options.sizes;
    const Tensor image = read_image_input({options.image.string()}, {sizes.image_size, sizes.channels}).images;
    require(image.extent(0) == 1, "deconvnet: --image must be one image; got {}", image.extent(0));

    const FeatureMaps maps(stages, task.symmetric ? from_unit_to_symmetric(image) : image);
    std::vector<Variable> tiles = {image};
    for (const Index map : maps.strongest(options.top)) tiles.push_back(grey(maps.project_largest(map)));
    if (options.out.empty()) options.out = run.sample("deconvnet-" + stages.back().name);
    write_png(options.out, picture_grid(concatenate(tiles, 0).value()));
    print_line(messages_beside({options.out}), "{}: the image, then the {} strongest of {} feature maps of {}",
               options.out.string(), tiles.size() - 1, maps.value().extent(-1), stages.back().name);
}

}  // namespace

void add_deconvnet_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand(
        "deconvnet", "Show which parts of an image the strongest feature maps of a trained network respond to");
    const auto options = std::make_shared<DeconvnetOptions>();
    add_run_options(*command, options->choice, "a run");
    command->add_option("--image", options->image, "A PNG or JPEG")->required();
    command->add_option("--layer", options->layer, "Convolution whose feature maps are shown; by default the last");
    add_setting(*command, "--top", options->top, "Number of feature maps, the strongest first", whole_number(1, 1'000));
    add_output(*command, "--out", options->out, "Picture to write; by default samples/deconvnet-LAYER.png in the run");
    command->footer(
        "Each map's strongest activation alone is projected back to the pixels through max unpooling, ReLU and\n"
        "transposed convolution with the same filters (Zeiler and Fergus, 2014).\n"
        "Example:\n  adjoint deconvnet --run runs/first --image digit.png --layer conv2 --top 24 --out maps.png");
    command->callback([options] { deconvnet(*options); });
}

}  // namespace adjoint
