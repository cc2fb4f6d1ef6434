// Truths about the restricted Boltzmann machine: its conditional probabilities and free energy are those of its energy,
// summed over all states, and what it learns by is the gradient of free energies.
#include "models/rbm.h"

#include "framework/ops/reduction.h"
#include "tests/support/states.h"
#include "tests/support/trilinear_form.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

// With two maps of one element each, for images of 9×9.
Rbm small() {
    Rbm model(Random(1), {.latent = 1, .width = 2});
    model.hidden_bias.assign(Tensor({2}, {0.5, -0.25}, DType::float32));
    model.visible_bias.assign(Tensor({1}, {0.125}, DType::float32));
    return model;
}

double energy(const Rbm& model, const Tensor& v, const Tensor& h) {
    const double form = sum(conv2d(v, model.weight) * h).item();
    return -form - sum(v * model.visible_bias).item() - sum(h * model.hidden_bias).item();
}

const std::vector<std::vector<double>> states = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

TEST(Rbm, SeesAsItsEnergySays) {
    const Rbm model = small();
    const Tensor v = bernoulli(Tensor::full({1, 9, 9, 1}, 0.4), Random(2));
    double partition = 0.0, first_is_on = 0.0;
    for (const std::vector<double>& state : states) {
        const double weight = std::exp(-energy(model, v, Tensor({1, 1, 1, 2}, state, DType::float32)));
        partition += weight;
        first_is_on += state[0] * weight;
    }
    EXPECT_NEAR(model.free_energy(v).item(), -std::log(partition), 1e-5);
    EXPECT_NEAR(sigmoid(model.hidden(v)).value()[0], first_is_on / partition, 1e-6);
    const Tensor h({1, 1, 1, 2}, {1, 0}, DType::float32);
    std::vector<double> pixels = v.to_vector();
    pixels[40] = 1.0;
    const double on = energy(model, Tensor(v.shape(), pixels, DType::float32), h);
    pixels[40] = 0.0;
    const double difference = on - energy(model, Tensor(v.shape(), pixels, DType::float32), h);
    EXPECT_NEAR(sigmoid(model.visible(h)).value()[40], 1.0 / (1.0 + std::exp(difference)), 1e-5);
}

TEST(Rbm, LearnsByTheGradientOfFreeEnergies) {
    const Rbm model = small();
    const Variable v = Random(3).uniform({4, 12, 12, 1});
    const Divergence divergence = contrastive_divergence(model, v, Random(5), /*sparsity=*/0.05);
    // The same v′ as it draws.
    const Variable h = sigmoid(model.hidden(v));
    const Variable next = sigmoid(model.visible(bernoulli(h.value(), Random(5))));
    EXPECT_NEAR(divergence.error, mean(square(v - next)).item(), 1e-7);
    Tape tape(model.parameters());
    constexpr double places = 4 * 4 * 4;
    const std::vector<Variable> gradients =
        tape.gradient((sum(model.free_energy(v)) - sum(model.free_energy(next))) / places);
    expect_equal(divergence.gradients[0], gradients[0], 1e-6);
    expect_equal(divergence.gradients[1] - (mean(h, {0, 1, 2}) - 0.05), gradients[1], 1e-6);
    expect_equal(divergence.gradients[2], gradients[2], 1e-5);
}

TEST(Rbm, DrawsOnesAsOftenAsItSays) {
    const Tensor p = Tensor::full({100, 100}, 0.3);
    const Tensor drawn = bernoulli(p, Random(1));
    EXPECT_NEAR(mean(drawn).item(), 0.3, 0.015);
    for (const double value : drawn.to_vector()) EXPECT_TRUE(value == 0.0 || value == 1.0);
    EXPECT_TRUE(identical(drawn, bernoulli(p, Random(1))));
}

}  // namespace
}  // namespace adjoint
