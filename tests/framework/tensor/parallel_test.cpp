// Truths about parallel work: every piece runs once, pieces cover the range, errors come through, and the number of
// threads changes no bit of any result.
#include "framework/tensor/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "framework/ops/elementwise.h"
#include "framework/ops/matmul.h"
#include "framework/ops/reduction.h"
#include "framework/ops/shape_ops.h"
#include "tests/support/derivatives.h"
#include "tests/support/threads.h"

namespace adjoint {
namespace {

TEST(Parallel, RunsEveryPieceOnce) {
    for (const int threads : {1, 2, 3, 8}) {
        const WithThreads with(threads);
        for (const Index count : {0, 1, 2, 1000}) {
            std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
            parallel_for(count, [&](Index piece) { ++runs[static_cast<std::size_t>(piece)]; });
            for (const std::atomic<int>& run : runs) EXPECT_EQ(run, 1);
        }
    }
}

TEST(Parallel, CutsARangeIntoPiecesOfTheGrain) {
    for (const Index size : {0, 1, 9, 10, 11, 95}) {
        std::vector<std::atomic<int>> covered(static_cast<std::size_t>(size));
        std::atomic<int> pieces = 0;
        parallel_ranges(size, 10, [&](Index begin, Index end) {
            EXPECT_EQ(begin % 10, 0);
            EXPECT_EQ(end, std::min(begin + 10, size));
            for (Index i = begin; i < end; ++i) ++covered[static_cast<std::size_t>(i)];
            ++pieces;
        });
        EXPECT_EQ(pieces, (size + 9) / 10);
        for (const std::atomic<int>& times : covered) EXPECT_EQ(times, 1);
    }
}

TEST(Parallel, UsesAsManyThreadsAsItMay) {
    const WithThreads with(4);
    std::atomic<int> arrived = 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    parallel_for(4, [&](Index) {
        ++arrived;
        while (arrived < 4 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    });
    EXPECT_LT(std::chrono::steady_clock::now(), deadline) << "the pieces did not run at the same time";
}

TEST(Parallel, NestsWithoutDeadlock) {
    const WithThreads with(3);
    std::atomic<int> runs = 0;
    parallel_for(10, [&](Index) { parallel_for(10, [&](Index) { ++runs; }); });
    EXPECT_EQ(runs, 100);
}

TEST(Parallel, PassesOnAnErrorOfAPiece) {
    for (const int threads : {1, 4}) {
        const WithThreads with(threads);
        EXPECT_EQ(error_of([] { parallel_for(20, [](Index piece) { require(piece != 7, "piece {}", piece); }); }),
                  "piece 7");
    }
}

TEST(Parallel, TakesDenormalNumbersForZeroInsideAPieceAlone) {
    const volatile double denormal = 1e-310, small = 1e-300;
    for (const int threads : {1, 4}) {
        const WithThreads with(threads);
        parallel_for(20, [&](Index) {
            EXPECT_EQ(denormal * 2.0, 0.0);
            EXPECT_EQ(small * 1e-10, 0.0);
        });
        EXPECT_GT(denormal * 2.0, 0.0);
        EXPECT_GT(small * 1e-10, 0.0);
    }
}

TEST(Parallel, RemembersTheNumberOfThreads) {
    const WithThreads with(5);
    EXPECT_EQ(thread_count(), 5);
}

TEST(Parallel, RefusesLessThanOneThread) {
    const int before = thread_count();
    EXPECT_REFUSAL(set_thread_count(0), "set_thread_count: there must be at least one thread; got 0");
    EXPECT_REFUSAL(set_thread_count(-2), "set_thread_count: there must be at least one thread; got -2");
    EXPECT_EQ(thread_count(), before);
}

// Elements of many magnitudes, so that another order of summation would give another sum.
Variable rough(const Shape& shape) {
    const Random random(5);
    return exp(Variable(random.normal(shape)) * 4.0) * Random(6).normal(shape);
}

void expect_same_bits(const char* what, const std::function<Variable()>& f) {
    const auto run = [&](int threads) {
        const WithThreads with(threads);
        return f().value();
    };
    const Tensor alone = run(1);
    for (const int threads : {2, 3, 8})
        EXPECT_TRUE(identical(run(threads), alone)) << what << ", " << threads << " threads";
}

TEST(ThreadsChangeNoBit, OfASum) {
    struct Sum {
        Shape shape;
        std::vector<Index> axes;
    };
    for (const auto& [shape, axes] : {Sum{{300007}, {}}, Sum{{30011, 10}, {0}}, Sum{{10, 30011}, {1}},
                                      Sum{{3, 100003}, {1}}, Sum{{50, 7, 1000}, {0, 2}}}) {
        const Variable x = rough(shape);
        expect_same_bits("sum", [&, axes = axes] { return sum(x, axes); });
    }
}

TEST(ThreadsChangeNoBit, OfOtherOperations) {
    const Variable rows = rough({3, 50021}), logits = rough({5003, 20}), cube = rough({101, 37, 41});
    const Variable left = rough({700, 1, 30}), right = rough({20, 1}), a = rough({333, 129}), b = rough({129, 257});
    const std::vector<Index> order = {2, 0, 1};
    expect_same_bits("max", [&] { return max(rows, 1); });
    expect_same_bits("log_softmax", [&] { return log_softmax(logits); });
    expect_same_bits("broadcast product", [&] { return left * right; });
    expect_same_bits("map", [&] { return tanh(rows); });
    expect_same_bits("transpose", [&] { return transpose(cube, order); });
    expect_same_bits("matmul", [&] { return matmul(a, b); });
    expect_same_bits("gradient of matmul", [&] {
        Tape tape({b});
        return tape.gradient(sum(tanh(matmul(a, b))))[0];
    });
    expect_same_bits("uniform numbers", [] { return Variable(Random(1).uniform(Shape{100003})); });
    expect_same_bits("normal numbers", [] { return Variable(Random(1).normal(Shape{100003})); });
}

}  // namespace
}  // namespace adjoint
