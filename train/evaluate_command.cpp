// `adjoint evaluate`: how good is a trained model, and how sure is that?
#include <cmath>
#include <fmt/format.h>

#include "datasets/batches.h"
#include "framework/reduction.h"
#include "layers/losses.h"
#include "train/commands.h"
#include "train/estimate.h"
#include "train/frechet_distance.h"
#include "train/image_quality.h"
#include "train/trained_model.h"
#include "train/training.h"
#include "train/validators.h"

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

void print(const std::string& what, const Estimate& estimate, const char* unit = "") {
    fmt::print("{:<28}{:.5f} ± {:.5f}{}\n", what, estimate.mean, estimate.error, unit);
}

void append(std::vector<double>& values, const Tensor& more) {
    for (const double value : more.to_vector()) values.push_back(value);
}

void evaluate_autoencoder(const Autoencoder& model, const std::shared_ptr<const Dataset>& images) {
    std::vector<double> entropies, errors, ratios, similarities;
    Batches batches(images, {.batch_size = at_once});
    while (const auto batch = batches.next()) {
        const Variable x = batch->images, logits = model(x), y = sigmoid(logits);
        append(entropies, mean(softplus(logits) - x * logits, {1, 2, 3}).value());
        append(errors, mean((y - x) * (y - x), {1, 2, 3}).value());
        append(ratios, peak_signal_to_noise_ratio(x.value(), y.value()));
        append(similarities, structural_similarity(x.value(), y.value()));
    }
    print("binary cross-entropy", estimate(entropies), " a pixel");
    print("mean squared error", estimate(errors), " a pixel");
    print("PSNR", estimate(ratios), " dB");
    print("SSIM", estimate(similarities));
}

void evaluate_classifier(const Classifier& model, const std::shared_ptr<const Dataset>& images) {
    std::vector<double> entropies, right;
    Batches batches(images, {.batch_size = at_once});
    while (const auto batch = batches.next()) {
        const Tensor logits = model(batch->images).value(), chances = log_softmax(logits).value();
        const std::vector<int> classes = likeliest(logits);
        for (std::size_t n = 0; n < classes.size(); ++n) {
            entropies.push_back(-chances[static_cast<Index>(n) * logits.extent(1) + batch->labels[n]]);
            right.push_back(classes[n] == batch->labels[n] ? 1.0 : 0.0);
        }
    }
    print("cross-entropy", estimate(entropies));
    print("accuracy", estimate(right));
}

// What a classifier sees in images [N, 28, 28, 1]: its features [N, 128] and the chances of the classes [N, 10].
struct Seen {
    Tensor features;
    Tensor chances;
};

Seen seen_by(const Classifier& classifier, const Tensor& images) {
    std::vector<Variable> features, chances;
    for (Index first = 0; first < images.extent(0); first += at_once) {
        const Index end = std::min(first + at_once, images.extent(0));
        const Variable some = slice(images, {.axis = 0, .begin = first, .end = end});
        features.push_back(classifier.features(some));
        chances.push_back(softmax(classifier.decide(features.back())));
    }
    return {concatenate(features, 0).value(), concatenate(chances, 0).value()};
}

// −Σ p·log p along the last axis.
Tensor entropy(const Variable& p) { return (-sum(p * log(maximum(p, scalar(1e-30, p))), {-1})).value(); }

void evaluate_generator(const RunDirectory& run, const EvaluateOptions& options) {
    const Generator generator = trained_generator("evaluate", options.choice);
    require(generator.sizes.image_size == 28 && generator.sizes.channels == 1,
            "evaluate: the classifier sees images of 28 pixels in grey; got {} pixels and {} channels in {}",
            generator.sizes.image_size, generator.sizes.channels, run.path().string());
    require(!options.classifier.empty(),
            "evaluate: --classifier must name a run whose classifier looks at what a {} "
            "draws; got none",
            run.config().model);
    const RunDirectory judge = RunDirectory::open(options.classifier);
    require(judge.config().model == "classifier",
            "evaluate: --classifier must be a run of a classifier; got one of {} in {}", judge.config().model,
            options.classifier.string());
    const Classifier classifier{Random(0)};
    load_chosen({.run = options.classifier}, classifier.states());
    const Datasets data = datasets_of(run, options.dataset);
    const Seen test = seen_by(classifier, first_images(*data.test, data.test->size()));
    const Seen training = seen_by(classifier, first_images(*data.training, options.count));
    const Seen drawn = seen_by(classifier, draw_images(generator, options.count, options.seed));
    const Moments real = moments(test.features);
    fmt::print("{:<28}{:.4f}; of as many training images {:.4f}\n", "Fréchet distance",
               frechet_distance(moments(drawn.features), real), frechet_distance(moments(training.features), real));
    print("entropy of an image's class", estimate(entropy(drawn.chances).to_vector()));
    fmt::print("{:<28}{:.5f}; at most {:.5f}\n", "entropy of all classes", entropy(mean(drawn.chances, {0})).item(),
               std::log(10.0));
}

void evaluate(const EvaluateOptions& options) {
    const RunDirectory run = RunDirectory::open(options.choice.run);
    if (const std::unique_ptr<Autoencoder> autoencoder = trained_autoencoder(options.choice)) {
        evaluate_autoencoder(*autoencoder, datasets_of(run, options.dataset).test);
    } else if (run.config().model == "classifier") {
        const Classifier model{Random(0)};
        load_chosen(options.choice, model.states());
        evaluate_classifier(model, datasets_of(run, options.dataset).test);
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
    command->add_option("--count", options->count, "How many images a generator draws")
        ->check(whole_number(2, 60'000))
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Of the noise")->check(seed_number())->capture_default_str();
    command->footer(
        "An autoencoder: the test losses a pixel, PSNR and SSIM. A classifier: the test loss and the share that is "
        "right.\n"
        "± is the standard error over the test images. A generator: the Fréchet distance between the classifier's\n"
        "features of drawn images and of test images, and how sure (low) and how varied (high) the drawn classes are.\n"
        "Example:\n  adjoint evaluate --run runs/dcgan --classifier runs/classifier");
    command->callback([options] { evaluate(*options); });
}

}  // namespace adjoint
