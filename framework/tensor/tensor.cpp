#include "framework/tensor/tensor.h"

#include <algorithm>
#include <cstring>
#include <fmt/ranges.h>
#include <new>

#include "framework/tensor/buffer_pool.h"
#include "framework/tensor/observer.h"

namespace adjoint {

Tensor::Tensor(Shape shape, DType dtype) : shape_(std::move(shape)), size_(element_count(shape_)), dtype_(dtype) {
    require(std::ranges::all_of(shape_, [](Index extent) { return extent >= 0; }),
            "Tensor: an extent is negative; got shape {}", shape_);
    Observer::for_each([this](Observer& observer) { observer.before_tensor(shape_); });
    try {
        storage_ =
            allocate_buffer(static_cast<std::size_t>(size_) * dispatch(dtype, []<Scalar T>() { return sizeof(T); }));
    } catch (const std::bad_alloc&) {
        throw SystemFailure(fmt::format("Tensor: there is not enough memory; got shape {}", shape_));
    }
}

Tensor::Tensor(Shape shape, const std::vector<double>& elements, DType dtype) : Tensor(std::move(shape), dtype) {
    require(std::ssize(elements) == size_, "Tensor: shape {} has {} elements; got {}", shape_, size_, elements.size());
    dispatch(dtype, [&]<Scalar T>() {
        std::ranges::transform(elements, static_cast<T*>(storage_.get()), [](double e) { return static_cast<T>(e); });
    });
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
    return build(shape, dtype, [&]<Scalar T>(std::span<T> out) { std::ranges::fill(out, static_cast<T>(value)); });
}

Tensor Tensor::copy() const {
    return build(shape_, dtype_, [this]<Scalar T>(std::span<T> out) { std::ranges::copy(data<T>(), out.begin()); })
        .with_batch(batch_);
}

Index Tensor::extent(Index axis) const {
    require(-rank() <= axis && axis < rank(), "extent: there is no axis {} in {}", axis, shape_);
    return shape_[static_cast<std::size_t>(axis < 0 ? axis + rank() : axis)];
}

double Tensor::operator[](Index i) const {
    require(i >= 0 && i < size_, "Tensor: element {} does not exist; got shape {}", i, shape_);
    return dispatch(dtype_, [&]<Scalar T>() -> double { return data<T>()[static_cast<std::size_t>(i)]; });
}

double Tensor::item() const {
    require(size_ == 1, "Tensor::item: there must be one element; got shape {}", shape_);
    return (*this)[0];
}

std::vector<double> Tensor::to_vector() const {
    return dispatch(dtype_, [&]<Scalar T>() {
        const std::span<const T> elements = data<T>();
        return std::vector<double>(elements.begin(), elements.end());
    });
}

Tensor Tensor::reshaped(Shape shape) const {
    const Shape wish = shape;
    const auto open = std::find(shape.begin(), shape.end(), Index{-1});
    if (open != shape.end()) {
        *open = 1;
        // Of no images each still has its numbers.
        const std::ptrdiff_t images = size_ == 0 && rank() > 0 && shape_[0] == 0 && shape[0] == 0 ? 1 : 0;
        const auto numbers = [&](const Shape& s) { return element_count(Shape(s.begin() + images, s.end())); };
        const Index known = numbers(shape);
        *open = known == 0 ? 0 : numbers(shape_) / known;
    }
    require(std::ranges::none_of(shape, [](Index extent) { return extent < 0; }),
            "reshape: one extent may be -1 and no other negative; got {} to {}", shape_, wish);
    require(element_count(shape) == size_, "reshape: the number of elements must stay; got {} to {}", shape_, wish);
    require(batch() == 0 || (!shape.empty() && shape[0] == shape_[0]),
            "reshape: axis 0 is divided among processes and must stay; got {} to {}", shape_, wish);
    Tensor result = *this;
    result.shape_ = std::move(shape);
    return result;
}

Tensor Tensor::with_batch(Index batch) const {
    Tensor result = *this;
    result.batch_ = batch;
    return result;
}

Tensor Tensor::cast(DType dtype) const {
    if (dtype == dtype_) return *this;
    return build(shape_, dtype,
                 [&]<Scalar T>(std::span<T> out) {
                     dispatch(dtype_, [&]<Scalar S>() {
                         std::ranges::transform(data<S>(), out.begin(), [](S x) { return static_cast<T>(x); });
                     });
                 })
        .with_batch(batch_);
}

bool identical(const Tensor& a, const Tensor& b) {
    if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
    return dispatch(a.dtype(), [&]<Scalar T>() {
        return std::memcmp(a.data<T>().data(), b.data<T>().data(), a.data<T>().size_bytes()) == 0;
    });
}

void require_same_dtype(const char* operation, const Tensor& a, const Tensor& b) {
    require(a.dtype() == b.dtype(), "{}: operands differ in element type; got {} and {}", operation, name(a.dtype()),
            name(b.dtype()));
}

}  // namespace adjoint
