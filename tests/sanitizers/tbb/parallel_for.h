// Stand-in for TBB under the thread sanitizer, which sees nothing of a library that was not built with it: of these
// threads it sees all, and nothing orders one piece of work before another but what the program says itself.
#pragma once

#include <atomic>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace tbb {

inline thread_local int concurrency = 1;
inline thread_local bool in_piece = false;

struct global_control {
    enum parameter { max_allowed_parallelism };
    global_control(parameter, int) {}
};

class task_arena {
  public:
    explicit task_arena(int threads) : threads_(threads) {}

    template <class Work>
    void execute(const Work& work) {
        concurrency = threads_;
        work();
    }

  private:
    int threads_;
};

struct simple_partitioner {};

template <class Index, class Piece>
void parallel_for(Index begin, Index end, const Piece& piece, simple_partitioner) {
    std::atomic<Index> next = begin;
    std::atomic_flag failed;
    std::exception_ptr failure;
    const auto take_pieces = [&] {
        const bool before = std::exchange(in_piece, true);
        try {
            for (Index i; (i = next.fetch_add(1, std::memory_order_relaxed)) < end;) piece(i);
        } catch (...) {
            if (!failed.test_and_set()) failure = std::current_exception();
        }
        in_piece = before;
    };
    std::vector<std::jthread> threads;
    for (int i = 1; i < (in_piece ? 1 : concurrency); ++i) threads.emplace_back(take_pieces);
    take_pieces();
    threads.clear();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace tbb
