// `adjoint evaluate`: measures how good a trained model is, and how sure that is.
#include <cmath>
#include <fmt/format.h>

#include "datasets/batches.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "layers/losses/losses.h"
#include "train/cli/commands.h"
#include "train/cli/validators.h"
#include "train/evaluation/image_quality.h"
#include "train/evaluation/statistics.h"
#include "train/tasks/classification.h"
#include "train/tasks/trained_model.h"

namespace adjoint {
namespace {

constexpr Index at_once = 250;

struct EvaluateOptions {
    RunChoice choice;
    DatasetOptions dataset;
    std::filesystem::path classifier;
    Index count = 10'000;
    std::uint64_t seed = 1;
};

void print(const std::string& what, const MeanAndError& value, const char* unit = "") {
    fmt::print("{:<28}{:.5f} ± {:.5f}{}\n", what, value.mean, value.error, unit);
}

void append(std::vector<double>& values, const Tensor& more) {
    for (const double value : more.to_vector()) values.push_back(value);
}

void evaluate_autoencoder(const Module& model, const std::shared_ptr<const Dataset>& images) {
    std::vector<double> entropies, errors, ratios, similarities;
    Batches batches(images, {.batch_size = at_once});
    while (const auto batch = batches.next()) {
        const Variable x = batch->images, logits = model(x), y = sigmoid(logits);
        append(entropies, mean(softplus(logits) - x * logits, {1, 2, 3}).value());
        append(errors, mean((y - x) * (y - x), {1, 2, 3}).value());
        append(ratios, peak_signal_to_noise_ratio(x.value(), y.value()));
        append(similarities, structural_similarity(x.value(), y.value()));
    }
    print("binary cross-entropy", mean_and_error(entropies), " a pixel");
    print("mean squared error", mean_and_error(errors), " a pixel");
    print("PSNR", mean_and_error(ratios), " dB");
    print("SSIM", mean_and_error(similarities));
}

void evaluate_classifier(const Module& model, const std::shared_ptr<const Dataset>& images) {
    std::vector<double> entropies, right;
    Batches batches(images, {.batch_size = at_once});
    while (const auto batch = batches.next()) {
        const Tensor logits = model(batch->images).value(), chances = log_softmax(logits).value();
        const std::vector<double> classes = argmax(logits, 1).to_vector();
        for (std::size_t n = 0; n < classes.size(); ++n) {
            entropies.push_back(-chances[static_cast<Index>(n) * logits.extent(1) + batch->labels[n]]);
            right.push_back(classes[n] == batch->labels[n] ? 1.0 : 0.0);
        }
    }
    print("cross-entropy", mean_and_error(entropies));
    print("accuracy", mean_and_error(right));
}

// What a classifier sees in images: its features [N, n] and the chances of the classes [N, classes].
struct Seen {
    Tensor features;
    Tensor chances;
};

Seen seen_by(const TaskSpec& task, const Module& classifier, const Tensor& images) {
    std::vector<Variable> features, chances;
    for (Index first = 0; first < images.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, images.extent(0));
        const Variable some = slice(images, {.axis = 0, .begin = first, .end = end});
        features.push_back(task.features(classifier, some));
        chances.push_back(softmax(task.classify(classifier, features.back())));
    }
    return {concatenate(features, 0).value(), concatenate(chances, 0).value()};
}

// −Σ p·log p along the last axis.
Tensor entropy(const Variable& p) { return (-sum(p * log(maximum(p, scalar(1e-30, p))), {-1})).value(); }

void evaluate_generator(const TrainedRun& run, const EvaluateOptions& options) {
    const Generator generator = trained_generator("evaluate", run);
    require(generator.sizes.image_size == 28 && generator.sizes.channels == 1,
            "evaluate: the classifier sees images of 28 pixels in grey; got {} pixels and {} channels in {}",
            generator.sizes.image_size, generator.sizes.channels, run.directory.path().string());
    require(!options.classifier.empty(),
            "evaluate: --classifier must name a run whose classifier looks at what a {} draws; got none",
            run.task.name);
    const TrainedRun judge = TrainedRun::open({options.classifier});
    require(bool(judge.task.features), "evaluate: --classifier must be a run of a classifier; got one of {} in {}",
            judge.task.name, options.classifier.string());
    const auto see = [&judge, model = judge.model()](const Tensor& images) {
        return seen_by(judge.task, *model, images);
    };
    const Datasets data = run.datasets(options.dataset);
    const Seen test = see(first_images(*data.test, data.test->size()));
    const Seen training = see(first_images(*data.training, options.count));
    const Seen drawn = see(draw_images(generator, options.count, options.seed));
    const Moments real = moments(test.features);
    fmt::print("{:<28}{:.4f}; of as many training images {:.4f}\n", "Fréchet distance",
               frechet_distance(moments(drawn.features), real), frechet_distance(moments(training.features), real));
    print("entropy of an image's class", mean_and_error(entropy(drawn.chances).to_vector()));
    fmt::print("{:<28}{:.5f}; at most {:.5f}\n", "entropy of all classes", entropy(mean(drawn.chances, {0})).item(),
               std::log(10.0));
}

void evaluate(const EvaluateOptions& options) {
    const TrainedRun run = TrainedRun::open(options.choice);
    if (run.task.decode) {
        evaluate_autoencoder(*run.model(), run.datasets(options.dataset).test);
    } else if (run.task.classifies) {
        evaluate_classifier(*run.model(), run.datasets(options.dataset).test);
    } else {
        evaluate_generator(run, options);
    }
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand("evaluate", "Measure how good the model of a run is, and how surely");
    const auto options = std::make_shared<EvaluateOptions>();
    add_run_options(*command, options->choice, "a run");
    add_dataset_options(*command, options->dataset);
    command->add_option("--classifier", options->classifier,
                        "Directory of a classifier's run, which looks at what a generator draws");
    add_setting(*command, "--count", options->count, "How many images a generator draws", whole_number(2, 60'000));
    add_setting(*command, "--seed", options->seed, "Of the noise", seed_number());
    command->footer(
        "An autoencoder: the test losses a pixel, PSNR and SSIM. A classifier: the test loss and the share that is "
        "right.\n"
        "± is the standard error over the test images. A generator: the Fréchet distance between the classifier's\n"
        "features of drawn images and of test images, and how sure (low) and how varied (high) the drawn classes are.\n"
        "Example:\n  adjoint evaluate --run runs/dcgan --classifier runs/classifier");
    command->callback([options] { evaluate(*options); });
}

}  // namespace adjoint
