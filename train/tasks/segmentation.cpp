#include "train/tasks/segmentation.h"

#include <cmath>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <numeric>

#include "framework/ops/loops.h"
#include "framework/ops/reduction.h"
#include "framework/ops/selection.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "models/unet.h"
#include "train/evaluation/findings.h"
#include "train/evaluation/image_quality.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 8, at_once = 50;

class SegmentationTask : public OneOptimizerTask {
  public:
    explicit SegmentationTask(const TrainingSetup& setup) : OneOptimizerTask(setup) {
        const Shape images = setup.data.training->image_shape();
        require<DataError>(images[0] % UNet::unit == 0 && images[1] % UNet::unit == 0,
                           "train unet: images must be of 32, 64 or 128 pixels, as --image-size makes them; got {}",
                           images[0]);
        const std::string& augment = setup.options.augment;
        require(augment.empty() || augment == "shift" || augment == "flip" || augment == "shift,flip",
                "train unet: --augment must be shift or flip, which move masks by whole pixels; got {}", augment);
    }

    Metrics step(const Batch& batch, std::uint64_t) override {
        const auto [pictures, classes] = apart(batch.images);
        Tape tape(model().parameters());
        const Variable loss = segmentation_loss(model()(pictures), one_hot(classes, setup_.options.classes));
        optimizer_->step(tape.gradient(loss));
        return {{"loss", loss.item()}};
    }

    Evaluation evaluate(const std::shared_ptr<const Dataset>& images) const override {
        const ClassAreas areas = measure_areas(evaluation_model(), images);
        const double overlap = areas.mean_overlap(), accuracy = areas.accuracy();
        const auto [pictures, classes] = apart(first_images(*images, picture_columns));
        const Tensor shown = in_colours(pictures.value()), predicted = segment(evaluation_model(), pictures);
        const Tensor masks = coloured(predicted);
        return {
            .metrics = {{"mean_iou", overlap}, {"accuracy", accuracy}, {"checkerboard_share", checkerboards(masks)}},
            .sentence = fmt::format("mean IoU {:.4f}, {:.2f} % of pixels right", overlap, 100.0 * accuracy),
            .loss = 1.0 - overlap,
            .picture = picture_grid(concatenate({shown, coloured(classes), masks}, 0).value(), shown.extent(0))};
    }

  protected:
    void run_for_moments(const Module& model, Index number) const override {
        model(apart(batch_for_moments(number).images).pictures);
    }
};

}  // namespace

std::optional<double> ClassAreas::overlap(std::size_t of) const {
    const Index together = truth[of] + predicted[of] - both[of];
    return together == 0 ? std::nullopt : std::optional(static_cast<double>(both[of]) / static_cast<double>(together));
}

double ClassAreas::mean_overlap() const {
    double sum = 0.0, count = 0.0;
    for (std::size_t k = 0; k < truth.size(); ++k) {
        if (const std::optional<double> of_class = overlap(k)) {
            sum += *of_class;
            ++count;
        }
    }
    return sum / count;
}

double ClassAreas::accuracy() const {
    const auto total = [](const std::vector<Index>& pixels) {
        return static_cast<double>(std::accumulate(pixels.begin(), pixels.end(), Index{0}));
    };
    return total(both) / total(truth);
}

Masked apart(const Tensor& images) {
    const Index channels = images.extent(3) - 1;
    const Variable mask = slice(images, {.axis = 3, .begin = channels, .end = channels + 1});
    const Tensor classes = map(reshape(mask, {images.extent(0), images.extent(1), images.extent(2)}).value(),
                               [](auto value) { return std::round(255 * value); });
    return {.pictures = slice(images, {.axis = 3, .end = channels}), .classes = classes};
}

Tensor segment(const Module& model, const Variable& pictures) { return argmax(model(pictures).value(), 3); }

ClassAreas measure_areas(const Module& model, const std::shared_ptr<const Dataset>& images) {
    const std::size_t count = images->classes().size();
    const std::vector<Index> none(count, 0);
    ClassAreas areas = {none, none, none};
    Batches batches(images, {.batch_size = at_once});
    while (const auto batch = batches.next()) {
        const auto [pictures, classes] = apart(batch->images);
        const std::vector<double> predicted = gathered(segment(model, pictures)).to_vector();
        const std::vector<double> truth = gathered(classes).to_vector();
        for (std::size_t pixel = 0; pixel < truth.size(); ++pixel) {
            const auto is = static_cast<std::size_t>(truth[pixel]),
                       taken_for = static_cast<std::size_t>(predicted[pixel]);
            ++areas.truth.at(is);
            ++areas.predicted.at(taken_for);
            if (is == taken_for) ++areas.both[is];
        }
    }
    return areas;
}

Tensor in_colours(const Tensor& pictures) {
    return pictures.extent(3) == 3 ? pictures : concatenate({pictures, pictures, pictures}, 3).value();
}

Tensor coloured(const Tensor& classes) {
    Shape shape = classes.shape();
    shape.push_back(3);
    return Tensor::build<float>(shape, [&](std::span<float> out) {
        const std::vector<double> all = classes.to_vector();
        for (std::size_t pixel = 0; pixel < all.size(); ++pixel) {
            // Colours of one brightness around the circle, each far from the one before.
            const double golden = 2.399963, angle = all[pixel] * golden;
            for (int channel = 0; channel < 3; ++channel) {
                const double value = 0.55 + 0.45 * std::cos(angle - channel * 2.0943951);
                out[3 * pixel + static_cast<std::size_t>(channel)] =
                    all[pixel] == 0.0 ? 0.0F : static_cast<float>(value);
            }
        }
    });
}

namespace {

void measure_segmentation(const Module& model, const std::shared_ptr<const Dataset>& images, Findings& findings) {
    const ClassAreas areas = measure_areas(model, images);
    findings.add("mean IoU", areas.mean_overlap(), fmt::format("{:.5f}", areas.mean_overlap()));
    findings.add("accuracy", areas.accuracy(), fmt::format("{:.5f} of the pixels", areas.accuracy()));
    const auto [pictures, truth] = apart(first_images(*images, at_once));
    findings.add_checkerboards(coloured(segment(model, pictures)), coloured(truth));
    const std::vector<std::string>& names = images->classes();
    std::vector<std::string> lines = {"", fmt::format("{:<16}{:>12}{:>10}", "class", "pixels", "IoU")};
    nlohmann::ordered_json classes = nlohmann::ordered_json::array();
    for (std::size_t k = 0; k < names.size(); ++k) {
        const std::optional<double> overlap = areas.overlap(k);
        lines.push_back(fmt::format("{:<16}{:>12}{:>10}", names[k], areas.truth[k],
                                    overlap ? fmt::format("{:.4f}", *overlap) : "none"));
        classes.push_back({{"name", names[k]}, {"pixels", areas.truth[k]}});
        classes.back()["iou"] = overlap ? nlohmann::ordered_json(*overlap) : nlohmann::ordered_json();
    }
    findings.add_lines(lines, "classes", classes);
}

}  // namespace

TaskSpec unet_task() {
    // One pixel in eight of a scene is a digit's, so that to say "ground" of all is learned at once, and classes late.
    // After one epoch of MNIST's scenes these have a mean IoU of 0.60; 32 scenes a step at 1e-3 end it at 0.10.
    TrainingOptions defaults = {.batch_size = 16,
                                .optimizer = {.learning_rate = 5e-3},
                                .schedule = "cosine",
                                .sizes = {.image_size = 64, .latent = 1, .width = 16}};
    defaults.dataset.name = "scenes";
    return {
        .name = "unet",
        .description = "Say of each pixel what it is part of, with a U-Net",
        .defaults = defaults,
        .settings = {.plateau = true, .width = true, .upsampling = true},
        .metrics = {"mean_iou", "accuracy", "checkerboard_share"},
        .caption = "Test images, the classes of their pixels, and what the network takes them for.",
        .by_heart = "accuracy>=0.999",
        .make_model =
            [](const Random& random, const TrainingOptions& options) {
                const ImageModelOptions& o = options.sizes;
                return std::make_unique<UNet>(random, UNetOptions{o.channels, options.classes, o.width, o.upsampling});
            },
        .make_task = make_task<SegmentationTask>,
        .masked = true,
        .measure = measure_segmentation};
}

}  // namespace adjoint
