// Where does the time go? Operations say when they begin and end, to whoever listens.
#pragma once

#include <chrono>
#include <vector>

namespace adjoint {

/// One operation that ran.
struct OperationTime {
    const char* name;
    double begin;  ///< seconds since the profile began
    double end;
    double flops;  ///< floating-point operations of matrix products in it
};

/// Collects the operations that its thread calls, from construction to destruction. There is one at a time a thread.
class Profile {
  public:
    Profile();
    ~Profile();
    Profile(const Profile&) = delete;
    Profile& operator=(const Profile&) = delete;

    const std::vector<OperationTime>& operations() const { return operations_; }

  private:
    friend class Timed;
    using Clock = std::chrono::steady_clock;
    double now() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

    Clock::time_point begin_ = Clock::now();
    std::vector<OperationTime> operations_;
};

/// Tells the profile, if there is one, of an operation that runs while this object lives.
class Timed {
  public:
    explicit Timed(const char* name, double flops = 0.0);
    ~Timed();
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

  private:
    OperationTime operation_;
};

}  // namespace adjoint
