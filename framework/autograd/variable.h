// Variable: a tensor with an identity, by which tapes tell values apart.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "framework/tensor/tensor.h"

namespace adjoint {

/// A tensor and an identity. It has no history and no gradient of its own: those belong to a Tape. Copies are the same
/// variable; a new one made of the same tensor is another, of which no tape knows: a constant.
class Variable {
  public:
    Variable() : Variable(Tensor()) {}
    Variable(Tensor value);  // implicit: wherever a variable is wanted, a tensor is a constant
    /// What training is to change. A tape that watches one is live in training, and layers behave accordingly.
    static Variable parameter(Tensor value);

    const Tensor& value() const& { return value_; }
    /// The value of a variable that is given up; its identity stays.
    Tensor value() && { return std::move(value_); }
    std::uint64_t id() const { return id_; }
    bool is_parameter() const { return id_ % 2 == 1; }

    const Shape& shape() const { return value_.shape(); }
    Index extent(Index axis) const { return value_.extent(axis); }
    Index rank() const { return value_.rank(); }
    Index size() const { return value_.size(); }
    DType dtype() const { return value_.dtype(); }
    double item() const { return value_.item(); }

  private:
    Variable(Tensor value, std::uint64_t id) : value_(std::move(value)), id_(id) {}

    Tensor value_;
    std::uint64_t id_;
};

/// The value of x as a constant, detached from what it was computed from: nothing is differentiated through it.
inline Variable stop_gradient(const Variable& x) { return x.value(); }

/// A single number in the element type of `like`.
inline Variable scalar(double value, const Variable& like) { return Tensor(Shape{}, {value}, like.dtype()); }

}  // namespace adjoint
