// The rows of layers that are neither convolutions nor normalisations, and of whole models.
#include "layers/activations.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "models/autoencoder.h"
#include "models/classifier.h"
#include "models/vae.h"
#include "models/wgan_gp.h"
#include "train/gradient_table.h"

namespace adjoint {
namespace {

const Random random(2024);

}  // namespace

void append_layers(std::vector<GradientRow>& rows) {
    const Sample image = normal({2, 5, 4, 3});
    rows.push_back(multilinear(layer(
        "Linear", {{"--out-features", "3"}, {"--no-bias", "no"}},
        [](const Settings& s) {
            return Linear({.in = s.shape().back(), .out = s.whole("--out-features"), .bias = !s.is_set("--no-bias")},
                          random);
        },
        normal({5, 4}))));
    rows.push_back(layer(
        "Dropout", {{"--rate", "0.5", "0.4"}}, [](const Settings& s) { return Dropout(s.number("--rate"), random); },
        image));
    rows.push_back(layer(
        "ReLU", [] { return ReLU(); }, apart({3, 4})));
    rows.push_back(layer(
        "LeakyReLU", {{"--slope", "0.01", "0.2"}}, [](const Settings& s) { return LeakyReLU(s.number("--slope")); },
        apart({3, 4})));
    rows.push_back(layer(
        "ELU", {{"--alpha", "1"}}, [](const Settings& s) { return ELU(s.number("--alpha")); }, apart({3, 4})));
    rows.push_back(layer(
        "GELU", [] { return GELU(); }, image));
    rows.push_back(layer(
        "Tanh", [] { return Tanh(); }, image));
    rows.push_back(layer(
        "Sigmoid", [] { return Sigmoid(); }, image));
    rows.push_back(layer(
        "Softplus", [] { return Softplus(); }, image));
    rows.push_back(multilinear(layer(
        "Flatten", [] { return Flatten(); }, image)));
    rows.push_back(multilinear(layer(
        "Reshape", {{"--to", "-1", "4,-1"}}, [](const Settings& s) { return Reshape(s.shape("--to")); }, image)));
    rows.push_back(layer(
        "Sequential",
        [] {
            return Sequential(Linear({.in = 4, .out = 5}, random.stream(1)), Tanh(),
                              Linear({.in = 5, .out = 2}, random.stream(2)));
        },
        normal({3, 4})));
}

void append_models(std::vector<GradientRow>& rows) {
    constexpr Index samples = 2;
    const Sample digit = normal({1, 28, 28, 1}), digits = normal({2, 28, 28, 1});
    const Sample noise = normal({2, 1, 1, dcgan_noise});
    const auto append = [&rows](const std::string& name, auto make, const Sample& x) {
        rows.push_back(sampled(layer(name, make, x), samples));
    };
    append(
        "Autoencoder", [] { return Autoencoder(random); }, digit);
    append(
        "VariationalAutoencoder", [] { return VariationalAutoencoder(random); }, digit);
    append(
        "Classifier", [] { return Classifier(random); }, digit);
    append(
        "dcgan_generator", [] { return dcgan_generator(random); }, noise);
    append(
        "dcgan_discriminator", [] { return dcgan_discriminator(random); }, digits);
    append(
        "wgan_critic", [] { return wgan_critic(random); }, digits);
}

}  // namespace adjoint
