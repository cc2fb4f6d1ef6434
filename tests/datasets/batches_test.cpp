// Truths about batches: they yield every image once, in an order that only a Random decides, and end cleanly whatever
// happens.
#include "datasets/batches.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <numeric>
#include <thread>

#include "framework/tensor/error.h"
#include "tests/support/expectations.h"

namespace adjoint {
namespace {

using namespace std::chrono_literals;

// Image i is [2, 3, 1] of pixels (i + position / 10) / 1000 and has label i.
class Numbered : public Dataset {
  public:
    explicit Numbered(Index size) : size_(size) {}
    Index size() const override { return size_; }
    Shape image_shape() const override { return {2, 3, 1}; }
    const std::vector<std::string>& classes() const override { return ten_classes(); }
    std::uint32_t checksum() const override { return 0; }
    int read(Index index, std::span<float> pixels) const override {
        ++reads;
        std::this_thread::sleep_for(delay);
        if (index == damaged) throw DataError(fmt::format("image {}: is damaged", index));
        for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = pixel(index, static_cast<Index>(i));
        return static_cast<int>(index);
    }
    static float pixel(Index index, Index position) { return static_cast<float>(10 * index + position) / 10000.0F; }

    std::chrono::microseconds delay{0};
    Index damaged = -1;
    mutable std::atomic<Index> reads = 0;

  private:
    Index size_;
};

std::vector<Batch> all(Batches batches, std::chrono::microseconds pause = 0us) {
    std::vector<Batch> result;
    while (std::optional<Batch> batch = batches.next()) {
        result.push_back(std::move(*batch));
        std::this_thread::sleep_for(pause);
    }
    return result;
}

std::vector<Batch> all(Index size, const Batches::Options& options) {
    Batches batches(std::make_shared<Numbered>(size), options);
    const Index count = batches.count();
    std::vector<Batch> result = all(std::move(batches));
    EXPECT_EQ(std::ssize(result), count);
    return result;
}

std::vector<int> labels(const std::vector<Batch>& batches) {
    std::vector<int> result;
    for (const Batch& batch : batches) result.insert(result.end(), batch.labels.begin(), batch.labels.end());
    return result;
}

std::vector<Index> sizes(const std::vector<Batch>& batches) {
    std::vector<Index> result;
    for (const Batch& batch : batches) result.push_back(batch.images.extent(0));
    return result;
}

std::vector<int> first_numbers(int count) {
    std::vector<int> result(static_cast<std::size_t>(count));
    std::iota(result.begin(), result.end(), 0);
    return result;
}

template <class Number>
std::vector<Number> sorted(std::vector<Number> numbers) {
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

TEST(Shuffled, IsAPermutation) {
    for (const int size : {0, 1, 2, 10, 1000}) {
        const std::vector<Index> order = shuffled(size, Random(3));
        const std::vector<int> numbers = first_numbers(size);
        EXPECT_EQ(sorted(order), std::vector<Index>(numbers.begin(), numbers.end()));
    }
}

TEST(Shuffled, IsAFunctionOfTheStream) {
    const Random random(3);
    EXPECT_EQ(shuffled(1000, random.stream(1)), shuffled(1000, random.stream(1)));
    EXPECT_NE(shuffled(1000, random.stream(1)), shuffled(1000, random.stream(2)));
    EXPECT_NE(shuffled(1000, random.stream(1)), shuffled(1000, Random(4).stream(1)));
}

TEST(Shuffled, TakesEveryOrderAboutEquallyOften) {
    constexpr int trials = 24000;
    std::map<std::vector<Index>, int> counts;
    for (std::uint64_t i = 0; i < trials; ++i) ++counts[shuffled(4, Random({.seed = 5, .stream = i}))];
    ASSERT_EQ(counts.size(), 24U);
    double chi_squared = 0;
    for (const auto& [order, count] : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
    EXPECT_LT(chi_squared, 49.7) << "the 99.9 % quantile at 23 degrees of freedom";
}

TEST(Batches, HoldTheImagesOfTheirLabels) {
    for (const Batch& batch : all(10, {.batch_size = 4, .shuffle = Random(1)})) {
        ASSERT_EQ(batch.images.shape(), (Shape{std::ssize(batch.labels), 2, 3, 1}));
        ASSERT_EQ(batch.images.dtype(), DType::float32);
        for (Index i = 0; i < batch.images.size(); ++i) {
            EXPECT_EQ(batch.images.data<float>()[i], Numbered::pixel(batch.labels[i / 6], i % 6));
        }
    }
}

TEST(Batches, YieldEveryImageOnceAnEpoch) {
    EXPECT_EQ(labels(all(10, {.batch_size = 3})), first_numbers(10)) << "in the dataset's order without shuffle";
    const std::vector<int> order = labels(all(1000, {.batch_size = 32, .shuffle = Random(1)}));
    EXPECT_NE(order, first_numbers(1000));
    EXPECT_EQ(sorted(order), first_numbers(1000));
}

TEST(Batches, EndWithAPartialBatchUnlessItIsDropped) {
    EXPECT_EQ(sizes(all(10, {.batch_size = 4})), (std::vector<Index>{4, 4, 2}));
    EXPECT_EQ(sizes(all(10, {.batch_size = 4, .drop_last = true})), (std::vector<Index>{4, 4}));
    EXPECT_EQ(sizes(all(8, {.batch_size = 4})), (std::vector<Index>{4, 4}));
    EXPECT_EQ(sizes(all(8, {.batch_size = 4, .drop_last = true})), (std::vector<Index>{4, 4}));
    EXPECT_EQ(sizes(all(3, {.batch_size = 4})), (std::vector<Index>{3}));
    EXPECT_EQ(sizes(all(3, {.batch_size = std::numeric_limits<Index>::max()})), (std::vector<Index>{3}));
}

TEST(Batches, StayOverOnceTheyAre) {
    Batches batches(std::make_shared<Numbered>(3), {.batch_size = 3});
    EXPECT_TRUE(batches.next());
    EXPECT_FALSE(batches.next());
    EXPECT_FALSE(batches.next());
}

TEST(Batches, RefuseAnEpochWithoutBatches) {
    const auto refusal_of = [](Index size, const Batches::Options& options) {
        return error_of([&] { Batches(std::make_shared<Numbered>(size), options); });
    };
    EXPECT_EQ(refusal_of(10, {.batch_size = 0}), "Batches: batch_size must be at least 1; got 0");
    EXPECT_EQ(refusal_of(10, {.batch_size = -3}), "Batches: batch_size must be at least 1; got -3");
    EXPECT_EQ(refusal_of(0, {.batch_size = 4}), "Batches: dataset has not one batch of 4 images; got 0 images");
    EXPECT_EQ(refusal_of(3, {.batch_size = 4, .drop_last = true}),
              "Batches: dataset has not one batch of 4 images; got 3 images");
}

TEST(Batches, DoNotDependOnWhoIsFaster) {
    const Batches::Options options{.batch_size = 4, .shuffle = Random(1)};
    const std::vector<Batch> expected = all(50, options);
    const auto slow = std::make_shared<Numbered>(50);
    slow->delay = 100us;
    for (const std::vector<Batch>& got : {all(Batches(slow, options)), all(50, options),
                                          all(Batches(std::make_shared<Numbered>(50), options), 500us)}) {
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_TRUE(identical(got[i].images, expected[i].images));
            EXPECT_EQ(got[i].labels, expected[i].labels);
        }
    }
}

// Returns after ten seconds even if nothing reads.
void wait_for_reads(const Numbered& dataset, Index count) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (dataset.reads < count && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(100us);
}

TEST(Batches, PrepareOneAheadAndNoMore) {
    const auto dataset = std::make_shared<Numbered>(20);
    Batches batches(dataset, {.batch_size = 4});
    wait_for_reads(*dataset, 4);
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(dataset->reads, 4);
    batches.next();
    wait_for_reads(*dataset, 8);
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(dataset->reads, 8);
}

TEST(Batches, RethrowWhatReadThrewAndAreThenOver) {
    const auto dataset = std::make_shared<Numbered>(20);
    dataset->damaged = 9;
    Batches batches(dataset, {.batch_size = 4});
    EXPECT_EQ(batches.next()->labels, (std::vector<int>{0, 1, 2, 3}));
    EXPECT_EQ(batches.next()->labels, (std::vector<int>{4, 5, 6, 7}));
    EXPECT_EQ(error_of([&] { batches.next(); }), "image 9: is damaged");
    EXPECT_FALSE(batches.next());
}

TEST(Batches, MayBeLeftEarly) {
    const auto dataset = std::make_shared<Numbered>(20);
    dataset->delay = 200us;
    dataset->damaged = 9;
    for (const int taken : {0, 1, 2}) {
        Batches batches(dataset, {.batch_size = 4});
        for (int i = 0; i < taken; ++i) batches.next();
    }
    EXPECT_EQ(dataset.use_count(), 1) << "no thread is left that reads";
}

TEST(Batches, KeepTheirDatasetAndMayBeMovedWhilePreparing) {
    const auto begin = [] {
        const auto dataset = std::make_shared<Numbered>(10);
        dataset->delay = 200us;
        return Batches(dataset, {.batch_size = 4});
    };
    Batches first = begin();
    Batches batches = std::move(first);
    EXPECT_EQ(labels(all(std::move(batches))), first_numbers(10));
}

}  // namespace
}  // namespace adjoint
