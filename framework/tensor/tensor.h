// Tensor: a contiguous, row-major array of float32 or float64; a value.
#pragma once

#include <concepts>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "framework/tensor/error.h"
#include "framework/tensor/shape.h"

namespace adjoint {

/// Element types: float32 for training, float64 for checking gradients; the same code serves both.
enum class DType { float32, float64 };

template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double>;

template <Scalar T>
constexpr DType dtype_of = std::same_as<T, float> ? DType::float32 : DType::float64;

constexpr const char* name(DType dtype) { return dtype == DType::float32 ? "float32" : "float64"; }

/// Calls f<float>() or f<double>(): the one step from the type known at run time to a template.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
    return dtype == DType::float32 ? f.template operator()<float>() : f.template operator()<double>();
}

/// A value. Copies share their elements, and nothing that is done to one of them changes another: there are no views,
/// no strides and no aliases.
class Tensor {
  public:
    /// The number 0.
    Tensor() : Tensor(Shape{}, {0.0}) {}
    /// The elements in row-major order: Tensor({2, 2}, {1, 2, 3, 4}). Throws unless their number is ∏ shape.
    Tensor(Shape shape, const std::vector<double>& elements, DType dtype = DType::float32);

    static Tensor full(const Shape& shape, double value, DType dtype = DType::float32);
    static Tensor zeros(const Shape& shape, DType dtype = DType::float32) { return full(shape, 0.0, dtype); }
    static Tensor ones(const Shape& shape, DType dtype = DType::float32) { return full(shape, 1.0, dtype); }

    /// A tensor whose elements `fill(std::span<T>)` writes; every one of them, as they start undefined.
    template <Scalar T, class Fill>
    static Tensor build(Shape shape, Fill&& fill) {
        Tensor result(std::move(shape), dtype_of<T>);
        fill(std::span<T>(static_cast<T*>(result.storage_.get()), static_cast<std::size_t>(result.size_)));
        return result;
    }

    /// The same, with the T of `dtype`.
    template <class Fill>
    static Tensor build(const Shape& shape, DType dtype, Fill&& fill) {
        return dispatch(dtype, [&]<Scalar T>() { return build<T>(shape, fill); });
    }

    const Shape& shape() const { return shape_; }
    /// The extent of an axis, a negative one counted from the end. Throws `extent: there is no axis 2 in [3, 4]`.
    Index extent(Index axis) const;
    Index rank() const { return std::ssize(shape_); }
    Index size() const { return size_; }
    DType dtype() const { return dtype_; }

    /// The elements. Throws unless T is the tensor's own type.
    template <Scalar T>
    std::span<const T> data() const {
        require(dtype_ == dtype_of<T>, "Tensor::data: element type is {}; got {}", name(dtype_), name(dtype_of<T>));
        return {static_cast<const T*>(storage_.get()), static_cast<std::size_t>(size_)};
    }

    /// Whether no copy shares the elements.
    bool sole_owner() const { return storage_.use_count() == 1; }

    /// The elements for writing. Copies of the tensor do not change: the elements are duplicated first where they are
    /// shared.
    template <Scalar T>
    std::span<T> edit() {
        if (!sole_owner()) *this = copy();
        return {const_cast<T*>(data<T>().data()), static_cast<std::size_t>(size_)};
    }

    /// Element i in row-major order, as a double.
    double operator[](Index i) const;
    /// The only element. Throws unless there is one only.
    double item() const;
    std::vector<double> to_vector() const;

    /// Where axis 0 is a batch that is divided among processes (processes.h), and this is the part that is here: the
    /// extent of axis 0 of all of them together. Else 0.
    Index batch() const { return batch_ > 0 ? batch_ : 0; }
    /// Whether it is known to be the same on every process, as the sum over a divided batch is.
    bool everywhere() const { return batch_ == undivided; }
    static constexpr Index undivided = -1;
    Tensor with_batch(Index batch) const;
    /// As divided as another tensor is, where that is.
    Tensor divided_as(const Tensor& other) const { return other.batch_ > 0 ? with_batch(other.batch_) : *this; }

    /// The same elements under another shape; one extent may be -1 and is then what is left.
    Tensor reshaped(Shape shape) const;
    Tensor cast(DType dtype) const;

  private:
    Tensor(Shape shape, DType dtype);
    Tensor copy() const;

    Shape shape_;
    Index size_;
    DType dtype_;
    Index batch_ = 0;
    std::shared_ptr<void> storage_;
};

/// Equal shape, type and bits.
bool identical(const Tensor& a, const Tensor& b);

/// As NumPy prints an array: [[1.  2.5], the next row below; of more than 1000 elements the outermost three of each
/// axis. fmt and << print the same.
std::string to_string(const Tensor& x);
std::ostream& operator<<(std::ostream& stream, const Tensor& x);

/// Throws `<operation>: operands differ in element type; got float32 and float64` unless they agree.
void require_same_dtype(const char* operation, const Tensor& a, const Tensor& b);

}  // namespace adjoint

template <>
struct fmt::formatter<adjoint::Tensor> : fmt::formatter<std::string> {
    fmt::format_context::iterator format(const adjoint::Tensor& x, fmt::format_context& context) const;
};
