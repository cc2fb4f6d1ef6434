// `adjoint interpolate`: what lies between the latents of images?
#include <cmath>
#include <fmt/format.h>

#include "framework/elementwise.h"
#include "framework/shaping.h"
#include "models/dcgan.h"
#include "train/animated_png.h"
#include "train/atomic_file.h"
#include "train/commands.h"
#include "train/latent_walk.h"
#include "train/pictures.h"
#include "train/trained_model.h"
#include "train/validators.h"

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
Tensor walk_of_autoencoder(const Autoencoder& model, const RunDirectory& run, const InterpolateOptions& options) {
    const Variable images = first_images(*datasets_of(run, options.dataset).test, options.rows + 1);
    return sigmoid(model.decode(straight_walk(model.encode(images).value(), options.steps))).value();
}

// Between normal noise, along arcs.
Tensor walk_of_generator(const InterpolateOptions& options) {
    const Generator generator = trained_generator("interpolate", options.choice);
    const Index latent = generator.sizes.latent;
    const Tensor stops = generator_noise(Random(options.seed), options.rows + 1, 0, latent).reshaped({-1, latent});
    return generator.draw(arc_walk(stops, options.steps).reshaped({-1, 1, 1, latent}));
}

// All walks side by side, a step of each a frame; there and back again, so that the end leads to the beginning.
std::vector<Tensor> frames_of(const Variable& images, const InterpolateOptions& options) {
    const Variable walks = reshape(images, {options.rows, options.steps, -1});
    Shape shape = images.shape();
    shape[0] = options.rows;
    const auto columns = static_cast<Index>(std::ceil(std::sqrt(static_cast<double>(options.rows))));
    std::vector<Tensor> frames;
    for (Index step = 0; step < options.steps; ++step) {
        const Variable images_now = slice(walks, {.axis = 1, .begin = step, .end = step + 1});
        frames.push_back(picture_grid(reshape(images_now, shape).value(), columns));
    }
    for (Index step = options.steps - 2; step > 0; --step) frames.push_back(frames[static_cast<std::size_t>(step)]);
    return frames;
}

void animate(const Tensor& images, const InterpolateOptions& options) {
    const std::vector<Tensor> frames = frames_of(images, options);
    write_atomically(options.animate, animated_png(frames, options.frame_ms));
    fmt::print("{}: {} walks, there and back in {} frames of {} ms\n", options.animate.string(), options.rows,
               frames.size(), options.frame_ms);
}

void interpolate(InterpolateOptions options) {
    const bool animated = !options.animate.empty();
    if (animated) options.steps = options.frames;
    const RunDirectory run = RunDirectory::open(options.choice.run);
    require(run.config().model != "classifier", "interpolate: a classifier draws nothing; got its run in {}",
            run.path().string());
    const std::unique_ptr<Autoencoder> codes = trained_autoencoder(options.choice);
    const Tensor images = codes ? walk_of_autoencoder(*codes, run, options) : walk_of_generator(options);
    if (animated) return animate(images, options);
    if (options.png.empty()) options.png = run.sample("interpolate");
    write_png(options.png, picture_grid(images, options.steps));
    fmt::print("{}: {} walks of {} steps, each from where the one before it ends\n", options.png.string(), options.rows,
               options.steps);
}

}  // namespace

void add_interpolate_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("interpolate", "Draw what lies between digits, as a run has learned it");
    const auto options = std::make_shared<InterpolateOptions>();
    add_run_options(*command, options->choice, "a run of an autoencoder or a generator");
    add_dataset_options(*command, options->dataset);
    command->add_option("--rows", options->rows, "How many walks")
        ->check(whole_number(1, 1'000))
        ->capture_default_str();
    CLI::Option* const steps = command->add_option("--steps", options->steps, "Images a walk, both ends among them")
                                   ->check(whole_number(2, 1'000))
                                   ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the noise of a generator")
        ->check(seed_number())
        ->capture_default_str();
    CLI::Option* const png =
        command->add_option("--png", options->png, "The picture; by default samples/interpolate.png in the run");
    CLI::Option* const animate =
        command
            ->add_option("--animate", options->animate, "Instead an animated PNG of all walks at once, there and back")
            ->excludes(png)
            ->excludes(steps);
    command
        ->add_option("--frames", options->frames, "Frames of it from one end of a walk to the other, both among them")
        ->check(whole_number(2, 1'000))
        ->needs(animate)
        ->capture_default_str();
    command->add_option("--frame-ms", options->frame_ms, "How many milliseconds it shows each")
        ->check(whole_number(1, 65'535))
        ->needs(animate)
        ->capture_default_str();
    command->footer(
        "An autoencoder goes from each of the first test images to the next, in a straight line between their codes; "
        "a\n"
        "generator from noise to noise, along an arc, so that what lies between is as long as noise is.\n"
        "Examples:\n"
        "  adjoint interpolate --run runs/first --rows 4 --steps 16 --png walk.png\n"
        "  adjoint interpolate --run runs/first --rows 16 --animate walks.png --frames 48 --frame-ms 40");
    command->callback([options] { interpolate(*options); });
}

}  // namespace adjoint
