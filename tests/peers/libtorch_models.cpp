// Training steps of our two models in libtorch, timed. Prints a line of JSON like `adjoint bench --json`.
//
//   libtorch_models autoencoder|dcgan THREADS STEPS
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <sys/resource.h>
#include <torch/torch.h>
#include <vector>

namespace {

namespace nn = torch::nn;
using torch::Tensor;

// A bias only where no batch normalisation follows, as in our models.
nn::ConvTranspose2d up(int in, int out, int kernel, int stride, int padding, int output_padding = 0,
                       bool bias = false) {
    return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, kernel)
                                   .stride(stride)
                                   .padding(padding)
                                   .output_padding(output_padding)
                                   .bias(bias));
}

nn::Conv2d down(int in, int out, int kernel, int stride, int padding, bool bias = false) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding).bias(bias));
}

nn::LeakyReLU leaky() { return nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)); }

nn::Sequential autoencoder() {
    const std::vector<int64_t> code_image = {64, 7, 7};
    return nn::Sequential(down(1, 32, 3, 2, 1, true), nn::ReLU(), down(32, 64, 3, 2, 1, true), nn::ReLU(),
                          nn::Flatten(), nn::Linear(64 * 7 * 7, 16), nn::Linear(16, 64 * 7 * 7), nn::ReLU(),
                          nn::Unflatten(nn::UnflattenOptions(1, code_image)), up(64, 64, 3, 2, 1, 1, true), nn::ReLU(),
                          up(64, 32, 3, 2, 1, 1, true), nn::ReLU(), up(32, 1, 3, 1, 1, 0, true));
}

nn::Sequential generator() {
    return nn::Sequential(up(100, 256, 4, 1, 0), nn::BatchNorm2d(256), nn::ReLU(), up(256, 128, 3, 2, 1),
                          nn::BatchNorm2d(128), nn::ReLU(), up(128, 64, 4, 2, 1), nn::BatchNorm2d(64), nn::ReLU(),
                          up(64, 1, 4, 2, 1), nn::Tanh());
}

nn::Sequential discriminator() {
    return nn::Sequential(down(1, 64, 4, 2, 1), leaky(), down(64, 128, 4, 2, 1), nn::BatchNorm2d(128), leaky(),
                          down(128, 256, 4, 2, 1), nn::BatchNorm2d(256), leaky(), down(256, 1, 3, 1, 0), nn::Flatten());
}

constexpr auto loss = [](const Tensor& logits, const Tensor& targets) {
    return torch::binary_cross_entropy_with_logits(logits, targets);
};

std::function<void()> autoencoder_step() {
    auto model = autoencoder();
    auto adam = std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
    const Tensor images = torch::rand({128, 1, 28, 28});
    return [=]() mutable {
        adam->zero_grad();
        loss(model->forward(images), images).backward();
        adam->step();
    };
}

std::function<void()> dcgan_step() {
    auto g = generator();
    auto d = discriminator();
    const auto options = torch::optim::AdamOptions(2e-4).betas({0.5, 0.999});
    auto g_adam = std::make_shared<torch::optim::Adam>(g->parameters(), options);
    auto d_adam = std::make_shared<torch::optim::Adam>(d->parameters(), options);
    const Tensor images = torch::rand({64, 1, 28, 28}) * 2 - 1;
    const Tensor real = torch::ones({64, 1}), drawn = torch::zeros({64, 1});
    return [=]() mutable {
        d_adam->zero_grad();
        loss(d->forward(images), real).backward();
        const Tensor fakes = g->forward(torch::randn({64, 100, 1, 1}));
        loss(d->forward(fakes.detach()), drawn).backward();
        d_adam->step();
        // No gradient of the discriminator's weights is wanted now, and libtorch need not make it.
        for (Tensor& parameter : d->parameters()) parameter.requires_grad_(false);
        g_adam->zero_grad();
        loss(d->forward(fakes), real).backward();
        g_adam->step();
        for (Tensor& parameter : d->parameters()) parameter.requires_grad_(true);
    };
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: libtorch_models autoencoder|dcgan THREADS STEPS\n");
        return 2;
    }
    const std::string model = argv[1];
    torch::set_num_threads(std::atoi(argv[2]));
    torch::manual_seed(1);
    const std::function<void()> step = model == "dcgan" ? dcgan_step() : autoencoder_step();

    constexpr int warm_up = 5;
    std::vector<double> milliseconds;
    for (int i = 0; i < warm_up + std::atoi(argv[3]); ++i) {
        const auto begin = std::chrono::steady_clock::now();
        step();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
        if (i >= warm_up) milliseconds.push_back(took.count());
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"system\":\"libtorch\",\"model\":\"%s\",\"threads\":%s,\"step_ms_median\":%.3f,\"peak_mb\":%ld}\n",
                argv[1], argv[2], milliseconds[milliseconds.size() / 2], usage.ru_maxrss / 1024);
}
