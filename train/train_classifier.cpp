// How does the classifier learn? By making each training image's own label more likely.
#include <fmt/format.h>

#include "datasets/batches.h"
#include "layers/losses.h"
#include "models/classifier.h"
#include "train/epoch_log.h"
#include "train/pictures.h"
#include "train/training.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;

struct TestResults {
    double cross_entropy = 0.0;
    double accuracy = 0.0;
    std::vector<Index> mistakes;  // the images whose most likely class is another
};

TestResults test(const Classifier& model, const std::shared_ptr<const Dataset>& dataset) {
    TestResults total;
    Batches batches(dataset, {.batch_size = 250});
    Index first = 0;
    while (const auto batch = batches.next()) {
        const Index count = batch->images.extent(0);
        const Variable logits = model(batch->images);
        total.cross_entropy += static_cast<double>(count) * cross_entropy(logits, batch->labels).item();
        const std::vector<int> classes = likeliest(logits.value());
        for (std::size_t n = 0; n < classes.size(); ++n) {
            if (classes[n] != batch->labels[n]) total.mistakes.push_back(first + static_cast<Index>(n));
        }
        first += count;
    }
    const double size = static_cast<double>(dataset->size());
    total.cross_entropy /= size;
    total.accuracy = 1.0 - static_cast<double>(total.mistakes.size()) / size;
    return total;
}

// The first of the mistakes, and black where there are fewer.
Tensor picture_of(const std::vector<Index>& mistakes, const Dataset& dataset) {
    const Index pixels = element_count(dataset.image_shape());
    Shape shape = dataset.image_shape();
    shape.insert(shape.begin(), picture_count);
    return picture_grid(Tensor::build<float>(shape,
                                             [&](std::span<float> out) {
                                                 std::fill(out.begin(), out.end(), 0.0f);
                                                 const Index shown = std::min(picture_count, std::ssize(mistakes));
                                                 for (Index i = 0; i < shown; ++i) {
                                                     dataset.read(mistakes[i], out.subspan(i * pixels, pixels));
                                                 }
                                             }),
                        picture_columns);
}

}  // namespace

std::vector<int> likeliest(const Tensor& logits) {
    const Index classes = logits.extent(-1);
    std::vector<int> result;
    for (Index n = 0; n < logits.extent(0); ++n) {
        int best = 0;
        for (int c = 1; c < classes; ++c) {
            if (logits[n * classes + c] > logits[n * classes + best]) best = c;
        }
        result.push_back(best);
    }
    return result;
}

double classifier_step(const Classifier& model, Optimizer& optimizer, const Variable& images,
                       const std::vector<int>& labels) {
    Tape tape(model.parameters());
    const Variable loss = cross_entropy(model(images), labels);
    optimizer.step(tape.gradient(loss));
    return loss.item();
}

void train_classifier(const TrainingOptions& options) {
    const Datasets data = open_datasets(options.dataset);
    const RunRandom random(options.seed);
    TrainedModel<Classifier> trained("classifier", random.weights, options.refinements);
    const Classifier& model = trained.model;
    Adam adam(model.parameters(), {.learning_rate = options.learning_rate});
    adam.clipping = clipping_of(options.refinements);
    ReduceOnPlateau plateau{{.patience = 1}};
    const RunDirectory run = start_run("classifier", data.name, options);

    StepCounter steps(options.max_steps);
    for (int epoch = 1; epoch <= options.epochs && !steps.reached(); ++epoch) {
        const Random order = random.order.stream(static_cast<std::uint64_t>(epoch));
        Batches batches(data.training, {.batch_size = options.batch_size, .shuffle = order});
        Progress progress(epoch, options.epochs, batches.count());
        const Schedule schedule = schedule_of(options.refinements, options.epochs * batches.count());
        while (const auto batch = steps.reached() ? std::nullopt : batches.next()) {
            adam.rate_factor = schedule(steps.steps()) * plateau.rate_factor;
            const double loss = classifier_step(model, adam, batch->images, batch->labels);
            trained.follow();
            progress.step(batch->images.extent(0), fmt::format("loss {:.4f}", loss));
            steps.count();
        }
        const TestResults results = test(trained.shown(), data.test);
        const std::filesystem::path picture = run.sample(fmt::format("epoch-{:03}", epoch));
        write_png(picture, picture_of(results.mistakes, *data.test));
        trained.save(run);
        if (options.refinements.schedule == "plateau") plateau.observe(results.cross_entropy);
        log_epoch(run, epoch, {{"test_cross_entropy", results.cross_entropy}, {"test_accuracy", results.accuracy}},
                  progress, {{"", adam}});
        fmt::print("epoch {}: test cross-entropy {:.4f}, {:.2f} % right; the others: {}\n", epoch,
                   results.cross_entropy, 100.0 * results.accuracy, picture.string());
    }
    fmt::print("weights: {}\n", run.weights().string());
}

}  // namespace adjoint
