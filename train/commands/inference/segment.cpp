// `adjoint segment`: says of each pixel of images what it is part of, with a trained U-Net.
#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <span>

#include "framework/ops/loops.h"
#include "framework/ops/shape_ops.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/terminal.h"
#include "train/data/image_input.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"
#include "train/io/png.h"
#include "train/tasks/segmentation.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

constexpr Index at_once = 50;

struct SegmentOptions {
    RunChoice choice;
    std::vector<std::string> images;
    std::filesystem::path png, mask;
    bool json = false;
};

// Which part of an image is of each class.
using Shares = std::vector<std::pair<std::string, double>>;

Shares shares_of(std::span<const double> pixels, const std::vector<std::string>& classes) {
    Shares shares;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        const auto count = std::ranges::count(pixels, static_cast<double>(k));
        shares.emplace_back(classes[k], static_cast<double>(count) / static_cast<double>(pixels.size()));
    }
    return shares;
}

std::string text_of(const std::string& name, const Shares& shares) {
    std::string text = name + ":";
    for (const auto& [of, share] : shares) {
        if (share > 0.0) text += fmt::format("  {} {:.1f} %", of, 100.0 * share);
    }
    return text;
}

std::string json_of(const std::string& name, const Shares& shares) {
    nlohmann::ordered_json all;
    for (const auto& [of, share] : shares) all[of] = share;
    return text_of_json(nlohmann::ordered_json{{"image", name}, {"shares", all}});
}

void segment_images(SegmentOptions options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    require(run.task.masked, "segment: only a unet segments; got a run of {} in {}", run.task.name, run.place());
    const ImageModelOptions& sizes = run.options.sizes;
    const std::shared_ptr<const Module> model = run.model();
    const auto [names, images] = read_image_input(options.images, {sizes.image_size, sizes.channels});
    require(options.mask.empty() || images.extent(0) == 1, "segment: --mask is of one image; got {}", images.extent(0));
    std::vector<Variable> parts;
    for (Index first = 0; first < images.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, images.extent(0));
        parts.push_back(segment(*model, slice(images, {.axis = 0, .begin = first, .end = end})));
    }
    const Tensor classes = concatenate(parts, 0).value();
    if (options.png.empty()) options.png = run.sample("segmented");
    std::FILE* const out = messages_beside({options.png, options.mask});
    write_png(options.png, picture_pairs(in_colours(images), coloured(classes), images.extent(0)));
    if (!options.mask.empty()) {
        const Tensor mask = map(classes.cast(DType::float32), [](auto k) { return k / 255; });
        write_png(options.mask, mask.reshaped({sizes.image_size, sizes.image_size, 1}));
    }
    const std::vector<double> pixels = classes.to_vector();
    const auto each = static_cast<std::size_t>(sizes.image_size * sizes.image_size);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Shares shares = shares_of(std::span(pixels).subspan(i * each, each), run.class_names());
        options.json ? fmt::print(out, "{}\n", json_of(names[i], shares))
                     : print_line(out, "{}", text_of(names[i], shares));
    }
    if (!options.json) print_line(out, "{}: images above the classes of their pixels", options.png.string());
}

}  // namespace

void add_segment_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("segment", "Say of each pixel of images what it is part of, with a trained U-Net");
    const auto options = std::make_shared<SegmentOptions>();
    add_run_options(*command, options->choice, "a run of unet");
    command->add_option("images", options->images, "PNG or JPEG files, or folders of these")->required();
    add_output(*command, "--png", options->png, "Write images above their classes; by default to samples/ in the run");
    add_output(*command, "--mask", options->mask,
               "Write the mask of one image, grey, each pixel the number of its class");
    command->add_flag("--json", options->json, "Print a line of JSON for each image");
    command->footer("Example:\n  adjoint segment --run runs/unet scene.png --mask mask.png");
    command->callback([options] { segment_images(*options); });
}

}  // namespace adjoint
