// `adjoint interpolate`: draws what lies between the latents of images.
#include <fmt/format.h>

#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/evaluation/latent_walk.h"
#include "train/io/atomic_file.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct InterpolateOptions {
    RunChoice choice;
    DatasetOptions dataset;
    Index rows = 8;
    Index steps = 12;
    std::uint64_t seed = 1;
    std::filesystem::path png;
    std::filesystem::path animate;
    Index frames = 24;
    Index frame_ms = 60;
};

// Between the codes of test images, in straight lines.
Tensor walk_between_images(const TrainedRun& run, const InterpolateOptions& options) {
    const std::shared_ptr<const Module> model = run.model();
    const Variable images = first_images(*run.datasets(options.dataset).test, options.rows + 1);
    require(images.extent(0) == options.rows + 1, "interpolate: --rows {} takes {} test images; there are {}",
            options.rows, options.rows + 1, images.extent(0));
    const Tensor codes = straight_walk(run.task.encode(*model, images).value(), options.steps);
    return sigmoid(run.task.decode(*model, codes)).value();
}

// Between normal noise, along arcs.
Tensor walk_between_noise(const TrainedRun& run, const InterpolateOptions& options) {
    const Generator generator = trained_generator("interpolate", run);
    const Index latent = generator.sizes.latent;
    const Tensor stops = Random(options.seed).normal({options.rows + 1, latent});
    const Index count = options.rows * options.steps;
    return draw_images(generator, arc_walk(stops, options.steps).reshaped({count, 1, 1, latent}),
                       classes_in_turn(count, generator.sizes.told_classes, options.steps));  // one a walk
}

// All walks side by side, a step of each a frame; there and back again, so that the end leads to the beginning.
AnimatedPng animation_of(const Variable& images, const InterpolateOptions& options) {
    const Variable walks = reshape(images, {options.rows, options.steps, -1});
    Shape shape = images.shape();
    shape[0] = options.rows;
    AnimatedPng animation(options.frame_ms);
    const auto add = [&](Index step) {
        const Variable images_now = slice(walks, {.axis = 1, .begin = step, .end = step + 1});
        animation.add(picture_grid(reshape(images_now, shape).value()));
    };
    for (Index step = 0; step < options.steps; ++step) add(step);
    for (Index step = options.steps - 2; step > 0; --step) add(step);
    return animation;
}

void animate(const Tensor& images, const InterpolateOptions& options) {
    const AnimatedPng animation = animation_of(images, options);
    write_output(options.animate, animation.file());
    print_line(messages_beside({options.png, options.animate}), "{}: {} walks, there and back in {} frames of {} ms",
               options.animate.string(), options.rows, animation.frames(), options.frame_ms);
}

void interpolate(InterpolateOptions options) {
    const bool animated = !options.animate.empty();
    if (animated) options.steps = options.frames;
    const TrainedRun run = TrainedRun::open(options.choice);
    require(run.task.encode || run.task.draw, "interpolate: a {} draws nothing; got its run in {}", run.task.name,
            run.place());
    const Tensor images = run.task.encode ? walk_between_images(run, options) : walk_between_noise(run, options);
    if (animated) return animate(images, options);
    if (options.png.empty()) options.png = run.sample("interpolate");
    write_png(options.png, picture_grid(images, options.steps));
    print_line(messages_beside({options.png, options.animate}),
               "{}: {} walks of {} steps, each from where the one before it ends", options.png.string(), options.rows,
               options.steps);
}

}  // namespace

void add_interpolate_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("interpolate", "Interpolate between images in the latent space of a trained model");
    const auto options = std::make_shared<InterpolateOptions>();
    add_run_options(*command, options->choice, "a run of an autoencoder or a generator");
    add_dataset_options(*command, options->dataset);
    add_setting(*command, "--rows", options->rows,
                "Number of walks through the latent space, a row of the picture each", whole_number(1, 1'000));
    CLI::Option* const steps = add_setting(*command, "--steps", options->steps, "Images of a walk, both ends included",
                                           whole_number(2, 1'000));
    add_setting(*command, "--seed", options->seed, "Random seed of a generator's noise", seed_number());
    CLI::Option* const png =
        add_output(*command, "--png", options->png, "Picture to write; by default samples/interpolate.png in the run");
    CLI::Option* const animate = add_output(*command, "--animate", options->animate,
                                            "Write an animated PNG instead: all walks at once, there and back")
                                     ->excludes(png)
                                     ->excludes(steps);
    add_setting(*command, "--frames", options->frames, "Frames from one end of a walk to the other, both included",
                whole_number(2, 1'000))
        ->needs(animate);
    add_setting(*command, "--frame-ms", options->frame_ms, "Milliseconds that each frame is shown",
                whole_number(1, 65'535))
        ->needs(animate);
    command->footer(
        "An autoencoder is interpolated linearly, from the code of each of the first test images to that of the next;\n"
        "a generator spherically (slerp), from noise to noise, so that what lies between is as long as noise is.\n"
        "Examples:\n"
        "  adjoint interpolate --run runs/first --rows 4 --steps 16 --png walk.png\n"
        "  adjoint interpolate --run runs/first --rows 16 --animate walks.png --frames 48 --frame-ms 40");
    command->callback([options] { interpolate(*options); });
}

}  // namespace adjoint
