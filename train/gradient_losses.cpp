// The rows of losses, those of adversarial games among them.
#include "framework/elementwise.h"
#include "framework/matmul.h"
#include "layers/activations.h"
#include "layers/gan_losses.h"
#include "layers/losses.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

using Inputs = std::vector<Variable>;

const Random random(2024);

using CriticLoss = Variable (*)(const Module& critic, const Variable& real, const Variable& fake, const Random& random);

// Of a critic of two layers, whose weights are inputs too.
GradientRow of_critic(const std::string& name, CriticLoss loss) {
    return operation(name, {{"--shape", "3,2"}}, [loss](const Settings& s) {
        const Shape x = s.shape();
        require(x.size() == 2, "gradcheck: the critic scores rows of numbers; got {}", x);
        return Operation{
            [loss](const Inputs& in) {
                const Lambda critic([&in](const Variable& v) { return matmul(tanh(matmul(v, in[0])), in[1]); });
                return loss(critic, in[2], in[3], random);
            },
            {normal({x[1], 4}, 2), normal({4, 1}, 3), apart(x), apart(x, 1)},
            {"first weight", "second weight", "real", "fake"}};
    });
}

}  // namespace

void append_losses(std::vector<GradientRow>& rows) {
    const Sample x = normal({3, 4}), t = positive({3, 4}, 1);
    rows.push_back(binary("mean_squared_error", mean_squared_error, x, t));
    rows.push_back(binary("mean_absolute_error", mean_absolute_error, x, t));
    rows.push_back(binary(
        "huber", {{"--delta", "1", "0.7"}},
        [](const Variable& a, const Variable& b, const Settings& s) { return huber(a, b, s.number("--delta")); }, x,
        t));
    rows.push_back(binary(
        "binary_cross_entropy_with_logits",
        [](const Variable& a, const Variable& b) { return binary_cross_entropy_with_logits(a, b); }, x, t));
    rows.push_back(unary(
        "cross_entropy",
        [](const Variable& v) {
            std::vector<int> labels;  // 1, 2, …, and round again
            while (std::ssize(labels) < v.extent(0))
                labels.push_back(static_cast<int>((labels.size() + 1) % v.extent(-1)));
            return cross_entropy(v, labels);
        },
        x));
    rows.push_back(binary(
        "kl_divergence", [](const Variable& a, const Variable& b) { return kl_divergence(a, b); }, x,
        normal({3, 4}, 1)));
}

void append_gan_losses(std::vector<GradientRow>& rows) {
    const Sample real = apart({3, 2}), fake = apart({3, 2}, 1);
    rows.push_back(binary("minimax_discriminator_loss", minimax_discriminator_loss, real, fake));
    rows.push_back(unary("minimax_generator_loss", minimax_generator_loss, fake));
    rows.push_back(unary("non_saturating_generator_loss", non_saturating_generator_loss, fake));
    rows.push_back(binary("least_squares_discriminator_loss", least_squares_discriminator_loss, real, fake));
    rows.push_back(unary("least_squares_generator_loss", least_squares_generator_loss, fake));
    rows.push_back(binary("hinge_discriminator_loss", hinge_discriminator_loss, real, fake));
    rows.push_back(unary("hinge_generator_loss", hinge_generator_loss, fake));
    rows.push_back(binary("wasserstein_critic_loss", wasserstein_critic_loss, real, fake));
    rows.push_back(unary("wasserstein_generator_loss", wasserstein_generator_loss, fake));
    rows.push_back(of_critic("gradient_norms", gradient_norms));
    rows.push_back(of_critic("gradient_penalty", gradient_penalty));
}

}  // namespace adjoint
