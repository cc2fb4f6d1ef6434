#include "framework/tensor/parallel.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <thread>

#include "framework/tensor/error.h"
#include "framework/tensor/flush_denormals.h"
#include "framework/tensor/math.h"

namespace adjoint {
namespace {

int initial_thread_count() {
    const char* wish = std::getenv("ADJOINT_THREADS");
    if (wish == nullptr || *wish == '\0') return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    char* end = nullptr;
    const long count = std::strtol(wish, &end, 10);
    require(*end == '\0' && count >= 1 && count <= 1024,
            "ADJOINT_THREADS: must be a whole number from 1 to 1024; got {}", wish);
    return static_cast<int>(count);
}

struct Workers {
    explicit Workers(int threads)
        : count(threads), limit(tbb::global_control::max_allowed_parallelism, threads), arena(threads) {}

    int count;
    tbb::global_control limit;  // without it there are no more threads than processors
    tbb::task_arena arena;
};

std::unique_ptr<Workers>& workers() {
    static std::unique_ptr<Workers> instance = std::make_unique<Workers>(initial_thread_count());
    return instance;
}

}  // namespace

int thread_count() { return workers()->count; }

void set_thread_count(int count) {
    require(count >= 1, "set_thread_count: there must be at least one thread; got {}", count);
    workers() = std::make_unique<Workers>(count);
}

void parallel_for(Index count, const std::function<void(Index)>& piece) {
    if (count == 1 || thread_count() == 1) {
        const FlushDenormals flush;
        for (Index i = 0; i < count; ++i) piece(i);
    } else {
        const auto flushed_piece = [&piece](Index i) {
            const FlushDenormals flush;
            piece(i);
        };
        workers()->arena.execute([&] { tbb::parallel_for(Index{0}, count, flushed_piece, tbb::simple_partitioner()); });
    }
}

void parallel_ranges(Index size, Index grain, const std::function<void(Index, Index)>& piece) {
    parallel_for(ceil_divide(size, grain), [&](Index i) { piece(i * grain, std::min(size, (i + 1) * grain)); });
}

}  // namespace adjoint
