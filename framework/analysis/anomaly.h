// Anomaly detection: finds the first operation that makes a number that is NaN or infinite.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "framework/autograd/tape.h"
#include "framework/tensor/observer.h"

namespace adjoint {

/// The first element, in row-major order, that is NaN or infinite.
std::optional<Index> first_not_finite(const Tensor& x);

/// A result that is not finite though a run of numbers should be.
class NotFinite : public Error {
  public:
    using Error::Error;
};

/// Throws NotFinite, from construction to destruction, where an operation of its thread makes a number that is NaN or
/// infinite:
///   `exp: the result must be finite; got inf at [0, 3] of [64, 10]`
///   `conv2d in encoder.down2([64, 14, 14, 32]): the result …`   in a module that has a name, with its input's shape
///   `backward of exp: multiply: the result …`                   where a pullback makes it
/// It checks every result, which takes about as long as making it.
class AnomalyDetector : public Observer {
  public:
    explicit AnomalyDetector(std::map<const Module*, std::string> names = {});
    ~AnomalyDetector() override;

    void after_forward(const Variable& y, const OperationCall& call, const std::vector<Variable>& inputs) override;
    void before_backward(std::uint64_t output) override;
    void after_backward() override;
    void before_module(const Module& module, const Variable& x) override;
    void after_module(const Module& module, const Variable& x, const Variable& y) override;

  private:
    std::map<const Module*, std::string> names_;
    std::vector<std::string> places_;              // of the modules at work, outermost first
    std::map<std::uint64_t, std::string> makers_;  // of the variables: operation and place
    std::string backward_;                         // the maker whose pullbacks run
};

}  // namespace adjoint
