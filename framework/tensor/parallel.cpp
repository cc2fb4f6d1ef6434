#include "framework/tensor/parallel.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <thread>
#if defined(__SSE__)
#include <xmmintrin.h>
#elif defined(__aarch64__)
#include <cstdint>
#endif

#include "framework/tensor/error.h"
#include "framework/tensor/shape.h"

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

// While it lives, this thread takes for 0, in operands and in results, numbers too small for their exponent (below
// 1.2e-38 in float32, 2.2e-308 in float64), for which processors take a hundred times longer.
class FlushDenormals {
  public:
    FlushDenormals() : before_(read()) { write(before_ | flush); }
    ~FlushDenormals() { write(before_); }
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

  private:
#if defined(__SSE__)
    using Register = unsigned;
    static constexpr Register flush = 0x8040;  // MXCSR: flush to zero, denormals are zero
    static Register read() { return _mm_getcsr(); }
    static void write(Register value) { _mm_setcsr(value); }
#elif defined(__aarch64__)
    using Register = std::uint64_t;
    static constexpr Register flush = 1u << 24;  // FPCR: FZ
    static Register read() {
        Register value;
        asm volatile("mrs %0, fpcr" : "=r"(value));
        return value;
    }
    static void write(Register value) { asm volatile("msr fpcr, %0" : : "r"(value)); }
#else
    using Register = int;
    static constexpr Register flush = 0;
    static Register read() { return 0; }
    static void write(Register) {}
#endif

    Register before_;
};

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
    const auto flushed_piece = [&piece](Index i) {
        const FlushDenormals flush;
        piece(i);
    };
    if (count == 1 || thread_count() == 1) {
        for (Index i = 0; i < count; ++i) flushed_piece(i);
    } else {
        workers()->arena.execute([&] { tbb::parallel_for(Index{0}, count, flushed_piece, tbb::simple_partitioner()); });
    }
}

void parallel_ranges(Index size, Index grain, const std::function<void(Index, Index)>& piece) {
    parallel_for(ceil_divide(size, grain), [&](Index i) { piece(i * grain, std::min(size, (i + 1) * grain)); });
}

void parallel_rows(Index rows, Index size, const std::function<void(Index, Index)>& piece) {
    parallel_ranges(rows, std::max<Index>(1, elementwise_grain / std::max<Index>(1, size)), piece);
}

}  // namespace adjoint
