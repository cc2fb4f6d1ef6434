// Convolutional restricted Boltzmann machine: images v and maps h of hidden features, both of zeros and ones, with
//   p(v, h) ∝ e^(−E),   E(v, h) = −T(v, w, h) − Σ b[c]·v − Σ a[o]·h
// where T is the trilinear form of a convolution. What remains of T without one of its tensors is what the machine
// needs of that one:
//   p(h = 1 | v) = sigmoid(conv2d(v, w) + a)
//   p(v = 1 | h) = sigmoid(conv2d_input_gradient(h, w) + b)
//   −∂E/∂w       = conv2d_weight_gradient(v, h)
// A convolution, its transpose and its third partial derivative are all there is to it: it learns without a tape.
//
// Source: Lee, Grosse, Ranganath and Ng, "Convolutional deep belief networks for scalable unsupervised learning of
// hierarchical representations", 2009.
#pragma once

#include "framework/ops/convolution.h"
#include "framework/ops/elementwise.h"
#include "framework/tensor/random.h"
#include "layers/module.h"
#include "models/image_model.h"

namespace adjoint {

constexpr ImageModelOptions rbm_options = {.latent = 1, .width = 32};

class Rbm : public Module {
  public:
    /// With options.width filters of 9×9.
    explicit Rbm(const Random& random, const ImageModelOptions& options = rbm_options);

    /// The logits of h, given v.   Shapes: v [N, S, S, channels] in 0..1, h [N, S − 8, S − 8, width].
    Variable hidden(const Variable& v) const { return conv2d(v, weight) + hidden_bias; }
    /// The logits of v, given h.
    Variable visible(const Variable& h) const { return conv2d_transpose(h, weight) + visible_bias; }
    /// v seen and drawn again: sigmoid(visible(sigmoid(hidden(v)))).
    Variable forward(const Variable& v) const override;
    /// F(v) = −log Σ e^(−E(v, h)) over all h = −Σ b[c]·v − Σ softplus(hidden(v)): low where v is likely.   Shape: [N].
    Variable free_energy(const Variable& v) const;

    Parameter weight;        ///< w [9, 9, channels, width]
    Parameter hidden_bias;   ///< a [width]
    Parameter visible_bias;  ///< b [channels]
};

/// 1 with probability p[n, …], else 0; an element's random number is the same however a batch is divided.
Tensor bernoulli(const Tensor& p, const Random& random);

/// What contrastive divergence makes of a batch.
struct Divergence {
    std::vector<Variable> gradients;  ///< of what is to become smaller, in the order of Rbm::parameters()
    double error;                     ///< mean (v − v′)²
    double activity;                  ///< the mean of p(h = 1 | v)
};

/// One step of contrastive divergence: hidden features h of v are drawn, v′ from these, and h′ are expected of v′;
/// ∂E/∂θ at (v, h) less ∂E/∂θ at (v′, h′), a mean over images and places of h, makes v more likely than v′. The bias a
/// also follows how far each map's activity is from `sparsity`.
/// Source: Hinton, "Training products of experts by minimizing contrastive divergence", 2002; Lee et al., 2009, for the
/// sparsity.
Divergence contrastive_divergence(const Rbm& model, const Variable& v, const Random& random, double sparsity = 0.05);

}  // namespace adjoint
