#include "train/tasks/super_resolution.h"

#include <algorithm>
#include <fmt/format.h>

#include "framework/ops/loops.h"
#include "framework/ops/resampling.h"
#include "framework/ops/selection.h"
#include "framework/tensor/processes.h"
#include "layers/losses/losses.h"
#include "train/cli/progress_line.h"
#include "train/evaluation/findings.h"
#include "train/evaluation/image_quality.h"
#include "train/io/png.h"
#include "train/tasks/task.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12;

// PSNR of each image; an exact one, such as a blank one, counts as 100 dB.
Tensor ratios_of(const Tensor& truth, const Tensor& images) {
    return map(peak_signal_to_noise_ratio(truth, images),
               [](auto ratio) { return std::min(ratio, decltype(ratio)(100)); });
}

class SuperResolutionTask : public OneOptimizerTask {
  public:
    using OneOptimizerTask::OneOptimizerTask;

    Metrics step(const Batch& batch, std::uint64_t) override {
        const Index scale = as<SuperResolution>(model()).scale;
        const Variable x = shrink(batch.images, scale), truth = seen_part(batch.images, scale);
        Tape tape(model().parameters());
        const Variable loss = mean_squared_error(model()(x), truth);
        optimizer_->step(tape.gradient(loss));
        return {{"loss", loss.item()}};
    }

    Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const override {
        const auto& model = as<SuperResolution>(evaluation_model());
        double error = 0.0, ratio = 0.0, bicubic_ratio = 0.0;
        Batches batches(images, {.batch_size = 250});
        while (const auto batch = batches.next()) {
            const Enlarged all = shrink_and_enlarge(model, batch->images);
            const double share = static_cast<double>(whole_extent(batch->images)) / static_cast<double>(images->size());
            error += share * mean_squared_error(all.learned, all.truth).item();
            ratio += share * mean(Variable(ratios_of(all.truth, all.learned))).item();
            bicubic_ratio += share * mean(Variable(ratios_of(all.truth, all.bicubic))).item();
        }
        const Enlarged shown = shrink_and_enlarge(model, first_images(*images, picture_columns));
        const Variable small = upsample2d(shown.small, {model.scale, model.scale});
        return {.metrics = {{"mse", error},
                            {"psnr", ratio},
                            {"bicubic_psnr", bicubic_ratio},
                            {"checkerboard_share", checkerboards(shown.learned)}},
                .sentence = fmt::format("mean squared error {:.5f} a pixel, PSNR {:.2f} dB; bicubic {:.2f} dB", error,
                                        ratio, bicubic_ratio),
                .loss = error,
                .picture = picture_grid(concatenate({small, shown.bicubic, shown.learned, shown.truth}, 0).value(),
                                        shown.truth.extent(0))};
    }
};

}  // namespace

Enlarged shrink_and_enlarge(const SuperResolution& model, const Tensor& images) {
    const Variable small = shrink(images, model.scale);
    const auto in_range = [](const Variable& x) { return clamp(x, {.min = 0.0, .max = 1.0}).value(); };
    return {.small = small.value(),
            .bicubic = in_range(enlarge_bicubic(small, model.scale)),
            .learned = in_range(model(small)),
            .truth = seen_part(images, model.scale).value()};
}

namespace {

void measure_super_resolution(const Module& model, const std::shared_ptr<const Dataset>& images, Findings& findings) {
    std::vector<double> ratios, bicubic_ratios, similarities, bicubic_similarities;
    Batches batches(images, {.batch_size = 250});
    ProgressLine progress;
    while (const auto batch = batches.next()) {
        const Enlarged all = shrink_and_enlarge(as<SuperResolution>(model), gathered(batch->images));
        append(ratios, ratios_of(all.truth, all.learned));
        append(bicubic_ratios, ratios_of(all.truth, all.bicubic));
        append(similarities, structural_similarity(all.truth, all.learned));
        append(bicubic_similarities, structural_similarity(all.truth, all.bicubic));
        progress.say([&] { return fmt::format("evaluate: {} of {} images", ratios.size(), images->size()); });
    }
    findings.add("PSNR", mean_and_error(ratios), " dB");
    findings.add("PSNR of bicubic", mean_and_error(bicubic_ratios), " dB");
    findings.add("SSIM", mean_and_error(similarities));
    findings.add("SSIM of bicubic", mean_and_error(bicubic_similarities));
    const Enlarged some = shrink_and_enlarge(as<SuperResolution>(model), first_images(*images, 250));
    findings.add_checkerboards(some.learned, some.truth);
}

}  // namespace

TaskSpec super_resolution_task() {
    return {.name = "super-resolution",
            .description = "Make small images large again, by 2, 3 or 4, with detail that interpolation cannot know",
            .defaults = {.sizes = {.latent = 1, .width = 32}},
            .settings = {.plateau = true, .width = true, .upsampling = true, .scale = true},
            .metrics = {"mse", "psnr", "bicubic_psnr", "checkerboard_share"},
            .caption =
                "Test images made small, made large again by bicubic interpolation and by the network, and as "
                "they were.",
            .by_heart = "mse<=0.0005",
            .make_model =
                [](const Random& random, const TrainingOptions& options) {
                    const ImageModelOptions& o = options.sizes;
                    return std::make_unique<SuperResolution>(
                        random, SuperResolutionOptions{o.channels, o.width, options.scale, o.upsampling});
                },
            .make_task = make_task<SuperResolutionTask>,
            .networks = [](const Module& model, const ImageModelOptions& sizes) -> std::vector<NetworkInput> {
                return {{"super-resolution", &model, shrink(one_image(sizes), as<SuperResolution>(model).scale)}};
            },
            .measure = measure_super_resolution};
}

}  // namespace adjoint
