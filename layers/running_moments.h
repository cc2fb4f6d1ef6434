// Running moments of batch normalization, estimated anew for weights that training itself did not make, such as
// averages of them.
#pragma once

#include <functional>

#include "layers/module.h"

namespace adjoint {

/// Runs forward(0), …, forward(batches − 1), each of which calls `model` on a batch, in training mode and without need
/// of a tape, and gives every BatchNorm of the model the plain means of the moments of all that it was called with: the
/// mean, and the variance with divisor n − 1. The running moments from before have no part in it. A layer that is not
/// called in training, because it is frozen for example, keeps them; other buffers, such as the steps of dropout, are
/// as before in the end.
/// Throws unless batches ≥ 1. Where forward throws, all buffers are as before.
/// Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization", 2018; update_bn in
/// PyTorch.
void reestimate_moments(const Module& model, const std::function<void(Index)>& forward, Index batches);

}  // namespace adjoint
