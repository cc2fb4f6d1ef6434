// Truths about the variational autoencoder: its codes have the distribution that it says, its loss is what its two
// terms are by hand and bounds the likelihood, gradients are right to second order, and training lowers it.
#include <algorithm>

#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "layers/analysis/module_check.h"
#include "layers/losses/losses.h"
#include "models/autoencoder.h"
#include "tests/support/learning.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

constexpr ImageModelOptions small = {.latent = 3, .width = 2};

// ---- codes

TEST(CodeDistribution, DrawsCodesFromItsMeanAndVariance) {
    const CodeDistribution q{.mean = doubles({2, 2}, {1, 2, 3, 4}),
                             .log_variance = doubles({2, 2}, {0, std::log(4), -std::log(4), 2})};
    const double e = std::exp(1.0);
    expect_tensor(q.codes(doubles({2, 2}, {1, 1, 1, 1})), {2, 2}, {2, 4, 3.5, 4 + e}, 1e-15);
    expect_tensor(q.codes(doubles({2, 2}, {0, -1, 2, 0})), {2, 2}, {1, 0, 4, 4}, 1e-15);
}

TEST(CodeDistribution, HasTheMomentsOfItsCodes) {
    constexpr Index count = 100'000;
    const double mu = -1.5, log_variance = 0.8;
    const CodeDistribution q{.mean = Tensor::full({count, 1}, mu, DType::float64),
                             .log_variance = Tensor::full({count, 1}, log_variance, DType::float64)};
    double sum = 0.0, squares = 0.0;
    for (const double z : q.codes(Random(3).normal({count, 1}, DType::float64)).value().to_vector()) {
        sum += z;
        squares += (z - mu) * (z - mu);
    }
    const double variance = std::exp(log_variance);
    EXPECT_NEAR(sum / count, mu, 4 * std::sqrt(variance / count));
    EXPECT_NEAR(squares / count, variance, 4 * variance * std::sqrt(2.0 / count));
}

TEST(CodeDistribution, LetsGradientsThroughToBothItsParts) {
    const Variable mean = doubles({1, 2}, {1, 2}), log_variance = doubles({1, 2}, {0, std::log(4)});
    Tape tape({mean, log_variance});
    const auto gradients = tape.gradient(sum(CodeDistribution{mean, log_variance}.codes(doubles({1, 2}, {3, -5}))));
    expect_tensor(gradients[0], {1, 2}, {1, 1});
    expect_tensor(gradients[1], {1, 2}, {1.5, -5}, 1e-15);  // ½·σ·ε
}

TEST(CodeDistribution, RefusesNoiseOfAnotherShape) {
    const Variable two = Tensor::zeros({2, 2});
    EXPECT_REFUSAL((CodeDistribution{two, two}.codes(Tensor::zeros({1, 2}))),
                   "CodeDistribution: the noise must have the means' shape [2, 2]; got [1, 2]");
}

// ---- the network

TEST(VariationalAutoencoder, IsTheAutoencoderButForTwiceTheFeatures) {
    const States variational = VariationalAutoencoder(Random(1)).states(), plain = Autoencoder(Random(1)).states();
    ASSERT_EQ(variational.size(), plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
        EXPECT_EQ(variational[i].name, plain[i].name);
        Shape shape = plain[i].state.shape();
        if (plain[i].name.starts_with("encoder.code.")) shape.back() *= 2;
        EXPECT_EQ(variational[i].state.shape(), shape) << plain[i].name;
    }
}

TEST(VariationalAutoencoder, TakesImagesOfEachSizeAndColour) {
    for (const Index size : {28, 32, 64, 128}) {
        for (const Index channels : {1, 3}) {
            const ImageModelOptions options = {.image_size = size, .channels = channels, .latent = 5, .width = 2};
            const VariationalAutoencoder model(Random(1), options);
            const Variable x = Random(2).uniform({2, size, size, channels}), z = Random(3).normal({4, 5});
            EXPECT_EQ(model.code_distribution(x).mean.shape(), (Shape{2, 5}));
            EXPECT_EQ(model.code_distribution(x).log_variance.shape(), (Shape{2, 5}));
            EXPECT_EQ(model.decode(z).shape(), (Shape{4, size, size, channels})) << "drawn from noise";
            EXPECT_EQ(model(x).shape(), x.shape());
        }
    }
    EXPECT_REFUSAL(VariationalAutoencoder(Random(1), {.image_size = 30, .latent = 5, .width = 4}),
                   "VariationalAutoencoder: image_size must be 28, 32, 64 or 128; got 30");
}

TEST(VariationalAutoencoder, ReconstructsFromTheMeanAsAnyAutoencoder) {
    const VariationalAutoencoder model(Random(1), small);
    const Autoencoder& any = model;
    const Variable x = digits(3), mean = model.code_distribution(x).mean;
    EXPECT_TRUE(identical(any.encode(x).value(), mean.value()));
    EXPECT_TRUE(identical(any(x).value(), model.decode(mean).value()));
}

TEST(VariationalAutoencoder, HasAMeanAndAVarianceOfTheirOwn) {
    const VariationalAutoencoder model(Random(1), small);
    for (const NamedState& named : model.parameters()) {
        if (named.name == "encoder.code.weight") named.state.assign(Tensor::zeros(named.state.shape()));
        if (named.name == "encoder.code.bias") named.state.assign(Tensor({6}, {1, 2, 3, 4, 5, 6}));
    }
    const CodeDistribution q = model.code_distribution(digits(1));
    expect_tensor(q.mean, {1, 3}, {1, 2, 3});
    expect_tensor(q.log_variance, {1, 3}, {4, 5, 6});
}

// ---- the loss

TEST(VariationalLoss, IsTheSumOfItsTermsAnImage) {
    const VariationalAutoencoder model(Random(1), small);
    const Variable x = digits(4), epsilon = Random(2).normal({4, 3});
    const CodeDistribution q = model.code_distribution(x);
    const Variable logits = model.decode(q.codes(epsilon));
    double reconstruction = 0.0, divergence = 0.0;
    for (Index i = 0; i < x.size(); ++i) {
        const double p = 1 / (1 + std::exp(-logits.value()[i])), t = x.value()[i];
        reconstruction -= (t * std::log(p) + (1 - t) * std::log(1 - p)) / 4;
    }
    for (Index i = 0; i < 12; ++i) {
        const double mu = q.mean.value()[i], variance = std::exp(q.log_variance.value()[i]);
        divergence += (variance + mu * mu - 1 - std::log(variance)) / 2 / 4;
    }
    const VariationalLoss loss = variational_loss(model, x, epsilon);
    EXPECT_NEAR(loss.reconstruction.item() / reconstruction, 1, 1e-5);
    EXPECT_NEAR(loss.divergence.item() / divergence, 1, 1e-5);
    EXPECT_EQ(loss.sum().item(), (loss.reconstruction + loss.divergence).item());
}

TEST(VariationalLoss, IsTheMeanOfTheImagesLosses) {
    const VariationalAutoencoder model(Random(1), small);
    const Tensor x = digits(2), epsilon = Random(2).normal({2, 3});
    const auto of_image = [&](Index n) {
        const auto row = [n](const Tensor& all) { return slice(all, {.axis = 0, .begin = n, .end = n + 1}); };
        return variational_loss(model, row(x), row(epsilon)).sum().item();
    };
    EXPECT_NEAR(variational_loss(model, x, epsilon).sum().item() / ((of_image(0) + of_image(1)) / 2), 1, 1e-6);
}

/// log p(x) = log ∫ p(x|z)·N(z; 0, 1) dz by the trapezoidal rule, for a code of one number.
double log_likelihood(const VariationalAutoencoder& model, const Variable& x) {
    constexpr Index count = 401;
    constexpr double from = -8, step = 0.04;
    double sum = 0.0, best = -INFINITY;
    std::vector<double> logs;
    for (Index i = 0; i < count; ++i) {
        const double z = from + step * static_cast<double>(i);
        const Variable logits = model.decode(Tensor({1, 1}, {z}, x.dtype()));
        const double log_p = -binary_cross_entropy_with_logits(logits, x).item() * static_cast<double>(x.size());
        logs.push_back(log_p - z * z / 2 - std::log(2 * std::acos(-1)) / 2);
        best = std::max(best, logs.back());
    }
    for (const double log : logs) sum += std::exp(log - best) * step;
    return best + std::log(sum);
}

TEST(VariationalLoss, IsInExpectationNothingLowerThanTheImprobabilityOfTheImage) {
    VariationalAutoencoder model(Random(4), {.latent = 1, .width = 1});
    model.cast(DType::float64);
    const Variable x = digits(1).cast(DType::float64);
    constexpr int count = 200;
    double sum = 0.0;
    for (std::uint64_t i = 0; i < count; ++i) {
        sum += variational_loss(model, x, Random(6).normal({1, 1}, DType::float64, i)).sum().item() / count;
    }
    const double bound = -log_likelihood(model, x);
    EXPECT_GE(sum, bound);
    EXPECT_LT(sum, bound + 20) << "a bound that says something";
}

/// The whole loss as a function of the images and of every parameter.
struct Elbo : Module {
    Elbo() : model(child("model", VariationalAutoencoder(Random(1), small))) {
        // Biases of 0 leave rectifiers at their kink wherever they see nothing.
        for (std::uint64_t i = 0; const NamedState& named : model.parameters()) {
            if (named.name.ends_with("bias")) named.state.assign(Random(5).stream(++i).normal(named.state.shape()));
        }
    }
    Variable forward(const Variable& x) const override {
        return variational_loss(model, x, Random(2).normal({x.extent(0), 3}, x.dtype())).sum();
    }
    VariationalAutoencoder& model;
};

TEST(VariationalLoss, HasGradientsThatAreRightToSecondOrder) {
    Elbo elbo;
    const GradientCheckReport report =
        gradient_check(elbo, Random(3).uniform({2, 28, 28, 1}), {.order = 2, .samples = 3});
    EXPECT_TRUE(report.passed()) << report.text();
}

TEST(VariationalLoss, IsLoweredByTrainingWhichReachesEveryParameter) {
    const VariationalAutoencoder model(Random(1), small);
    const Variable x = digits(8), epsilon = Random(2).normal({8, 3});
    expect_learns(model, [&] { return variational_loss(model, x, epsilon).sum(); });
}

}  // namespace
}  // namespace adjoint
