// `adjoint evaluate`: measures how good a trained model is, and how sure that is.
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <numeric>

#include "framework/ops/elementwise.h"
#include "framework/ops/reduction.h"
#include "framework/ops/resampling.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "models/dcgan.h"
#include "train/cli/commands.h"
#include "train/cli/progress_line.h"
#include "train/cli/validators.h"
#include "train/evaluation/findings.h"
#include "train/io/png.h"
#include "train/tasks/classification.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;
constexpr Index at_once = 250;

struct EvaluateOptions {
    RunChoice choice;
    DatasetOptions dataset;
    std::string images = "test";
    std::filesystem::path classifier;
    Index count = 10'000;
    std::uint64_t seed = 1;
    bool json = false;
};

// How often images of the class of a row are taken for that of a column.
std::vector<std::vector<Index>> confusion_of(const Classified& all, std::size_t classes) {
    std::vector<std::vector<Index>> confusion(classes, std::vector<Index>(classes, 0));
    for (std::size_t n = 0; n < all.labels.size(); ++n) ++confusion.at(all.labels[n]).at(all.classes[n]);
    return confusion;
}

Index images_of(const std::vector<Index>& row) { return std::accumulate(row.begin(), row.end(), Index{0}); }

// A square for each pair of classes, the lighter the more images of the row's class are taken for the column's.
Tensor picture_of(const std::vector<std::vector<Index>>& confusion) {
    const Index classes = std::ssize(confusion), side = std::max<Index>(4, 280 / classes);
    const Tensor shares = Tensor::build<float>({1, classes, classes, 1}, [&](std::span<float> out) {
        for (std::size_t i = 0; i < out.size(); ++i) {
            const std::vector<Index>& row = confusion[i / confusion.size()];
            const double share = static_cast<double>(row[i % row.size()]) / std::max<Index>(1, images_of(row));
            out[i] = static_cast<float>(std::sqrt(share));  // so that few can be seen
        }
    });
    return upsample2d(shares, {side, side}).value().reshaped({classes * side, classes * side, 1});
}

void add_classes(const Classified& all, const std::vector<std::string>& names, Findings& findings) {
    const std::vector<std::vector<Index>> confusion = confusion_of(all, names.size());
    std::size_t width = 6;
    for (const std::string& name : names) width = std::max(width, name.size() + 1);
    std::vector<std::string> lines = {"",
                                      fmt::format("{:<{}}{:>8}{:>10}   taken for", "class", width, "images", "right")};
    Json classes = Json::array();
    for (std::size_t c = 0; c < names.size(); ++c) {
        const Index images = images_of(confusion[c]);
        const double right = static_cast<double>(confusion[c][c]) / static_cast<double>(std::max<Index>(1, images));
        lines.push_back(fmt::format("{:<{}}{:>8}{:>9.2f}%            ", names[c], width, images, 100.0 * right));
        classes.push_back({{"name", names[c]}, {"images", images}, {"accuracy", right}});
    }
    // A column for each class that images are taken for, as wide as the widest of its entries.
    for (std::size_t k = 0; k < names.size(); ++k) {
        std::vector<std::string> column = {"", names[k]};
        for (const std::vector<Index>& row : confusion) column.push_back(fmt::format("{}", row[k]));
        const std::size_t widest = std::ranges::max(column, {}, &std::string::size).size();
        for (std::size_t l = 1; l < lines.size(); ++l) lines[l] += fmt::format(" {:>{}}", column[l], widest);
    }
    findings.add_lines(lines, "classes", classes);
    findings.add_lines({}, "confusion", confusion);
}

void evaluate_classifier(const TrainedRun& run, const std::shared_ptr<const Dataset>& images, Findings& findings) {
    const Classified all = classify(*run.model(), images);
    std::vector<double> right;
    for (std::size_t n = 0; n < all.labels.size(); ++n) right.push_back(all.right(n) ? 1.0 : 0.0);
    findings.add("cross-entropy", mean_and_error(all.entropies));
    findings.add("accuracy", mean_and_error(right));
    add_classes(all, run.class_names(), findings);
    const std::filesystem::path picture = run.sample("confusion");
    write_png(picture, picture_of(confusion_of(all, run.class_names().size())));
    findings.add_lines({"", fmt::format("{}: rows are classes, columns what they are taken for", picture.string())},
                       "picture", picture.string());
}

// What a classifier sees in images: its features [N, n] and the chances of the classes [N, classes].
struct Seen {
    Tensor features;
    Tensor chances;
};

Seen seen_by(const TaskSpec& task, const Module& classifier, const Tensor& images) {
    std::vector<Variable> features, chances;
    ProgressLine progress;
    for (Index first = 0; first < images.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, images.extent(0));
        const Variable some = divided(slice(images, {.axis = 0, .begin = first, .end = end}).value());
        const Variable seen = task.features(classifier, some);
        features.push_back(gathered(seen.value()));
        chances.push_back(gathered(softmax(task.classify(classifier, seen)).value()));
        progress.say(
            [&] { return fmt::format("evaluate: the classifier has seen {} of {} images", end, images.extent(0)); });
    }
    return {concatenate(features, 0).value(), concatenate(chances, 0).value()};
}

// −Σ p·log p along the last axis.
Tensor entropy(const Variable& p) { return (-sum(p * log(maximum(p, scalar(1e-30, p))), {-1})).value(); }

void evaluate_generator(const TrainedRun& run, const EvaluateOptions& options, const Datasets& data,
                        Findings& findings) {
    const Generator generator = trained_generator("evaluate", run);
    require(!options.classifier.empty(),
            "evaluate: --classifier must name a run whose classifier looks at what a {} draws; got none",
            run.task.name);
    const TrainedRun judge = TrainedRun::open({options.classifier});
    require(bool(judge.task.features), "evaluate: --classifier must be a run of a classifier; got one of {} in {}",
            judge.task.name, options.classifier.string());
    const ImageModelOptions &drawn_sizes = generator.sizes, &seen_sizes = judge.options.sizes;
    require(drawn_sizes.image_size == seen_sizes.image_size && drawn_sizes.channels == seen_sizes.channels,
            "evaluate: the classifier sees images of {} pixels and {} channels; got {} and {} in {}",
            seen_sizes.image_size, seen_sizes.channels, drawn_sizes.image_size, drawn_sizes.channels, run.place());
    const auto see = [&judge, model = judge.model()](const Tensor& images) {
        return seen_by(judge.task, *model, images);
    };
    const Tensor test_images = first_images(*data.test, data.test->size());
    const Seen test = see(test_images);
    const Seen training = see(first_images(*data.training, options.count));
    const Tensor images = draw_images(
        generator, generator_noise(Random(options.seed), options.count, {.length = generator.sizes.latent}));
    const Seen drawn = see(images);
    const Moments real = moments(test.features);
    const double distance = frechet_distance(moments(drawn.features), real);
    const double of_training = frechet_distance(moments(training.features), real);
    const double varied = entropy(mean(drawn.chances, {0})).item();
    findings.add("Fréchet distance", distance,
                 fmt::format("{:.4f}; of as many training images {:.4f}", distance, of_training));
    const Neighbourhoods around_test = neighbourhoods(test.features);
    const PrecisionAndRecall among = precision_and_recall(neighbourhoods(drawn.features), around_test),
                             training_among = precision_and_recall(neighbourhoods(training.features), around_test);
    const auto share = [&](const char* name, double of_drawn, double of_training_images) {
        findings.add(name, of_drawn,
                     fmt::format("{:.4f}; of as many training images {:.4f}", of_drawn, of_training_images));
    };
    share("precision", among.precision, training_among.precision);
    share("recall", among.recall, training_among.recall);
    findings.add("entropy of an image's class", mean_and_error(entropy(drawn.chances).to_vector()));
    findings.add("entropy of all classes", varied,
                 fmt::format("{:.5f}; at most {:.5f}", varied, std::log(static_cast<double>(judge.options.classes))));
    findings.add_checkerboards(images, test_images);
}

// Those that --images names.
std::shared_ptr<const Dataset> chosen(const Datasets& data, const std::string& images) {
    if (images == "test") return data.test;
    if (images == "training") return data.training;
    require(data.validation != nullptr, "evaluate: --images validation: the run has none; got --validation 0");
    return data.validation;
}

void evaluate(const EvaluateOptions& options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    const Datasets data = run.datasets(options.dataset);
    Findings findings;
    if (run.task.measure) {
        run.task.measure(*run.model(), chosen(data, options.images), findings);
    } else if (run.task.classifies) {
        evaluate_classifier(run, chosen(data, options.images), findings);
    } else {
        evaluate_generator(run, options, data, findings);
    }
    findings.print(options.json);
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
    CLI::App* const command =
        app.add_subcommand("evaluate", "Measure how good the model of a run is, with standard errors");
    const auto options = std::make_shared<EvaluateOptions>();
    add_run_options(*command, options->choice, "a run");
    add_dataset_options(*command, options->dataset);
    add_setting(*command, "--images", options->images, "Which of the run's images",
                one_of({"test", "validation", "training"}));
    command->add_option("--classifier", options->classifier,
                        "Directory of a classifier's run, which looks at what a generator draws");
    add_setting(*command, "--count", options->count, "How many images a generator draws", whole_number(4, 60'000));
    add_setting(*command, "--seed", options->seed, "Random seed of the noise", seed_number());
    command->add_flag("--json", options->json, "Print one line of JSON");
    command->footer(
        "A unet: the intersection over the union of each class. A super-resolution: PSNR and SSIM beside bicubic's. "
        "An\n"
        "rbm: its error, and the free energy of images and of noise. What draws: how much of it is a checkerboard.\n"
        "An autoencoder: the losses a pixel, PSNR and SSIM. A classifier: the loss, the share that is right, and "
        "which\n"
        "classes are taken for which, also as samples/confusion.png.\n"
        "± is the standard error over the images. A generator: the Fréchet distance between the classifier's\n"
        "features of drawn images and of test images, which share of the drawn lie among the real (precision) and of "
        "the\n"
        "real among the drawn (recall), and how sure (low) and how varied (high) the drawn classes are.\n"
        "Example:\n  adjoint evaluate --run runs/dcgan --classifier runs/classifier");
    command->callback([options] { evaluate(*options); });
}

}  // namespace adjoint
