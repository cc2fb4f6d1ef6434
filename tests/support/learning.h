// Learning of a model in tests: a few steps of training, what they reach and whether the loss falls.
#pragma once

#include <functional>
#include <gtest/gtest.h>

#include "datasets/digits/drawn_digits.h"
#include "tests/support/states.h"
#include "train/data/dataset_choice.h"
#include "train/optim/optimizers.h"

namespace adjoint {

/// The first drawn digits.
inline Tensor digits(Index count) { return first_images(DigitsDataset({.seed = 1, .first = 0, .size = count}), count); }

/// Expects that a step of Adam changes every parameter, and that five lower the loss.
inline void expect_learns(const Module& model, const std::function<Variable()>& loss) {
    const std::vector<Tensor> before = values(model.parameters());
    Adam adam(model.parameters());
    const double first = loss().item();
    for (int step = 0; step < 5; ++step) {
        Tape tape(model.parameters());
        adam.step(tape.gradient(loss()));
        if (step == 0) {
            EXPECT_EQ(changed(model.parameters(), before), names(model.parameters()));
        }
    }
    EXPECT_LT(loss().item(), first);
}

}  // namespace adjoint
