// Observer: hears of the tensors, operations, kernels and modules of its thread, for diagnosis. A profile, a summary of
// a model and the detection of numbers that are not finite are observers.
#pragma once

#include <any>
#include <cstdint>
#include <string_view>
#include <vector>

#include "framework/tensor/shape.h"
#include "framework/tensor/thread_listing.h"

namespace adjoint {

class Module;
class Variable;

/// The call of an operation: the name of its function, and what it was told beside variables, such as axes.
struct OperationCall {
    using Option = std::pair<std::string_view, std::any>;

    OperationCall(const char* operation, std::vector<Option> told = {}) : name(operation), options(std::move(told)) {}

    /// The option of this name, of type T; or nullptr.
    template <class T>
    const T* option(std::string_view wanted) const {
        for (const Option& each : options)
            if (each.first == wanted) return std::any_cast<T>(&each.second);
        return nullptr;
    }

    std::string_view name;  ///< of text that lasts
    std::vector<Option> options;
};

/// Work of a kernel that ran.
struct KernelTime {
    const char* name;
    double begin;  ///< seconds on a steady clock
    double end;
    double flops;  ///< floating-point operations of matrix products in it
};

/// Hears of what its thread does from construction to destruction. Several can be at work at once.
class Observer {
  public:
    Observer() = default;
    virtual ~Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    /// A tensor of this shape is about to get its memory; throwing here keeps it from being made.
    virtual void before_tensor(const Shape& /*shape*/) {}

    /// An operation made y of inputs, whether or not a tape is live.
    virtual void after_forward(const Variable& /*y*/, const OperationCall& /*call*/,
                               const std::vector<Variable>& /*inputs*/) {}
    /// A sweep is about to run the pullbacks of the operation that made the variable with this id,
    virtual void before_backward(std::uint64_t /*output*/) {}
    /// and has run them.
    virtual void after_backward() {}

    /// module.forward(x) is about to run,
    virtual void before_module(const Module& /*module*/, const Variable& /*x*/) {}
    /// and gave y.
    virtual void after_module(const Module& /*module*/, const Variable& /*x*/, const Variable& /*y*/) {}

    /// A kernel ran. One that is part of another is heard of first.
    virtual void after_kernel(const KernelTime& /*kernel*/) {}

    /// Whether this thread has any.
    static bool any() { return !ThreadListing<Observer>::here().empty(); }
    /// Calls notify(observer) for each observer of this thread.
    template <class F>
    static void for_each(F notify) {
        for (Observer* const observer : ThreadListing<Observer>::here()) notify(*observer);
    }

  private:
    // What other threads do meanwhile, such as preparing a batch, is not part of a thread's work.
    ThreadListing<Observer> listing_{this};
};

/// Tells observers of the kernel that runs while this object lives.
class ProfileScope {
  public:
    explicit ProfileScope(const char* name, double flops = 0.0) : kernel_{name, now(), 0.0, flops} {}
    ~ProfileScope() {
        if (kernel_.begin == 0.0) return;
        kernel_.end = now();
        Observer::for_each([this](Observer& observer) { observer.after_kernel(kernel_); });
    }
    ProfileScope(const ProfileScope&) = delete;
    ProfileScope& operator=(const ProfileScope&) = delete;

  private:
    static double now();  // 0 where nobody would hear of it

    KernelTime kernel_;
};

/// Collects what kernels ran.
class Profile : public Observer {
  public:
    const std::vector<KernelTime>& kernels() const { return kernels_; }
    void after_kernel(const KernelTime& kernel) override { kernels_.push_back(kernel); }

  private:
    std::vector<KernelTime> kernels_;
};

}  // namespace adjoint
