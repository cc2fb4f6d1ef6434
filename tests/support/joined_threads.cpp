#include "tests/support/joined_threads.h"

#include <algorithm>
#include <barrier>
#include <exception>
#include <gtest/gtest.h>
#include <thread>

#include "framework/tensor/processes.h"

namespace adjoint {
namespace {

// What each thread has put where the others find it.
struct Board {
    explicit Board(Index count) : barrier(count), posted(static_cast<std::size_t>(count)) {}
    std::barrier<> barrier;
    struct Post {
        const std::byte* bytes;
        std::vector<std::size_t> sizes;  // for each of the others, or for all
    };
    std::vector<Post> posted;
};

class JoinedThread : public Processes {
  public:
    JoinedThread(Index rank, Board& board) : Processes(rank, std::ssize(board.posted)), board_(board) {}

    void exchange(const std::byte* send, const std::vector<std::size_t>& sent, std::byte* receive,
                  const std::vector<std::size_t>& received) override {
        post(send, sent);
        for (std::size_t from = 0; from < received.size(); ++from) {
            const auto& [bytes, sizes] = board_.posted[from];
            const std::byte* at = bytes;
            for (Index to = 0; to < rank(); ++to) at += sizes[static_cast<std::size_t>(to)];
            EXPECT_EQ(sizes[static_cast<std::size_t>(rank())], received[from]);
            receive = std::copy_n(at, received[from], receive);
        }
        board_.barrier.arrive_and_wait();  // all have read
    }

    void gather(const std::byte* own, std::byte* all, const std::vector<std::size_t>& bytes) override {
        post(own, bytes);
        for (std::size_t from = 0; from < bytes.size(); ++from)
            all = std::copy_n(board_.posted[from].bytes, bytes[from], all);
        board_.barrier.arrive_and_wait();
    }

  private:
    void post(const std::byte* bytes, const std::vector<std::size_t>& sizes) {
        board_.posted[static_cast<std::size_t>(rank())] = {bytes, sizes};
        board_.barrier.arrive_and_wait();
    }

    Board& board_;
};

}  // namespace

void run_as_processes(Index count, const std::function<void()>& body) {
    Board board(count);
    std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
    std::vector<std::thread> threads;
    for (Index rank = 0; rank < count; ++rank) {
        threads.emplace_back([&, rank] {
            JoinedThread self(rank, board);
            Processes::join(&self);
            try {
                body();
            } catch (...) {
                failures[static_cast<std::size_t>(rank)] = std::current_exception();
                board.barrier.arrive_and_drop();
            }
            Processes::join(nullptr);
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

std::vector<Tensor> computed_by(Index count, const std::function<std::vector<Tensor>()>& body) {
    std::vector<std::vector<Tensor>> results(static_cast<std::size_t>(count));
    run_as_processes(count, [&] { results[static_cast<std::size_t>(Processes::here()->rank())] = body(); });
    for (const std::vector<Tensor>& result : results) {
        EXPECT_TRUE(std::ranges::equal(result, results.front(), identical)) << "processes know different things";
    }
    return results.front();
}

}  // namespace adjoint
