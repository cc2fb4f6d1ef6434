// Benchmark of the three convolution operations, shape by shape: time, GFLOP/s, and the share of what OpenBLAS' sgemm
// reaches on the same thread in the same run.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <fmt/format.h>

#include "framework/ops/convolution.h"
#include "framework/tensor/gemm.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/random.h"

namespace adjoint {
namespace {

struct Layer {
    std::string name;
    Shape image;
    Shape weight;
    Conv2DOptions options = {};
};

std::vector<Layer> layers() {
    const auto same = Padding::same();
    const auto ones = Padding::symmetric({1, 1});
    std::vector<Layer> result = {
        {"autoencoder/down1", {128, 28, 28, 1}, {3, 3, 1, 32}, {.stride = {2, 2}, .padding = ones}},
        {"autoencoder/down2", {128, 14, 14, 32}, {3, 3, 32, 64}, {.stride = {2, 2}, .padding = ones}},
        {"autoencoder/up1", {128, 14, 14, 64}, {3, 3, 64, 64}, {.stride = {2, 2}, .padding = ones}},
        {"autoencoder/up2", {128, 28, 28, 32}, {3, 3, 32, 64}, {.stride = {2, 2}, .padding = ones}},
        {"autoencoder/up3", {128, 28, 28, 1}, {3, 3, 1, 32}, {.padding = ones}},
        {"dcgan/project", {64, 4, 4, 256}, {4, 4, 256, 100}},
        {"dcgan/up1", {64, 7, 7, 128}, {3, 3, 128, 256}, {.stride = {2, 2}, .padding = ones}},
        {"dcgan/up2", {64, 14, 14, 64}, {4, 4, 64, 128}, {.stride = {2, 2}, .padding = ones}},
        {"dcgan/up3", {64, 28, 28, 1}, {4, 4, 1, 64}, {.stride = {2, 2}, .padding = ones}},
        {"dcgan/down3", {64, 7, 7, 128}, {4, 4, 128, 256}, {.stride = {2, 2}, .padding = ones}},
        {"dcgan/score", {64, 3, 3, 256}, {3, 3, 256, 1}},
    };
    for (const Index channels : {64, 128, 256}) {
        for (const Index kernel : {1, 3, 5}) {
            result.push_back({fmt::format("square/{}x{}/{}", kernel, kernel, channels),
                              {16, 28, 28, channels},
                              {kernel, kernel, channels, channels},
                              {.padding = same}});
        }
    }
    for (const Index channels : {32, 64, 128}) {
        result.push_back({fmt::format("stride2/4x4/{}", channels),
                          {16, 64, 64, channels},
                          {4, 4, channels, channels},
                          {.stride = {2, 2}, .padding = ones}});
    }
    for (const Index channels : {64, 256}) {
        result.push_back({fmt::format("depthwise/3x3/{}", channels),
                          {16, 28, 28, channels},
                          {3, 3, 1, channels},
                          {.padding = same, .groups = channels}});
    }
    result.push_back({"depthwise/5x5/128", {16, 28, 28, 128}, {5, 5, 1, 128}, {.padding = same, .groups = 128}});
    result.push_back({"groups4/3x3/128", {16, 28, 28, 128}, {3, 3, 32, 128}, {.padding = same, .groups = 4}});
    result.push_back({"groups32/3x3/128", {16, 28, 28, 128}, {3, 3, 4, 128}, {.padding = same, .groups = 32}});
    result.push_back({"dilated/3x3/64", {16, 28, 28, 64}, {3, 3, 64, 64}, {.padding = same, .dilation = {2, 2}}});
    result.push_back({"unpool/2x2/64", {16, 56, 56, 64}, {2, 2, 64, 64}, {.stride = {2, 2}}});
    result.push_back({"odd/3x3/30", {16, 29, 31, 30}, {3, 3, 30, 42}, {.padding = same}});
    for (const Index kernel : {3, 5}) {
        result.push_back({fmt::format("colours/{}x{}/in", kernel, kernel),
                          {16, 64, 64, 3},
                          {kernel, kernel, 3, 64},
                          {.padding = same}});
        result.push_back({fmt::format("colours/{}x{}/out", kernel, kernel),
                          {16, 64, 64, 64},
                          {kernel, kernel, 64, 3},
                          {.padding = same}});
        result.push_back({fmt::format("grey/{}x{}/in", kernel, kernel),
                          {16, 64, 64, 1},
                          {kernel, kernel, 1, 64},
                          {.padding = same}});
        result.push_back({fmt::format("grey/{}x{}/out", kernel, kernel),
                          {16, 64, 64, 64},
                          {kernel, kernel, 64, 1},
                          {.padding = same}});
    }
    result.push_back({"one-image/3x3/64", {1, 128, 128, 64}, {3, 3, 64, 64}, {.padding = same}});
    result.push_back({"deep/3x3/512", {16, 7, 7, 512}, {3, 3, 512, 512}, {.padding = same}});
    return result;
}

// GFLOP/s of one large matrix product a thread, made by all at once.
double sgemm_peak() {
    static const double peak = [] {
        constexpr Index size = 768;
        const Tensor a = Random(1).normal({size, size});
        const float* const elements = a.data<float>().data();
        std::vector<std::vector<float>> results(static_cast<std::size_t>(thread_count()));
        for (std::vector<float>& result : results) result.resize(size * size);
        double best = 1e30;
        for (int repeat = 0; repeat < 20; ++repeat) {
            const auto begin = std::chrono::steady_clock::now();
            parallel_for(thread_count(), [&](Index thread) {
                gemm<float>({elements, size, size}, {elements, size, size},
                            {results[static_cast<std::size_t>(thread)].data(), size, size});
            });
            best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        }
        return 2.0 * size * size * size * thread_count() / best;
    }();
    return peak;
}

// The sizes of a convolution, of which height and width have the same options.
std::string sizes(const Conv2DForm& form) {
    const ConvAxis &height = form.height, &width = form.width;
    return fmt::format("N={} H={} W={} C={} K={} L={} O={} stride={} padding={} dilation={} groups={}", form.batch,
                       height.image, width.image, form.channels, height.kernel, width.kernel, form.filters,
                       height.stride, height.pad_before, height.dilation, form.groups);
}

void measure(benchmark::State& state, const Conv2DForm& form, const std::function<Variable()>& operation) {
    for (auto _ : state) benchmark::DoNotOptimize(operation());
    const double flop = 2.0 * static_cast<double>(form.rows() * form.columns() * form.filters);
    const double flops = flop * static_cast<double>(state.iterations());
    state.counters["FLOP/s"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
    state.counters["of_peak"] = benchmark::Counter(flops / sgemm_peak(), benchmark::Counter::kIsRate);
    state.SetLabel(sizes(form));
}

void add(const Layer& layer) {
    const Conv2DForm form = Conv2DForm::of("conv2d", layer.image, layer.weight, layer.options);
    const auto add_one = [&](const char* operation, auto make) {
        const auto run = [=](benchmark::State& state) {
            const Variable x = Random(1).normal(form.image_shape()), w = Random(2).normal(form.weight_shape()),
                           y = Random(3).normal(form.output_shape());
            measure(state, form, [&] { return make(x, w, y); });
        };
        benchmark::RegisterBenchmark((layer.name + "/" + operation).c_str(), run)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
    };
    add_one("forward", [form](const Variable& x, const Variable& w, const Variable&) { return conv2d(x, w, form); });
    add_one("input_gradient", [form](const Variable&, const Variable& w, const Variable& y) {
        return conv2d_input_gradient(y, w, form);
    });
    add_one("weight_gradient", [form](const Variable& x, const Variable&, const Variable& y) {
        return conv2d_weight_gradient(x, y, form);
    });
}

}  // namespace
}  // namespace adjoint

int main(int argc, char** argv) {
    for (const adjoint::Layer& layer : adjoint::layers()) adjoint::add(layer);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
