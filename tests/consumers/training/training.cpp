// Training loop: a small classifier of drawn digits, with Adam; its weights are saved, and loaded into another.
#include <adjoint/adjoint.h>
#include <fmt/format.h>

#include "train/io/safetensors.h"
#include "train/io/weights_file.h"

using namespace adjoint;

Sequential classifier(const Random& random) {
    return Sequential(Flatten(), Linear({.in = 28 * 28, .out = 32, .activation = relu()}, random.stream(1)),
                      Linear({.in = 32, .out = 10}, random.stream(2)));
}

int main() {
    const auto digits = std::make_shared<DigitsDataset>(DigitsDataset::Range{.seed = 1, .first = 0, .size = 2000});
    const Sequential model = classifier(Random(1));
    Adam adam(model.parameters(), {.learning_rate = 3e-3});
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
        Batches batches(digits, {.batch_size = 50, .shuffle = Random(2).stream(epoch)});
        while (const auto batch = batches.next()) {
            Tape tape(model.parameters());
            adam.step(tape.gradient(cross_entropy(model(batch->images), batch->labels)));
        }
    }
    write_safetensors("weights.safetensors", tensors_of(model.states()));
    const Sequential loaded = classifier(Random(3));
    load_weights("weights.safetensors", loaded.states());

    const Batch test =
        *Batches(std::make_shared<DigitsDataset>(DigitsDataset::Range{.seed = 2, .first = 0, .size = 500}),
                 {.batch_size = 500})
             .next();
    const double loss = cross_entropy(loaded(test.images), test.labels).item();
    fmt::print("{}\n", loss < 0.5 ? "learned, saved and loaded" : fmt::format("test loss {:.3f}", loss));
    return loss == cross_entropy(model(test.images), test.labels).item() ? 0 : 1;
}
