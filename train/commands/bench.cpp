// `adjoint bench`: measures how fast a model trains or draws here, and what share of the processor's peak that is.
#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "framework/kernels/convolution_kernels.h"
#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/gemm.h"
#include "framework/tensor/observer.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/precision.h"
#include "framework/tensor/processes.h"
#include "train/cli/commands.h"
#include "train/cli/outputs.h"
#include "train/cli/resource_use.h"
#include "train/cli/validators.h"
#include "train/io/atomic_file.h"
#include "train/io/json_text.h"
#include "train/tasks/registry.h"

namespace adjoint {
namespace {

using Json = nlohmann::ordered_json;

struct BenchOptions {
    std::string model = "all";
    int steps = 30;
    std::optional<Index> batch_size = {};  // in place of the model's own
    std::string precision = "float32";
    bool json = false;
    std::filesystem::path trace;
};

// GFLOP/s of large matrix products that every thread makes for itself at once: what arithmetic can reach at best.
double sgemm_peak() {
    constexpr Index size = 768, products = 8;
    const Tensor a = Random(1).normal({size, size});
    const int threads = thread_count();
    std::vector<std::vector<float>> results(static_cast<std::size_t>(threads), std::vector<float>(size * size));
    const float* const elements = a.data<float>().data();
    double best = 1e30;
    for (int repeat = 0; repeat < 6; ++repeat) {
        best = std::min(best, seconds_of([&] {
                            parallel_for(threads, [&](Index thread) {
                                for (Index i = 0; i < products; ++i) {
                                    gemm<float>({elements, size, size}, {elements, size, size},
                                                {results[static_cast<std::size_t>(thread)].data(), size, size});
                                }
                            });
                        }));
    }
    return 2.0 * size * size * size * products * threads / best * 1e-9;
}

// The operations of one step, and how long it took.
std::pair<std::vector<KernelTime>, double> profile_of(const std::function<void()>& step) {
    Processes* const processes = Processes::here();
    if (processes != nullptr) processes->measure_waiting(true);
    const Profile profile;
    const double seconds = seconds_of(step);
    if (processes != nullptr) processes->measure_waiting(false);
    return {profile.kernels(), seconds};
}

std::size_t bytes_sent() { return Processes::here() == nullptr ? 0 : Processes::here()->bytes_sent(); }

bool is_exchange(const KernelTime& operation) {
    return operation.name == std::string_view("exchange") || operation.name == std::string_view("wait for others");
}

// How long processes take to tell each other a number, and how many bytes a second each can send.
Json exchange_rates() {
    Processes* const all = Processes::here();
    if (all == nullptr) return {{"processes", 1}};
    constexpr int repeats = 200;
    constexpr std::size_t bytes = 1 << 22;  // to each
    said_by_all(0);
    const double latency = seconds_of([] {
                               for (int i = 0; i < repeats; ++i) said_by_all(i);
                           }) /
                           repeats;
    const auto count = static_cast<std::size_t>(all->count());
    std::vector<std::byte> sent(count * bytes), received(count * bytes);
    const std::vector<std::size_t> sizes(count, bytes);
    double best = 1e30;
    for (int i = 0; i < 5; ++i)
        best = std::min(best, seconds_of([&] { all->exchange(sent.data(), sizes, received.data(), sizes); }));
    return {{"processes", all->count()},
            {"latency_us", 1e6 * latency},
            {"gbytes_per_second", static_cast<double>((count - 1) * bytes) / best * 1e-9}};
}

Json by_operation(std::vector<KernelTime> operations, double step_seconds) {
    std::map<std::string, std::pair<double, double>> totals;  // seconds and flops
    double last_end = 0.0, inside = 0.0;
    std::string outermost;
    std::ranges::sort(operations, {}, &KernelTime::begin);
    for (const KernelTime& operation : operations) {
        const double seconds = operation.end - operation.begin;
        const bool within = operation.begin < last_end;
        // What lies within another is counted with the outermost, but for what other processes take.
        if (within && !is_exchange(operation)) continue;
        if (within) {
            totals[outermost].first -= seconds;
        } else {
            last_end = operation.end;
            inside += seconds;
            outermost = operation.name;
        }
        totals[operation.name].first += seconds;
        totals[operation.name].second += operation.flops;
    }
    Json rows = Json::array();
    for (const auto& [name, total] : totals) {
        rows.push_back({{"operation", name}, {"ms", 1e3 * total.first}, {"gflops", total.second / total.first * 1e-9}});
    }
    std::sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) { return a["ms"] > b["ms"]; });
    rows.push_back({{"operation", "between them"}, {"ms", 1e3 * (step_seconds - inside)}, {"gflops", 0.0}});
    return rows;
}

void write_trace(const std::filesystem::path& path, const std::vector<KernelTime>& operations) {
    Json events = Json::array();
    for (const KernelTime& operation : operations) {
        events.push_back({{"name", operation.name},
                          {"ph", "X"},
                          {"pid", 1},
                          {"tid", 1},
                          {"ts", 1e6 * (operation.begin - operations.front().begin)},
                          {"dur", 1e6 * (operation.end - operation.begin)},
                          {"args", {{"flops", operation.flops}}}});
    }
    write_output(path, text_of_json(Json{{"traceEvents", events}}));
}

long page_faults() { return resource_use().ru_minflt + resource_use().ru_majflt; }

Json measure(const Benchmark& benchmark, const BenchOptions& options) {
    const PrecisionScope precision(precision_named(options.precision));
    const Index batch = options.batch_size.value_or(benchmark.batch);
    const std::function<void()> step = benchmark.make(batch);
    constexpr int warm_up = 5;
    for (int i = 0; i < warm_up; ++i) step();
    std::vector<double> seconds;
    seconds.reserve(static_cast<std::size_t>(options.steps));
    const std::size_t requests = pool_statistics().requests;
    const long faults = page_faults();
    for (int i = 0; i < options.steps; ++i) seconds.push_back(seconds_of(step));
    const double allocations = static_cast<double>(pool_statistics().requests - requests) / options.steps;
    const double faults_a_step = static_cast<double>(page_faults() - faults) / options.steps;
    std::sort(seconds.begin(), seconds.end());
    const double median = seconds[seconds.size() / 2];

    const std::size_t sent = bytes_sent();
    const auto [operations, profiled] = profile_of(step);
    const double sent_a_step = static_cast<double>(bytes_sent() - sent);
    const auto exchanges = std::ranges::count_if(
        operations, [](const KernelTime& operation) { return operation.name == std::string_view("exchange"); });
    double flops = 0.0;
    for (const KernelTime& operation : operations) flops += operation.flops;
    if (!options.trace.empty()) write_trace(options.trace, operations);
    const double gflops = flops / median * 1e-9, peak = sgemm_peak();
    Json result = {{"system", "adjoint"}, {"model", benchmark.name}, {"batch", batch}};
    result.update(exchange_rates());
    result.update(Json{{"threads", thread_count()},
                       {"kernels", gemm_kernels()},
                       {"convolution", name(convolution_kernels())},
                       {"precision", options.precision},
                       {"step_ms_median", 1e3 * median},
                       {"step_ms_best", 1e3 * seconds.front()},
                       {"images_per_second", static_cast<double>(batch) / median},
                       {"gflop", flops * 1e-9},
                       {"gflops", gflops},
                       {"sgemm_peak_gflops", peak},
                       {"share_of_peak", gflops / peak},
                       {"peak_mb", static_cast<long>(peak_mebibytes())},
                       {"buffer_requests_a_step", allocations},
                       {"page_faults_a_step", faults_a_step},
                       {"exchanges_a_step", exchanges},
                       {"mbytes_sent_a_step", sent_a_step * 1e-6},
                       {"operations", by_operation(operations, profiled)}});
    return result;
}

void print(const Json& r) {
    const auto text = [&](const char* name) { return r[name].get<std::string>(); };
    const auto number = [&](const char* name) { return r[name].get<double>(); };
    fmt::print("{}, batch {:.0f}, {:.0f} threads, {} kernels, {} convolution, {}\n", text("model"), number("batch"),
               number("threads"), text("kernels"), text("convolution"), text("precision"));
    fmt::print("  step          {:.1f} ms median, {:.1f} ms best: {:.0f} images/s\n", number("step_ms_median"),
               number("step_ms_best"), number("images_per_second"));
    fmt::print("  arithmetic    {:.1f} GFLOP a step, {:.0f} GFLOP/s: {:.0f} % of the sgemm peak of {:.0f} GFLOP/s\n",
               number("gflop"), number("gflops"), 100 * number("share_of_peak"), number("sgemm_peak_gflops"));
    fmt::print("  memory        {:.0f} MiB at most; {} buffers asked of the system and {} page faults a step\n",
               number("peak_mb"), number("buffer_requests_a_step"), number("page_faults_a_step"));
    if (r.contains("latency_us")) {
        fmt::print(
            "  processes     {:.0f}, which hear of each other in {:.0f} µs and send {:.2f} GB/s each;\n"
            "                {:.0f} exchanges a step, of {:.2f} MB sent\n",
            number("processes"), number("latency_us"), number("gbytes_per_second"), number("exchanges_a_step"),
            number("mbytes_sent_a_step"));
    }
    for (const Json& row : r["operations"]) {
        const double gflops = row["gflops"].get<double>();
        fmt::print("    {:<24}{:>8.2f} ms{}\n", row["operation"].get<std::string>(), row["ms"].get<double>(),
                   gflops > 0 ? fmt::format("{:>8.0f} GFLOP/s", gflops) : "");
    }
}

std::vector<Benchmark> benchmarks() {
    std::vector<Benchmark> all;
    for (const TaskSpec& task : tasks()) all.insert(all.end(), task.benchmarks.begin(), task.benchmarks.end());
    return all;
}

void bench(const BenchOptions& options) {
    for (const Benchmark& benchmark : benchmarks()) {
        if (options.model != "all" && options.model != benchmark.name) continue;
        const Json result = measure(benchmark, options);
        options.json ? fmt::print("{}\n", text_of_json(result)) : print(result);
    }
}

}  // namespace

void add_bench_command(CLI::App& app) {
    CLI::App* const command = app.add_subcommand(
        "bench", "Measure a step of training or drawing: time, FLOP/s beside the processor's peak, memory");
    const auto options = std::make_shared<BenchOptions>();
    std::vector<std::string> names;
    std::string help;
    for (const Benchmark& benchmark : benchmarks()) {
        names.push_back(benchmark.name);
        help += benchmark.name + (benchmark.note.empty() ? ", " : fmt::format(" ({}), ", benchmark.note));
    }
    names.emplace_back("all");
    add_setting(*command, "--model", options->model, help + "or all", one_of(names));
    add_setting(*command, "--steps", options->steps, "Steps to measure, after five of warm-up",
                whole_number(1, 100'000));
    command->add_option("--batch-size", options->batch_size, "Images a step, in place of the model's own")
        ->check(whole_number(1, 100'000));
    add_setting(*command, "--precision", options->precision,
                "What steps round the factors of convolutions and matrix products to", one_of({"float32", "bf16"}));
    command->add_flag("--json", options->json, "Print results as a line of JSON for each model");
    add_output(*command, "--trace", options->trace,
               "Write the operations of one step as a trace for Chrome or Perfetto; for one --model");
    command->footer(
        "Examples:\n"
        "  adjoint bench --model dcgan --threads 1 --trace dcgan.json\n"
        "  adjoint bench --model generator64 --batch-size 1       how long one image takes\n"
        "  adjoint bench --model dcgan --convolution reference    what the fast convolution saves");
    command->callback([options] { bench(*options); });
}

}  // namespace adjoint
