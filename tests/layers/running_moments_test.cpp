// Truths about running moments that are estimated anew: those of a network by the definition of its activations,
// whatever they were before, and that nothing else changes.
#include "layers/running_moments.h"

#include <cmath>

#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/normalization.h"
#include "layers/sequential.h"
#include "layers/spectral_norm.h"
#include "tests/support/states.h"
#include "tests/support/values.h"

namespace adjoint {
namespace {

const Random random(7);

// Of 5, 6 and 7 examples, in float64.
Tensor batch(Index k) { return random.stream(10 + static_cast<std::uint64_t>(k)).normal({5 + k, 3}, DType::float64); }

Sequential network() {
    Sequential net;
    net.append("first", Linear({.in = 3, .out = 4}, random.stream(1)))
        .append("norm1", BatchNorm({.channels = 4, .activation = relu(), .scale = initializers::normal(1)}, random))
        .append("second", Linear({.in = 4, .out = 2}, random.stream(2)))
        .append("norm2", BatchNorm({.channels = 2, .momentum = 0.0}, random));
    net.cast(DType::float64);
    return net;
}

void reestimate(const Module& net, Index batches = 3) {
    reestimate_moments(
        net, [&](Index k) { net(batch(k)); }, batches);
}

using Matrix = std::vector<std::vector<double>>;

Matrix rows_of(const Tensor& x) {
    Matrix rows(static_cast<std::size_t>(x.extent(0)));
    for (Index i = 0; i < x.size(); ++i) rows[static_cast<std::size_t>(i / x.extent(1))].push_back(x[i]);
    return rows;
}

Matrix product(const Matrix& x, const Matrix& w) {
    Matrix y(x.size(), std::vector<double>(w[0].size()));
    for (std::size_t n = 0; n < x.size(); ++n) {
        for (std::size_t i = 0; i < w.size(); ++i) {
            for (std::size_t o = 0; o < w[i].size(); ++o) y[n][o] += x[n][i] * w[i][o];
        }
    }
    return y;
}

struct Moments {
    std::vector<double> mean, variance;  // with divisor n − 1
};

Moments moments_of(const Matrix& x) {
    Moments moments;
    for (std::size_t c = 0; c < x[0].size(); ++c) {
        double sum = 0, squares = 0;
        for (const auto& row : x) sum += row[c];
        const double mean = sum / static_cast<double>(x.size());
        for (const auto& row : x) squares += (row[c] - mean) * (row[c] - mean);
        moments.mean.push_back(mean);
        moments.variance.push_back(squares / static_cast<double>(x.size() - 1));
    }
    return moments;
}

// The biases of the linear layers are 0.
TEST(ReestimateMoments, GivesThePlainMeansOverTheBatchesByTheDefinitionOfTheActivations) {
    const Sequential net = network();
    const auto value = [states = net.states()](const std::string& name) {
        return std::ranges::find(states, name, &NamedState::name)->state.value();
    };
    std::vector<double> mean1(4), variance1(4), mean2(2), variance2(2);
    for (Index k = 0; k < 3; ++k) {
        Matrix h = product(rows_of(batch(k)), rows_of(value("first.weight")));
        const Moments first = moments_of(h);
        const double n = static_cast<double>(h.size());
        for (auto& row : h) {
            for (std::size_t c = 0; c < 4; ++c) {
                const double divisor_n = first.variance[c] * (n - 1) / n;
                const double gamma = value("norm1.scale")[static_cast<Index>(c)];
                row[c] = std::max(0.0, (row[c] - first.mean[c]) / std::sqrt(divisor_n + 1e-5) * gamma);
            }
        }
        const Moments second = moments_of(product(h, rows_of(value("second.weight"))));
        for (std::size_t c = 0; c < 4; ++c) mean1[c] += first.mean[c] / 3, variance1[c] += first.variance[c] / 3;
        for (std::size_t c = 0; c < 2; ++c) mean2[c] += second.mean[c] / 3, variance2[c] += second.variance[c] / 3;
    }
    reestimate(net);
    expect_tensor(value("norm1.running_mean"), {4}, mean1, 1e-13);
    expect_tensor(value("norm1.running_variance"), {4}, variance1, 1e-13);
    expect_tensor(value("norm2.running_mean"), {2}, mean2, 1e-13);
    expect_tensor(value("norm2.running_variance"), {2}, variance2, 1e-13);
}

TEST(ReestimateMoments, GivesTheSameBitsWhateverTheMomentsWereBefore) {
    const Sequential net = network(), other = network();
    for (const auto& [name, buffer] : other.buffers()) {
        buffer.assign(Tensor::full(buffer.shape(), std::nan(""), DType::float64));
    }
    reestimate(net);
    reestimate(other);
    EXPECT_EQ(changed(other.states(), values(net.states())), Names{});
    reestimate(net);
    EXPECT_EQ(changed(other.states(), values(net.states())), Names{}) << "the second time";
    reestimate(net, 2);
    EXPECT_EQ(changed(other.states(), values(net.states())).size(), 4u) << "one batch has no part in it";
}

TEST(ReestimateMoments, ChangesNothingButRunningMomentsWhileDropoutDrops) {
    Sequential net;
    net.append("turned", SpectralNorm(Linear({.in = 3, .out = 4}, random), random.stream(1)))
        .append("dropout", Dropout(0.5, random.stream(2)))
        .append("norm", BatchNorm({.channels = 4}, random));
    net.cast(DType::float64);
    const std::vector<Tensor> before = values(net.states());
    const auto in_training = [&](Index k) {
        const ModeScope training(Mode::train);
        return net(batch(k)).value();
    };
    reestimate(net);
    EXPECT_EQ(changed(net.states(), before), (Names{"norm.running_mean", "norm.running_variance"}));
    const std::vector<Tensor> once = values(net.states());
    reestimate(net);
    EXPECT_EQ(changed(net.states(), once), Names{});
    const Tensor next = in_training(0);
    EXPECT_FALSE(identical(in_training(0), next)) << "dropout drew the same numbers, or dropped nothing";
}

TEST(ReestimateMoments, TakesEachCallOfALayerForABatchOfItsOwn) {
    const BatchNorm norm({.channels = 3}, random);
    const auto normalize = [&](Index k) { norm(batch(k).cast(DType::float32)); };
    reestimate_moments(
        norm,
        [&](Index k) {
            normalize(k);
            normalize(k + 1);
        },
        2);
    std::vector<double> mean(3), variance(3);
    for (const Index k : {0, 1, 1, 2}) {
        const Moments moments = moments_of(rows_of(batch(k)));
        for (std::size_t c = 0; c < 3; ++c) mean[c] += moments.mean[c] / 4, variance[c] += moments.variance[c] / 4;
    }
    EXPECT_EQ(norm.running_mean.value().dtype(), DType::float32);
    expect_tensor(norm.running_mean, {3}, mean, 1e-6);
    expect_tensor(norm.running_variance, {3}, variance, 1e-6);
}

TEST(ReestimateMoments, LeavesLayersAloneThatAreNotCalledInTraining) {
    Sequential net = network();
    net.freeze("norm1");
    const std::vector<Tensor> before = values(net.states());
    reestimate(net);
    EXPECT_EQ(changed(net.states(), before), (Names{"norm2.running_mean", "norm2.running_variance"}));
    net.evaluate();
    reestimate(net);
    EXPECT_EQ(changed(net.states(), before).size(), 2u);
}

TEST(ReestimateMoments, KeepsThoseOfLayersThatAreNotCalled) {
    const Sequential net = network();
    const std::vector<Tensor> before = values(net.states());
    const Module& second = *net.layers()[2].layer;
    reestimate_moments(
        net,
        [&](Index) {
            second(Tensor::ones({2, 4}, DType::float64));
        },
        1);
    EXPECT_EQ(changed(net.states(), before), Names{});
}

TEST(ReestimateMoments, ChangesNothingWhereABatchFails) {
    const Sequential net = network();
    const std::vector<Tensor> before = values(net.states());
    const auto fail_at_the_second = [&](Index k) {
        net(k == 0 ? batch(0) : Tensor({1, 3}, {1, 2, 3}, DType::float64));
    };
    EXPECT_EQ(error_of([&] { reestimate_moments(net, fail_at_the_second, 3); }),
              "BatchNorm: in training a channel needs more than one value; got [1, 4]");
    EXPECT_EQ(error_of([&] { reestimate(net, 0); }), "reestimate_moments: batches must be at least 1; got 0");
    EXPECT_EQ(changed(net.states(), before), Names{});
}

}  // namespace
}  // namespace adjoint
