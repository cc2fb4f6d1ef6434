// Batch normalisation of every channel to mean 0 and variance 1, in as few passes over memory as there can be.
#pragma once

#include "framework/autograd/tape.h"
#include "framework/convolution/epilogue.h"

namespace adjoint {

/// The mean and the variance (with divisor n) of each channel over all other axes: both [C], for x of shape [..., C].
struct ChannelMoments {
    Tensor mean;
    Tensor variance;
};
ChannelMoments channel_moments(const Tensor& x);
/// How many values a channel has, in all images of a batch.
Index values_a_channel(const Tensor& x);

struct BatchNormalizeOptions {
    double epsilon = 1e-5;
    Activation activation = {};
};

/// y = activation(x̂·γ + β) with x̂ = (x − μ)·r, r = 1 / √(σ² + ε) and the moments μ, σ² of x's channels.
/// Shapes: x [..., C], γ and β [C]; `moments` are channel_moments(x).
/// Gradient, for h = relu_gradient(g, y, the activation's slope) and n values a channel:
///   β ← Σ h,  γ ← Σ h·x̂,  x ← γ·r·(h − Σ h / n − x̂·Σ h·x̂ / n).
/// Source: Ioffe and Szegedy, "Batch normalization", 2015.
Variable batch_normalize(const Variable& x, const Variable& gamma, const Variable& beta, const ChannelMoments& moments,
                         const BatchNormalizeOptions& options = {});

/// The same by moments that do not depend on x, as after training: μ and σ² [C] are variables too.
/// Gradient:  β ← Σ h,  γ ← r·Σ h·(x − μ),  x ← γ·r·h,  μ ← −γ·r·Σ h,  σ² ← −γ·r³·Σ h·(x − μ) / 2.
Variable normalize_by(const Variable& x, const Variable& gamma, const Variable& beta, const Variable& mean,
                      const Variable& variance, const BatchNormalizeOptions& options = {});

}  // namespace adjoint
