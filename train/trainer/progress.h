// Progress of an epoch, said in one line now and then: how far it is, how long the run will take, the losses.
#pragma once

#include <chrono>

#include "framework/tensor/shape.h"
#include "train/records/metrics.h"

namespace adjoint {

/// The progress of one epoch of a run, from its first step on.
class Progress {
  public:
    struct Epoch {
        Index number, of;  ///< epochs
        Index first_step;  ///< in it: those before were done by an earlier process
        Index steps;       ///< of an epoch
        Index steps_left;  ///< of the run
    };
    /// How it is said: in the live line of a terminal, or in messages, and how often at most.
    struct Manner {
        bool live;
        std::chrono::milliseconds every;
    };
    static Manner usual();

    explicit Progress(const Epoch& epoch, const Manner& manner = usual()) : epoch_(epoch), manner_(manner) {}
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// One step is done on so many images, with these losses.
    void step(Index images, const Metrics& losses);
    double images_per_second() const;

  private:
    using Clock = std::chrono::steady_clock;

    std::string line(const Metrics& losses) const;
    double seconds() const { return std::chrono::duration<double>(last_ - begin_).count(); }

    Epoch epoch_;
    Manner manner_;
    Index done_ = 0;
    Index images_ = 0;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point last_ = begin_;  // when the last step was done
    Clock::time_point said_ = begin_;
};

}  // namespace adjoint
