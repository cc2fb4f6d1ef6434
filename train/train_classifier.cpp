// How does the classifier learn? By making each training image's own label more likely.
#include <fmt/format.h>

#include "layers/losses.h"
#include "models/classifier.h"
#include "train/pictures.h"
#include "train/training_run.h"

namespace adjoint {
namespace {

constexpr Index picture_columns = 12, picture_count = 96;

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

class ClassifierTrainee : public TraineeOf<Classifier> {
  public:
    explicit ClassifierTrainee(const TrainingSetup& setup)
        : TraineeOf("classifier", setup), adam_(model_.parameters(), {.learning_rate = setup.options.learning_rate}) {
        adam_.clipping = clipping_of(setup.options.refinements);
    }

    Numbers step(const Batch& batch, std::uint64_t) override {
        return {{"loss", classifier_step(model_, adam_, batch.images, batch.labels)}};
    }

    Tested test() const override;

    std::vector<NamedOptimizer> optimizers() override { return {{"", adam_}}; }

  private:
    Adam adam_;
};

Tested ClassifierTrainee::test() const {
    double total = 0.0;           // of the cross-entropies
    std::vector<Index> mistakes;  // the images whose most likely class is another
    Batches batches(setup_.data.test, {.batch_size = 250});
    Index first = 0;  // of the batch
    while (const auto batch = batches.next()) {
        const Variable logits = shown()(batch->images);
        total += static_cast<double>(batch->images.extent(0)) * cross_entropy(logits, batch->labels).item();
        const std::vector<int> classes = likeliest(logits.value());
        for (std::size_t n = 0; n < classes.size(); ++n) {
            if (classes[n] != batch->labels[n]) mistakes.push_back(first + static_cast<Index>(n));
        }
        first += batch->images.extent(0);
    }
    const double size = static_cast<double>(setup_.data.test->size()), loss = total / size;
    const double accuracy = 1.0 - static_cast<double>(mistakes.size()) / size;
    return {.metrics = {{"test_cross_entropy", loss}, {"test_accuracy", accuracy}},
            .sentence = fmt::format("test cross-entropy {:.4f}, {:.2f} % right", loss, 100.0 * accuracy),
            .loss = loss,
            .picture = picture_of(mistakes, *setup_.data.test)};
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

void train_classifier(const TrainingOptions& options) { train<ClassifierTrainee>("classifier", options); }

}  // namespace adjoint
