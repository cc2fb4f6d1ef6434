#include "framework/ops/gather.h"

#include <algorithm>

#include "framework/kernels/loops.h"

namespace adjoint {
namespace {

Index items(const Shape& shape) { return shape.empty() ? 1 : shape.front(); }

Index item_size(const Shape& shape) { return element_count(shape) / std::max<Index>(1, items(shape)); }

}  // namespace

Places::Places(Shape whole, Shape taken, std::vector<Index> indices)
    : whole_(std::move(whole)),
      taken_(std::move(taken)),
      indices_(std::make_shared<const std::vector<Index>>(std::move(indices))) {
    require(!whole_.empty() && !taken_.empty() && whole_.front() == taken_.front(),
            "Places: both shapes must begin with the same number of items; got {} and {}", whole_, taken_);
    require(std::ssize(*indices_) == element_count(taken_), "Places: there must be {} indices; got {}",
            element_count(taken_), indices_->size());
    const Index size = item_size(whole_);
    const auto outside =
        std::find_if(indices_->begin(), indices_->end(), [=](Index index) { return index < 0 || index >= size; });
    require(outside == indices_->end(), "Places: an index must be one of the {} of an item; got {}", size,
            outside == indices_->end() ? 0 : *outside);
}

Variable take(const Variable& x, const Places& p) {
    require(x.shape() == p.whole(), "take: the places are in {}; got {}", p.whole(), x.shape());
    const ProfileScope scope("indexing");
    const Index whole = item_size(p.whole()), taken = item_size(p.taken());
    const Tensor y = dispatch(x.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(p.taken(), [&](std::span<T> out) {
            const T* const in = x.value().data<T>().data();
            parallel_ranges(std::ssize(out), elementwise_grain, [&](Index begin, Index end) {
                for (Index i = begin; i < end; ++i) out[i] = in[i / taken * whole + p.indices()[i]];
            });
        });
    });
    return record(y, {{x, [p](const Variable& g) { return put(g, p); }}});
}

Variable put(const Variable& y, const Places& p) {
    require(y.shape() == p.taken(), "put: the places are for {}; got {}", p.taken(), y.shape());
    const ProfileScope scope("indexing");
    const Index whole = item_size(p.whole()), taken = item_size(p.taken());
    const Tensor x = dispatch(y.dtype(), [&]<Scalar T>() {
        return Tensor::build<T>(p.whole(), [&](std::span<T> out) {
            const T* const in = y.value().data<T>().data();
            // An item's elements are added by one thread in their order: several may come to one place.
            parallel_for(items(p.whole()), [&](Index n) {
                T* const item = out.data() + n * whole;
                std::fill_n(item, whole, T{0});
                for (Index i = n * taken; i < (n + 1) * taken; ++i) item[p.indices()[i]] += in[i];
            });
        });
    });
    return record(x, {{y, [p](const Variable& g) { return take(g, p); }}});
}

}  // namespace adjoint
