// Processes: several programs that work on one batch, each with a part of its images, and compute as one does.
//
// A value is either the same on every process or divided along its first axis, the batch: Tensor::batch() says which.
// What is computed from a divided value is divided too (`record`), image by image. Only sums over the batch are made
// together, as the fixed tree of batch_blocks.h, so that every process knows the whole sum to the last bit. The
// pullback of such a sum spreads the adjoint over the images that are here, as anywhere; so derivatives of any order
// follow.
// Source: Xu et al., "GSPMD: general and scalable parallelization for ML computation graphs", 2021.
#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// Carries bytes between the processes of a job. All of them call the same functions in the same order.
class Processes {
  public:
    Processes(Index rank, Index count) : rank_(rank), count_(count) {}
    virtual ~Processes() = default;
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;

    Index rank() const { return rank_; }    ///< 0, 1, …: the number of this one
    Index count() const { return count_; }  ///< of all

    /// To each process goes its own part of `send`, so many bytes for each in the order of their ranks; in the same
    /// order arrives what they send to this one.
    virtual void exchange(const std::byte* send, const std::vector<std::size_t>& sent, std::byte* receive,
                          const std::vector<std::size_t>& received) = 0;
    /// Everybody gets what each process has, so many bytes of each in the order of their ranks.
    virtual void gather(const std::byte* own, std::byte* all, const std::vector<std::size_t>& bytes) = 0;

    /// How many bytes this one has sent to others so far.
    std::size_t bytes_sent() const { return bytes_sent_; }
    /// Whether all processes are to wait for each other before each exchange, as a kernel of its own that observers
    /// hear of. All must say the same.
    void measure_waiting(bool yes) { waiting_is_measured_ = yes; }

    /// Those that this thread works with; nullptr where it works alone.
    static Processes* here();
    /// Whether this is the one that speaks and writes for all: number 0, or one that works alone.
    static bool lead() { return here() == nullptr || here()->rank() == 0; }
    /// Makes a thread work with others.
    static void join(Processes* processes);

  protected:
    std::size_t bytes_sent_ = 0;
    bool waiting_is_measured_ = false;

  private:
    Index rank_, count_;
};

/// What each process says, in the order of their ranks; of one alone what it says.
template <class T>
std::vector<T> said_by_all(const T& own) {
    static_assert(std::is_trivially_copyable_v<T>);
    Processes* const all = Processes::here();
    std::vector<T> said(all == nullptr ? 1 : static_cast<std::size_t>(all->count()), own);
    if (all != nullptr) {
        all->gather(reinterpret_cast<const std::byte*>(&own), reinterpret_cast<std::byte*>(said.data()),
                    std::vector<std::size_t>(said.size(), sizeof(T)));
    }
    return said;
}

/// The images of a batch that this process has: [begin, end) of all.
struct BatchPart {
    Index begin, end;
};
BatchPart part_of_batch(Index images);
/// Those of all processes, in the order of their ranks.
std::vector<BatchPart> parts_of_batch(Index images);

/// The part of a whole batch that this process has, a tensor that is divided; the same where there is one process.
Tensor divided(const Tensor& whole);
/// All images of a divided tensor, on every process.
Tensor gathered(const Tensor& part);
/// Which image of the whole batch the first one here is.
Index first_image(const Tensor& x);
/// The extent of axis 0 of all processes together.
Index whole_extent(const Tensor& x);

/// Throws `<operation>: axis 0 is divided among processes` where it is.
void require_whole(const char* operation, const Tensor& x, Index axis = 0);

}  // namespace adjoint
