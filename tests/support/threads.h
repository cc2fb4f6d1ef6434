// Thread count of a test, which is as before when it ends.
#pragma once

#include "framework/tensor/parallel.h"

namespace adjoint {

/// Sets the number of threads, and the old one when it goes.
class WithThreads {
  public:
    explicit WithThreads(int count) : before_(thread_count()) { set_thread_count(count); }
    ~WithThreads() { set_thread_count(before_); }
    WithThreads(const WithThreads&) = delete;
    WithThreads& operator=(const WithThreads&) = delete;

  private:
    int before_;
};

}  // namespace adjoint
