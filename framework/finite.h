// Which numbers went wrong? Those that are NaN or infinite: the first of a tensor, and the first operation that made one.
#pragma once

#include <map>
#include <optional>

#include "framework/tape.h"

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
/// or, where it is a pullback that does, `backward of exp: multiply: the result must be finite; got …`. It checks every result,
/// which takes about as long as making it.
class FiniteCheck : public OperationListener {
  public:
    void made(const Variable& y, const std::string& operation) override;
    void pulling(std::uint64_t output) override;
    void pulled() override { backward_.clear(); }

  protected:
    /// The part of the model that is at work, for the message.
    virtual std::string place() const { return ""; }

  private:
    std::map<std::uint64_t, std::string> makers_;  // of the variables: operation and place
    std::string backward_;                         // the maker whose pullbacks run
};

}  // namespace adjoint
