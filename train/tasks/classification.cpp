#include "train/tasks/classification.h"

#include <algorithm>
#include <fmt/format.h>

#include "layers/losses/losses.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

// The first of the mistakes, and black where there are fewer.
Tensor picture_of(const std::vector<Index>& mistakes, const Dataset& dataset) {
    const Index pixels = element_count(dataset.image_shape());
    Shape shape = dataset.image_shape();
    shape.insert(shape.begin(), sample_count);
    return picture_grid(Tensor::build<float>(shape,
                                             [&](std::span<float> out) {
                                                 std::fill(out.begin(), out.end(), 0.0f);
                                                 const Index shown = std::min(sample_count, std::ssize(mistakes));
                                                 for (Index i = 0; i < shown; ++i) {
                                                     dataset.read(mistakes[i], out.subspan(i * pixels, pixels));
                                                 }
                                             }),
                        sample_columns);
}

}  // namespace

double classification_step(const Module& model, Optimizer& optimizer, const Variable& images,
                           const std::vector<int>& labels) {
    Tape tape(model.parameters());
    const Variable loss = cross_entropy(model(images), labels);
    optimizer.step(tape.gradient(loss));
    return loss.item();
}

Evaluation ClassificationTask::test() const {
    double total = 0.0;           // of the cross-entropies
    std::vector<Index> mistakes;  // the images whose most likely class is another
    Batches batches(setup_.data.test, {.batch_size = 250});
    Index first = 0;  // of the batch
    while (const auto batch = batches.next()) {
        const Variable logits = evaluation_model()(batch->images);
        total += static_cast<double>(batch->images.extent(0)) * cross_entropy(logits, batch->labels).item();
        const std::vector<double> classes = argmax(logits, 1).to_vector();
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

TaskSpec classification_task() {
    return {.settings = {.plateau = true},
            .metrics = {"test_cross_entropy", "test_accuracy"},
            .caption = "Test images that are taken for another class.",
            .make_task = make_task<ClassificationTask>,
            .classifies = true};
}

}  // namespace adjoint
