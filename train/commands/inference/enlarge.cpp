// `adjoint enlarge`: makes an image larger with a trained super-resolution.
#include <fmt/format.h>

#include "datasets/image_file.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct EnlargeOptions {
    RunChoice choice;
    std::filesystem::path image, png;
};

void enlarge(EnlargeOptions options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    require(run.task.name == "super-resolution", "enlarge: only a super-resolution enlarges; got a run of {} in {}",
            run.task.name, run.place());
    const std::shared_ptr<const Module> model = run.model();
    const Variable image = read_image(options.image.string(), run.options.sizes.channels);
    const Index height = image.extent(0), width = image.extent(1), channels = image.extent(2);
    const Variable y = clamp((*model)(reshape(image, {1, height, width, channels})), {.min = 0.0, .max = 1.0});
    if (options.png.empty()) options.png = run.sample("enlarged");
    write_png(options.png, reshape(y, {y.extent(1), y.extent(2), channels}).value());
    print_line(messages_beside({options.png}), "{}: {} × {} pixels, of {} × {}", options.png.string(), y.extent(1),
               y.extent(2), height, width);
}

}  // namespace

void add_enlarge_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("enlarge", "Make an image larger with a trained super-resolution");
    const auto options = std::make_shared<EnlargeOptions>();
    add_run_options(*command, options->choice, "a run of super-resolution");
    command->add_option("image", options->image, "PNG or JPEG image of any size")->required();
    add_output(*command, "--png", options->png, "Where to write; by default to samples/ in the run");
    command->footer("Example:\n  adjoint enlarge --run runs/large small.png --png large.png");
    command->callback([options] { enlarge(*options); });
}

}  // namespace adjoint
