// `adjoint encode` and `adjoint decode`: images to an autoencoder's latents, and back.
#include <algorithm>
#include <fmt/ranges.h>

#include "datasets/read_file.h"
#include "framework/ops/elementwise.h"
#include "framework/ops/shape_ops.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/cli/validators.h"
#include "train/data/image_input.h"
#include "train/io/atomic_file.h"
#include "train/io/npy.h"
#include "train/io/png.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

struct EncodeOptions {
    RunChoice choice;
    DatasetOptions dataset;
    std::vector<std::string> inputs;
    Index count = 10'000;
    std::filesystem::path out, png;
};

// f of 250 rows of x at a time.
Tensor in_parts(const Tensor& x, const std::function<Variable(const Variable&)>& f) {
    constexpr Index at_once = 250;
    std::vector<Variable> parts;
    for (Index first = 0; first < x.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, x.extent(0));
        parts.push_back(f(slice(x, {.axis = 0, .begin = first, .end = end})));
    }
    return concatenate(parts, 0).value();
}

TrainedRun open_coder(const char* command, const RunChoice& choice) {
    TrainedRun run = TrainedRun::open(choice);
    require(bool(run.task.encode), "{}: only {} has latents; got a run of {} in {}", command,
            any_of_a(task_names(&TaskSpec::encode)), run.task.name, run.place());
    return run;
}

void encode(const EncodeOptions& options) {
    const TrainedRun run = open_coder("encode", options.choice);
    const ImageModelOptions& sizes = run.options.sizes;
    const Tensor images = options.inputs.empty()
                              ? first_images(*run.datasets(options.dataset).test, options.count)
                              : read_image_input(options.inputs, {sizes.image_size, sizes.channels}).images;
    const auto model = run.model();
    const Tensor codes = in_parts(images, [&](const Variable& x) { return run.task.encode(*model, x); });
    write_npy(options.out, codes);
    print_line(messages_beside({options.out}), "{}: float32 {}", options.out.string(), codes.shape());
}

void decode(const EncodeOptions& options) {
    const TrainedRun run = open_coder("decode", options.choice);
    const std::string file = options.inputs.front();
    Tensor codes = tensor_of_npy(file, read_input(file)).cast(DType::float32);
    if (codes.rank() == 1) codes = codes.reshaped({1, codes.size()});
    const Index latent = run.options.sizes.latent;
    require<DataError>(codes.rank() == 2 && codes.extent(0) > 0 && codes.extent(1) == latent,
                       "{}: latents must be [N, {}]; got {}", file, latent, codes.shape());
    const auto model = run.model();
    const Tensor images = in_parts(codes, [&](const Variable& z) { return sigmoid(run.task.decode(*model, z)); });
    std::FILE* const out = messages_beside({options.out, options.png});
    if (!options.out.empty()) {
        write_npy(options.out, images);
        print_line(out, "{}: float32 {}", options.out.string(), images.shape());
    }
    if (!options.png.empty()) {
        write_png(options.png, picture_grid(images));
        print_line(out, "{}: {} images", options.png.string(), images.extent(0));
    }
}

}  // namespace

void add_encode_commands(CLI::App& app) {
    const auto options = std::make_shared<EncodeOptions>();
    const auto add = [&](const char* name, const char* description) {
        CLI::App* const command = app.add_subcommand(name, description);
        add_run_options(*command, options->choice, "a run of " + any_of(task_names(&TaskSpec::encode)));
        return command;
    };
    CLI::App* const encoder = add("encode", "Write the latents of images, by the autoencoder or VAE of a run");
    add_dataset_options(*encoder, options->dataset);
    encoder->add_option("images", options->inputs,
                        "PNG and JPEG files, folders of these, or .npy arrays; by default the run's test images");
    add_setting(*encoder, "--count", options->count, "How many test images, where none are named",
                whole_number(1, 1'000'000));
    add_output(*encoder, "--out", options->out, "Write the latents as float32 [N, latent size] to this .npy")
        ->required();
    encoder->footer("Example:\n  adjoint encode --run runs/vae --out latents.npy holiday/");
    encoder->callback([options] { encode(*options); });

    CLI::App* const decoder = add("decode", "Draw the images of latents, by the autoencoder or VAE of a run");
    decoder->add_option("latents", options->inputs, "A .npy of latents [N, latent size]")->required()->expected(1);
    add_output(*decoder, "--out", options->out, "Write the images as float32 [N, H, W, C] in 0..1 to this .npy");
    add_output(*decoder, "--png", options->png, "Write the images as a picture");
    decoder->footer("Example:\n  adjoint decode --run runs/vae --png images.png latents.npy");
    decoder->callback([options] {
        require(!options->out.empty() || !options->png.empty(),
                "decode: name a file to write with --out or --png; got none");
        decode(*options);
    });
}

}  // namespace adjoint
