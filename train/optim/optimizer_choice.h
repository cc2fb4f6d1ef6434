// Optimiser choice: an optimiser by its name, with the options that a user may choose.
#pragma once

#include <array>
#include <memory>
#include <string>

#include "train/optim/optimizers.h"

namespace adjoint {

inline constexpr std::array optimizer_names = {"adam", "adamw", "sgd", "rmsprop"};

struct OptimizerChoice {
    std::string name = "adam";  ///< one of optimizer_names
    double learning_rate = 1e-3;
    double momentum = 0.0;      ///< of sgd and rmsprop
    double weight_decay = 0.0;  ///< in the gradient, or for adamw apart from it
    double beta1 = 0.9;         ///< of adam and adamw
    double beta2 = 0.999;       ///< of adam and adamw
};

/// The optimiser of this name; options that it does not have are passed over, but a momentum is refused.
/// Throws `make_optimizer: the optimiser must be one of adam, adamw, sgd, rmsprop; got lion`, `make_optimizer: momentum
/// must be 0 for adam, which has beta1; got 0.9`, and where an option is out of range.
std::unique_ptr<Optimizer> make_optimizer(const States& parameters, const OptimizerChoice& choice);

}  // namespace adjoint
