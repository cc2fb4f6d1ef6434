#include "train/optim/optimizer_choice.h"

#include <fmt/ranges.h>

namespace adjoint {

std::unique_ptr<Optimizer> make_optimizer(const States& parameters, const OptimizerChoice& choice) {
    const auto& [name, learning_rate, momentum, weight_decay, beta1, beta2] = choice;
    if (name == "sgd") {
        return std::make_unique<SGD>(
            parameters, SGDOptions{.learning_rate = learning_rate, .momentum = momentum, .weight_decay = weight_decay});
    }
    if (name == "rmsprop") {
        return std::make_unique<RMSprop>(
            parameters,
            RMSpropOptions{.learning_rate = learning_rate, .momentum = momentum, .weight_decay = weight_decay});
    }
    require(name == "adam" || name == "adamw", "make_optimizer: the optimiser must be one of {}; got {}",
            fmt::join(optimizer_names, ", "), name);
    require(momentum == 0.0, "make_optimizer: momentum must be 0 for {}, which has beta1; got {}", name, momentum);
    if (name == "adamw") {
        return std::make_unique<AdamW>(
            parameters,
            AdamWOptions{.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2, .weight_decay = weight_decay});
    }
    return std::make_unique<Adam>(
        parameters,
        AdamOptions{.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2, .weight_decay = weight_decay});
}

}  // namespace adjoint
