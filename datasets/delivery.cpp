#include "datasets/delivery.h"

#include <algorithm>

#include "framework/tensor/processes.h"

namespace adjoint {

Delivery::Delivery(const Dataset& dataset, const std::vector<std::vector<Index>>& wanted) : sent_(wanted.size(), 0) {
    const Processes* const all = Processes::here();
    const Index self = all == nullptr ? 0 : all->rank();
    for (Index process = 0; process < std::ssize(wanted); ++process) {
        for (const Index image : wanted[static_cast<std::size_t>(process)]) {
            const std::optional<Index> holder = dataset.holder(image);
            const Index reader = holder.value_or(process);
            travels_ = travels_ || holder.has_value();
            if (process == self) senders_.push_back(reader);
            if (reader != self) continue;
            read_here_.push_back(image);
            ++sent_[static_cast<std::size_t>(process)];
        }
    }
}

// Rows of `width` elements: the own ones to whom they belong; what arrives, by sender and of each in the order of the
// batch, to its place in the batch.
template <class T>
void Delivery::exchange(const T* own, std::size_t width, T* out) const {
    std::vector<std::size_t> sent, received(sent_.size(), 0);
    for (const std::size_t rows : sent_) sent.push_back(rows * width * sizeof(T));
    for (const Index sender : senders_) received[static_cast<std::size_t>(sender)] += width * sizeof(T);
    std::vector<T> rows(senders_.size() * width);
    Processes::here()->exchange(reinterpret_cast<const std::byte*>(own), sent,
                                reinterpret_cast<std::byte*>(rows.data()), received);
    std::vector<const T*> next(sent_.size());
    const T* row = rows.data();
    for (std::size_t sender = 0; sender < next.size(); ++sender) {
        next[sender] = row;
        row += received[sender] / sizeof(T);
    }
    for (const Index sender : senders_) {
        const T*& from = next[static_cast<std::size_t>(sender)];
        out = std::copy_n(from, width, out);
        from += width;
    }
}

Batch Delivery::arrived(Batch read) const {
    if (!travels_) return read;
    Shape shape = read.images.shape();
    const auto pixels = static_cast<std::size_t>(element_count(Shape(shape.begin() + 1, shape.end())));
    shape[0] = std::ssize(senders_);
    Batch batch;
    batch.images = Tensor::build<float>(
        shape, [&](std::span<float> out) { exchange(read.images.data<float>().data(), pixels, out.data()); });
    batch.labels.resize(senders_.size());
    exchange(read.labels.data(), 1, batch.labels.data());
    return batch;
}

}  // namespace adjoint
