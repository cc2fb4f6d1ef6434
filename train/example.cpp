// Example: a whole training program on one page. A convolutional autoencoder learns to draw digits from 16 numbers.
// Run build/train/adjoint_example [STEPS]; it writes example.png and example.safetensors into the current directory.
#include <cstdlib>
#include <fmt/format.h>

#include "datasets/batches.h"
#include "datasets/digits/drawn_digits.h"
#include "datasets/idx.h"
#include "layers/convolution.h"
#include "layers/lambda.h"
#include "layers/linear.h"
#include "layers/losses/losses.h"
#include "layers/sequential.h"
#include "train/io/png.h"
#include "train/io/safetensors.h"
#include "train/io/weights_file.h"
#include "train/optim/optimizers.h"

using namespace adjoint;

// MNIST where its files are, else digits that adjoint draws.
std::shared_ptr<const Dataset> digits(bool training) {
    const char* const directory = std::getenv("ADJOINT_DATA_DIR");
    const auto files = find_mnist(directory != nullptr ? directory : "data", training);
    if (files) return std::make_shared<IdxDataset>(*files);
    const DigitsDataset::Range drawn{.seed = training ? 1u : 2u, .first = 0, .size = training ? 10'000 : 1'000};
    return std::make_shared<DigitsDataset>(drawn);
}

// 28×28×1 → 13×13×16 → 6×6×32 → 16 numbers → 6×6×32 → 13×13×16 → 28×28×1, the pixels as logits.
Sequential autoencoder(const Random& random) {
    return Sequential(
        Conv2D({.in_channels = 1, .out_channels = 16, .kernel = {4, 4}, .stride = {2, 2}, .activation = relu()},
               random.stream(1)),
        Conv2D({.in_channels = 16, .out_channels = 32, .kernel = {3, 3}, .stride = {2, 2}, .activation = relu()},
               random.stream(2)),
        Flatten(), Linear({.in = 6 * 6 * 32, .out = 16}, random.stream(3)),
        Linear({.in = 16, .out = 6 * 6 * 32}, random.stream(4)), ReLU(), Reshape({6, 6, 32}),
        Conv2DTranspose(
            {.in_channels = 32, .out_channels = 16, .kernel = {3, 3}, .stride = {2, 2}, .activation = relu()},
            random.stream(5)),
        Conv2DTranspose({.in_channels = 16, .out_channels = 1, .kernel = {4, 4}, .stride = {2, 2}}, random.stream(6)));
}

// The mean loss over a dataset. No tape is live, so nothing is recorded.
double mean_loss(const Module& model, const std::shared_ptr<const Dataset>& images) {
    double sum = 0.0;
    Batches batches(images, {.batch_size = 250});
    while (const auto batch = batches.next()) {
        const double count = static_cast<double>(batch->images.extent(0));
        sum += count * binary_cross_entropy_with_logits(model(batch->images), batch->images).item();
    }
    return sum / static_cast<double>(images->size());
}

int main(int argc, char** argv) {
    const Index steps = argc > 1 ? std::stoll(argv[1]) : 2000;
    const auto training_images = digits(/*training=*/true), test_images = digits(/*training=*/false);
    const Random weights(1), order(2);
    const Sequential model = autoencoder(weights);
    Adam adam(model.parameters(), {.learning_rate = 2e-3});

    Index step = 0;
    for (std::uint64_t epoch = 1; step < steps; ++epoch) {
        Batches batches(training_images, {.batch_size = 64, .shuffle = order.stream(epoch)});
        for (std::optional<Batch> batch; step < steps && (batch = batches.next()); ++step) {
            Tape tape(model.parameters());
            const Variable loss = binary_cross_entropy_with_logits(model(batch->images), batch->images);
            adam.step(tape.gradient(loss));
        }
        fmt::print("epoch {}, step {}: test loss {:.4f}\n", epoch, step, mean_loss(model, test_images));
    }

    const Tensor originals = Batches(test_images, {.batch_size = 32}).next()->images;
    write_png("example.png", picture_pairs(originals, sigmoid(model(originals)).value(), /*columns=*/16));
    write_safetensors("example.safetensors", tensors_of(model.weights()));
    const Sequential loaded = autoencoder(Random(3));  // other weights, until those of the file replace them
    load_weights("example.safetensors", loaded.weights());
    fmt::print("test loss of the weights in example.safetensors {:.4f}\n", mean_loss(loaded, test_images));
}
