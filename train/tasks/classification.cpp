#include "train/tasks/classification.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "framework/tensor/processes.h"
#include "layers/losses/losses.h"
#include "train/io/png.h"

namespace adjoint {
namespace {

// The mistakes, and black where there are fewer than a picture holds.
Tensor picture_of(const std::vector<Mistake>& mistakes, const std::shared_ptr<const Dataset>& images) {
    std::vector<Index> mistaken;
    for (const Mistake& mistake : mistakes) mistaken.push_back(mistake.image);
    Shape rest = images->image_shape();
    rest.insert(rest.begin(), sample_count - std::ssize(mistaken));
    const Tensor shown = first_images(Subset(images, mistaken), std::ssize(mistaken));
    return picture_grid(concatenate({shown, Tensor::zeros(rest)}, 0).value(), sample_columns);
}

}  // namespace

double classification_step(const Module& model, Optimizer& optimizer, const Variable& images,
                           const std::vector<int>& labels) {
    Tape tape(model.parameters());
    const Variable loss = cross_entropy(model(images), labels);
    optimizer.step(tape.gradient(loss));
    return loss.item();
}

Classified classify(const Module& model, const std::shared_ptr<const Dataset>& images) {
    Classified all;
    Batches batches(images, {.batch_size = 250});
    while (const auto batch = batches.next()) {
        const Tensor log_p = gathered(log_softmax(model(batch->images)).value());
        const std::vector<double> labels = gathered(labels_of(*batch)).to_vector();
        const Index classes = log_p.extent(1);
        const std::vector<double> chosen = argmax(log_p, 1).to_vector();
        for (Index n = 0; n < log_p.extent(0); ++n) {
            const int label = static_cast<int>(labels[static_cast<std::size_t>(n)]), most = static_cast<int>(chosen[n]);
            require<DataError>(0 <= label && label < classes, "classify: a label must be one of {} classes; got {}",
                               classes, label);
            all.labels.push_back(label);
            all.classes.push_back(most);
            all.probabilities.push_back(std::exp(log_p[n * classes + most]));
            all.entropies.push_back(-log_p[n * classes + label]);
        }
    }
    return all;
}

Evaluation ClassificationTask::evaluate(const std::shared_ptr<const Dataset>& images) const {
    const Classified all = classify(evaluation_model(), images);
    const double size = static_cast<double>(images->size());
    const double loss = std::accumulate(all.entropies.begin(), all.entropies.end(), 0.0) / size;
    std::vector<Mistake> mistakes;
    for (std::size_t n = 0; n < all.labels.size(); ++n) {
        if (!all.right(n))
            mistakes.push_back({static_cast<Index>(n), all.labels[n], all.classes[n], all.probabilities[n]});
    }
    const double accuracy = 1.0 - static_cast<double>(mistakes.size()) / size;
    mistakes.resize(std::min(mistakes.size(), static_cast<std::size_t>(sample_count)));
    return {.metrics = {{"cross_entropy", loss}, {"accuracy", accuracy}},
            .sentence = fmt::format("cross-entropy {:.4f}, {:.2f} % right", loss, 100.0 * accuracy),
            .loss = loss,
            .picture = picture_of(mistakes, images),
            .mistakes = mistakes};
}

TaskSpec classification_task() {
    return {.settings = {.plateau = true},
            .metrics = {"cross_entropy", "accuracy"},
            .caption = "Test images that are taken for another class.",
            .by_heart = "accuracy>=1",
            .make_task = make_task<ClassificationTask>,
            .classifies = true};
}

}  // namespace adjoint
