#include "datasets/batches.h"

#include <algorithm>
#include <exception>
#include <future>
#include <numeric>
#include <span>
#include <utility>

#include "datasets/delivery.h"
#include "framework/tensor/error.h"
#include "framework/tensor/parallel.h"
#include "framework/tensor/processes.h"
#include "framework/tensor/shape.h"

namespace adjoint {
namespace {

std::vector<Index> in_order(Index size) {
    std::vector<Index> order(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), Index{0});
    return order;
}

Batch read_batch(const Dataset& dataset, std::span<const Index> indices) {
    Shape shape = dataset.image_shape();
    const auto pixel_count = static_cast<std::size_t>(element_count(shape));
    shape.insert(shape.begin(), std::ssize(indices));
    Batch batch;
    batch.labels.resize(indices.size());
    std::vector<std::exception_ptr> failures(indices.size());
    batch.images = Tensor::build<float>(shape, [&](std::span<float> pixels) {
        parallel_for(std::ssize(indices), [&](Index i) {
            const auto at = static_cast<std::size_t>(i);
            try {
                batch.labels[at] = dataset.read(indices[at], pixels.subspan(at * pixel_count, pixel_count));
            } catch (...) {
                failures[at] = std::current_exception();
            }
        });
    });
    for (const std::exception_ptr& failure : failures) {
        if (failure) std::rethrow_exception(failure);  // of several the first, whichever thread was faster
    }
    return batch;
}

}  // namespace

std::vector<Index> shuffled(Index size, const Random& random) {
    std::vector<Index> order = in_order(size);
    for (Index i = size - 1; i > 0; --i) {
        const auto last = static_cast<std::uint64_t>(i);
        std::swap(order[last], order[random.below(last + 1, last)]);
    }
    return order;
}

Batch first_batch(const Dataset& dataset, Index count) {
    const Processes* const all = Processes::here();
    const std::vector<Index> images = in_order(std::min(count, dataset.size()));
    const Delivery delivery(dataset, {static_cast<std::size_t>(all == nullptr ? 1 : all->count()), images});
    return delivery.arrived(read_batch(dataset, delivery.read_here()));
}

struct Batches::Upcoming {
    Index images;  // of all processes
    Delivery delivery;
    std::future<Batch> read;
};

Batches::Batches(Batches&&) noexcept = default;
Batches& Batches::operator=(Batches&&) noexcept = default;
Batches::~Batches() = default;

Batches::Batches(std::shared_ptr<const Dataset> dataset, const Options& options)
    : dataset_(std::move(dataset)),
      order_(options.shuffle ? shuffled(dataset_->size(), *options.shuffle) : in_order(dataset_->size())),
      batch_size_(options.batch_size),
      prepared_(options.first) {
    require(batch_size_ >= 1, "Batches: batch_size must be at least 1; got {}", batch_size_);
    require(prepared_ >= 0, "Batches: first must be at least 0; got {}", prepared_);
    const Index size = dataset_->size();
    count_ = options.drop_last ? size / batch_size_ : ceil_divide(size, batch_size_);
    require(count_ >= 1, "Batches: dataset has not one batch of {} images; got {} images", batch_size_, size);
    if (prepared_ < count_) prepare_next();
}

std::optional<Batch> Batches::next() {
    if (!upcoming_) return std::nullopt;
    const std::unique_ptr<Upcoming> upcoming = std::exchange(upcoming_, nullptr);
    Batch batch = upcoming->delivery.arrived(upcoming->read.get());
    if (Processes::here() != nullptr) batch.images = batch.images.with_batch(upcoming->images);
    if (prepared_ < count_) prepare_next();
    return batch;
}

void Batches::prepare_next() {
    const Index first = prepared_ * batch_size_;
    const Index images = std::min(std::ssize(order_), first + batch_size_) - first;
    std::vector<std::vector<Index>> wanted;
    for (const BatchPart& part : parts_of_batch(images))
        wanted.emplace_back(order_.begin() + first + part.begin, order_.begin() + first + part.end);
    ++prepared_;
    Delivery delivery(*dataset_, wanted);
    // The thread owns all it reads, so that this object may be moved meanwhile.
    std::future<Batch> read = std::async(std::launch::async, [dataset = dataset_, indices = delivery.read_here()] {
        return read_batch(*dataset, indices);
    });
    upcoming_ = std::make_unique<Upcoming>(Upcoming{images, std::move(delivery), std::move(read)});
}

}  // namespace adjoint
