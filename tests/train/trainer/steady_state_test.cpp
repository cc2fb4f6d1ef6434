// Truths about a training step in its steady state: once the first have gone by it asks the system for nothing.
#include <gtest/gtest.h>

#include "framework/tensor/buffer_pool.h"
#include "tests/support/allocations.h"
#include "tests/support/threads.h"
#include "train/tasks/autoencoder.h"
#include "train/tasks/games/dcgan.h"

namespace adjoint {
namespace {

// Runs steps 0, …, count − 1 and returns how many requests for memory they made of the pool's or of more than 4 KiB.
std::size_t requests_of(int first, int count, const std::function<void(int)>& step) {
    const std::size_t before = pool_statistics().requests + large_allocations();
    for (int i = first; i < first + count; ++i) step(i);
    return pool_statistics().requests + large_allocations() - before;
}

Variable images(int step, Index batch) { return Random(1).stream(step).uniform({batch, 28, 28, 1}); }

std::function<void(int)> autoencoder_steps() {
    const auto model = std::make_shared<Autoencoder>(Random(2));
    const auto adam = std::make_shared<Adam>(model->parameters());
    return [=](int step) {
        const Variable x = images(step, 32);
        autoencoder_step(*model, *adam, x, x);
    };
}

std::function<void(int)> dcgan_steps() {
    const auto model = std::make_shared<Dcgan>(Random(2));
    const auto optimizers = std::make_shared<GameOptimizers>(model->generator, model->discriminator,
                                                             OptimizerChoice{.learning_rate = 2e-4, .beta1 = 0.5});
    return [=](int step) {
        dcgan_step(*model, *optimizers, images(step, 16), Random(3).stream(step).normal({16, 1, 1, dcgan_noise}));
    };
}

TEST(SteadyState, CountsWhatIsAskedFor) {
    // The functions themselves: a compiler may leave out a vector that nobody uses.
    EXPECT_EQ(requests_of(0, 3, [](int) { ::operator delete(::operator new(5000)); }), 3u);
    EXPECT_EQ(requests_of(0, 3, [](int) { ::operator delete(::operator new(4000)); }), 0u);
    std::vector<Tensor> kept;
    EXPECT_GT(requests_of(0, 100, [&](int) { kept.push_back(Tensor::zeros({1 << 20})); }), 50u);
}

// Of several threads more may be at work at once than ever before: then the pool may still ask.
TEST(SteadyState, AsksForNoMemoryInAStep) {
    const WithThreads with(1);
    for (const auto& step : {autoencoder_steps(), dcgan_steps()}) {
        requests_of(0, 5, step);
        EXPECT_EQ(requests_of(5, 3, step), 0u);
    }
}

}  // namespace
}  // namespace adjoint
